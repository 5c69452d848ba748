"""Slots fill their schedule from its start without gap or overlap, and spans are half-open."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking.slots import MOST_SLOTS, SLOT_MINUTES, Span, Unschedulable, cut

DAY = 1_795_000_000.0
MINUTE = 60.0
lengths = st.sampled_from(SLOT_MINUTES)
moments = st.integers(0, 24 * 60).map(lambda minute: DAY + minute * MINUTE)
spans = st.tuples(moments, moments).map(lambda ends: Span(*sorted(ends)))


@given(spans, lengths)
def test_slots_fill_the_schedule_from_its_start(span: Span, minutes: int) -> None:
    fits = span.lasts_s >= minutes * MINUTE
    if not fits:
        with pytest.raises(Unschedulable, match="not even one"):
            cut(span, minutes)
        return
    slots = cut(span, minutes)
    assert slots[0].starts_at == span.starts_at
    assert all(slot.lasts_s == minutes * MINUTE for slot in slots)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(slots))
    left = span.ends_at - slots[-1].ends_at
    assert 0 <= left < minutes * MINUTE
    assert len(slots) <= MOST_SLOTS


@pytest.mark.parametrize(
    ("span", "minutes", "member"),
    [
        (Span(0, 3600), 4, "slot_minutes"),
        (Span(0, 3600), 121, "slot_minutes"),
        (Span(0, 24 * 3600 + 1), 30, "ends_at"),
        (Span(3600, 0), 30, "ends_at"),
        (Span(0, 29 * 60), 30, "ends_at"),
    ],
)
def test_what_cannot_be_scheduled_names_why(span: Span, minutes: int, member: str) -> None:
    with pytest.raises(Unschedulable) as wrong:
        cut(span, minutes)
    assert wrong.value.member == member


def test_a_whole_day_in_the_shortest_slots_is_the_most() -> None:
    assert len(cut(Span(DAY, DAY + 24 * 3600), SLOT_MINUTES[0])) == MOST_SLOTS
