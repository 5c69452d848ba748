"""The cabinet seals what comes, goes on where it ended, and gives out what it keeps."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pyrage
import pytest

from server import events as ev
from server.documents import cabinet as module
from server.documents.cabinet import PART
from server.documents.kinds import MAX_BYTES
from server.documents.strip import strip
from server.store import bodies
from server.store.audit import verify_journal
from server.store.documents import MAX_DOCUMENTS, MAX_VISIT_BYTES
from signaling.seats import Role
from tests.server.documents import samples
from tests.server.documents.cabinet_kit import LARGE, PHONE, PICTURE, Hall, pieces, refusal

# --- taking in ------------------------------------------------------------------------------------


async def test_what_is_handed_in_is_kept_stripped_and_can_be_read(hall: Hall) -> None:
    item = await hall.hand_in()
    assert (item.state, item.kind, item.width, item.height, item.pages) == ("kept", "image/jpeg", 96, 64, 1)
    _, content = await hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)
    assert content == strip(PICTURE).data
    assert item.size == len(content)


async def test_no_plaintext_lies_on_the_disk_at_any_time(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(LARGE))

    async def watched() -> AsyncIterator[bytes]:
        async for piece in pieces(LARGE):
            for content in hall.files().values():
                assert LARGE[:64] not in content
                assert b"\xff\xd8\xff" not in content[:64]
            yield piece

    await hall.cabinet.receive("visit-1", PHONE, item.id, 0, watched())
    stripped = strip(LARGE).data
    assert hall.files()
    assert not any(stripped[100:164] in content for content in hall.files().values())
    assert {path.stat().st_mode & 0o077 for path in (hall.folder / "sealed").rglob("*")} == {0}


async def test_the_hospital_opens_its_copy_with_stock_age(hall: Hall, hospital: Path) -> None:
    item = await hall.hand_in()
    copy = hall.folder / "documents" / "visit-1" / f"{item.id}.jpg.age"
    opened = subprocess.run(["age", "-d", "-i", str(hospital), str(copy)], check=True, capture_output=True)
    assert opened.stdout == strip(PICTURE).data


async def test_the_copy_of_one_hospitals_visit_opens_with_its_own_key_or_escrow_and_with_no_other(hall: Hall) -> None:
    own, escrow, another = (pyrage.x25519.Identity.generate() for _ in range(3))
    hall.recipients["visit-1"] = (str(own.to_public()), str(escrow.to_public()))
    item = await hall.hand_in()
    copy = (hall.folder / "documents" / "visit-1" / f"{item.id}.jpg.age").read_bytes()
    for key in (own, escrow):
        assert pyrage.decrypt(copy, [key]) == strip(PICTURE).data
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(copy, [another])


async def test_nothing_is_taken_for_a_hospital_that_has_no_key(hall: Hall) -> None:
    hall.recipients["visit-1"] = ()
    assert await refusal(hall.cabinet.begin("visit-1", PHONE, 1)) == "hospital_key_missing"
    assert hall.files() == {}
    assert await hall.cabinet.listed("visit-1") == []


async def test_an_upload_whose_hospital_lost_its_key_meanwhile_is_kept_once_there_is_one(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    hall.recipients["visit-1"] = ()
    assert await refusal(hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE))) == "hospital_key_missing"
    assert await hall.events() == []
    assert not (hall.folder / "documents").exists()
    del hall.recipients["visit-1"]
    await hall.cabinet.tend(hall.now)
    _, content = await hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)
    assert content == strip(PICTURE).data


async def test_the_journal_names_the_hash_of_what_is_kept_and_verifies(hall: Hall) -> None:
    item = await hall.hand_in()
    body = (await bodies.of_session(hall.database, "visit-1", "document"))[0]
    assert await hall.events() == [ev.DocumentAdded(item.id, body.sha256)]
    assert body.content["bytes"] == len(strip(PICTURE).data)
    assert (await verify_journal(hall.database)).ok


async def test_an_upload_goes_on_where_its_connection_was_lost(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(LARGE))
    stands = await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(LARGE[:100_000]))
    assert (stands.state, stands.received) == ("uploading", 100_000)
    kept = await hall.cabinet.receive("visit-1", PHONE, item.id, 100_000, pieces(LARGE[100_000:]))
    assert kept.state == "kept"


async def test_and_where_it_stood_when_the_server_ended(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(LARGE))

    async def killed() -> AsyncIterator[bytes]:
        async for piece in pieces(LARGE[: PART + 100_000]):
            yield piece
        raise RuntimeError("the server is killed")

    with pytest.raises(RuntimeError):
        await hall.cabinet.receive("visit-1", PHONE, item.id, 0, killed())
    (hall.folder / "sealed/visit-1" / f"{item.id}.parts" / f"{PART:010d}").write_bytes(b"a part that nobody counted")
    hall.restarted()
    assert (await hall.cabinet.standing("visit-1", PHONE, item.id)).received == PART
    kept = await hall.cabinet.receive("visit-1", PHONE, item.id, PART, pieces(LARGE[PART:]))
    _, content = await hall.cabinet.read("visit-1", kept.id, Role.GUARDIAN)
    assert content == strip(LARGE).data


async def test_one_that_was_whole_when_the_server_ended_is_finished_later(hall: Hall) -> None:
    hall.damaged = True
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    assert await refusal(hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE))) == "unavailable"
    await hall.restarted().tend(hall.now)
    assert [each.state for each in await hall.cabinet.listed("visit-1", PHONE)] == ["uploading"]
    hall.damaged = False
    await hall.cabinet.tend(hall.now)
    assert [each.state for each in await hall.cabinet.listed("visit-1", PHONE)] == ["kept"]
    assert not [name for name in hall.files() if ".parts" in name]


async def test_a_phone_that_is_back_need_not_wait_for_its_dead_connection(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    reading = asyncio.Event()

    async def dead() -> AsyncIterator[bytes]:
        yield PICTURE[:1000]
        reading.set()
        await asyncio.Event().wait()

    old = asyncio.create_task(hall.cabinet.receive("visit-1", PHONE, item.id, 0, dead()))
    await reading.wait()
    assert (await hall.cabinet.standing("visit-1", PHONE, item.id)).received == 1000
    assert (await old).received == 1000
    assert (await hall.cabinet.receive("visit-1", PHONE, item.id, 1000, pieces(PICTURE[1000:]))).state == "kept"


async def test_a_connection_that_brings_nothing_has_ended(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.01)
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))

    async def idle() -> AsyncIterator[bytes]:
        yield PICTURE[:1000]
        await asyncio.Event().wait()

    assert (await hall.cabinet.receive("visit-1", PHONE, item.id, 0, idle())).received == 1000


async def test_another_offset_is_refused_and_changes_nothing(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE[:1000]))
    for offset in (0, 999, 1001, len(PICTURE)):
        assert await refusal(hall.cabinet.receive("visit-1", PHONE, item.id, offset, pieces(PICTURE))) == "upload_offset"
    assert (await hall.cabinet.standing("visit-1", PHONE, item.id)).received == 1000


async def test_more_than_was_announced_is_not_taken(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    kept = await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE + b"more"))
    assert (kept.state, kept.received) == ("kept", len(PICTURE))
    assert await hall.cabinet.receive("visit-1", PHONE, item.id, len(PICTURE), pieces(b"more")) == kept


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
    assert await hall.cabinet.listed("visit-1", PHONE) == []
    assert hall.files() == {}
    assert await hall.events() == []


async def test_a_part_that_was_altered_or_is_gone_is_not_taken(hall: Hall) -> None:
    for alter in (lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])):
        item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
        await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE[:1000]))
        alter(hall.folder / "sealed/visit-1" / f"{item.id}.parts" / f"{0:010d}")
        assert (
            await refusal(hall.cabinet.receive("visit-1", PHONE, item.id, 1000, pieces(PICTURE[1000:]))) == "document_damaged"
        )


async def test_lengths_and_numbers_are_limited(hall: Hall) -> None:
    assert await refusal(hall.cabinet.begin("visit-1", PHONE, 0)) == "document_empty"
    assert await refusal(hall.cabinet.begin("visit-1", PHONE, MAX_BYTES + 1)) == "document_too_large"
    for _ in range(MAX_VISIT_BYTES // MAX_BYTES):
        await hall.cabinet.begin("visit-1", PHONE, MAX_BYTES)
    assert await refusal(hall.cabinet.begin("visit-1", PHONE, 1)) == "too_many_documents"
    for _ in range(MAX_DOCUMENTS):
        await hall.cabinet.begin("visit-2", PHONE, 1)
    assert await refusal(hall.cabinet.begin("visit-2", PHONE, 1)) == "too_many_documents"


async def test_a_document_of_another_visit_is_not_found(hall: Hall) -> None:
    item = await hall.hand_in()
    await hall.hand_in(visit="visit-2")
    assert await refusal(hall.cabinet.read("visit-2", item.id, Role.PHYSICIAN)) == "not_found"
    assert await refusal(hall.cabinet.standing("visit-2", PHONE, item.id)) == "not_found"
    assert await refusal(hall.cabinet.remove("visit-2", PHONE, item.id, before_the_visit=True)) == "not_found"
    assert await refusal(hall.cabinet.receive("visit-2", PHONE, item.id, 0, pieces(b""))) == "not_found"


# --- giving out -----------------------------------------------------------------------------------


async def test_that_a_physician_opened_it_stands_in_the_journal_before_they_have_it(hall: Hall) -> None:
    item = await hall.hand_in()
    await hall.cabinet.read("visit-1", item.id, Role.PHYSICIAN)
    assert (await hall.events())[1:] == [ev.DocumentRead(Role.PHYSICIAN, item.id)]
    hall.damaged = True
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.PHYSICIAN)) == "unavailable"


async def test_an_upload_cannot_be_read_and_a_file_that_was_altered_neither(hall: Hall) -> None:
    coming = await hall.cabinet.begin("visit-1", PHONE, 10)
    assert await refusal(hall.cabinet.read("visit-1", coming.id, Role.GUARDIAN)) == "not_found"
    item = await hall.hand_in()
    path = hall.folder / "sealed/visit-1" / item.id
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "document_unreadable"
    path.unlink()
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "document_unreadable"


async def test_the_family_takes_back_what_it_handed_in_before_the_visit(hall: Hall) -> None:
    item = await hall.hand_in()
    assert await refusal(hall.cabinet.remove("visit-1", PHONE, item.id, before_the_visit=False)) == "document_stays"
    await hall.cabinet.remove("visit-1", PHONE, item.id, before_the_visit=True)
    assert hall.files() == {}
    assert await hall.cabinet.listed("visit-1", PHONE) == []
    assert (await hall.events())[1:] == [ev.DocumentRemoved(item.id)]
    assert await bodies.of_session(hall.database, "visit-1", "document") == []
    assert (await verify_journal(hall.database)).ok
    assert await refusal(hall.cabinet.read("visit-1", item.id, Role.GUARDIAN)) == "not_found"


async def test_an_upload_is_given_up_at_any_time(hall: Hall) -> None:
    item = await hall.cabinet.begin("visit-1", PHONE, len(PICTURE))
    await hall.cabinet.receive("visit-1", PHONE, item.id, 0, pieces(PICTURE[:1000]))
    await hall.cabinet.remove("visit-1", PHONE, item.id, before_the_visit=False)
    assert hall.files() == {}
    assert await hall.events() == []
