"""Reads a checklist's JSON strictly: a checklist, or every fault in it with the place where it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.referral import ANY_FIELD, FIELDS, Checklist, Reason, Urgency, Words
from server.strict import Malformed, Reader

_CHECKLIST = ("version", "reasons", "safety_net", "by_urgency", "always")
_REASON = ("code", "field", "urgency", "text", "safety_net")


class MalformedChecklist(Malformed):
    """The text is not a checklist."""


def parse_checklist(text: str) -> Checklist:
    """Raises ``MalformedChecklist``."""
    reader = _Reader()
    return reader.whole(text, reader.checklist, MalformedChecklist)


class _Reader(Reader):
    def checklist(self, document: Any) -> Checklist:
        of = self.object("", document, _CHECKLIST)
        nets = self._safety_nets(of["safety_net"])
        by_urgency = self.object("by_urgency", of["by_urgency"], list(Urgency))
        read = Checklist(
            version=self.text("version", of["version"]),
            reasons=self.each("reasons", of["reasons"], lambda path, value: self._reason(path, value, nets)),
            by_urgency={each: self._nets(f"by_urgency/{each}", by_urgency[each], nets) for each in Urgency},
            always=self._nets("always", of["always"], nets),
        )
        self.unique("reasons", (reason.code for reason in read.reasons))
        return read

    def _safety_nets(self, value: Any) -> dict[str, Words]:
        if not isinstance(value, dict):
            self.fault("safety_net", "an object belongs here")
            return {}
        return {name: self.words(f"safety_net/{name}", words) for name, words in value.items()}

    def _nets(self, path: str, value: Any, nets: Mapping[str, Words]) -> tuple[Words, ...]:
        return self.each(path, value, lambda at, name: self.named(at, name, nets), least=0)

    def _reason(self, path: str, value: Any, nets: Mapping[str, Words]) -> Reason:
        of = self.object(path, value, _REASON, ["letter"])
        text = self.words(f"{path}/text", of["text"])
        return Reason(
            code=self.text(f"{path}/code", of["code"]),
            field=self.one_of(f"{path}/field", of["field"], (*FIELDS, ANY_FIELD)),
            urgency=Urgency(self.one_of(f"{path}/urgency", of["urgency"], Urgency)),
            text=text,
            letter=self.words(f"{path}/letter", of["letter"]) if "letter" in of else text,
            safety_net=self._nets(f"{path}/safety_net", of["safety_net"], nets),
        )
