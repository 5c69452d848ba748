"""What the cabinet keeps is destroyed in time, whatever happens; what nobody goes on with is forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server import events as ev
from server.documents import cabinet as module
from server.documents.cabinet import ABANDONED_S
from server.documents.strip import strip
from server.store import documents
from server.store.audit import verify_journal
from server.store.errors import Unavailable
from server.store.tables import document, visit_key
from signaling.seats import Role
from tests.server.documents.cabinet_kit import KEEP_S, PHONE, PICTURE, Hall, pieces, refusal


async def destroyed(hall: Hall) -> tuple[documents.Document, bytes]:
    """A visit whose documents were destroyed just now: one of them, and the wrapped key that was there."""
    item = await hall.hand_in()
    await hall.cabinet.begin("visit-1", PHONE, 10)
    wrapped = await documents.wrapped_key(hall.database, "visit-1")
    assert wrapped is not None
    await hall.end_the_visit()
    hall.now += KEEP_S - 1
    await hall.cabinet.tend(hall.now)
    assert (await hall.cabinet.read("visit-1", item.id, Role.GUARDIAN))[1]
    hall.now += 1
    await hall.cabinet.tend(hall.now)
    return item, wrapped


async def test_days_after_the_visit_nothing_of_it_can_be_read_here(hall: Hall) -> None:
    item, _ = await destroyed(hall)
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.PHYSICIAN)) == "documents_destroyed"
    assert await refusal(hall.cabinet.begin("visit-1", PHONE, 10)) == "documents_destroyed"
    assert not [name for name in hall.files() if name.startswith("sealed")]
    assert await documents.wrapped_key(hall.database, "visit-1") is None
    assert (await hall.events())[-1] == ev.DocumentsDestroyed()
    assert (await verify_journal(hall.database)).ok


async def test_even_with_its_files_kept_aside_it_cannot_be_opened(hall: Hall) -> None:
    """Whoever copied the sealed files and has the app's key lacks the visit's."""
    item = await hall.hand_in()
    aside = (hall.folder / "sealed/visit-1" / item.id).read_bytes()
    await hall.end_the_visit()
    hall.now += KEEP_S
    await hall.cabinet.tend(hall.now)
    (hall.folder / "sealed/visit-1").mkdir()
    (hall.folder / "sealed/visit-1" / item.id).write_bytes(aside)

    async def revive(connection: AsyncConnection) -> None:
        await connection.execute(update(document).values(state="kept"))

    await hall.database.write(revive)
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "documents_destroyed"

    async def another_key(connection: AsyncConnection) -> None:
        row = {"visit": "visit-1", "wrapped": bytes(60), "created_at": 0.0}
        await connection.execute(insert(visit_key), row)

    await hall.database.write(another_key)
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "document_unreadable"


async def test_of_the_wrapped_key_no_byte_is_left_in_the_databases_files(hall: Hall, database_file: Path) -> None:
    before = await hall.hand_in(visit="visit-2")
    _, wrapped = await destroyed(hall)
    stored = b"".join(path.read_bytes() for path in sorted(database_file.parent.glob("peitong.db*")))
    other = await documents.wrapped_key(hall.database, "visit-2")
    assert other is not None
    assert other in stored  # where we look is where they lie
    assert wrapped not in stored
    assert wrapped[12:44] not in stored
    assert (await hall.cabinet.read("visit-2", before.id, Role.GUARDIAN))[1]


async def test_a_reader_puts_off_that_the_log_is_emptied_and_no_more(hall: Hall, database_file: Path) -> None:
    reader = sqlite3.connect(database_file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM visit").fetchone()
    _, wrapped = await destroyed(hall)
    log = database_file.with_name("peitong.db-wal")
    assert wrapped in log.read_bytes() or log.stat().st_size > 0
    reader.execute("COMMIT")
    reader.close()
    await hall.cabinet.tend(hall.now)
    assert log.stat().st_size == 0


async def test_the_hospitals_copy_still_opens_with_stock_age(hall: Hall, hospital: Path) -> None:
    item, _ = await destroyed(hall)
    copy = hall.folder / "documents/visit-1" / f"{item.id}.jpg.age"
    opened = subprocess.run(["age", "-d", "-i", str(hospital), str(copy)], check=True, capture_output=True)
    assert opened.stdout == strip(PICTURE).data


async def test_a_damaged_journal_does_not_put_off_the_day(hall: Hall) -> None:
    item = await hall.hand_in()
    await hall.end_the_visit()
    hall.now += KEEP_S
    hall.damaged = True
    await hall.cabinet.tend(hall.now)
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "documents_destroyed"


async def test_what_a_crash_left_of_a_destroyed_visit_goes_too(hall: Hall) -> None:
    item, _ = await destroyed(hall)
    (hall.folder / "sealed/visit-1").mkdir()
    (hall.folder / "sealed/visit-1" / item.id).write_bytes(b"left over")
    await hall.cabinet.tend(hall.now)
    assert not (hall.folder / "sealed/visit-1").exists()


async def test_uploads_that_nobody_went_on_with_for_a_day_are_forgotten(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE[:1000]))
    await hall.cabinet.tend(hall.now + ABANDONED_S - 1)
    assert len(await hall.cabinet.listed("visit-1", PHONE)) == 1
    await hall.cabinet.tend(hall.now + ABANDONED_S)
    assert await hall.cabinet.listed("visit-1", PHONE) == []
    assert hall.files() == {}


async def test_one_that_somebody_went_on_with_just_then_stays(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    coming = asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        coming.set()
        yield PICTURE[:1000]

    hall.now += ABANDONED_S
    receiving = asyncio.create_task(hall.cabinet.receive("visit-1", PHONE, item.id, 0, late()))
    await coming.wait()
    await hall.cabinet.tend(hall.now)
    assert (await receiving).received == 1000
    assert (await hall.cabinet.standing("visit-1", PHONE, item.id)).received == 1000


async def test_tending_goes_on_whatever_happens(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TEND_EVERY_S", 0.0)
    tried: list[int] = []
    done = asyncio.Event()

    async def tend(now: float) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise Unavailable
        if len(tried) == 2:
            raise RuntimeError("a bug")
        done.set()

    monkeypatch.setattr(hall.cabinet, "tend", tend)
    task = asyncio.create_task(hall.cabinet.tend_for_ever())
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()


async def test_rows_of_the_table_are_those_of_the_list(hall: Hall) -> None:
    item = await hall.hand_in()

    async def work(connection: AsyncConnection) -> Sequence[str]:
        return list(await connection.scalars(select(document.c.id)))

    assert await hall.database.read(work) == [item.id]
