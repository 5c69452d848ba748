"""Agreements as ``Consent``: one for each, as its last answer has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.fhir.consent import consents
from server.fhir.people import FurtherGuardian
from tests.server.fhir.kit import BEGAN, PEOPLE, VISIT, answer


def made(*answers: Any) -> list[dict[str, Any]]:
    return list(consents(VISIT, answers, PEOPLE))


def test_each_agreement_is_one_and_says_exactly_what_was_shown() -> None:
    consultation, recording = made(answer("consultation", "given"), answer("recording", "given"))
    assert consultation["scope"]["coding"][0]["code"] == "treatment"
    assert recording["scope"]["coding"][0]["code"] == "patient-privacy"
    assert recording["category"][1]["coding"][0] == {
        "system": "urn:peitong:consent-kind",
        "code": "recording",
        "display": "全程录制知情同意",
    }
    assert recording["policy"] == [{"uri": "urn:peitong:consent-text:recording:2026-1:zh"}]
    assert recording["extension"][0]["valueString"] == "cd" * 32
    assert recording["performer"][0]["reference"] == f"RelatedPerson/{VISIT}-guardian"
    assert (recording["status"], recording["provision"]) == (
        "active",
        {"type": "permit", "period": {"start": "2026-03-01T09:15:00Z"}},
    )


def test_what_was_refused_is_rejected_and_permits_nothing() -> None:
    (refused,) = made(answer("recording", "refused", language="en"))
    assert (refused["status"], refused["provision"], refused["language"]) == ("rejected", {"type": "deny"}, "en")


def test_what_was_withdrawn_was_in_force_from_when_to_when() -> None:
    given, later = answer("recording", "given"), answer("recording", "withdrawn", BEGAN + 60)
    (withdrawn,) = made(answer("recording", "refused", BEGAN - 950), given, later)
    assert withdrawn["status"] == "inactive"
    assert withdrawn["id"] == later.id
    assert withdrawn["provision"]["period"] == {"start": "2026-03-01T09:15:00Z", "end": "2026-03-01T09:31:00Z"}
    (alone,) = made(later)
    assert alone["provision"]["period"]["start"] == alone["provision"]["period"]["end"]


def test_another_kind_of_agreement_keeps_its_code() -> None:
    (other,) = made(answer("delegation", "given"))
    assert other["category"][1]["coding"][0] == {"system": "urn:peitong:consent-kind", "code": "delegation"}


def test_nothing_answered_is_no_consent() -> None:
    assert made() == []


def test_each_guardian_agrees_by_name() -> None:
    people = replace(PEOPLE, further=(FurtherGuardian(1, "guardian-2", "韩梅梅", "mother", "birth_certificate"),))
    answers = (answer("recording", "given"), replace(answer("recording", "refused"), id="a-2", guardian="guardian-2"))
    father, mother = consents(VISIT, answers, people)
    assert [each["performer"][0]["display"] for each in (father, mother)] == ["李雷", "韩梅梅"]
    assert [each["status"] for each in (father, mother)] == ["active", "rejected"]
