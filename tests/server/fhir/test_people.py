"""The people of a visit, as entries or contained in what speaks of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.fhir.people import Who
from tests.server.fhir.kit import PEOPLE, VISIT


def by_type(people: Any = PEOPLE) -> dict[str, Any]:
    return {each["resourceType"]: each for each in people.resources()}


def test_as_entries_they_have_the_ids_that_the_hospital_knows() -> None:
    found = by_type()
    assert {kind: each["id"] for kind, each in found.items()} == {
        "Patient": "child-1",
        "RelatedPerson": f"{VISIT}-guardian",
        "Practitioner": "physician-1",
        "Organization": "hospital-1",
    }
    assert found["RelatedPerson"]["identifier"] == [{"system": "urn:peitong:guardian", "value": "guardian-1"}]
    assert found["RelatedPerson"]["extension"] == [{"url": "urn:peitong:relation-proof", "valueCode": "declared"}]
    assert found["RelatedPerson"]["patient"] == {"reference": "Patient/child-1"}
    assert PEOPLE.refer(Who.PHYSICIAN) == {"reference": "Practitioner/physician-1", "display": "王芳"}
    assert PEOPLE.contained is None


def test_contained_they_are_referred_to_within() -> None:
    within = replace(PEOPLE, ids=None)
    assert within.refer(Who.HOSPITAL) == {"reference": "#hospital", "display": "示范儿童医院"}
    assert [each["id"] for each in within.contained] == ["patient", "guardian", "physician", "hospital"]
    assert "identifier" not in by_type(within)["RelatedPerson"]
    assert "extension" not in by_type(replace(within, proof=""))["RelatedPerson"]


def test_a_number_that_is_withheld_is_said_to_be_masked() -> None:
    telecom = by_type(replace(PEOPLE, phone_withheld=True))["RelatedPerson"]["telecom"][0]
    assert "value" not in telecom
    assert telecom["_value"]["extension"][0]["valueCode"] == "masked"
    assert "telecom" not in by_type()["RelatedPerson"]


@pytest.mark.parametrize(
    ("relation", "code"), [("mother", "MTH"), ("father", "FTH"), ("legal_guardian", "GUARD"), ("something_else", "GUARD")]
)
def test_the_relation_has_its_standard_code(relation: str, code: str) -> None:
    assert by_type(replace(PEOPLE, relation=relation))["RelatedPerson"]["relationship"][0]["coding"][0]["code"] == code


def test_a_physician_has_title_and_licence_or_none() -> None:
    physician = by_type()["Practitioner"]
    assert physician["identifier"][0]["value"] == physician["qualification"][0]["identifier"][0]["value"] == "110"
    assert physician["name"][0]["suffix"] == ["主任医师"]
    bare = by_type(replace(PEOPLE, licence="", title=""))["Practitioner"]
    assert "identifier" not in bare
    assert "identifier" not in bare["qualification"][0]
    assert "suffix" not in bare["name"][0]
