"""What a hospital wrote is read whole, or every fault is told with its place, whatever was written."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.referral import Words
from server.strict import MOST_BYTES, Malformed, Reader, Unread

WORDS = {"zh": "头", "en": "head"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["zh", "en", "code", "list"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def everything(reader: Reader, document: Any) -> tuple[str, tuple[Words, ...]]:
    of = reader.object("", document, ["code", "list"], ["on", "count"])
    reader.boolean("on", of.get("on", True))
    reader.integer("count", of.get("count", 3), 1, 3)
    return reader.text("code", of["code"], 5), reader.each("list", of["list"], reader.words, most=2)


def read(document: Any) -> tuple[Any, list[str]]:
    reader = Reader()
    found = reader.document(json.dumps(document), lambda value: everything(reader, value))
    return found, reader.faults


def test_what_is_whole_has_no_fault() -> None:
    assert read({"code": "a", "list": [{"zh": "头", "en": "head"}]}) == (("a", (Words("头", "head"),)), [])


@pytest.mark.parametrize(
    ("document", "faults"),
    [
        ([], ["document: an object belongs here"]),
        ({"code": "a"}, ["list: is missing"]),
        ({"code": "", "list": [1, {"zh": ""}], "of": 1}, [
            "of: is not known", "code: a text belongs here", "list/0: an object belongs here", "list/1/en: is missing",
        ]),
        ({"code": "abcdef", "list": []}, [
            "code: one line of at most 5 characters belongs here", "list: a list with something in it belongs here",
        ]),
        ({"code": "a", "list": [WORDS], "count": True}, ["count: a whole number from 1 to 3 belongs here"]),
        ({"code": "a", "list": [WORDS], "count": 4}, ["count: a whole number from 1 to 3 belongs here"]),
        ({"code": "a\n", "list": [{}, {}, {}], "on": 1}, [
            "on: true or false belongs here", "code: one line of at most 5 characters belongs here", "list: at most 2",
        ]),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_place(document: Any, faults: list[str]) -> None:
    assert read(document)[1] == [*faults]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "NaN", "-Infinity", " " * MOST_BYTES + "{}"])
def test_what_is_no_document_is_one_fault(text: str) -> None:
    reader = Reader()
    assert reader.document(text, lambda value: value) is None
    assert len(reader.faults) == 1


def test_a_fraction_is_read_as_it_is_written() -> None:
    assert Reader().document("0.1", lambda value: value) == Decimal("0.1")


def test_a_name_stands_for_a_thing_that_there_is() -> None:
    reader = Reader()
    assert reader.named("a", "x", {"x": 7}) == 7
    for wrong in ("y", ["x"]):
        with pytest.raises(Unread):
            reader.named("a", wrong, {"x": 7})
    assert reader.faults == ["a: there is no 'y'", "a: a name belongs here"]


def test_a_list_leaves_out_what_cannot_be_read_at_all() -> None:
    reader = Reader()
    assert reader.each("a", ["x", "y"], lambda at, name: reader.named(at, name, {"y": 7})) == (7,)
    assert reader.faults == ["a/0: there is no 'x'"]


def test_a_word_matches_its_pattern_or_is_one_of_those_known() -> None:
    reader = Reader()
    assert (reader.matching("a", "x1", re.compile("x[0-9]")), reader.one_of("a", "y", ["x", "y"])) == ("x1", "y")
    assert (reader.matching("a", "x", re.compile("x[0-9]")), reader.one_of("b", "z", ["x", "y"])) == ("", "x")
    assert reader.faults == ["a: does not match x[0-9]", "b: one of x, y belongs here"]


def test_what_stands_twice_is_told_once() -> None:
    reader = Reader()
    reader.unique("a", ["x", "y", "x", "x"])
    assert reader.faults == ["a: x is there twice"]


@given(JSON)
def test_nothing_else_is_ever_raised_and_nothing_unread_is_without_a_fault(document: Any) -> None:
    found, faults = read(document)
    assert found is not None or faults


def test_the_error_says_all_faults() -> None:
    error = Malformed(["a: x", "b: y"])
    assert (str(error), error.faults) == ("a: x; b: y", ("a: x", "b: y"))
