"""The referral to in-person care: which reasons there are, what makes a referral whole, and the bytes that stand for it.

A checklist is data with a version, ratified by the hospital: coded reasons for a field, each with words, a suggested urgency
and what the family is told to watch for. ``validate`` makes a ``Referral`` of a physician's command or refuses it;
``canonical`` gives the one byte form that the journal's hash is taken of.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from server.errors import Refused

FIELDS = ("growth", "nutrition", "skin")
ANY_FIELD = "any"
OTHER = "other"
NOTE_MAX, NOT_EXAMINED_MAX, TOLD_FAMILY_MAX = 4000, 2000, 2000
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Urgency(StrEnum):
    """By when the child must be seen, the most urgent first."""

    EMERGENCY = "emergency"
    WITHIN_24H = "within_24h"
    WITHIN_2W = "within_2w"
    WITHIN_30D = "within_30d"
    ROUTINE = "routine"

    def by(self, issued: datetime) -> datetime | None:
        """The latest time to be seen (an emergency: the time of issue, so at once); None for routine."""
        match self:
            case Urgency.EMERGENCY:
                return issued
            case Urgency.WITHIN_24H:
                return issued + timedelta(hours=24)
            case Urgency.WITHIN_2W:
                return issued + timedelta(weeks=2)
            case Urgency.WITHIN_30D:
                return issued + timedelta(days=30)
            case Urgency.ROUTINE:
                return None
            case _:
                assert_never(self)


# --- the checklist --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason. ``text`` is for the physician, ``letter`` for the letter, which the family reads."""

    code: str
    field: str
    urgency: Urgency
    text: Words
    letter: Words
    safety_net: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    version: str
    reasons: tuple[Reason, ...]
    by_urgency: Mapping[Urgency, tuple[Words, ...]]
    always: tuple[Words, ...]

    def for_field(self, field: str) -> tuple[Reason, ...]:
        """The field's own reasons, then those of any field, in the checklist's order."""
        own = tuple(reason for reason in self.reasons if reason.field == field)
        return own + tuple(reason for reason in self.reasons if reason.field == ANY_FIELD)

    def reason(self, code: str) -> Reason | None:
        return next((reason for reason in self.reasons if reason.code == code), None)

    def safety_net(self, reason: Reason, urgency: Urgency) -> tuple[Words, ...]:
        """What the family is told: what to do now, what to watch for, when to call for help. Each text once."""
        return tuple(dict.fromkeys(self.by_urgency[urgency] + reason.safety_net + self.always))


# --- the referral ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Referral:
    """A whole referral: codes of one checklist and the physician's own words."""

    id: str
    field: str
    checklist_version: str
    reason: str
    urgency: Urgency
    note: str
    not_examined: str
    told_family: str


def validate(
    checklist: Checklist,
    field: str,
    *,
    id: str,
    reason: str,
    urgency: str,
    note: str = "",
    not_examined: str = "",
    told_family: str = "",
) -> Referral:
    """The referral a physician asks for, with whatever urgency the physician chose.

    Raises ``Refused``: ``unknown_reason`` for a code that is not this field's, for an urgency that is none, and for ``other``
    without words (it names no reason); ``too_large`` for a text over its limit.
    """
    note, not_examined, told_family = clean(note), clean(not_examined), clean(told_family)
    if urgency not in set(Urgency) or all(known.code != reason for known in checklist.for_field(field)):
        raise Refused("unknown_reason")
    if reason == OTHER and not note:
        raise Refused("unknown_reason")
    if len(note) > NOTE_MAX or len(not_examined) > NOT_EXAMINED_MAX or len(told_family) > TOLD_FAMILY_MAX:
        raise Refused("too_large")
    return Referral(id, field, checklist.version, reason, Urgency(urgency), note, not_examined, told_family)


def clean(text: str) -> str:
    """The text as it may be stored and printed, with nothing blank at its ends."""
    return printable(text).strip()


def printable(text: str) -> str:
    """The text as it may be stored and printed: one kind of line end, no control characters, no half surrogates, no marks that
    turn the reading direction. Letters stay: normalising would change rare name characters.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_printable, unix))


def _printable(character: str) -> str:
    match unicodedata.category(character):
        case "Cs":
            return "\ufffd"
        case "Cc":
            return character if character in "\n\t" else ""
        case _:
            return "" if character in _BIDI_CONTROLS else character


def canonical(referral: Referral) -> bytes:
    """The one byte form of a referral: JSON with sorted keys, no spaces, UTF-8; the journal holds H(nonce || these bytes)."""
    return json.dumps(asdict(referral), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
