"""Answers and measurements as FHIR, read back by the R4B models and by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from server.fhir.preparation import Telling, bundle, observations, questionnaire_response
from server.questionnaires.answers import validate
from server.questionnaires.measurements import read_back
from tests.server.questionnaires.kit import TODAY, WHOLE, small

TOLD = Telling("g1", "visit-1", "张*明", "李*", "2026-03-01T09:30:00Z")
QUESTIONNAIRE = small()


def response(language: str = "zh", *, draft: bool = False, **answers: Any) -> dict[str, Any]:
    given = validate(QUESTIONNAIRE, answers, today=TODAY, draft=draft)
    return questionnaire_response(TOLD, QUESTIONNAIRE, given, language, "ab" * 32)


def observed(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return observations(TOLD, read_back(rows))


def height(value: str, method: str, on: str = "2026-02-01") -> dict[str, Any]:
    return {"kind": "height", "value": value, "on": on, "method": method}


def test_a_response_says_what_was_asked_what_was_answered_and_to_which_words() -> None:
    resource = response(**WHOLE, worried=True, weight="3.25", since="2026-02-01", note="慢")
    assert resource["questionnaire"] == "urn:peitong:questionnaire:growth-test-1"
    assert (resource["status"], resource["language"], resource["authored"]) == (
        "completed",
        "zh-CN",
        "2026-03-01T09:30:00Z",
    )
    assert resource["extension"][0]["valueString"] == "ab" * 32
    assert resource["encounter"]["identifier"]["value"] == "visit-1"
    assert resource["source"] == {"type": "RelatedPerson", "display": "李*"}
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


def test_a_height_is_a_vital_sign_in_centimetres() -> None:
    (resource,) = observed(height("121.5", "standing_clinic"))
    assert resource["code"]["coding"] == [{"system": "http://loinc.org", "code": "8302-2", "display": "Body height"}]
    assert resource["category"][0]["coding"][0]["code"] == "vital-signs"
    assert resource["valueQuantity"] == {
        "value": 121.5, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm",
    }  # fmt: skip
    assert (resource["effectiveDateTime"], resource["status"]) == ("2026-02-01", "preliminary")
    assert resource["method"]["coding"][0]["code"] == "standing_clinic"
    assert "note" not in resource


def test_a_length_carries_both_codes() -> None:
    (resource,) = observed(height("75", "lying_home"))
    assert [coding["code"] for coding in resource["code"]["coding"]] == ["8302-2", "8306-3"]


@pytest.mark.parametrize("clothes", ["none", "light", "heavy"])
def test_a_weight_is_in_kilograms_and_says_what_was_worn(clothes: str) -> None:
    (resource,) = observed({"kind": "weight", "value": "24.5", "on": "2026-02-01", "method": "scale_home", "clothes": clothes})
    assert resource["code"]["coding"][0]["code"] == "29463-7"
    assert resource["valueQuantity"]["code"] == "kg"
    assert clothes.replace("none", "bare") in resource["note"][0]["text"]


def test_the_collection_is_read_by_the_models_and_loses_nothing() -> None:
    resources = [response(**WHOLE), *observed(height("121.5", "standing_clinic"), height("115", "lying_home", "2025-02-01"))]
    collected = bundle(resources)
    read = Bundle.model_validate_json(json.dumps(collected))
    assert [entry.resource.id for entry in read.entry] == ["g1", "g1-1", "g1-2"]
    assert isinstance(read.entry[0].resource, QuestionnaireResponse)
    assert len({entry["fullUrl"] for entry in collected["entry"]}) == 3
    assert [entry["resource"] for entry in collected["entry"]] == resources


def test_nothing_told_is_an_empty_collection() -> None:
    assert bundle([]) == {"resourceType": "Bundle", "type": "collection"}
