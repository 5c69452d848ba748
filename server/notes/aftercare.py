"""The safety net after a visit: what every family is told to watch for and when to call for help, as data with a version.

After a referral the letter has its own (`server.referral.Checklist.safety_net`); this is for every other end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.referral import FIELDS, Words


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


class MalformedAftercare(ValueError):
    """The text is not an aftercare; the message says where."""


def parse_aftercare(text: str) -> Aftercare:
    """Reads its JSON; raises ``MalformedAftercare``. Every field must have texts, and 120 must be named for all."""
    try:
        data = json.loads(text)
        texts = {name: _words(entry) for name, entry in data["texts"].items()}
        read = Aftercare(
            version=_text(data["version"]),
            by_field={field: _some(data["by_field"][field], texts) for field in FIELDS},
            not_completed=_some(data["not_completed"], texts),
            always=_some(data["always"], texts),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise MalformedAftercare(f"{type(error).__name__}: {error}") from error
    if not any("120" in words.zh and "120" in words.en for words in read.always):
        raise MalformedAftercare("always: nobody is told to call 120")
    return read


def _some(names: Any, texts: Mapping[str, Words]) -> tuple[Words, ...]:
    if not isinstance(names, list) or not names:
        raise TypeError("not a list of texts, or an empty one")
    return tuple(texts[name] for name in names)


def _words(entry: Mapping[str, Any]) -> Words:
    return Words(_text(entry["zh"]), _text(entry["en"]))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("an empty text, or none")
    return value
