"""A referral as a ``ServiceRequest``: on its own, containing everybody it speaks of, or as an entry of its visit's Bundle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fhir.resources.R4B.servicerequest import ServiceRequest

from server.fhir import Reference, Resource, checked, journal_head, to_encounter, without_none
from server.fhir.observation import observations
from server.fhir.people import People, Who
from server.fhir.questionnaire_response import Telling
from server.letter.letter import Letter
from server.referral import Urgency
from server.referrals.track import Stage

NUMBER = "urn:peitong:referral-number"
PRIORITY = {
    Urgency.EMERGENCY: "stat",
    Urgency.WITHIN_24H: "asap",
    Urgency.WITHIN_2W: "urgent",
    Urgency.WITHIN_30D: "routine",
    Urgency.ROUTINE: "routine",
}


def service_request(
    letter: Letter, people: People | None = None, visit: str | None = None, measured: Sequence[Reference] = ()
) -> Resource:
    """With people and measurements of its own, unless ``people`` are given and ``measured`` refers to what is there; ``visit``
    where its Encounter is at hand."""
    contained: list[Resource] | None = None
    if people is None:
        people = named_in(letter)
        teller = None if letter.measured_by_further else ""
        taken = observations(Telling("measured", None, people, None, teller), letter.measurements)
        contained, measured = people.resources() + taken, [{"reference": f"#{each['id']}"} for each in taken]
    resource = {
        "resourceType": "ServiceRequest",
        "id": letter.referral,
        "language": "zh-CN",
        "contained": contained,
        "extension": journal_head(letter.journal_head),
        "identifier": [{"system": NUMBER, "value": letter.number}],
        "status": "completed" if letter.state == Stage.SEEN else "active",
        "intent": "order",
        "priority": PRIORITY[letter.urgency],
        "code": {
            "coding": [{"system": "urn:peitong:service", "code": "in-person-care", "display": "线下就诊"}],
            "text": f"转线下就诊：{letter.destination.department}",
        },
        "subject": people.refer(Who.PATIENT),
        "encounter": None if visit is None else to_encounter(visit),
        "occurrencePeriod": without_none({"start": seconds(letter.issued_at), "end": letter.by and seconds(letter.by)}),
        "authoredOn": seconds(letter.issued_at),
        "requester": people.refer(Who.PHYSICIAN),
        "performer": [destination(letter)],
        "reasonCode": [_reason(letter)],
        "supportingInfo": [people.refer(Who.GUARDIAN), *measured, *_handed_in(letter)],
        "note": _notes(letter) or None,
        "patientInstruction": "\n".join(filter(None, (letter.told_family, *(words.zh for words in letter.safety_net)))),
    }
    return checked(ServiceRequest, resource)


def named_in(letter: Letter) -> People:
    """Whom the letter names, and as it names them."""
    return People(
        letter.child.name,
        letter.guardian.name,
        letter.guardian.relation,
        letter.physician.name,
        letter.physician.title,
        letter.physician.licence,
        letter.hospital,
        letter.hospital_en,
        letter.child.sex,
        letter.child.birth_date,
        phones=tuple(filter(None, (letter.guardian.call_back, letter.guardian.phone))),
    )


def _handed_in(letter: Letter) -> list[Reference]:
    """That there are documents, by words only: they are sealed, and stay in the house."""
    words = letter.documents.words
    return [] if words is None else [{"type": "DocumentReference", "display": f"{words.zh} {words.en}"}]


def destination(letter: Letter) -> dict[str, str]:
    """By its name only: another house, whose resources are not ours."""
    return {"type": "Organization", "display": f"{letter.destination.hospital} {letter.destination.department}"}


def seconds(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _reason(letter: Letter) -> dict[str, Any]:
    system = f"urn:peitong:checklist:{letter.checklist_version}"
    coding = {"system": system, "code": letter.reason.code, "display": letter.reason.text_zh}
    return {"coding": [coding], "text": f"{letter.reason.text_zh} {letter.reason.text_en}"}


def _notes(letter: Letter) -> list[dict[str, Any]]:
    texts = {
        "病情 History": letter.history,
        "未能检查 Not examined": letter.not_examined,
        "已告知家属 Told": letter.told_family,
    }
    return [{"authorString": letter.physician.name, "text": f"{title}\n{text}"} for title, text in texts.items() if text]
