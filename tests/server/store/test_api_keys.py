"""Keys of the booking API: told once, kept hashed, good until they expire or are revoked, and cheap to look up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import event, select

from server.store import visits
from server.store.api_keys import PREFIX, ApiKeys
from server.store.database import Database, Transaction
from server.store.tables import api_key
from server.store.visits import Hospital
from tests.server.conftest import NOW

SCOPES = ("departments:read", "visits")


@pytest.fixture
async def keys(database: Database) -> ApiKeys:
    await visits.book(database, [Hospital("h1", "示范儿童医院", "Demo"), Hospital("h2", "另一家", "Another")])
    ids, secrets = count(1), count(1)
    return ApiKeys(database, lambda: f"key-{next(ids)}", lambda: f"secret-{next(secrets):040d}")


@pytest.fixture
def writes(database: Database) -> Iterator[list[str]]:
    """The statements that change something."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_a_key_is_known_by_its_token_and_its_token_by_nobody(database: Database, keys: ApiKeys) -> None:
    key, token = await keys.issue("h1", "预约系统", SCOPES, NOW)
    found = await keys.use(token, NOW)
    assert found is not None
    assert (found.id, found.hospital, found.name, found.scopes) == (key.id, "h1", "预约系统", SCOPES)
    assert token.startswith(PREFIX)

    async def stored(transaction: Transaction) -> str:
        return str((await transaction.execute(select(api_key))).all())

    row = await database.read(stored)
    assert token not in row
    assert token.removeprefix(PREFIX) not in row


async def test_another_token_is_nobody_s(keys: ApiKeys) -> None:
    _, token = await keys.issue("h1", "预约系统", SCOPES, NOW)
    assert await keys.use(token + "x", NOW) is None
    assert await keys.use("\ud800", NOW) is None


async def test_a_key_is_good_until_it_expires(keys: ApiKeys) -> None:
    _, token = await keys.issue("h1", "预约系统", SCOPES, NOW, NOW + 60)
    assert await keys.use(token, NOW + 59) is not None
    assert await keys.use(token, NOW + 60) is None


async def test_a_revoked_key_is_worth_nothing_at_once_and_stays_so(keys: ApiKeys) -> None:
    key, token = await keys.issue("h1", "预约系统", SCOPES, NOW)
    assert await keys.revoke(key.id, NOW + 1)
    assert await keys.use(token, NOW + 1) is None
    assert await keys.revoke(key.id, NOW + 9)
    (kept,) = await keys.all()
    assert kept.revoked_at == NOW + 1


async def test_there_is_no_revoking_what_is_not_there(keys: ApiKeys) -> None:
    key, token = await keys.issue("h1", "预约系统", SCOPES, NOW)
    assert not await keys.revoke("key-9", NOW)
    assert await keys.use(token, NOW) is not None
    assert (await keys.all())[0].id == key.id


async def test_its_first_use_of_a_day_is_noted_and_no_other_writes(keys: ApiKeys, writes: list[str]) -> None:
    _, token = await keys.issue("h1", "预约系统", SCOPES, NOW)
    _, expired = await keys.issue("h1", "预约系统", SCOPES, NOW, NOW)
    writes.clear()
    days = []
    for later in (0, 1, 3600, 86_400, 86_401):
        await keys.use(token, NOW + later)
        await keys.use(expired, NOW + later)
        days.append(len(writes))
    assert days == [1, 1, 1, 2, 2]
    assert [key.last_used_on for key in await keys.all()] == ["2026-11-19", None]


async def test_all_keys_are_listed_the_oldest_first(keys: ApiKeys) -> None:
    second, _ = await keys.issue("h2", "二", SCOPES, NOW + 1)
    first, _ = await keys.issue("h1", "一", ["hospital:read"], NOW)
    assert await keys.all() == [first, second]
    assert replace(first, expires_at=NOW).good(NOW - 1)
