"""Completed answers as a ``QuestionnaireResponse``."""

from __future__ import annotations

from typing import Any

from server.fhir import to_encounter
from server.fhir.questionnaire_response import Telling, questionnaire_response
from server.questionnaires.answers import validate
from tests.server.fhir.kit import PEOPLE, VISIT
from tests.server.questionnaires.kit import TODAY, WHOLE, small

TOLD = Telling("g1", "2026-03-01T09:30:00Z", PEOPLE, to_encounter(VISIT))
QUESTIONNAIRE = small()


def response(language: str = "zh", *, draft: bool = False, **answers: Any) -> dict[str, Any]:
    given = validate(QUESTIONNAIRE, answers, today=TODAY, draft=draft)
    return questionnaire_response(TOLD, QUESTIONNAIRE, given, language, "ab" * 32)


def test_a_response_says_what_was_asked_what_was_answered_and_to_which_words() -> None:
    resource = response(**WHOLE, worried=True, weight="3.25", since="2026-02-01", note="慢")
    assert resource["questionnaire"] == "urn:peitong:questionnaire:growth-test-1"
    assert (resource["status"], resource["language"], resource["authored"]) == (
        "completed",
        "zh-CN",
        "2026-03-01T09:30:00Z",
    )
    assert resource["extension"][0]["valueString"] == "ab" * 32
    assert resource["encounter"] == {"reference": f"Encounter/{VISIT}"}
    assert resource["source"] == {"reference": f"RelatedPerson/{VISIT}-guardian", "display": "李雷"}
    first, second = resource["item"]
    assert [item["linkId"] for item in first["item"]] == ["signs", "puberty"]
    coding = first["item"][0]["answer"][0]["valueCoding"]
    assert coding == {"system": "urn:peitong:question:signs", "code": "none", "display": "none（中）"}
    values = {item["linkId"]: item["answer"][0] for item in second["item"]}
    assert values == {
        "worried": {"valueBoolean": True},
        "weight": {"valueDecimal": 3.25},
        "since": {"valueDate": "2026-02-01"},
        "note": {"valueString": "慢"},
    }


def test_several_codes_are_several_answers_in_the_language_shown() -> None:
    resource = response("en", signs=["headache", "vision"], puberty="yes", age=7)
    signs, _, age = resource["item"][0]["item"]
    assert [answer["valueCoding"]["display"] for answer in signs["answer"]] == ["headache", "vision"]
    assert age["answer"] == [{"valueInteger": 7}]
    assert resource["language"] == "en"


def test_what_is_not_completed_says_so_and_nothing_said_is_no_item() -> None:
    assert response(draft=True, puberty="no")["status"] == "in-progress"
    assert "item" not in response(draft=True)
