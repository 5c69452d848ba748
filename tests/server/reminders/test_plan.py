"""Which word is due when: pure, on a wall clock of the hospital's own zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.calendar import CHINA
from server.reminders.plan import EVENING, MORNING, Appointment, Kind, Told, due, not_before, occasion_of, span_of, still

HOUR = 3600.0


def at(day: int, hour: int, minute: int = 0) -> float:
    """A moment of November 2026 by the hospital's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA).timestamp()


BOOKED = Appointment("v", at(20, 10), at(20, 10, 30), booked_at=at(10, 9))


def told(kind: Kind, of: Appointment, when: float) -> Told:
    return Told(kind, occasion_of(kind, of), of.starts_at, when)


def test_a_booking_is_told_at_once_and_once() -> None:
    assert due(BOOKED, [], at(10, 9)) is Kind.BOOKED
    assert due(BOOKED, [told(Kind.BOOKED, BOOKED, at(10, 9))], at(10, 9, 1)) is None


def test_a_booking_at_night_waits_for_the_morning() -> None:
    late = replace(BOOKED, booked_at=at(10, 22))
    assert due(late, [], at(10, 22)) is None
    assert due(late, [], at(11, 7, 59)) is None
    assert due(late, [], at(11, 8)) is Kind.BOOKED
    assert due(replace(BOOKED, booked_at=at(10, 3)), [], at(10, 7)) is None
    assert due(replace(BOOKED, booked_at=at(10, 3)), [], at(10, 8)) is Kind.BOOKED


def test_a_booking_at_night_for_early_morning_is_urgent() -> None:
    soon = Appointment("v", at(11, 9), at(11, 9, 30), booked_at=at(10, 23))
    assert due(soon, [], at(10, 23)) is Kind.BOOKED


def test_old_news_is_not_told() -> None:
    """As for those who were booked before there was a way to tell them."""
    assert due(BOOKED, [], at(11, 9)) is None
    assert due(replace(BOOKED, booked_at=None), [], at(11, 9)) is None


def test_a_day_and_an_hour_before_a_word_is_due() -> None:
    known = [told(Kind.BOOKED, BOOKED, at(10, 9))]
    assert due(BOOKED, known, at(19, 9, 59)) is None
    assert due(BOOKED, known, at(19, 10)) is Kind.DAY_BEFORE
    known.append(told(Kind.DAY_BEFORE, BOOKED, at(19, 10)))
    assert due(BOOKED, known, at(20, 8, 59)) is None
    assert due(BOOKED, known, at(20, 9)) is Kind.HOUR_BEFORE
    known.append(told(Kind.HOUR_BEFORE, BOOKED, at(20, 9)))
    assert due(BOOKED, known, at(20, 9, 30)) is None


def test_a_days_reminder_that_is_late_leaves_it_to_the_hours() -> None:
    known = [told(Kind.BOOKED, BOOKED, at(10, 9))]
    assert due(BOOKED, known, at(20, 6, 59)) is Kind.DAY_BEFORE  # the server stood still: it is told as soon as it can be
    assert due(BOOKED, known, at(20, 7)) is None
    assert due(BOOKED, known, at(20, 9, 59)) is Kind.HOUR_BEFORE
    assert due(BOOKED, known, at(20, 10)) is None


def test_nobody_is_woken_a_day_before_but_an_hour_before_a_night_visit_is_told() -> None:
    late = replace(BOOKED, starts_at=at(20, 22), ends_at=at(20, 23), booked_at=None)
    assert due(late, [], at(19, 22)) is None
    assert due(late, [], at(20, 8)) is Kind.DAY_BEFORE
    assert due(late, [told(Kind.DAY_BEFORE, late, at(20, 8))], at(20, 21)) is Kind.HOUR_BEFORE


def test_who_was_told_just_now_needs_no_second_word() -> None:
    soon = Appointment("v", at(11, 9), at(11, 9, 30), booked_at=at(10, 12))
    known = [told(Kind.BOOKED, soon, at(10, 12))]
    assert due(soon, known, at(10, 13)) is None  # the day before is near enough to the booking
    assert due(soon, known, at(11, 8, 30)) is Kind.HOUR_BEFORE
    at_once = Appointment("v", at(10, 13), at(10, 13, 30), booked_at=at(10, 12))
    assert due(at_once, [told(Kind.BOOKED, at_once, at(10, 12))], at(10, 12, 30)) is None


def test_a_move_is_told_and_its_reminders_begin_anew() -> None:
    known = [told(Kind.BOOKED, BOOKED, at(10, 9)), told(Kind.DAY_BEFORE, BOOKED, at(19, 10))]
    moved = replace(BOOKED, starts_at=at(25, 15), ends_at=at(25, 15, 30), moved_at=at(19, 12))
    assert due(moved, known, at(19, 12)) is Kind.MOVED
    known.append(told(Kind.MOVED, moved, at(19, 12)))
    assert due(moved, known, at(19, 13)) is None
    assert due(moved, known, at(24, 15)) is Kind.DAY_BEFORE
    assert due(moved, known, at(25, 14)) is Kind.HOUR_BEFORE


def test_moved_to_and_fro_each_move_is_told() -> None:
    there = replace(BOOKED, starts_at=at(25, 15), ends_at=at(25, 16), moved_at=at(12, 9))
    back = replace(BOOKED, moved_at=at(12, 10))
    known = [told(Kind.BOOKED, BOOKED, at(10, 9)), told(Kind.MOVED, there, at(12, 9))]
    assert due(back, known, at(12, 10)) is Kind.MOVED
    assert due(back, [*known, told(Kind.MOVED, back, at(12, 10))], at(12, 11)) is None


def test_moved_before_anybody_was_told_the_booking_says_it_all() -> None:
    moved = replace(BOOKED, booked_at=at(10, 22), moved_at=at(10, 23))
    assert due(moved, [], at(11, 8)) is Kind.BOOKED
    assert due(moved, [told(Kind.BOOKED, moved, at(11, 8))], at(11, 8, 1)) is None


def test_a_family_that_was_moved_without_a_word_before_is_told_of_the_move_only() -> None:
    moved = replace(BOOKED, booked_at=at(1, 9), moved_at=at(10, 9))
    known = [told(Kind.MOVED, moved, at(10, 9))]
    assert due(moved, [], at(10, 9)) is Kind.MOVED
    assert due(replace(moved, booked_at=at(10, 8)), known, at(10, 10)) is None


def test_a_link_that_was_asked_for_says_nothing_of_a_move() -> None:
    moved = replace(BOOKED, moved_at=at(12, 9))
    asked = Told(Kind.LINK, 1, moved.starts_at, at(12, 9))
    assert due(moved, [told(Kind.BOOKED, BOOKED, at(10, 9)), asked], at(12, 9)) is Kind.MOVED


def test_a_visit_that_is_called_off_is_told_and_nothing_else_is() -> None:
    off = replace(BOOKED, open=False, cancelled_at=at(19, 9))
    assert due(off, [], at(19, 9)) is Kind.CANCELLED
    assert due(off, [told(Kind.CANCELLED, off, at(19, 9))], at(19, 10)) is None
    assert due(off, [], at(20, 10)) is None


def test_called_off_at_night_it_is_told_in_the_morning_unless_the_visit_is_then_near() -> None:
    off = replace(BOOKED, open=False, cancelled_at=at(18, 23))
    assert due(off, [], at(18, 23)) is None
    assert due(off, [], at(19, 8)) is Kind.CANCELLED
    soon = replace(off, cancelled_at=at(20, 6), starts_at=at(20, 9))
    assert due(soon, [], at(20, 6)) is Kind.CANCELLED


def test_called_off_in_its_waiting_room_it_is_still_told_to_who_is_on_the_way() -> None:
    off = replace(BOOKED, open=False, cancelled_at=at(20, 10, 5))
    assert due(off, [], at(20, 10, 6)) is Kind.CANCELLED
    assert due(off, [], at(20, 10, 36)) is None


def test_nothing_is_told_of_a_visit_that_has_begun_nor_to_who_waits() -> None:
    begun = replace(BOOKED, open=False)
    assert [kind for hour in range(24) for day in (10, 19, 20) if (kind := due(begun, [], at(day, hour)))] == []
    assert due(replace(BOOKED, here=True, booked_at=None), [], at(20, 9, 30)) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_what_has_become_untrue_is_not_sent(kind: Kind) -> None:
    off = replace(BOOKED, open=False, cancelled_at=at(19, 9))
    assert still(kind, BOOKED.starts_at, off, at(19, 9)) is (kind is Kind.CANCELLED)
    assert not still(kind, BOOKED.starts_at, replace(BOOKED, open=False), at(19, 9))


def test_a_reminder_of_a_former_time_is_not_sent_and_the_news_are_sent_as_they_are_now() -> None:
    moved = replace(BOOKED, starts_at=at(20, 11), moved_at=at(19, 9))
    now = at(19, 9, 30)
    assert not still(Kind.DAY_BEFORE, BOOKED.starts_at, moved, now)
    assert not still(Kind.HOUR_BEFORE, BOOKED.starts_at, moved, now)
    assert still(Kind.MOVED, BOOKED.starts_at, moved, now)
    assert still(Kind.LINK, BOOKED.starts_at, moved, now)
    assert not still(Kind.LINK, BOOKED.starts_at, moved, moved.ends_at)


moments = st.floats(at(1, 0), at(28, 0), allow_nan=False).map(round).map(float)


@given(moments, st.integers(300, 7200), st.none() | moments, st.none() | moments, st.none() | moments, st.booleans())
def test_walked_through_minute_by_minute_nothing_is_told_twice_nor_at_night_without_need(
    starts_at: float, lasts: int, booked_at: float | None, moved_at: float | None, cancelled_at: float | None, here: bool
) -> None:
    of = Appointment("v", starts_at, starts_at + lasts, booked_at, moved_at, cancelled_at, cancelled_at is None, here)
    known: list[Told] = []
    step = 1200.0
    for n in range(-3 * 72, 75):
        now = starts_at + n * step
        kind = due(of, known, now)
        if kind is None:
            continue
        assert span_of(kind, of).has(now)
        hour = datetime.fromtimestamp(now, CHINA).hour
        night = not MORNING <= hour < EVENING
        if night and kind in (Kind.BOOKED, Kind.MOVED, Kind.DAY_BEFORE, Kind.CANCELLED):
            morning = now + 3600 * ((24 + MORNING - hour) % 24)
            assert morning + 3 * HOUR > starts_at
        word = told(kind, of, now)
        assert (word.kind, word.occasion_us) not in {(said.kind, said.occasion_us) for said in known}
        known.append(word)
    assert len(known) <= 4


def test_what_was_not_told_by_day_is_not_caught_up_with_at_night() -> None:
    late = replace(BOOKED, booked_at=at(10, 20, 55))
    assert due(late, [], at(10, 21, 5)) is None
    assert not_before(Kind.BOOKED, late, at(10, 21, 5)) == at(11, 8)
    assert not_before(Kind.HOUR_BEFORE, late, at(10, 21, 5)) == not_before(Kind.LINK, late, at(10, 21, 5)) == at(10, 21, 5)


def test_a_link_that_was_asked_for_after_the_visit_is_of_use_as_long_as_its_records_are_open() -> None:
    held = replace(BOOKED, open=False, records_until=at(25, 10))
    assert still(Kind.LINK, held.starts_at, held, at(24, 10))
    assert not still(Kind.LINK, held.starts_at, held, at(25, 10))
    assert not still(Kind.HOUR_BEFORE, held.starts_at, held, at(19, 10))
    assert due(held, [], at(24, 10)) is None
