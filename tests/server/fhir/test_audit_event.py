"""Acts of the journal as ``AuditEvent``: who did what to what, and where it stands in the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.events import EVENTS
from server.fhir.audit_event import AUDITED, audit_event
from server.fhir.people import FurtherGuardian
from tests.server.fhir.kit import PEOPLE, VISIT, deed


def made(type: str, documents: tuple[str, ...] = (), **record: Any) -> dict[str, Any]:
    return audit_event(VISIT, deed(7, type, **record), PEOPLE, documents)


def details(resource: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["valueString"] for each in resource["entity"][0]["detail"]}


def test_every_type_is_one_of_the_journal_s() -> None:
    assert EVENTS.keys() >= AUDITED


def test_an_attestation_is_the_physician_s_and_says_what_was_checked() -> None:
    resource = made("attested", checks=["guardian_seen", "child_seen"])
    assert resource["agent"][0]["who"]["reference"] == "Practitioner/physician-1"
    assert details(resource) == {
        "checks": "guardian_seen child_seen",
        "journal-number": "7",
        "journal-hash": f"{7:064x}",
    }
    assert (resource["id"], resource["recorded"], resource["action"]) == (f"{VISIT}-7", "2026-03-01T09:30:07Z", "C")
    assert resource["entity"][0]["what"] == {"reference": f"Encounter/{VISIT}"}


def test_a_consent_is_the_guardian_s_and_says_which() -> None:
    resource = made("consent_withdrawn", kind="recording")
    assert resource["agent"][0]["who"]["reference"] == f"RelatedPerson/{VISIT}-guardian"
    assert details(resource)["kind"] == "recording"
    assert "version" not in details(resource)


def test_a_document_that_is_there_is_referred_to_and_one_taken_back_is_not() -> None:
    there = made("document_read", ("d1",), role="physician", document="d1")
    assert there["entity"][0]["what"] == {"reference": "DocumentReference/d1"}
    assert made("document_removed", ("d1",), document="d2")["entity"][0]["what"] == {"reference": f"Encounter/{VISIT}"}


def test_a_coordinator_is_named_by_the_id_that_the_hospital_knows() -> None:
    agent = made("phone_revealed", referral="r1", staff="s1")["agent"][0]
    assert agent["who"] == {"type": "Practitioner", "identifier": {"system": "urn:peitong:staff", "value": "s1"}}


@pytest.mark.parametrize(
    ("by", "who"),
    [
        ("staff/s1", {"type": "Practitioner", "identifier": {"system": "urn:peitong:staff", "value": "s1"}}),
        ("key/k1", {"type": "Device", "identifier": {"system": "urn:peitong:api-key", "value": "k1"}}),
        ("family", {"reference": f"RelatedPerson/{VISIT}-guardian", "display": "李雷"}),
        ("family/guardian-2", {"reference": f"RelatedPerson/{VISIT}-guardian2", "display": "韩梅梅"}),
    ],
)
@pytest.mark.parametrize("type", ["visit_moved", "visit_cancelled", "no_show_marked", "link_made", "guardian_removed"])
def test_what_was_done_from_outside_the_room_names_who_did_it(type: str, by: str, who: dict[str, Any]) -> None:
    people = replace(PEOPLE, further=(FurtherGuardian(1, "guardian-2", "韩梅梅", "mother", "birth_certificate"),))
    resource = audit_event(VISIT, deed(7, type, by=by, guardian="guardian-2"), people, ())
    assert resource["agent"] == [{"who": who, "requestor": True}]


@pytest.mark.parametrize("type", ["visit_moved", "guardian_added"])
def test_a_row_from_before_it_was_noted_names_nobody_or_the_staff_it_has(type: str) -> None:
    assert "who" not in made(type)["agent"][0]
    assert made(type, staff="s1")["agent"][0]["who"]["identifier"]["value"] == "s1"


def test_what_the_server_does_itself_nobody_asked_for() -> None:
    agent = made("documents_destroyed")["agent"][0]
    assert (agent["requestor"], agent["name"]) == (False, "陪同 Peitong")


@pytest.mark.parametrize("type", sorted(AUDITED))
def test_each_can_be_told(type: str) -> None:
    assert made(type)["subtype"] == [{"system": "urn:peitong:event", "code": type}]
