"""Anything that can be guessed at is counted in its own right."""

from __future__ import annotations

import pytest

from server.store.database import Database
from server.store.errors import TooManyAttempts
from server.store.throttle import Counted, Limit, Throttle

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
