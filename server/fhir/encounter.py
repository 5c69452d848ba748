"""A visit as an ``Encounter`` of the class "virtual", with a period for every time that somebody was present.

The periods are the presence ledger's, clipped to the encounter, which lasts from the gate's first opening to the end: who sat
in the waiting room did not take part yet. Several periods of one person are several participants of the same person. What
still goes on has no end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fhir.resources.R4B.encounter import Encounter

from server.fhir import VISIT, Resource, checked, journal_head, of_field
from server.fhir.people import People, Who
from server.ledger import Ledger, Span
from server.visit_view import moment
from signaling.seats import Role

MOST_PERIODS = 500
"""Of one person; the ledger itself has them all."""

_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_TYPES = {
    Role.GUARDIAN: (_PARTICIPATION, "PART", "Participation", "监护人 guardian"),
    Role.PHYSICIAN: (_PARTICIPATION, "PPRF", "primary performer", "医师 physician"),
    Role.LOCAL_DOCTOR: (_PARTICIPATION, "SPRF", "secondary performer", "当地医生 local doctor"),
    Role.INTERPRETER: (
        "http://terminology.hl7.org/CodeSystem/participant-type",
        "translator",
        "Translator",
        "翻译 interpreter",
    ),
}


def encounter(
    visit: str, field: str, department: str, people: People, ledger: Ledger, head: str, guests: Mapping[str, str] | None = None
) -> Resource:
    """``head`` is the hash of the last event that the ledger was read from, ``guests`` are names by invitation."""
    lasted = _lasted(ledger)
    resource = {
        "resourceType": "Encounter",
        "id": visit,
        "language": "zh-CN",
        "extension": journal_head(head),
        "identifier": [{"system": VISIT, "value": visit}],
        "status": status(ledger),
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "VR",
            "display": "virtual",
        },
        "serviceType": of_field(field, department),
        "subject": people.refer(Who.PATIENT),
        "participant": [*_participants(people, ledger, lasted), *_guests(ledger, lasted, guests or {})],
        "appointment": [{"reference": f"Appointment/{visit}"}],
        "period": lasted and _period(lasted),
        "length": lasted and _seconds(ledger.open_s),
        "serviceProvider": people.refer(Who.HOSPITAL) | {"display": f"{people.hospital} {department}"},
    }
    return checked(Encounter, resource)


def status(ledger: Ledger) -> str:
    """A visit whose gate never opened, and that did not begin by text, did not take place, however it ended."""
    if ledger.closed:
        return "cancelled" if _began(ledger) is None else "finished"
    if _began(ledger) is not None:
        return "in-progress"
    return "arrived" if any(stay.goes_on for stay in ledger.lines[Role.GUARDIAN].stays) else "planned"


def _began(ledger: Ledger) -> float | None:
    """When the gate first opened, or before that the family was first there by text."""
    return min((span.since for span in (*ledger.lines[Role.GUARDIAN].by_text, *ledger.gate)), default=None)


def _lasted(ledger: Ledger) -> Span | None:
    """From its beginning to the end; None when it never began."""
    began = _began(ledger)
    return None if began is None else Span(began, ledger.until, not ledger.closed)


def _participants(people: People, ledger: Ledger, lasted: Span | None) -> Iterator[dict[str, Any]]:
    lines = [(Role.GUARDIAN, people.refer_guardian(who), line) for who, line in ledger.guardians.items()]
    lines.append((Role.PHYSICIAN, people.refer(Who.PHYSICIAN), ledger.lines[Role.PHYSICIAN]))
    for role, reference, line in lines:
        person: dict[str, Any] = {"type": [_kind(role)], "individual": reference}
        stays = _within(line.stays, lasted)[:MOST_PERIODS]
        yield from (person | {"period": _period(stay)} for stay in stays)
        if not stays:
            yield person


def _guests(ledger: Ledger, lasted: Span | None, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Who was invited and came, by name: no record of the hospital's stands behind them."""
    for guest in ledger.guests:
        person: dict[str, Any] = {"type": [_kind(guest.role)]}
        if guest.invitation in names:
            person["individual"] = {"display": names[guest.invitation]}
        for stay in _within(guest.line.stays, lasted)[:MOST_PERIODS]:
            yield person | {"period": _period(stay)}


def _kind(role: Role) -> dict[str, Any]:
    system, code, display, text = _TYPES[role]
    return {"coding": [{"system": system, "code": code, "display": display}], "text": text}


def _within(spans: Sequence[Span], whole: Span | None) -> list[Span]:
    if whole is None:
        return []
    return [Span(max(span.since, whole.since), span.until, span.goes_on) for span in spans if span.until > whole.since]


def _period(span: Span) -> dict[str, str]:
    return {"start": moment(span.since)} | ({} if span.goes_on else {"end": moment(span.until)})


def _seconds(lasts_s: float) -> dict[str, Any]:
    """How long sound and picture could pass: without the holds, which are leaves from it."""
    return {"value": round(lasts_s, 3), "unit": "s", "system": "http://unitsofmeasure.org", "code": "s"}
