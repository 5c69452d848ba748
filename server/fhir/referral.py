"""A referral as it is sent to its destination: one FHIR R4 transaction with a ``ServiceRequest`` and the ``Task`` to fulfil it.

Both are created conditionally on the referral's number (FHIR R4, http#ccreate), so that what is sent twice is there once.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.task import Task

from server.fhir import checked, without_none
from server.letter.fhir import service_request
from server.letter.letter import Letter

NUMBER = "urn:peitong:referral-number"
CONTENT_TYPE = "application/fhir+json"
_TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"


def transaction(letter: Letter) -> dict[str, Any]:
    """The Bundle to POST to the base of the destination's FHIR server."""
    request = {name: value for name, value in service_request(letter).items() if name != "id"}
    address = f"urn:uuid:{UUID(letter.referral)}"
    entries = [
        {"fullUrl": address, "resource": request, "request": _once("ServiceRequest", letter)},
        {"resource": task(letter, address), "request": _once("Task", letter)},
    ]
    return checked(Bundle, {"resourceType": "Bundle", "type": "transaction", "entry": entries})


def task(letter: Letter, focus: str) -> dict[str, Any]:
    """What the destination is asked to do about the ``ServiceRequest`` at ``focus``, and by when."""
    whose = {"display": f"{letter.destination.hospital} {letter.destination.department}"}
    resource = {
        "resourceType": "Task",
        "identifier": [{"system": NUMBER, "value": letter.number}],
        "status": "requested",
        "intent": "order",
        "priority": service_request(letter)["priority"],
        "code": {"coding": [{"system": _TASK_CODE, "code": "fulfill", "display": "Fulfill the focal request"}]},
        "description": f"转诊接诊：{letter.destination.department}",
        "focus": {"reference": focus},
        "for": {"display": letter.child.name},
        "authoredOn": letter.issued_at.isoformat(timespec="seconds"),
        "requester": {"display": f"{letter.hospital} {letter.physician.name}"},
        "owner": whose,
        "restriction": letter.by and {"period": {"end": letter.by.isoformat(timespec="seconds")}},
    }
    return checked(Task, without_none(resource))


def _once(kind: str, letter: Letter) -> dict[str, str]:
    return {"method": "POST", "url": kind, "ifNoneExist": f"identifier={NUMBER}|{letter.number}"}
