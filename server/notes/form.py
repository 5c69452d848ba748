"""The form of a physician's note, as data with a version: its sections, and which of them must not be empty to sign it.

Sections bear the names of FHIR's Composition (``section.code``, LOINC where there is a code that fits). A note that is signed
names its form, so that an older one stays readable under the titles it was written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.referral import Words

FAMILY = "family"
"""The section that the family reads, of the note and of an amendment."""
_CODE = re.compile(r"[a-z][a-z_]{0,29}")
_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
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


class MalformedForm(ValueError):
    """The text is not a note's form; the message says where."""


def parse_form(text: str) -> Form:
    """Reads a form's JSON; raises ``MalformedForm``."""
    try:
        data = json.loads(text)
        ratified_by = data["ratified_by"]
        return Form(
            version=_matching(data["version"], _VERSION),
            ratified_by=None if ratified_by is None else _text(ratified_by),
            note=_part(data),
            amendment=_part(data["amendment"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise MalformedForm(f"{type(error).__name__}: {error}") from error


def _part(data: Mapping[str, Any]) -> Part:
    sections = tuple(_section(entry) for entry in data["sections"])
    codes = [section.code for section in sections]
    if len(set(codes)) != len(codes):
        raise ValueError("a section is there twice")
    if sum(section.max_length for section in sections) > _LENGTHS_MAX:
        raise ValueError(f"the sections together are longer than {_LENGTHS_MAX}")
    if FAMILY not in codes:
        raise ValueError("no section is for the family")
    needs = tuple(tuple(group) for group in data["needs"])
    if not needs or any(not group or not set(group) <= set(codes) for group in needs):
        raise ValueError("needs name sections that are not there, or none")
    return Part(sections, needs)


def _section(entry: Mapping[str, Any]) -> Section:
    loinc, max_length = entry["loinc"], entry["max_length"]
    if type(max_length) is not int or max_length <= 0:
        raise TypeError("max_length is a number above 0")
    return Section(
        code=_matching(entry["code"], _CODE),
        loinc=None if loinc is None else _matching(loinc, _LOINC),
        max_length=max_length,
        title=_words(entry["title"]),
        hint=_words(entry["hint"]),
    )


def _words(entry: Mapping[str, Any]) -> Words:
    return Words(_text(entry["zh"]), _text(entry["en"]))


def _matching(value: Any, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no such name")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("an empty text, or none")
    return value
