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


def test_the_family_s_numbers_are_in_the_order_in_which_to_call_them() -> None:
    assert by_type(replace(PEOPLE, phones=("13911112222", "13800000000")))["RelatedPerson"]["telecom"] == [
        {"system": "phone", "value": "13911112222", "rank": 1},
        {"system": "phone", "value": "13800000000", "rank": 2},
    ]
    assert "telecom" not in by_type()["RelatedPerson"]


@pytest.mark.parametrize(("relation", "code"), [("mother", "MTH"), ("father", "FTH"), ("legal_guardian", "GUARD")])
def test_the_relation_has_its_standard_code(relation: str, code: str) -> None:
    assert by_type(replace(PEOPLE, relation=relation))["RelatedPerson"]["relationship"][0]["coding"][0]["code"] == code


@pytest.mark.parametrize("relation", ["delegated", "something_else"])
def test_who_is_no_guardian_has_a_code_of_our_own_and_no_guardian_s(relation: str) -> None:
    (coding,) = by_type(replace(PEOPLE, relation=relation))["RelatedPerson"]["relationship"][0]["coding"]
    assert (coding["system"], coding["code"]) == ("urn:peitong:relation", relation)


def test_a_physician_has_title_and_licence_or_none() -> None:
    physician = by_type()["Practitioner"]
    assert physician["identifier"][0]["value"] == physician["qualification"][0]["identifier"][0]["value"] == "110"
    assert physician["name"][0]["suffix"] == ["主任医师"]
    bare = by_type(replace(PEOPLE, licence="", title=""))["Practitioner"]
    assert "identifier" not in bare
    assert "identifier" not in bare["qualification"][0]
    assert "suffix" not in bare["name"][0]
