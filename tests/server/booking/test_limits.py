"""A hospital's limits survive their form, and can only narrow what the pilot allows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking.limits import PROOFS, Limits, MalformedLimits, from_record, to_record
from server.referral import FIELDS


def some_of(choices: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(choices), min_size=1).map(lambda chosen: tuple(c for c in choices if c in chosen))


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    youngest, oldest = sorted(draw(st.tuples(st.integers(0, 17), st.integers(0, 17))))
    return Limits(
        youngest, oldest, draw(st.integers(1, 365)), draw(some_of(PROOFS)), draw(some_of(FIELDS)), draw(st.booleans())
    )


@given(limits())
def test_limits_survive_json(of: Limits) -> None:
    assert from_record(json.loads(json.dumps(to_record(of)))) == of


def test_what_a_hospital_did_not_set_is_as_the_pilot_has_it() -> None:
    assert from_record({}) == Limits()
    assert from_record({"oldest_years": 13}) == Limits(oldest_years=13)


@pytest.mark.parametrize(
    "record",
    [
        {"oldest_years": 18},
        {"youngest_years": -1},
        {"youngest_years": 9, "oldest_years": 8},
        {"youngest_years": True},
        {"horizon_days": 0},
        {"horizon_days": 366},
        {"horizon_days": "90"},
        {"proofs": []},
        {"proofs": ["word_of_honour"]},
        {"proofs": "other"},
        {"fields": ["surgery"]},
        {"public_booking": 1},
        {"fields": [["growth"]]},
        {"most_visits": 3},
    ],
)
def test_what_is_no_limit_is_malformed(record: dict[str, Any]) -> None:
    with pytest.raises(MalformedLimits):
        from_record(record)


def test_what_is_named_twice_counts_once_and_in_one_order() -> None:
    assert from_record({"fields": ["skin", "growth", "skin"]}).fields == ("growth", "skin")
