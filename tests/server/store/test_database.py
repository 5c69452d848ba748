"""Transactions are whole, answer in time, and are not cut in half by a caller who leaves."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database, together
from server.store.errors import Unavailable
from server.store.heartbeat import beat, last_beat
from server.store.tables import app_lease, event

NOW = 1_795_000_000.0
PLACES_OF_WRITERS = 5
"""At most so many transactions write at once (one, in the embedded database)."""


def lease(name: str) -> object:
    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(app_lease), {"name": name, "beat_at": NOW})

    return write


async def count(connection: AsyncConnection) -> int:
    return await connection.scalar(select(func.count()).select_from(app_lease)) or 0


async def test_several_writes_are_one(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.write(together(lease("a"), lease("b"), lease("a")))  # type: ignore[arg-type]
    assert await database.read(count) == 0
    await database.write(together(lease("a"), lease("b")))  # type: ignore[arg-type]
    assert await database.read(count) == 2


async def test_an_event_of_no_visit_is_refused_by_the_database_itself(database: Database) -> None:
    row = {"session": "nobody", "n": 1, "at_us": 1, "type": "t", "record": "{}", "previous": "", "hash": ""}

    async def orphan(connection: AsyncConnection) -> None:
        await connection.execute(insert(event), row)

    with pytest.raises(IntegrityError):
        await database.write(orphan)


async def test_a_beat_proves_that_the_database_can_be_written(database: Database, database_file: Path) -> None:
    assert await last_beat(database, "app") is None
    await beat(database, "app", NOW)
    await beat(database, "app", NOW + 1)
    assert await last_beat(database, "app") == NOW + 1
    locker = sqlite3.connect(database_file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await beat(database, "app", NOW + 2)
    assert time.monotonic() - started < 1.5
    assert await last_beat(database, "app") == NOW + 1
    locker.close()
    await beat(database, "app", NOW + 3)


async def test_a_file_that_went_missing_is_missed_and_not_begun_anew(
    database: Database, database_file: Path, database_url: str
) -> None:
    await database.close()
    database_file.unlink()
    opened = Database(database_url)
    with pytest.raises(Unavailable):
        await last_beat(opened, "app")
    await opened.close()
    assert not database_file.exists()


@pytest.mark.parametrize("damage", ["missing folder", "not a database"])
async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path, damage: str) -> None:
    path = tmp_path / ("nowhere/peitong.db" if damage == "missing folder" else "peitong.db")
    if damage == "not a database":
        path.write_bytes(b"this is a letter, not a database" * 100)
    database = Database(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(Unavailable):
        await beat(database, "app", NOW)
    with pytest.raises(Unavailable):
        await last_beat(database, "app")
    await database.close()
    while any("_connection_worker" in thread.name for thread in threading.enumerate()):
        await asyncio.sleep(0)  # a thread that still reports to this loop must not outlive it


async def test_a_caller_who_leaves_does_not_cut_the_transaction(database: Database) -> None:
    entered, proceed = asyncio.Event(), asyncio.Event()

    async def stall(_connection: AsyncConnection) -> None:
        entered.set()
        await proceed.wait()

    caller = asyncio.create_task(database.write(together(lease("a"), stall)))  # type: ignore[arg-type]
    await entered.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await database.read(count) == 0
    proceed.set()
    await database.settled()
    assert await database.read(count) == 1


async def test_readers_are_not_held_up_by_a_writer(database: Database) -> None:
    entered, proceed = asyncio.Event(), asyncio.Event()

    async def stall(_connection: AsyncConnection) -> None:
        entered.set()
        await proceed.wait()

    writer = asyncio.create_task(database.write(together(lease("a"), stall)))  # type: ignore[arg-type]
    await entered.wait()
    assert await asyncio.gather(*(database.read(count) for _ in range(12))) == [0] * 12
    proceed.set()
    await writer
    assert await database.read(count) == 1


async def test_the_beat_goes_before_every_write_that_waits(database: Database) -> None:
    database._patience_s = 60.0  # two hundred turns may take long; the order is what counts
    entered, proceed = asyncio.Event(), asyncio.Event()
    beaten: list[bool] = []

    async def stall(_connection: AsyncConnection) -> None:
        entered.set()
        await proceed.wait()

    async def look(connection: AsyncConnection) -> None:
        beaten.append(bool(await count(connection)))

    async with asyncio.TaskGroup() as group:
        for _ in range(PLACES_OF_WRITERS):
            group.create_task(database.write(stall))
        await entered.wait()
        for _ in range(200):
            group.create_task(database.write(look))
        await asyncio.sleep(0)  # now they wait
        group.create_task(beat(database, "app", NOW))
        await asyncio.sleep(0)
        proceed.set()
    # A server's database has several writers at once: those beside the beat may not see it yet.
    assert len(beaten) == 200
    assert beaten.count(False) < PLACES_OF_WRITERS
