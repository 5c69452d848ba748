"""Where the next page begins."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.problems import Invalid
from server.http.v1.cursors import page, position
from server.http.v1.models import Paged


def encoded(document: object) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode()


@given(rows=st.sets(st.tuples(st.integers(0, 5).map(float), st.text("ab", max_size=4)), max_size=30), limit=st.integers(1, 7))
def test_going_from_page_to_page_sees_every_row_once_and_in_order(rows: set[tuple[float, str]], limit: int) -> None:
    seen: list[tuple[float, str]] = []
    after = ""
    while True:
        asked = Paged(limit=limit, after=after)
        place = position(asked, float, str)
        stored = [row for row in sorted(rows) if place is None or row > place][: limit + 1]
        shown, next = page(stored, asked, lambda row: row)
        assert len(shown) <= limit
        seen += shown
        if next is None:
            break
        after = next
    assert seen == sorted(rows)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "字",
        "e30=",
        encoded([1]),
        encoded(["a", "b"]),
        encoded(None),
        encoded(["\0"]),
        encoded([["a"]]),
        "[" * 500,
        "W10=",
        "Ww==",
    ],
)
def test_what_was_never_answered_as_next_is_a_fault(after: str) -> None:
    with pytest.raises(Invalid) as found:
        position(Paged(after=after), str)
    assert [fault.at for fault in found.value.faults] == ["after"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1, True, "1", None])
def test_a_number_is_one_that_can_be_compared(number: object) -> None:
    with pytest.raises(Invalid):
        position(Paged(after=encoded([number])), float)
