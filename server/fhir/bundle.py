"""A visit as one FHIR ``Bundle``, and a referral as the transaction that is sent to its destination.

Everything that a resource of a Bundle refers to is an entry of it: references are relative (``Patient/…``), and each entry's
``fullUrl`` is where the same resource is read on its own, so that they resolve in the Bundle and on the server alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fhir.resources.R4B.bundle import Bundle

from server.fhir import VISIT, Reference, Resource, checked, to_encounter
from server.fhir import encounter as encounters
from server.fhir.appointment import appointment
from server.fhir.audit_event import audit_event
from server.fhir.composition import Written, compositions
from server.fhir.consent import consents
from server.fhir.document_reference import document_reference
from server.fhir.observation import observations
from server.fhir.people import People
from server.fhir.questionnaire_response import Telling, questionnaire_response
from server.fhir.service_request import NUMBER, service_request
from server.fhir.task import order, task
from server.ledger import Ledger
from server.letter.letter import Letter
from server.questionnaires.answers import Answers
from server.questionnaires.measurements import Measurement
from server.questionnaires.questionnaire import Questionnaire
from server.store.bookings import Booked
from server.store.charts import Deed, Paper
from server.store.consents import Answer
from server.store.preparation import Given
from server.visit_view import moment

TYPES = (
    "Appointment", "AuditEvent", "Composition", "Consent", "DocumentReference", "Encounter", "Observation", "Organization",
    "Patient", "Practitioner", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Task",
)  # fmt: skip
"""What a visit's Bundle may hold."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Completed answers, and the questionnaire that they answer."""

    given: Given
    questionnaire: Questionnaire
    answers: Answers


@dataclass(frozen=True, slots=True)
class Measured:
    given: Given
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a visit by now. ``head`` is the hash of the journal's event that the ledger was read up to;
    ``guests`` are names by invitation, ``consents`` are oldest first; ``deeds`` are of the types `audit_event.AUDITED`."""

    booked: Booked
    people: People
    ledger: Ledger
    head: str
    consents: tuple[Answer, ...] = ()
    answered: Answered | None = None
    measured: Measured | None = None
    documents: tuple[Paper, ...] = ()
    letter: Letter | None = None
    deeds: tuple[Deed, ...] = ()
    guests: Mapping[str, str] = field(default_factory=dict)
    written: Written | None = None


def of_visit(facts: Facts, base: str, now: float) -> Resource:
    """The visit's Bundle at ``now``; ``base`` is the address that ``Encounter/…`` and all others are read below."""
    entries = [{"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources(facts)]
    whole = {
        "resourceType": "Bundle",
        "id": facts.booked.id,
        "identifier": {"system": VISIT, "value": facts.booked.id},
        "type": "collection",
        "timestamp": moment(now),
        "entry": entries,
    }
    return checked(Bundle, whole)


def resources(facts: Facts) -> Iterator[Resource]:
    """Each once, the people first."""
    booked, people, visit = facts.booked, facts.people, facts.booked.id
    yield from people.resources()
    yield appointment(booked, people, encounters.status(facts.ledger))
    yield encounters.encounter(visit, booked.field, booked.department_name, people, facts.ledger, facts.head, facts.guests)
    yield from consents(visit, facts.consents, people)
    yield from _told_before(facts)
    for paper in facts.documents:
        yield document_reference(visit, paper, people)
    if facts.letter is not None:
        yield service_request(facts.letter, people, visit, _measured(facts))
        yield task(facts.letter, people, visit)
    if facts.written is not None:
        yield from compositions(visit, facts.written, people)
    there = {paper.id for paper in facts.documents}
    for deed in facts.deeds:
        yield audit_event(visit, deed, people, there)


def _told_before(facts: Facts) -> Iterator[Resource]:
    """What the family told before the visit."""
    answered, measured, encounter = facts.answered, facts.measured, to_encounter(facts.booked.id)
    if answered is not None:
        given = answered.given
        telling = Telling(given.id, moment(given.at), facts.people, encounter, given.guardian or "")
        shown = given.shown_sha256 or ""
        yield questionnaire_response(telling, answered.questionnaire, answered.answers, given.language or "zh", shown)
    if measured is not None:
        given = measured.given
        telling = Telling(given.id, moment(given.at), facts.people, encounter, given.guardian or "")
        yield from observations(telling, measured.measurements)


def _measured(facts: Facts) -> list[Reference]:
    """To the Observations of ``_told_before``."""
    if facts.measured is None:
        return []
    given = facts.measured.given.id
    return [{"reference": f"Observation/{given}-{n}"} for n in range(1, len(facts.measured.measurements) + 1)]


def transaction(letter: Letter) -> Resource:
    """The referral as one transaction to POST to the base of the destination's FHIR server.

    Both resources are created conditionally on the referral's number (FHIR R4, http#ccreate): what is sent twice is there once.
    """
    request = {name: value for name, value in service_request(letter).items() if name != "id"}
    address = f"urn:uuid:{UUID(letter.referral)}"
    entries = [
        {"fullUrl": address, "resource": request, "request": _once("ServiceRequest", letter)},
        {"resource": order(letter, address), "request": _once("Task", letter)},
    ]
    return checked(Bundle, {"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _once(kind: str, letter: Letter) -> dict[str, str]:
    return {"method": "POST", "url": kind, "ifNoneExist": f"identifier={NUMBER}|{letter.number}"}
