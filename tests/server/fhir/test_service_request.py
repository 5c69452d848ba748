"""The letter as FHIR, read back by the R4B model and by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from server.fhir.service_request import service_request
from server.letter.letter import Letter
from tests.server.fhir.kit import PEOPLE, VISIT
from tests.server.letter.conftest import TOLD, letter

__all__ = ["letter"]
MakeLetter = Callable[..., Letter]


def contained(resource: dict[str, Any], type: str) -> dict[str, Any]:
    return next(inner for inner in resource["contained"] if inner["resourceType"] == type)


def test_the_service_request_is_read_by_the_models_and_loses_nothing(letter: MakeLetter) -> None:
    resource = service_request(letter())
    text = json.dumps(resource, ensure_ascii=False)
    read = ServiceRequest.model_validate_json(text)
    assert json.loads(read.model_dump_json()) == {k: v for k, v in resource.items() if k != "resourceType"} | {
        "resourceType": "ServiceRequest"
    }


def test_it_says_who_is_referred_by_whom_where_and_why(letter: MakeLetter) -> None:
    resource = service_request(letter())
    assert (resource["status"], resource["intent"], resource["priority"]) == ("active", "order", "asap")
    assert resource["identifier"][0]["value"] == "260301-01234567"
    assert contained(resource, "Patient")["name"][0]["text"] == "张小明"
    assert contained(resource, "Patient")["gender"] == "male"
    assert contained(resource, "Patient")["birthDate"] == "2018-01-01"
    assert contained(resource, "Practitioner")["identifier"][0]["value"] == "110110000000001"
    assert contained(resource, "Organization")["name"] == "示范儿童医院"
    assert contained(resource, "RelatedPerson")["telecom"] == [{"system": "phone", "value": "13800000000", "rank": 1}]
    assert resource["performer"] == [{"type": "Organization", "display": "示范儿童医院 内分泌遗传代谢科"}]
    assert resource["reasonCode"][0]["coding"][0]["code"] == "growth_pressure_or_vision"
    assert resource["occurrencePeriod"] == {"start": "2026-03-01T09:30:00Z", "end": "2026-03-02T17:30:00+08:00"}
    assert [note["text"].split("\n", 1)[1] for note in resource["note"]] == [
        "反复晨起头痛三个月。\n身高 121 cm。",
        "视力、眼底",
        "今日就诊，不要自行用药。",
    ]
    assert "120" in resource["patientInstruction"]
    assert resource["extension"][0]["valueString"] == "a3f1" * 16


def test_the_number_that_was_confirmed_on_camera_is_the_first_to_call(letter: MakeLetter) -> None:
    telecom = contained(service_request(letter(call_back="13911112222")), "RelatedPerson")["telecom"]
    assert [(each["value"], each["rank"]) for each in telecom] == [("13911112222", 1), ("13800000000", 2)]


def test_it_brings_the_measurements_with_how_they_were_taken_and_tells_of_the_documents(letter: MakeLetter) -> None:
    resource = service_request(letter(measurements=TOLD, documents=("image/jpeg",)))
    height = contained(resource, "Observation")
    assert (height["valueQuantity"]["value"], height["valueQuantity"]["unit"]) == (121.5, "cm")
    assert height["method"]["coding"][0]["code"] == "standing_home"
    assert (height["subject"]["reference"], height["performer"][0]["reference"]) == ("#patient", "#guardian")
    assert not {"encounter", "issued"} & set(height)
    *_, first, second, documents = resource["supportingInfo"]
    assert (first["reference"], second["reference"]) == ("#measured-1", "#measured-2")
    assert documents["display"].startswith("图片 1 张")
    assert "reference" not in documents


def test_measurements_of_a_guardian_whom_it_does_not_name_are_not_credited_to_the_one_it_names(letter: MakeLetter) -> None:
    made = letter(measurements=TOLD, measured_by_further=True)
    assert "performer" not in contained(service_request(made), "Observation")
    assert "measured_by_further" not in made.view()


def test_everybody_contained_is_referred_to(letter: MakeLetter) -> None:
    resource = service_request(letter(measurements=TOLD))
    text = json.dumps(resource)
    for inner in resource["contained"]:
        assert f'"#{inner["id"]}"' in text


def test_a_routine_referral_without_texts_has_no_end_and_no_notes(letter: MakeLetter) -> None:
    resource = service_request(letter(urgency="routine", content=None, journal_head=""))
    assert "end" not in resource["occurrencePeriod"]
    assert "note" not in resource
    assert "extension" not in resource


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [("emergency", "stat"), ("within_24h", "asap"), ("within_2w", "urgent"), ("within_30d", "routine"), ("routine", "routine")],
)
def test_urgency_becomes_priority(letter: MakeLetter, urgency: str, priority: str) -> None:
    assert service_request(letter(urgency=urgency))["priority"] == priority


@pytest.mark.parametrize("name", ['"]}{', "#import", "<div>", "𠮷㛃䶮𬭎", "a\\u0000b"])
def test_whatever_a_name_holds_it_stays_a_name(letter: MakeLetter, name: str) -> None:
    resource = json.loads(json.dumps(service_request(letter(child=name))))
    assert contained(resource, "Patient")["name"][0]["text"] == name


def test_in_a_bundle_it_refers_to_the_entries_and_is_completed_once_the_child_was_seen(letter: MakeLetter) -> None:
    resource = service_request(letter(state="seen"), PEOPLE, VISIT)
    assert (resource["status"], resource["subject"]["reference"]) == ("completed", "Patient/child-1")
    assert resource["encounter"] == {"reference": f"Encounter/{VISIT}"}
    assert "contained" not in resource
