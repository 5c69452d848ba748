"""The hospital's days, wherever the server stands."""

from __future__ import annotations

from datetime import UTC, date, datetime

from server.calendar import day_in, day_of, span_of

DAY = date(2026, 11, 22)


def test_a_day_is_chinas_from_midnight_to_midnight() -> None:
    since, until = span_of(DAY)
    assert datetime.fromtimestamp(since, UTC).isoformat() == "2026-11-21T16:00:00+00:00"
    assert until - since == 86_400
    assert (day_of(since), day_of(until - 0.001), day_of(until)) == (DAY, DAY, date(2026, 11, 23))


def test_what_says_no_day_is_none() -> None:
    assert day_in("2026-11-22") == DAY
    assert [day_in(text) for text in (None, "", "22.11.2026")] == [None, None, None]
