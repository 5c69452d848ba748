"""The form of a physician's note, as data with a version: its sections, and which of them must not be empty to sign it.

Sections bear the names of FHIR's Composition (``section.code``, LOINC where there is a code that fits). A note that is signed
names its form, so that an older one stays readable under the titles it was written with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.referral import Words
from server.strict import Malformed, Reader

FAMILY = "family"
"""The section that the family reads, of the note and of an amendment."""
_CODE = re.compile(r"[a-z][a-z_]{0,29}")
_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_FORM = ("version", "ratified_by", "sections", "needs", "amendment")
_PART = ("sections", "needs")
_SECTION = ("code", "loinc", "max_length", "title", "hint")
_LENGTHS_MAX = 20_000
"""All sections together; a request's body is capped, and Chinese takes three bytes a character."""


@dataclass(frozen=True, slots=True)
class Section:
    """``max_length`` counts characters; ``loinc`` is None where LOINC has no code for it."""

    code: str
    loinc: str | None
    max_length: int
    title: Words
    hint: Words


@dataclass(frozen=True, slots=True)
class Part:
    """What is filled in and signed at once. ``needs``: of each group at least one section must have words."""

    sections: tuple[Section, ...]
    needs: tuple[tuple[str, ...], ...]

    def section(self, code: str) -> Section | None:
        return next((section for section in self.sections if section.code == code), None)


@dataclass(frozen=True, slots=True)
class Form:
    version: str
    ratified_by: str | None
    note: Part
    amendment: Part


class MalformedForm(Malformed):
    """The text is not a note's form."""


def parse_form(text: str) -> Form:
    """Raises ``MalformedForm``."""
    reader = _Reader()
    return reader.whole(text, reader.form, MalformedForm)


class _Reader(Reader):
    def form(self, document: Any) -> Form:
        of = self.object("", document, _FORM)
        amendment = self.object("amendment", of["amendment"], _PART)
        ratified_by = of["ratified_by"]
        return Form(
            version=self.matching("version", of["version"], _VERSION),
            ratified_by=None if ratified_by is None else self.text("ratified_by", ratified_by),
            note=self._part("", of),
            amendment=self._part("amendment/", amendment),
        )

    def _part(self, place: str, of: Mapping[str, Any]) -> Part:
        sections = self.each(f"{place}sections", of["sections"], self._section)
        codes = [section.code for section in sections]
        self.unique(f"{place}sections", codes)
        if sum(section.max_length for section in sections) > _LENGTHS_MAX:
            self.fault(f"{place}sections", f"together they are longer than {_LENGTHS_MAX}")
        if FAMILY not in codes:
            self.fault(f"{place}sections", "none is for the family")

        def group(path: str, value: Any) -> tuple[str, ...]:
            return self.each(path, value, lambda at, code: self.one_of(at, code, codes))

        return Part(sections, self.each(f"{place}needs", of["needs"], group))

    def _section(self, path: str, value: Any) -> Section:
        of = self.object(path, value, _SECTION)
        return Section(
            code=self.matching(f"{path}/code", of["code"], _CODE),
            loinc=None if of["loinc"] is None else self.matching(f"{path}/loinc", of["loinc"], _LOINC),
            max_length=self.integer(f"{path}/max_length", of["max_length"], 1, _LENGTHS_MAX),
            title=self.words(f"{path}/title", of["title"]),
            hint=self.words(f"{path}/hint", of["hint"]),
        )
