"""The safety net after a visit: what every family is told to watch for and when to call for help, as data with a version.

After a referral the letter has its own (`server.referral.Checklist.safety_net`); this is for every other end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.referral import FIELDS, Words
from server.strict import Malformed, Reader

_AFTERCARE = ("version", "ratified_by", "texts", "by_field", "not_completed", "always")


@dataclass(frozen=True, slots=True)
class Aftercare:
    """``not_completed`` is for a visit that ended without a conclusion."""

    version: str
    by_field: Mapping[str, tuple[Words, ...]]
    not_completed: tuple[Words, ...]
    always: tuple[Words, ...]

    def safety_net(self, field: str, *, completed: bool) -> tuple[Words, ...]:
        """What a family reads, in this order, each text once."""
        first = () if completed else self.not_completed
        return tuple(dict.fromkeys(first + self.by_field[field] + self.always))


class MalformedAftercare(Malformed):
    """The text is not an aftercare."""


def parse_aftercare(text: str) -> Aftercare:
    """Raises ``MalformedAftercare``. Every field must have texts, and 120 must be named for all."""
    reader = _Reader()
    return reader.whole(text, reader.aftercare, MalformedAftercare)


class _Reader(Reader):
    def aftercare(self, document: Any) -> Aftercare:
        of = self.object("", document, _AFTERCARE)
        if of["ratified_by"] is not None:
            self.text("ratified_by", of["ratified_by"])
        texts = self._texts(of["texts"])
        by_field = self.object("by_field", of["by_field"], FIELDS)
        read = Aftercare(
            version=self.text("version", of["version"]),
            by_field={field: self._some(f"by_field/{field}", by_field[field], texts) for field in FIELDS},
            not_completed=self._some("not_completed", of["not_completed"], texts),
            always=self._some("always", of["always"], texts),
        )
        if not any("120" in words.zh and "120" in words.en for words in read.always):
            self.fault("always", "nobody is told to call 120")
        return read

    def _texts(self, value: Any) -> dict[str, Words]:
        if not isinstance(value, dict):
            self.fault("texts", "an object belongs here")
            return {}
        return {name: self.words(f"texts/{name}", words) for name, words in value.items()}

    def _some(self, path: str, value: Any, texts: Mapping[str, Words]) -> tuple[Words, ...]:
        return self.each(path, value, lambda at, name: self.named(at, name, texts))
