"""Heights and weights as ``Observation``."""

from __future__ import annotations

from typing import Any

import pytest

from server.fhir import to_encounter
from server.fhir.observation import observations
from server.fhir.questionnaire_response import Telling
from server.questionnaires.measurements import read_back
from tests.server.fhir.kit import PEOPLE, VISIT

TOLD = Telling("g1", "2026-03-01T09:30:00Z", PEOPLE, to_encounter(VISIT))


def observed(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return observations(TOLD, read_back(rows))


def height(value: str, method: str, on: str = "2026-02-01") -> dict[str, Any]:
    return {"kind": "height", "value": value, "on": on, "method": method}


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


def test_who_told_it_of_whom_and_at_which_visit() -> None:
    (resource,) = observed(height("121.5", "standing_clinic"))
    assert (resource["id"], resource["subject"]["reference"]) == ("g1-1", "Patient/child-1")
    assert resource["performer"][0]["reference"] == f"RelatedPerson/{VISIT}-guardian"
    assert resource["encounter"] == {"reference": f"Encounter/{VISIT}"}
