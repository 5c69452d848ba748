"""Documents as ``DocumentReference``: what there is, not its content."""

from __future__ import annotations

from server.fhir.document_reference import document_reference
from server.store.documents import STILL
from tests.server.fhir.kit import PEOPLE, VISIT, paper


def test_a_picture_says_what_it_is_whose_and_which_bytes() -> None:
    resource = document_reference(VISIT, paper(3), PEOPLE)
    attachment = resource["content"][0]["attachment"]
    assert attachment == {
        "contentType": "image/jpeg",
        "size": 12345,
        "title": "图片 picture 3",
        "creation": "2026-03-01T09:25:00Z",
    }
    assert resource["extension"] == [{"url": "urn:peitong:sha256", "valueString": "ef" * 32}]
    assert resource["author"][0]["reference"] == f"RelatedPerson/{VISIT}-guardian"
    assert resource["context"]["encounter"] == [{"reference": f"Encounter/{VISIT}"}]


def test_one_whose_words_were_deleted_has_no_hash() -> None:
    resource = document_reference(VISIT, paper(1, "application/pdf", ""), PEOPLE)
    assert "extension" not in resource
    assert resource["content"][0]["attachment"]["title"] == "资料 document 1"


def test_a_still_is_the_physicians_and_nothing_that_the_family_handed_in() -> None:
    resource = document_reference(VISIT, paper(2, purpose=STILL), PEOPLE)
    assert resource["author"][0]["reference"] == "Practitioner/physician-1"
    assert resource["content"][0]["attachment"]["title"] == "留存照片 still 2"
    assert resource["type"]["coding"][0]["code"] == "72170-4"
    assert "family" not in resource["type"]["text"]
