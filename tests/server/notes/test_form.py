"""The note's form is read strictly, and the one that comes with the server can be signed."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from server import notes
from server.notes.form import MalformedForm, parse_form

TEXT = files(notes).joinpath("note-2026-1.json").read_text(encoding="utf-8")


def changed(path: str, value: Any) -> str:
    document = json.loads(TEXT)
    *way, last = path.split("/")
    at: Any = document
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    return json.dumps(document)


def test_the_form_that_comes_with_the_server_has_every_section_of_a_note() -> None:
    form = notes.load().form
    codes = [section.code for section in form.note.sections]
    assert codes == ["history", "findings", "not_examined", "impression", "advice", "follow_up", "family"]
    assert form.note.needs == (("history",), ("findings", "not_examined"), ("impression",), ("advice",))
    assert [section.code for section in form.amendment.sections] == ["reason", "text", "family"]
    assert (form.version, form.ratified_by) == ("note-2026-1", None)
    history = form.note.section("history")
    assert history is not None
    assert (history.loinc, history.title.zh) == ("10164-2", "病史")
    assert form.note.section("recipe") is None


def test_a_whole_note_in_chinese_fits_into_one_request() -> None:
    for part in (notes.load().form.note, notes.load().form.amendment):
        sections = {section.code: "病" * section.max_length for section in part.sections}
        sent = json.dumps({"kind": "amendment", "sections": sections}, ensure_ascii=False).encode()
        assert len(sent) < 64 * 1024


def test_a_hospital_may_ratify_its_own() -> None:
    assert parse_form(changed("ratified_by", "首都儿童医学中心 2026-11-01")).ratified_by == "首都儿童医学中心 2026-11-01"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", "Version 1"),
        ("ratified_by", " "),
        ("sections", []),
        ("sections/0/code", "History"),
        ("sections/1/code", "history"),
        ("sections/0/loinc", "abc"),
        ("sections/0/max_length", 0),
        ("sections/0/max_length", "4000"),
        ("sections/0/max_length", 20_000),
        ("sections/0/title", {"zh": "病史"}),
        ("sections/0/hint", {"zh": "", "en": "x"}),
        ("sections/6/code", "parents"),
        ("needs", []),
        ("needs", [[]]),
        ("needs", [["recipe"]]),
        ("amendment", None),
    ],
)
def test_a_fault_is_found(path: str, value: Any) -> None:
    with pytest.raises(MalformedForm):
        parse_form(changed(path, value))


def test_every_fault_is_told_with_its_place() -> None:
    form = json.loads(TEXT)
    form["sections"][0]["code"] = "History"
    form["amendment"]["sections"][1]["title"]["en"] = ""
    with pytest.raises(MalformedForm) as found:
        parse_form(json.dumps(form | {"needs": [["advice"], ["recipe"]], "author": "us"}))
    assert [fault.split(":")[0] for fault in found.value.faults] == [
        "author", "sections/0/code", "needs/1/0", "amendment/sections/1/title/en",
    ]  # fmt: skip


def test_what_is_no_json_is_no_form() -> None:
    with pytest.raises(MalformedForm):
        parse_form("{")
