"""The cabinet seals what comes, goes on where it ended, gives out what it keeps, and destroys it in time."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server import events as ev
from server.documents import cabinet as module
from server.documents.cabinet import ABANDONED_S, PART, Cabinet, Terms
from server.documents.kinds import MAX_BYTES
from server.documents.strip import strip
from server.errors import Refused
from server.journal import Journal
from server.store import bodies, documents
from server.store.audit import verify_journal
from server.store.database import Database, Write
from server.store.documents import MAX_DOCUMENTS, MAX_VISIT_BYTES
from server.store.errors import Unavailable
from server.store.tables import document, visit_key
from server.store.tables import visit as visits
from signaling.seats import Role
from tests.server.conftest import NOW
from tests.server.documents import samples

KEEP_S = 30 * 86400.0
PICTURE = samples.jpeg(6)
LARGE = samples.jpeg() + secrets.token_bytes(2 * PART)
"""A picture with so much behind its end that it comes in three parts."""


class Hall:
    """What a cabinet stands in: a clock that is set, a journal, a folder; it can be left and come back to."""

    def __init__(self, folder: Path, database: Database, recipient: str) -> None:
        self.folder = folder
        self.database = database
        self.now = NOW
        self.journal = Journal(database)
        self.damaged = False
        self._recipient = recipient
        self.cabinet = self.restarted()

    def restarted(self) -> Cabinet:
        key = b"app key" + bytes(25)
        terms = Terms((self._recipient,), KEEP_S)
        self.cabinet = Cabinet(
            self.folder, terms, self.database, key, lambda: self.now, lambda: secrets.token_hex(16), secrets.token_bytes,
            self.journaled,
        )  # fmt: skip
        return self.cabinet

    async def journaled(self, visit: str, event: ev.Event, also: tuple[Write, ...]) -> None:
        if self.damaged:
            raise Refused("unavailable")
        version = (await self.journal.head(visit)).n
        await self.journal.append(visit, version, [event], self.now, also)

    async def events(self, visit: str = "visit-1") -> list[ev.Event]:
        return [event for event, _ in await self.journal.replay(visit)]

    async def hand_in(self, data: bytes = PICTURE, visit: str = "visit-1") -> documents.Document:
        item = await self.cabinet.begin(visit, len(data))
        return await self.cabinet.receive(visit, item.id, 0, pieces(data))

    async def end_the_visit(self) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(visits).where(visits.c.id == "visit-1").values(ended_at=self.now))

        await self.database.write(work)

    def files(self) -> dict[str, bytes]:
        trees = (self.folder / "sealed", self.folder / "documents")
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for tree in trees
            for path in sorted(tree.rglob("*"))
            if path.is_file()
        }


async def pieces(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital's identity, made by stock age; its public half lies beside it."""
    key = tmp_path_factory.mktemp("hospital") / "hospital.key"
    made = subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True, text=True)
    key.with_suffix(".pub").write_text(made.stderr.split(": ")[1].strip())
    return key


@pytest.fixture
async def hall(tmp_path: Path, database: Database, visit: str, hospital: Path) -> AsyncIterator[Hall]:
    made = Hall(tmp_path, database, hospital.with_suffix(".pub").read_text())
    yield made
    await made.cabinet.close()


async def refusal(work: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await work
    return refused.value.code


# --- taking in ------------------------------------------------------------------------------------


async def test_what_is_handed_in_is_kept_stripped_and_can_be_read(hall: Hall) -> None:
    item = await hall.hand_in()
    assert (item.state, item.kind, item.width, item.height, item.pages) == ("kept", "image/jpeg", 96, 64, 1)
    _, content = await hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)
    assert content == strip(PICTURE).data
    assert item.size == len(content)


async def test_no_plaintext_lies_on_the_disk_at_any_time(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(LARGE))

    async def watched() -> AsyncIterator[bytes]:
        async for piece in pieces(LARGE):
            for content in hall.files().values():
                assert LARGE[:64] not in content
                assert b"\xff\xd8\xff" not in content[:64]
            yield piece

    await hall.cabinet.receive("visit-1", item.id, 0, watched())
    stripped = strip(LARGE).data
    assert hall.files()
    assert not any(stripped[100:164] in content for content in hall.files().values())
    assert {path.stat().st_mode & 0o077 for path in (hall.folder / "sealed").rglob("*")} == {0}


async def test_the_hospital_opens_its_copy_with_stock_age(hall: Hall, hospital: Path) -> None:
    item = await hall.hand_in()
    copy = hall.folder / "documents" / "visit-1" / f"{item.id}.jpg.age"
    opened = subprocess.run(["age", "-d", "-i", str(hospital), str(copy)], check=True, capture_output=True)
    assert opened.stdout == strip(PICTURE).data


async def test_the_journal_names_the_hash_of_what_is_kept_and_verifies(hall: Hall) -> None:
    item = await hall.hand_in()
    body = (await bodies.of_session(hall.database, "visit-1", "document"))[0]
    assert await hall.events() == [ev.DocumentAdded(item.id, body.sha256)]
    assert body.content["bytes"] == len(strip(PICTURE).data)
    assert (await verify_journal(hall.database)).ok


async def test_an_upload_goes_on_where_its_connection_was_lost(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(LARGE))
    stands = await hall.cabinet.receive("visit-1", item.id, 0, pieces(LARGE[:100_000]))
    assert (stands.state, stands.received) == ("uploading", 100_000)
    kept = await hall.cabinet.receive("visit-1", item.id, 100_000, pieces(LARGE[100_000:]))
    assert kept.state == "kept"


async def test_and_where_it_stood_when_the_server_ended(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(LARGE))

    async def killed() -> AsyncIterator[bytes]:
        async for piece in pieces(LARGE[: PART + 100_000]):
            yield piece
        raise RuntimeError("the server is killed")

    with pytest.raises(RuntimeError):
        await hall.cabinet.receive("visit-1", item.id, 0, killed())
    (hall.folder / "sealed/visit-1" / f"{item.id}.parts" / f"{PART:010d}").write_bytes(b"a part that nobody counted")
    hall.restarted()
    assert (await hall.cabinet.standing("visit-1", item.id)).received == PART
    kept = await hall.cabinet.receive("visit-1", item.id, PART, pieces(LARGE[PART:]))
    _, content = await hall.cabinet.read("visit-1", kept.id, Role.GUARDIAN)
    assert content == strip(LARGE).data


async def test_one_that_was_whole_when_the_server_ended_is_finished_later(hall: Hall) -> None:
    hall.damaged = True
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    assert await refusal(hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE))) == "unavailable"
    await hall.restarted().tend(hall.now)
    assert [each.state for each in await hall.cabinet.listed("visit-1")] == ["uploading"]
    hall.damaged = False
    await hall.cabinet.tend(hall.now)
    assert [each.state for each in await hall.cabinet.listed("visit-1")] == ["kept"]
    assert not [name for name in hall.files() if ".parts" in name]


async def test_a_phone_that_is_back_need_not_wait_for_its_dead_connection(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    reading = asyncio.Event()

    async def dead() -> AsyncIterator[bytes]:
        yield PICTURE[:1000]
        reading.set()
        await asyncio.Event().wait()

    old = asyncio.create_task(hall.cabinet.receive("visit-1", item.id, 0, dead()))
    await reading.wait()
    assert (await hall.cabinet.standing("visit-1", item.id)).received == 1000
    assert (await old).received == 1000
    assert (await hall.cabinet.receive("visit-1", item.id, 1000, pieces(PICTURE[1000:]))).state == "kept"


async def test_a_connection_that_brings_nothing_has_ended(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.01)
    item = await hall.cabinet.begin("visit-1", len(PICTURE))

    async def idle() -> AsyncIterator[bytes]:
        yield PICTURE[:1000]
        await asyncio.Event().wait()

    assert (await hall.cabinet.receive("visit-1", item.id, 0, idle())).received == 1000


async def test_another_offset_is_refused_and_changes_nothing(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    await hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE[:1000]))
    for offset in (0, 999, 1001, len(PICTURE)):
        assert await refusal(hall.cabinet.receive("visit-1", item.id, offset, pieces(PICTURE))) == "upload_offset"
    assert (await hall.cabinet.standing("visit-1", item.id)).received == 1000


async def test_more_than_was_announced_is_not_taken(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    kept = await hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE + b"more"))
    assert (kept.state, kept.received) == ("kept", len(PICTURE))
    assert await hall.cabinet.receive("visit-1", item.id, len(PICTURE), pieces(b"more")) == kept


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html>", "document_kind"),
        (PICTURE[:900], "document_damaged"),
        (samples.pdf(catalog=b"/OpenAction 7 0 R"), "document_active"),
    ],
)
async def test_what_is_not_taken_leaves_nothing(hall: Hall, data: bytes, code: str) -> None:
    assert await refusal(hall.hand_in(data)) == code
    assert await hall.cabinet.listed("visit-1") == []
    assert hall.files() == {}
    assert await hall.events() == []


async def test_a_part_that_was_altered_or_is_gone_is_not_taken(hall: Hall) -> None:
    for alter in (lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])):
        item = await hall.cabinet.begin("visit-1", len(PICTURE))
        await hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE[:1000]))
        alter(hall.folder / "sealed/visit-1" / f"{item.id}.parts" / f"{0:010d}")
        assert await refusal(hall.cabinet.receive("visit-1", item.id, 1000, pieces(PICTURE[1000:]))) == "document_damaged"


async def test_lengths_and_numbers_are_limited(hall: Hall) -> None:
    assert await refusal(hall.cabinet.begin("visit-1", 0)) == "document_empty"
    assert await refusal(hall.cabinet.begin("visit-1", MAX_BYTES + 1)) == "document_too_large"
    for _ in range(MAX_VISIT_BYTES // MAX_BYTES):
        await hall.cabinet.begin("visit-1", MAX_BYTES)
    assert await refusal(hall.cabinet.begin("visit-1", 1)) == "too_many_documents"
    for _ in range(MAX_DOCUMENTS):
        await hall.cabinet.begin("visit-2", 1)
    assert await refusal(hall.cabinet.begin("visit-2", 1)) == "too_many_documents"


async def test_a_document_of_another_visit_is_not_found(hall: Hall) -> None:
    item = await hall.hand_in()
    await hall.hand_in(visit="visit-2")
    assert await refusal(hall.cabinet.read("visit-2", item.id, Role.PHYSICIAN)) == "not_found"
    assert await refusal(hall.cabinet.standing("visit-2", item.id)) == "not_found"
    assert await refusal(hall.cabinet.remove("visit-2", item.id, before_the_visit=True)) == "not_found"
    assert await refusal(hall.cabinet.receive("visit-2", item.id, 0, pieces(b""))) == "not_found"


# --- giving out -----------------------------------------------------------------------------------


async def test_that_a_physician_opened_it_stands_in_the_journal_before_they_have_it(hall: Hall) -> None:
    item = await hall.hand_in()
    await hall.cabinet.read("visit-1", item.id, Role.PHYSICIAN)
    assert (await hall.events())[1:] == [ev.DocumentRead(Role.PHYSICIAN, item.id)]
    hall.damaged = True
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.PHYSICIAN)) == "unavailable"


async def test_an_upload_cannot_be_read_and_a_file_that_was_altered_neither(hall: Hall) -> None:
    coming = await hall.cabinet.begin("visit-1", 10)
    assert await refusal(hall.cabinet.read("visit-1", coming.id, Role.GUARDIAN)) == "not_found"
    item = await hall.hand_in()
    path = hall.folder / "sealed/visit-1" / item.id
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "document_unreadable"
    path.unlink()
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "document_unreadable"


async def test_the_family_takes_back_what_it_handed_in_before_the_visit(hall: Hall) -> None:
    item = await hall.hand_in()
    assert await refusal(hall.cabinet.remove("visit-1", item.id, before_the_visit=False)) == "document_stays"
    await hall.cabinet.remove("visit-1", item.id, before_the_visit=True)
    assert hall.files() == {}
    assert await hall.cabinet.listed("visit-1") == []
    assert (await hall.events())[1:] == [ev.DocumentRemoved(item.id)]
    assert await bodies.of_session(hall.database, "visit-1", "document") == []
    assert (await verify_journal(hall.database)).ok
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "not_found"


async def test_an_upload_is_given_up_at_any_time(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    await hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE[:1000]))
    await hall.cabinet.remove("visit-1", item.id, before_the_visit=False)
    assert hall.files() == {}
    assert await hall.events() == []


# --- in time --------------------------------------------------------------------------------------


async def destroyed(hall: Hall) -> tuple[documents.Document, bytes]:
    """A visit whose documents were destroyed just now: one of them, and the wrapped key that was there."""
    item = await hall.hand_in()
    await hall.cabinet.begin("visit-1", 10)
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
    assert await refusal(hall.cabinet.begin("visit-1", 10)) == "documents_destroyed"
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
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    await hall.cabinet.receive("visit-1", item.id, 0, pieces(PICTURE[:1000]))
    await hall.cabinet.tend(hall.now + ABANDONED_S - 1)
    assert len(await hall.cabinet.listed("visit-1")) == 1
    await hall.cabinet.tend(hall.now + ABANDONED_S)
    assert await hall.cabinet.listed("visit-1") == []
    assert hall.files() == {}


async def test_one_that_somebody_went_on_with_just_then_stays(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", len(PICTURE))
    coming = asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        coming.set()
        yield PICTURE[:1000]

    hall.now += ABANDONED_S
    receiving = asyncio.create_task(hall.cabinet.receive("visit-1", item.id, 0, late()))
    await coming.wait()
    await hall.cabinet.tend(hall.now)
    assert (await receiving).received == 1000
    assert (await hall.cabinet.standing("visit-1", item.id)).received == 1000


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
