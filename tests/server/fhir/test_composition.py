"""A signed note as ``Composition``: read back by the R4B model, and by hand."""

from __future__ import annotations

from dataclasses import replace

from fhir.resources.R4B.composition import Composition

from server import notes
from server.fhir.composition import Written, compositions
from server.notes.note import Kind, Signed, Signer
from tests.server.fhir.kit import PEOPLE, VISIT

FORMS = notes.load().forms
FORM = notes.load().form.version
WANG = Signer("王芳", "主任医师", "110-1")
WORDS = {
    "history": "近一年 <3 厘米\n父 172 & 母 160",
    "findings": "匀称",
    "impression": "待查",
    "advice": "拍片",
    "family": "请拍片",
}
NOTE = Signed("n1", Kind.NOTE, FORM, WORDS, WANG, 3, 1_772_357_400.0)
AMENDMENT = Signed("a1", Kind.AMENDMENT, FORM, {"reason": "笔误", "text": "4 厘米"}, WANG, 5, 1_772_360_000.0)


def test_a_note_has_a_section_for_each_part_and_is_attested_by_whoever_signed() -> None:
    (said,) = compositions(VISIT, Written((NOTE,), FORMS), PEOPLE)
    Composition.model_validate(said)
    assert (said["status"], said["type"]["coding"][0]["code"], said["date"]) == ("final", "11488-4", "2026-03-01T09:30:00Z")
    assert [section["code"]["coding"][0]["code"] for section in said["section"]] == [
        "10164-2", "29545-1", "51848-0", "18776-5", "69730-0",
    ]  # fmt: skip
    (attester,) = said["attester"]
    assert (attester["mode"], attester["time"], attester["party"]["display"]) == ("legal", said["date"], "王芳 主任医师")
    assert attester["party"]["identifier"]["value"] == "110-1"
    assert said["encounter"] == {"reference": f"Encounter/{VISIT}"}


def test_every_word_is_there_as_text_and_none_of_it_as_markup() -> None:
    (said,) = compositions(VISIT, Written((NOTE,), FORMS), PEOPLE)
    history = said["section"][0]["text"]["div"]
    assert "<p>近一年 &lt;3 厘米</p><p>父 172 &amp; 母 160</p>" in history
    assert [section["title"].split()[0] for section in said["section"]] == ["病史", "所见", "初步印象", "建议", "给家长的话"]


def test_an_amendment_appends_to_the_note_which_is_amended_then() -> None:
    note, amendment = compositions(VISIT, Written((NOTE, AMENDMENT), FORMS), PEOPLE)
    assert (note["status"], amendment["status"]) == ("amended", "final")
    assert "relatesTo" not in note
    assert amendment["relatesTo"][0]["targetIdentifier"]["value"] == "n1"


def test_what_was_deleted_is_left_out_and_no_licence_is_made_up() -> None:
    gone = replace(NOTE, form="", sections={}, signer=None)
    (said,) = compositions(VISIT, Written((gone, replace(AMENDMENT, signer=replace(WANG, licence=""))), FORMS), PEOPLE)
    assert said["id"] == "a1"
    assert "identifier" not in said["attester"][0]["party"]
