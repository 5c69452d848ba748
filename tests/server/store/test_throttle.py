"""Anything that can be guessed at is counted in its own right."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database
from server.store.errors import TooManyAttempts
from server.store.tables import attempt
from server.store.throttle import KEPT_S, PURGED_EVERY_S, Counted, Limit, Throttle, Window

NOW = 1_795_000_000.0
STRICT = Limit(free=2, first_s=10.0, longest_s=20.0, forgotten_after_s=60.0)


async def test_kinds_and_subjects_are_counted_apart(database: Database) -> None:
    throttle = Throttle(database, b"k" * 32)
    for _ in range(2):
        await throttle.begin([Counted("join", "192.0.2.1", STRICT)], NOW)
    with pytest.raises(TooManyAttempts) as locked:
        await throttle.begin([Counted("join", "192.0.2.1", STRICT)], NOW + 0.5)
    assert (locked.value.code, locked.value.retry_after_s) == ("too_many_attempts", 10)
    await throttle.begin([Counted("join", "192.0.2.2", STRICT)], NOW)
    await throttle.begin([Counted("address", "192.0.2.1", STRICT)], NOW)


async def test_a_try_that_was_refused_does_not_prolong_the_lock(database: Database) -> None:
    throttle = Throttle(database, b"k" * 32)
    for later in (0.0, 0.0):
        await throttle.begin([Counted("join", "a", STRICT)], NOW + later)
    for later in (1.0, 2.0, 9.0):
        with pytest.raises(TooManyAttempts):
            await throttle.begin([Counted("join", "a", STRICT)], NOW + later)
    await throttle.begin([Counted("join", "a", STRICT)], NOW + 10.0)


async def test_another_installation_cannot_tell_who_was_counted(database: Database) -> None:
    for _ in range(2):
        await Throttle(database, b"k" * 32).begin([Counted("join", "a", STRICT)], NOW)
    await Throttle(database, b"q" * 32).begin([Counted("join", "a", STRICT)], NOW)


async def test_one_who_is_locked_out_takes_no_turn_of_a_writer(database: Database) -> None:
    throttle = Throttle(database, b"k" * 32)
    for _ in range(2):
        await throttle.begin([Counted("join", "a", STRICT)], NOW)
    entered, proceed = asyncio.Event(), asyncio.Event()

    async def stall(_connection: AsyncConnection) -> None:
        entered.set()
        await proceed.wait()

    writer = asyncio.create_task(database.write(stall))
    await entered.wait()
    tries = (throttle.begin([Counted("join", "a", STRICT)], NOW + 1) for _ in range(100))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert not writer.done()
    assert [type(answer) for answer in answers] == [TooManyAttempts] * 100
    proceed.set()
    await writer


async def test_what_no_longer_counts_is_not_kept(database: Database) -> None:
    async def kept(connection: AsyncConnection) -> int:
        return await connection.scalar(select(func.count()).select_from(attempt)) or 0

    throttle = Throttle(database, b"k" * 32)
    for guess in range(20):
        await throttle.begin([Counted("link", f"guess {guess}", STRICT)], NOW)
    assert await database.read(kept) == 20
    await throttle.begin([Counted("link", "another", STRICT)], NOW + KEPT_S)
    assert await database.read(kept) == 21
    await throttle.begin([Counted("link", "a last", STRICT)], NOW + KEPT_S + PURGED_EVERY_S)
    assert await database.read(kept) == 2


async def test_one_who_asked_just_before_and_had_its_turn_later_is_not_locked_out(database: Database) -> None:
    throttle = Throttle(database, b"k" * 32)
    subject, origin = Counted("link", "a", STRICT), Counted("join", "192.0.2.1", STRICT)
    await throttle.begin([origin], NOW)
    await throttle.begin([subject, origin], NOW - 0.001)
    await throttle.forgive(subject, origin)
    await throttle.begin([subject, origin], NOW - 0.002)


async def test_a_window_lets_so_many_through_however_often_they_come_and_begins_anew_at_its_end(database: Database) -> None:
    throttle, families = Throttle(database, b"k" * 32), Counted("booking", "192.0.2.1", Window(free=3, lasts_s=60.0))
    for window in range(4):
        begun = NOW + 60 * window
        for later in (0.0, 20.0, 40.0):
            await throttle.begin([families], begun + later)
        with pytest.raises(TooManyAttempts) as full:
            await throttle.begin([families], begun + 45)
        assert full.value.retry_after_s == 15, "no longer than to the window's end"


async def test_a_window_is_counted_from_the_first_try_not_from_the_last(database: Database) -> None:
    throttle, families = Throttle(database, b"k" * 32), Counted("booking", "192.0.2.1", Window(free=3, lasts_s=60.0))
    for later in (0.0, 59.0, 60.0, 61.0):
        await throttle.begin([families], NOW + later)
