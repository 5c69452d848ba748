"""What a destination is asked to do, and how far that has come."""

from __future__ import annotations

from typing import Any

import pytest

from server.fhir.task import order, task
from server.referral import Urgency
from server.referrals.track import Fact, Track, advance
from tests.server.fhir.kit import PEOPLE, VISIT, letter
from tests.server.letter.conftest import ISSUED_AT


def now(**changes: Any) -> dict[str, Any]:
    return task(letter(**changes), PEOPLE, VISIT)


def test_the_order_is_about_the_request_for_the_destination_and_says_by_when() -> None:
    resource = order(letter(), "urn:uuid:x")
    assert (resource["status"], resource["intent"], resource["priority"]) == ("requested", "order", "asap")
    assert resource["focus"] == {"reference": "urn:uuid:x"}
    assert resource["owner"]["display"] == "示范儿童医院 内分泌遗传代谢科"
    assert resource["restriction"]["period"]["end"] == "2026-03-02T17:30:00+08:00"
    assert "restriction" not in order(letter(urgency="routine"), "urn:uuid:x")


@pytest.mark.parametrize(
    ("state", "status"),
    [("issued", "requested"), ("sent", "requested"), ("received", "received"), ("booked", "accepted"), ("seen", "completed")],
)
def test_how_far_it_has_come_is_its_status(state: str, status: str) -> None:
    resource = now(state=state)
    assert resource["status"] == status
    assert resource["businessStatus"]["coding"][0]["code"] == state


def test_it_stands_beside_its_request_under_the_same_id() -> None:
    resource = now()
    assert resource["focus"] == {"reference": f"ServiceRequest/{resource['id']}"}
    assert (resource["for"]["reference"], resource["requester"]["reference"]) == ("Patient/child-1", "Practitioner/physician-1")
    assert resource["lastModified"] == resource["authoredOn"] == "2026-03-01T09:30:00Z"
    assert "output" not in resource


def test_what_was_reopened_is_under_way_again_and_was_changed_then() -> None:
    seen = advance(Track(Urgency.WITHIN_24H, ISSUED_AT), Fact.SEEN, ISSUED_AT + 60)
    resource = now(state="issued", track=advance(seen, Fact.REOPENED, ISSUED_AT + 120))
    assert (resource["status"], resource["lastModified"]) == ("requested", "2026-03-01T09:32:00Z")


def test_an_appointment_that_was_told_is_its_output() -> None:
    track = advance(Track(Urgency.WITHIN_24H, ISSUED_AT), Fact.BOOKED, ISSUED_AT + 60, ISSUED_AT + 3600)
    resource = now(state="booked", track=track)
    assert [each["valueDateTime"] for each in resource["output"]] == ["2026-03-01T10:30:00Z"]
    assert resource["lastModified"] == "2026-03-01T09:31:00Z"
