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
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no"),
        ("{}", "holds no"),
        ('{"texts": []}', "holds no"),
        ('{"texts": {}}', "holds no"),
        (json.dumps({"texts": BOTH, "more": 1}), "holds no"),
        (document("text"), "needs just"),
        (document(text(more=1)), "needs just"),
        (document(text(kind="photographs")), "kind is one of"),
        (document(text(kind=[])), "kind is one of"),
        (document(text(language="fr")), "kind is one of"),
        (document(text(version="")), "version is"),
        (document(text(version="a b")), "version is"),
        (document(text(version=1)), "version is"),
        (document(text(paragraphs=[])), "paragraphs"),
        (document(text(paragraphs="一")), "paragraphs"),
        (document(text(paragraphs=["一"] * 61)), "paragraphs"),
        (document(text(title=" ")), "empty, too long"),
        (document(text(title="题" * 201)), "empty, too long"),
        (document(text(paragraphs=[1])), "empty, too long"),
        (document(text(paragraphs=["字" * 4001])), "empty, too long"),
        (document(text(paragraphs=["a\0b"])), "empty, too long"),
        (document(text(paragraphs=["\ud800"])), "empty, too long"),
        (document(text()), "needs one text in each"),
        (document(*BOTH, text()), "needs one text in each"),
        (document(BOTH[0], BOTH[1] | {"version": "renhe-2"}), "different versions"),
        ("x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_anything_else_is_refused_with_the_reason(faulty: str, why: str) -> None:
    with pytest.raises(MalformedConsentTexts, match=why):
        parse(faulty)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_nothing_but_its_own_error_is_raised(value: Any) -> None:
    for handed_in in (json.dumps(value), json.dumps({"texts": value}), json.dumps({"texts": [value]})):
        with pytest.raises(MalformedConsentTexts):
            parse(handed_in)
