"""The letter as FHIR R4: a ``ServiceRequest`` that contains everybody it speaks of."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.servicerequest import ServiceRequest

from server.fhir import checked, relationship, without_none
from server.letter.letter import Letter
from server.referral import Urgency

_PRIORITY = {
    Urgency.EMERGENCY: "stat",
    Urgency.WITHIN_24H: "asap",
    Urgency.WITHIN_2W: "urgent",
    Urgency.WITHIN_30D: "routine",
    Urgency.ROUTINE: "routine",
}


def service_request(letter: Letter) -> dict[str, Any]:
    """The referral as a ``ServiceRequest``, ready for JSON."""
    resource = {
        "resourceType": "ServiceRequest",
        "id": letter.referral,
        "language": "zh-CN",
        "contained": [_patient(letter), _guardian(letter), _physician(letter), _hospital(letter)],
        "extension": [{"url": "urn:peitong:journal-head", "valueString": letter.journal_head}] if letter.journal_head else None,
        "identifier": [{"system": "urn:peitong:referral-number", "value": letter.number}],
        "status": "active",
        "intent": "order",
        "priority": _PRIORITY[letter.urgency],
        "code": {
            "coding": [{"system": "urn:peitong:service", "code": "in-person-care", "display": "线下就诊"}],
            "text": f"转线下就诊：{letter.destination.department}",
        },
        "subject": {"reference": "#patient", "display": letter.child.name},
        "occurrencePeriod": without_none(
            {"start": _instant(letter), "end": letter.by and letter.by.isoformat(timespec="seconds")}
        ),
        "authoredOn": _instant(letter),
        "requester": {"reference": "#physician", "display": letter.physician.name},
        "performer": [{"reference": "#hospital", "display": f"{letter.destination.hospital} {letter.destination.department}"}],
        "reasonCode": [
            {
                "coding": [
                    {
                        "system": f"urn:peitong:checklist:{letter.checklist_version}",
                        "code": letter.reason.code,
                        "display": letter.reason.text_zh,
                    }
                ],
                "text": f"{letter.reason.text_zh} {letter.reason.text_en}",
            }
        ],
        "supportingInfo": [{"reference": "#guardian", "display": letter.guardian.name}],
        "note": _notes(letter) or None,
        "patientInstruction": "\n".join(filter(None, (letter.told_family, *(words.zh for words in letter.safety_net)))),
    }
    return checked(ServiceRequest, resource)


def _patient(letter: Letter) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "patient",
        "name": [{"use": "official", "text": letter.child.name}],
        "gender": letter.child.sex,
        "birthDate": letter.child.birth_date,
    }


def _guardian(letter: Letter) -> dict[str, Any]:
    masked = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
    return {
        "resourceType": "RelatedPerson",
        "id": "guardian",
        "patient": {"reference": "#patient"},
        "relationship": [relationship(letter.guardian.relation)],
        "name": [{"use": "official", "text": letter.guardian.name}],
        "telecom": [{"system": "phone", "_value": masked}],
    }


def _physician(letter: Letter) -> dict[str, Any]:
    licence = {"system": "urn:peitong:physician-licence", "value": letter.physician.licence}
    return {
        "resourceType": "Practitioner",
        "id": "physician",
        "identifier": [licence],
        "name": [{"use": "official", "text": letter.physician.name, "suffix": [letter.physician.title]}],
        "qualification": [{"identifier": [licence], "code": {"text": "医师执业证书"}, "issuer": {"reference": "#hospital"}}],
    }


def _hospital(letter: Letter) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": "hospital", "name": letter.hospital, "alias": [letter.hospital_en]}


def _notes(letter: Letter) -> list[dict[str, Any]]:
    texts = {
        "病情 History": letter.history,
        "未能检查 Not examined": letter.not_examined,
        "已告知家属 Told": letter.told_family,
    }
    return [{"authorString": letter.physician.name, "text": f"{title}\n{text}"} for title, text in texts.items() if text]


def _instant(letter: Letter) -> str:
    return letter.issued_at.isoformat(timespec="seconds")
