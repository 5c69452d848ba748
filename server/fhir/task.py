"""What a referral's destination is asked to do as a ``Task``, and how far that has come."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.task import Task

from server.fhir import Reference, Resource, checked, concept, to_encounter, without_none
from server.fhir.people import People, Who
from server.fhir.service_request import NUMBER, PRIORITY, destination, seconds
from server.letter.letter import Letter
from server.referrals.track import Stage

_STATUS = {
    Stage.ISSUED: "requested",
    Stage.SENT: "requested",
    Stage.RECEIVED: "received",
    Stage.BOOKED: "accepted",
    Stage.SEEN: "completed",
}
_STAGES = {
    Stage.ISSUED: "已开具",
    Stage.SENT: "已发送",
    Stage.RECEIVED: "已接收",
    Stage.BOOKED: "已预约",
    Stage.SEEN: "已就诊",
}


def order(letter: Letter, focus: str) -> Resource:
    """As it is sent with the ``ServiceRequest`` at ``focus``: to a house that knows nobody of ours."""
    requester = {"display": f"{letter.hospital} {letter.physician.name}"}
    return _task(letter, {"status": "requested"}, focus, {"display": letter.child.name}, requester)


def task(letter: Letter, people: People, visit: str) -> Resource:
    """As it stands now, beside its ``ServiceRequest``, under the same id."""
    stage = Stage(letter.state)
    changed = [letter.issued_at, *(receipt.at for receipt in letter.receipts)]
    if letter.reopened_at is not None:
        changed.append(letter.reopened_at)
    state = {
        "id": letter.referral,
        "status": _STATUS[stage],
        "businessStatus": concept("urn:peitong:referral-state", stage.value, _STAGES[stage]),
        "encounter": to_encounter(visit),
        "lastModified": seconds(max(changed)),
        "output": _outputs(letter) or None,
    }
    return _task(letter, state, f"ServiceRequest/{letter.referral}", people.refer(Who.PATIENT), people.refer(Who.PHYSICIAN))


def _task(letter: Letter, state: dict[str, Any], focus: str, subject: Reference, requester: Reference) -> Resource:
    code = concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill", "Fulfill the focal request")
    resource = {
        "resourceType": "Task",
        **state,
        "identifier": [{"system": NUMBER, "value": letter.number}],
        "intent": "order",
        "priority": PRIORITY[letter.urgency],
        "code": code,
        "description": f"转诊接诊：{letter.destination.department}",
        "focus": {"reference": focus},
        "for": subject,
        "authoredOn": seconds(letter.issued_at),
        "requester": requester,
        "owner": destination(letter),
        "restriction": letter.by and {"period": {"end": seconds(letter.by)}},
    }
    return checked(Task, without_none(resource))


def _outputs(letter: Letter) -> list[dict[str, Any]]:
    """When the child is expected, once that was told."""
    expected = [receipt.appointment_at for receipt in letter.receipts if receipt.appointment_at is not None]
    return [{"type": {"text": "预约就诊时间 appointment"}, "valueDateTime": seconds(at)} for at in expected]
