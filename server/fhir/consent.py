"""What a guardian agreed to as a ``Consent``, one for each guardian and kind: the last answer counts, and says
which text was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fhir.resources.R4B.consent import Consent

from server.fhir import Resource, checked, concept
from server.fhir.people import People, Who
from server.store.consents import Answer
from server.visit_view import moment

_STATUS = {"given": "active", "refused": "rejected", "withdrawn": "inactive"}
_SCOPES = {"consultation": ("treatment", "Treatment")}
_PRIVACY = ("patient-privacy", "Privacy Consent")
_TITLES = {"consultation": "线上就诊知情同意", "recording": "全程录制知情同意", "stills": "留存照片知情同意"}


def consents(visit: str, answers: Iterable[Answer], people: People) -> Iterator[Resource]:
    """``answers`` are all of the visit, oldest first. Of an agreement that was withdrawn the period says from when to when it
    was in force."""
    by_whom: dict[tuple[str | None, str], list[Answer]] = {}
    for answer in answers:
        by_whom.setdefault((answer.guardian, answer.kind), []).append(answer)
    for told in by_whom.values():
        yield _consent(visit, told, people)


def _consent(visit: str, told: list[Answer], people: People) -> Resource:
    last = told[-1]
    text = f"urn:peitong:consent-text:{last.kind}:{last.version}:{last.language}"
    resource = {
        "resourceType": "Consent",
        "id": last.id,
        "language": "en" if last.language == "en" else "zh-CN",
        "extension": [
            {"url": "urn:peitong:shown-sha256", "valueString": last.sha256},
            {"url": "urn:peitong:of-encounter", "valueReference": {"reference": f"Encounter/{visit}"}},
        ],
        "status": _STATUS[last.answer],
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", *_SCOPES.get(last.kind, _PRIVACY)),
        "category": [
            concept("http://loinc.org", "59284-0", "Consent Document"),
            concept("urn:peitong:consent-kind", last.kind, _TITLES.get(last.kind, "")),
        ],
        "patient": people.refer(Who.PATIENT),
        "dateTime": moment(last.at),
        "performer": [people.refer_guardian(last.guardian or "")],
        "organization": [people.refer(Who.HOSPITAL)],
        "policy": [{"uri": text}],
        "provision": _provision(told),
    }
    return checked(Consent, resource)


def _provision(told: list[Answer]) -> dict[str, Any]:
    last = told[-1]
    if last.answer == "refused":
        return {"type": "deny"}
    given = next((answer for answer in reversed(told) if answer.answer == "given"), last)
    until = {"end": moment(last.at)} if last.answer == "withdrawn" else {}
    return {"type": "permit", "period": {"start": moment(given.at)} | until}
