"""A visit's note: a draft that is saved again and again, then what was signed, and every amendment after it.

Three rules keep every word. A draft is replaced only by whoever has seen it (its ``revision``): of two windows that write at
once, the later one hears ``note_changed`` and has to look first. What is signed never changes: an amendment is signed beside
it, with its reason. And a draft that nobody signs stays: no time and no end of a visit removes it or signs it for anybody. It
is kept as long as the record it belongs to (15 years, DOMAIN.md), stands on its physician's list, and nobody else reads it.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from server.errors import Refused
from server.notes.form import FAMILY, Form, Part
from server.referral import printable

MOST_SIGNED = 50
Sections = Mapping[str, str]
"""The words of each section by its code; a section without words is left out."""


class Kind(StrEnum):
    NOTE = "note"
    AMENDMENT = "amendment"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is not signed yet. ``revision`` rises with each change, over signatures too; 0: nothing was ever written."""

    revision: int = 0
    sections: Sections = field(default_factory=lambda: MappingProxyType({}))
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the staff's records named them then."""

    name: str
    title: str
    licence: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A note or an amendment that was signed; ``revision`` is the draft's that it was made of. ``form`` and ``sections`` are
    empty and ``signer`` is None once the words were deleted."""

    id: str
    kind: Kind
    form: str
    sections: Sections
    signer: Signer | None
    revision: int
    at: float

    @property
    def for_family(self) -> str:
        return self.sections.get(FAMILY, "")


@dataclass(frozen=True, slots=True)
class Note:
    """All of it; ``signed``: the note first, then its amendments in their order."""

    draft: Draft = field(default_factory=Draft)
    signed: tuple[Signed, ...] = ()

    @property
    def kind(self) -> Kind:
        """What is being written now."""
        return Kind.AMENDMENT if self.signed else Kind.NOTE

    def part(self, form: Form) -> Part:
        return form.amendment if self.signed else form.note


class Incomplete(Refused):
    """``note_incomplete``: it cannot be signed; ``missing`` are groups of sections of which one must have words."""

    def __init__(self, missing: tuple[tuple[str, ...], ...]) -> None:
        super().__init__("note_incomplete")
        self.missing = missing


class Unreadable(ValueError):
    """What was sent are not sections; ``code`` is ``bad_request``, or ``too_large`` for words over a section's limit."""

    def __init__(self, code: str, section: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.section = section


def read_sections(part: Part, sent: Mapping[str, Any]) -> dict[str, str]:
    """The words that were sent, as they may be stored. Raises ``Unreadable``.

    Blanks at the ends stay: somebody may be typing just there.
    """
    read = {}
    for code, text in sent.items():
        section = part.section(code)
        if section is None or not isinstance(text, str):
            raise Unreadable("bad_request")
        words = printable(text)
        if len(words) > section.max_length:
            raise Unreadable("too_large", code)
        if words:
            read[code] = words
    return read


def saved(note: Note, seen: int, sections: Sections, at: float) -> Note:
    """With these words as its draft. Raises ``Refused`` note_changed when ``seen`` is not the draft's revision; the very words
    that are there already were saved before, and their answer was lost."""
    if dict(sections) == dict(note.draft.sections):
        return note
    _check(note, seen)
    return replace(note, draft=Draft(note.draft.revision + 1, dict(sections), at))


def signed(note: Note, form: Form, seen: int, signer: Signer, id: str, at: float) -> Note:
    """With its draft signed. A draft that was signed already gives the note unchanged.

    Raises ``Refused``: note_changed, ``Incomplete``, too_many_attempts after ``MOST_SIGNED``.
    """
    if any(each.revision == seen for each in note.signed):
        return note
    _check(note, seen)
    missing = lacking(note.part(form), note.draft.sections)
    if missing:
        raise Incomplete(missing)
    if len(note.signed) >= MOST_SIGNED:
        raise Refused("too_many_attempts")
    sections = {code: words.strip() for code, words in note.draft.sections.items() if words.strip()}
    entry = Signed(id, note.kind, form.version, sections, signer, seen, at)
    return Note(Draft(note.draft.revision + 1, at=at), (*note.signed, entry))


def lacking(part: Part, sections: Sections) -> tuple[tuple[str, ...], ...]:
    """The groups of which no section has words."""
    return tuple(group for group in part.needs if not any(sections.get(code, "").strip() for code in group))


def _check(note: Note, seen: int) -> None:
    if seen != note.draft.revision:
        raise Refused("note_changed")
