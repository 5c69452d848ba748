"""A signed note as FHIR R4: a ``Composition`` with a section for each part, attested by whoever signed.

An amendment is a Composition of its own that appends to the note (``relatesTo``), which is ``amended`` from then on. What the
family reads is a section, too: LOINC's patient instructions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fhir.resources.R4B.composition import Composition

from server.fhir import Resource, checked, concept, to_encounter
from server.fhir.people import LICENCE, People, Who
from server.notes.form import Form, Section
from server.notes.note import Kind, Signed
from server.visit_view import moment

LOINC: Final = "http://loinc.org"
NOTE: Final = "urn:peitong:note"
_TITLES = {Kind.NOTE: "线上就诊病历 Note of the online visit", Kind.AMENDMENT: "病历补正 Amendment"}


@dataclass(frozen=True, slots=True)
class Written:
    """What was signed of a visit, the note first, and the forms by version that name its sections."""

    signed: tuple[Signed, ...]
    forms: Mapping[str, Form]


def compositions(visit: str, written: Written, people: People) -> Iterator[Resource]:
    """The note, then its amendments; one whose words were deleted is left out."""
    for entry in written.signed:
        if entry.signer is not None:
            yield _composition(visit, entry, written, people)


def _composition(visit: str, entry: Signed, written: Written, people: People) -> Resource:
    amends = entry.kind is Kind.AMENDMENT
    appended_to = [{"code": "appends", "targetIdentifier": {"system": NOTE, "value": written.signed[0].id}}]
    resource = {
        "resourceType": "Composition",
        "id": entry.id,
        "language": "zh-CN",
        "contained": people.contained,
        "extension": [{"url": "urn:peitong:note-form", "valueString": entry.form}],
        "identifier": {"system": NOTE, "value": entry.id},
        "status": "amended" if not amends and len(written.signed) > 1 else "final",
        "type": concept(LOINC, "11488-4", "Consult note", _TITLES[entry.kind]),
        "subject": people.refer(Who.PATIENT),
        "encounter": to_encounter(visit),
        "date": moment(entry.at),
        "author": [people.refer(Who.PHYSICIAN)],
        "title": _TITLES[entry.kind],
        "attester": [{"mode": "legal", "time": moment(entry.at), "party": _signer(entry, people)}],
        "custodian": people.refer(Who.HOSPITAL),
        "relatesTo": appended_to if amends else None,
        "section": [_section(section, entry.sections[section.code]) for section in _sections(entry, written.forms)],
    }
    return checked(Composition, resource)


def _signer(entry: Signed, people: People) -> dict[str, Any]:
    """The physician, with name and licence as they were when it was signed."""
    assert entry.signer is not None
    named = people.refer(Who.PHYSICIAN) | {"display": f"{entry.signer.name} {entry.signer.title}".strip()}
    return named | ({"identifier": {"system": LICENCE, "value": entry.signer.licence}} if entry.signer.licence else {})


def _sections(entry: Signed, forms: Mapping[str, Form]) -> list[Section]:
    form = forms[entry.form]
    part = form.amendment if entry.kind is Kind.AMENDMENT else form.note
    return [section for section in part.sections if section.code in entry.sections]


def _section(section: Section, words: str) -> dict[str, Any]:
    codings = [{"system": "urn:peitong:note-section", "code": section.code, "display": section.title.en}]
    if section.loinc is not None:
        codings.insert(0, {"system": LOINC, "code": section.loinc})
    paragraphs = "".join(f"<p>{_escaped(line)}</p>" for line in words.splitlines() if line.strip())
    return {
        "title": f"{section.title.zh} {section.title.en}",
        "code": {"coding": codings, "text": section.title.zh},
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'},
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
