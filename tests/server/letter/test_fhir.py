"""The letter as FHIR, read back by the R4B model and by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from server.letter.fhir import service_request
from server.letter.letter import Letter

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
    assert resource["reasonCode"][0]["coding"][0]["code"] == "growth_pressure_or_vision"
    assert resource["occurrencePeriod"] == {"start": "2026-03-01T09:30:00Z", "end": "2026-03-02T17:30:00+08:00"}
    assert [note["text"].split("\n", 1)[1] for note in resource["note"]] == [
        "反复晨起头痛三个月。\n身高 121 cm。",
        "视力、眼底",
        "今日就诊，不要自行用药。",
    ]
    assert "120" in resource["patientInstruction"]
    assert resource["extension"][0]["valueString"] == "a3f1" * 16


def test_everybody_contained_is_referred_to(letter: MakeLetter) -> None:
    resource = service_request(letter())
    text = json.dumps(resource)
    for inner in resource["contained"]:
        assert f'"#{inner["id"]}"' in text


def test_a_masked_phone_is_absent_as_masked_and_not_a_wrong_number(letter: MakeLetter) -> None:
    telecom = contained(service_request(letter()), "RelatedPerson")["telecom"][0]
    assert "value" not in telecom
    assert telecom["_value"]["extension"][0]["valueCode"] == "masked"


@pytest.mark.parametrize(
    ("relation", "code"), [("mother", "MTH"), ("father", "FTH"), ("legal_guardian", "GUARD"), ("something_else", "GUARD")]
)
def test_the_relation_has_its_standard_code(letter: MakeLetter, relation: str, code: str) -> None:
    person = contained(service_request(letter(relation=relation)), "RelatedPerson")
    assert person["relationship"][0]["coding"][0]["code"] == code


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
