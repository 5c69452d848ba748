"""Whereabouts as people type them: a number that can be called, a place that an ambulance finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.attestation import MOST_LOCATION, Whereabouts, from_content, whereabouts
from server.errors import Refused
from signaling.seats import Role

PLACE = "江苏省苏州市姑苏区示范路1号3幢502室"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013 8000 ", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("(0512) 6512 3456", "051265123456"),
        ("0512–65123456", "051265123456"),
    ],
)
def test_a_number_is_kept_as_it_is_dialled(typed: str, number: str) -> None:
    assert whereabouts(typed, PLACE).call_back == number


@pytest.mark.parametrize("typed", ["", "   ", "1234", "138001380001380013800", "妈妈的手机", "138a0013800", "138+0013800", "+"])
def test_what_cannot_be_dialled_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        whereabouts(typed, PLACE)
    assert refused.value.code == "call_back_unclear"


@pytest.mark.parametrize("typed", ["", " \n\t ", "\u0000", "路" * (MOST_LOCATION + 1)])
def test_no_place_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        whereabouts("13800138000", typed)
    assert refused.value.code == "location_missing"


def test_a_place_is_one_line_of_words() -> None:
    assert whereabouts("13800138000", "  苏州市\n姑苏区  示范路 ").location == "苏州市 姑苏区 示范路"
    assert whereabouts("13800138000", "路" * MOST_LOCATION).location == "路" * MOST_LOCATION


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_accepted_is_accepted_again_and_comes_back_from_a_body(number: str, place: str) -> None:
    try:
        told = whereabouts(number, place)
    except Refused:
        return
    assert whereabouts(told.call_back, told.location) == told
    content = told.content(Role.GUARDIAN)
    assert content["by"] == "guardian"
    assert from_content(content) == told == Whereabouts(content["call_back"], content["location"])
