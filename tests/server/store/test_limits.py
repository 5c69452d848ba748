"""A hospital's limits are kept as they were set; refusals are counted by day, place and code, and hold nobody."""

from __future__ import annotations

from datetime import date

from server.booking.limits import Limits
from server.booking.refusals import Place, Refusal
from server.store import limits
from server.store.database import Database
from server.store.limits import Count, PlaceCount

DAY = date(2026, 11, 22)


async def test_a_hospital_that_set_nothing_has_the_pilots_limits(database: Database, visit: str) -> None:
    assert await database.read(lambda t: limits.of_hospital(t, "h1")) == Limits()


async def test_what_was_set_last_holds(database: Database, visit: str) -> None:
    for oldest in (12, 10):
        await database.write(limits.set_limits("h1", Limits(oldest_years=oldest)))
    assert await database.read(lambda t: limits.of_hospital(t, "h1")) == Limits(oldest_years=10)


async def test_each_reason_is_counted_on_its_day(database: Database, visit: str) -> None:
    both = (Refusal.SLOT_TAKEN, Refusal.VISIT_OPEN)
    await database.write(limits.count("h1", DAY, Place.API, both))
    await database.write(limits.count("h1", DAY, Place.FAMILY, [Refusal.SLOT_TAKEN]))
    await database.write(limits.count("h1", date(2026, 11, 24), Place.API, both))
    assert await database.read(lambda t: limits.counts(t, "h1", DAY, date(2026, 11, 23))) == [
        Count("2026-11-22", "slot_taken", 2),
        Count("2026-11-22", "visit_open", 1),
    ]
    assert await database.read(lambda t: limits.counts(t, "h2", DAY, DAY)) == []
    assert await database.read(lambda t: limits.counts_by_place(t, "h1", DAY, date(2026, 11, 23))) == [
        PlaceCount("2026-11-22", "api", "slot_taken", 1),
        PlaceCount("2026-11-22", "api", "visit_open", 1),
        PlaceCount("2026-11-22", "family", "slot_taken", 1),
    ]
    assert await database.read(lambda t: limits.counts_by_place(t, "h2", DAY, DAY)) == []
