"""A hospital's own consent texts as it hands them in: whole, in both languages, in words that can be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.consent_texts import MOST_BYTES, ConsentText, MalformedConsentTexts, parse


def text(**changes: Any) -> dict[str, Any]:
    plain = {"kind": "stills", "version": "renhe-1", "language": "zh", "title": "标题", "paragraphs": ["一", "二"]}
    return plain | changes


BOTH = [text(), text(language="en", title="Title", paragraphs=["One"])]


def document(*texts: Any) -> str:
    return json.dumps({"texts": list(texts)})


def test_a_kind_in_both_languages_is_read() -> None:
    zh, en = parse(document(*BOTH))
    assert zh == ConsentText("stills", "renhe-1", "zh", "标题", ("一", "二"))
    assert (en.language, en.paragraphs) == ("en", ("One",))


def test_several_kinds_may_have_versions_of_their_own() -> None:
    other = [each | {"kind": "recording", "version": "renhe-7"} for each in BOTH]
    assert [(each.kind, each.version) for each in parse(document(*BOTH, *other))][::2] == [
        ("stills", "renhe-1"),
        ("recording", "renhe-7"),
    ]


@pytest.mark.parametrize(
    ("faulty", "why"),
    [
        ("", "document: not JSON"),
        ("[" * 100_000, "document: not JSON"),
        ("[]", "document: an object"),
        ("{}", "texts: is missing"),
        ('{"texts": []}', "texts: a list with something"),
        ('{"texts": {}}', "texts: a list with something"),
        (json.dumps({"texts": BOTH, "more": 1}), "more: is not known"),
        (document("text"), "texts/0: an object"),
        (document(text(more=1)), "texts/0/more: is not known"),
        (document(text(kind="photographs")), "texts/0/kind: one of"),
        (document(text(kind=[])), "texts/0/kind: one of"),
        (document(text(language="fr")), "texts/0/language: one of"),
        (document(text(version="")), "texts/0/version: does not match"),
        (document(text(version="a b")), "texts/0/version: does not match"),
        (document(text(version=1)), "texts/0/version: does not match"),
        (document(text(paragraphs=[])), "texts/0/paragraphs: a list with something"),
        (document(text(paragraphs="一")), "texts/0/paragraphs: a list with something"),
        (document(text(paragraphs=["一"] * 61)), "texts/0/paragraphs: at most 60"),
        (document(text(title=" ")), "texts/0/title: a text"),
        (document(text(title="题" * 201)), "texts/0/title: at most 200"),
        (document(text(paragraphs=[1])), "texts/0/paragraphs/0: a text"),
        (document(text(paragraphs=["字" * 4001])), "texts/0/paragraphs/0: at most 4000"),
        (document(text(paragraphs=["a\0b"])), "texts/0/paragraphs/0: at most 4000"),
        (document(text(paragraphs=["\ud800"])), "texts/0/paragraphs/0: at most 4000"),
        (document(text()), "stills needs one text in each"),
        (document(*BOTH, text()), "stills needs one text in each"),
        (document(BOTH[0], BOTH[1] | {"version": "renhe-2"}), "different versions"),
        ("x" * (MOST_BYTES + 1), "document: more than"),
    ],
)
def test_anything_else_is_refused_with_the_reason(faulty: str, why: str) -> None:
    with pytest.raises(MalformedConsentTexts, match=why):
        parse(faulty)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(MalformedConsentTexts) as found:
        parse(document(text(kind="photographs", title=""), text(language="fr")))
    assert [fault.split(":")[0] for fault in found.value.faults] == ["texts/0/kind", "texts/0/title", "texts/1/language"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_nothing_but_its_own_error_is_raised(value: Any) -> None:
    for handed_in in (json.dumps(value), json.dumps({"texts": value}), json.dumps({"texts": [value]})):
        with pytest.raises(MalformedConsentTexts):
            parse(handed_in)
