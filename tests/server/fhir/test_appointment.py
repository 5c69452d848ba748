"""A booking as an ``Appointment``: what became of it, by what became of its Encounter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.fhir.appointment import appointment
from tests.server.fhir.kit import BOOKED, PEOPLE


def made(status: str, **changes: Any) -> dict[str, Any]:
    return appointment(replace(BOOKED, **changes), PEOPLE, status)


@pytest.mark.parametrize(
    ("encounter", "outcome", "status", "why"),
    [
        ("planned", None, "booked", None),
        ("arrived", None, "arrived", None),
        ("in-progress", None, "fulfilled", None),
        ("finished", "completed", "fulfilled", None),
        ("finished", "guardian_absent", "fulfilled", None),
        ("cancelled", "no_show", "noshow", "no_show"),
        ("cancelled", "guardian_absent", "noshow", "guardian_absent"),
        ("cancelled", "consent_withdrawn", "cancelled", "consent_withdrawn"),
        ("cancelled", None, "cancelled", None),
    ],
)
def test_it_is_booked_arrived_fulfilled_cancelled_or_nobody_came(
    encounter: str, outcome: str | None, status: str, why: str | None
) -> None:
    resource = made(encounter, outcome=outcome)
    assert resource["status"] == status
    assert resource.get("cancelationReason", {}).get("coding", [{}])[0].get("code") == why


def test_it_says_who_is_to_come_when_for_what() -> None:
    resource = made("planned")
    assert (resource["start"], resource["end"], resource["minutesDuration"]) == (
        "2026-03-01T09:30:00Z",
        "2026-03-01T10:00:00Z",
        30,
    )
    assert resource["created"] == "2026-02-28T09:30:00Z"
    assert [one["actor"]["reference"].split("/")[0] for one in resource["participant"]] == [
        "Patient",
        "RelatedPerson",
        "Practitioner",
    ]
    assert resource["appointmentType"]["coding"][0]["code"] == "first"
    assert resource["serviceType"][0]["coding"][0] == {"system": "urn:peitong:field", "code": "growth", "display": "生长发育"}


def test_what_was_not_written_down_is_not_told() -> None:
    assert "created" not in made("planned", booked_at=None)
    assert "display" not in made("planned", kind="other")["appointmentType"]["coding"][0]
