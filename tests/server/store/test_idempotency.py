"""The records of what was created: made with it or not at all, once, and forgotten after a day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select

from server.store import idempotency, visits
from server.store.api_keys import ApiKeys
from server.store.database import Database, Transaction, Write
from server.store.idempotency import LASTS_S, Attempt, Kept, Taken
from server.store.tables import child
from server.store.tables import idempotency as table
from server.store.visits import Hospital
from tests.server.conftest import NOW


@pytest.fixture
async def attempt(database: Database) -> Attempt:
    await visits.book(database, [Hospital("h1", "示范儿童医院", "Demo")])
    key, _ = await ApiKeys(database, lambda: "key-1", lambda: "s" * 43).issue("h1", "预约系统", ["visits"], NOW)
    return Attempt(key.id, "k-1", "a" * 64)


def creating(attempt: Attempt, now: float, then: Callable[[], None] = lambda: None) -> Write:
    """Creates a child under the key."""

    async def work(transaction: Transaction) -> None:
        await idempotency.reserve(transaction, attempt, now)
        n = await transaction.scalar(select(func.count()).select_from(child)) or 0
        row = {"id": f"child-{n}", "hospital": "h1", "name": "张小明", "sex": "male", "birth_date": "2018-03-05"}
        await transaction.execute(insert(child), row)
        then()
        await idempotency.keep(transaction, attempt, f'{{"id":"child-{n}"}}', 1)

    return work


async def counted(database: Database) -> tuple[int, int]:
    """Children and records."""

    async def work(transaction: Transaction) -> tuple[int, int]:
        children = await transaction.scalar(select(func.count()).select_from(child))
        return children or 0, await transaction.scalar(select(func.count()).select_from(table)) or 0

    return await database.read(work)


async def found(database: Database, attempt: Attempt, now: float) -> Kept | None:
    return await database.read(lambda transaction: idempotency.find(transaction, attempt, now))


async def test_what_was_created_is_found_under_its_key(database: Database, attempt: Attempt) -> None:
    assert await found(database, attempt, NOW) is None
    await database.write(creating(attempt, NOW))
    assert await found(database, attempt, NOW + LASTS_S - 1) == Kept("a" * 64, '{"id":"child-0"}', 1)
    assert await found(database, Attempt(attempt.sender, "k-2", "a" * 64), NOW) is None


async def test_a_second_transaction_creates_nothing(database: Database, attempt: Attempt) -> None:
    await database.write(creating(attempt, NOW))
    with pytest.raises(Taken):
        await database.write(creating(attempt, NOW + 1))
    assert await counted(database) == (1, 1)


async def test_of_many_at_once_one_creates(database: Database, attempt: Attempt) -> None:
    tries = [database.write(creating(attempt, NOW)) for _ in range(8)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, Taken) for each in ended) == 7
    assert await counted(database) == (1, 1)


async def test_what_fails_leaves_neither(database: Database, attempt: Attempt) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(creating(attempt, NOW, fail))
    assert await counted(database) == (0, 0)


async def test_a_day_later_the_key_is_free(database: Database, attempt: Attempt) -> None:
    await database.write(creating(attempt, NOW))
    assert await found(database, attempt, NOW + LASTS_S) is None
    await database.write(creating(attempt, NOW + LASTS_S))
    assert await counted(database) == (2, 1)


async def test_what_counts_no_longer_is_forgotten(database: Database, attempt: Attempt) -> None:
    await database.write(creating(attempt, NOW))
    await database.write(lambda transaction: idempotency.purge(transaction, NOW + LASTS_S - 1))
    assert await counted(database) == (1, 1)
    await database.write(lambda transaction: idempotency.purge(transaction, NOW + LASTS_S))
    assert await counted(database) == (1, 0)
