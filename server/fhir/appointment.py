"""The booking of a visit as an ``Appointment``."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.appointment import Appointment

from server.fhir import VISIT, Resource, checked, concept, of_field
from server.fhir.people import People, Who
from server.store.bookings import Booked
from server.visit_view import moment

_KINDS = {"first": "首次线上就诊", "follow_up": "复诊", "advice": "健康咨询"}
_AFTER = {"planned": "booked", "arrived": "arrived", "in-progress": "fulfilled", "finished": "fulfilled"}
_NOBODY_CAME = ("no_show", "guardian_absent")


def appointment(booked: Booked, people: People, encounter_status: str) -> Resource:
    """``encounter_status`` is that of the visit's Encounter: it says what became of the booking."""
    status = _AFTER.get(encounter_status) or ("noshow" if booked.outcome in _NOBODY_CAME else "cancelled")
    over = status in ("noshow", "cancelled") and booked.outcome is not None
    resource = {
        "resourceType": "Appointment",
        "id": booked.id,
        "language": "zh-CN",
        "identifier": [{"system": VISIT, "value": booked.id}],
        "status": status,
        "cancelationReason": concept("urn:peitong:outcome", booked.outcome) if over and booked.outcome else None,
        "serviceType": [of_field(booked.field, booked.department_name)],
        "appointmentType": concept("urn:peitong:visit-kind", booked.kind, _KINDS.get(booked.kind, "")),
        "start": moment(booked.starts_at),
        "end": moment(booked.ends_at),
        "minutesDuration": max(1, round((booked.ends_at - booked.starts_at) / 60)),
        "created": None if booked.booked_at is None else moment(booked.booked_at),
        "participant": [_participant(people, who) for who in (Who.PATIENT, Who.GUARDIAN, Who.PHYSICIAN)],
    }
    return checked(Appointment, resource)


def _participant(people: People, who: Who) -> dict[str, Any]:
    return {"actor": people.refer(who), "required": "required", "status": "accepted"}
