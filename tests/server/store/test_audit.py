"""``journal verify`` finds what somebody with write access to the database file did to the journal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from server import events as ev
from server.chain import EMPTY, Fault, Finding, extend
from server.journal import Journal
from server.store import bodies
from server.store.audit import verify_command, verify_journal
from server.store.database import Database
from server.store.visits import Hospital, Staff, Visit, add
from signaling.seats import Role

NOW = 1_795_000_000.0
Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture
async def journal(database: Database, visit: str) -> Journal:
    """Two sessions of five events each, interleaved, one with a chat message."""
    journal = Journal(database)
    said = bodies.make("chat-1", "visit-1", "chat", NOW, b"n" * 16, {"text": "孩子头痛"})
    await journal.append("visit-1", 0, [ev.Chatted(Role.GUARDIAN, "chat-1", said.sha256)], NOW, also=[bodies.keep(said)])
    for n in range(5):
        await journal.append("visit-2", n, [ev.ClockStepped(n)], NOW + n)
        if n:
            await journal.append("visit-1", n, [ev.ClockStepped(-n)], NOW + n)
    return journal


def plain(file: Path, *statements: str) -> None:
    """Edits the file behind the server's back, as an intruder would: no foreign keys, no questions."""
    connection = sqlite3.connect(file)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def test_an_untouched_journal_is_well(database: Database, journal: Journal) -> None:
    report = await verify_journal(database)
    assert report.ok
    assert (report.sessions, report.events, report.hospitals) == (2, 10, 1)


async def test_an_empty_journal_is_well(database: Database) -> None:
    assert (await verify_journal(database)).ok


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (
            ["UPDATE event SET record = replace(record, '-3', '-4') WHERE session = 'visit-1' AND n = 4"],
            (Fault.ALTERED, "visit-1", 4),
        ),
        (["UPDATE event SET at_us = at_us + 1 WHERE session = 'visit-2' AND n = 2"], (Fault.ALTERED, "visit-2", 2)),
        (["UPDATE event SET type = 'cancelled' WHERE session = 'visit-2' AND n = 5"], (Fault.ALTERED, "visit-2", 5)),
        (["UPDATE event SET record = 'not json' WHERE session = 'visit-2' AND n = 5"], (Fault.ALTERED, "visit-2", 5)),
        (["UPDATE event SET record = '[]' WHERE session = 'visit-2' AND n = 5"], (Fault.ALTERED, "visit-2", 5)),
        (["DELETE FROM event WHERE session = 'visit-1' AND n = 3"], (Fault.MISSING, "visit-1", 3)),
        (["DELETE FROM event WHERE session = 'visit-1' AND n = 1"], (Fault.MISSING, "visit-1", 1)),
        (["DELETE FROM event WHERE session = 'visit-1' AND n > 3"], (Fault.TAIL_MISSING, "visit-1", 4)),
        (["DELETE FROM event WHERE session = 'visit-1'"], (Fault.SESSION_MISSING, "visit-1", 5)),
        (
            ["DELETE FROM event WHERE session = 'visit-1'", "DELETE FROM body", "DELETE FROM visit WHERE id = 'visit-1'"],
            (Fault.SESSION_MISSING, "visit-1", 5),
        ),
        (
            [
                "UPDATE event SET n = 99 WHERE session = 'visit-2' AND n = 2",
                "UPDATE event SET n = 2 WHERE session = 'visit-2' AND n = 3",
                "UPDATE event SET n = 3 WHERE session = 'visit-2' AND n = 99",
            ],
            (Fault.OUT_OF_ORDER, "visit-2", 2),
        ),
        (["DELETE FROM hospital_chain WHERE n = 4"], (Fault.MISSING, "hospital:h1", 4)),
        (["DELETE FROM hospital_chain WHERE n > 9"], (Fault.NOT_ANCHORED, "visit-1", 5)),
        (["UPDATE hospital_chain SET session_head = hash WHERE n = 2"], (Fault.HEAD_DIFFERS, "visit-2", 1)),
        (["UPDATE hospital_chain SET session = 'visit-2' WHERE n = 1"], (Fault.ALTERED, "hospital:h1", 1)),
        (["UPDATE body SET text = replace(text, '头', '腹')"], (Fault.BODY_ALTERED, "visit-1", 1)),
        (["UPDATE body SET nonce = zeroblob(16)"], (Fault.BODY_ALTERED, "visit-1", 1)),
        (["UPDATE body SET sha256 = 'other'"], (Fault.BODY_ALTERED, "visit-1", 0)),
    ],
)
async def test_every_kind_of_tampering_is_found_at_its_place(
    database: Database, database_file: Path, journal: Journal, statements: list[str], finding: tuple[Fault, str, int]
) -> None:
    plain(database_file, *statements)
    report = await verify_journal(database)
    assert Finding(*finding) in report.findings
    assert not report.ok


async def test_a_session_rewritten_to_its_end_disagrees_with_the_hospitals_chain(
    database: Database, database_file: Path, journal: Journal
) -> None:
    connection = sqlite3.connect(database_file)
    records = [record for (record,) in connection.execute("SELECT record FROM event WHERE session = 'visit-2' ORDER BY n")]
    records[1] = '{"by_ms":9,"type":"clock_stepped"}'
    for link in extend("visit-2", EMPTY, records, round(NOW * 1e6)):
        values = (link.at_us, link.record, link.previous, link.hash, link.n)
        connection.execute("UPDATE event SET at_us=?, record=?, previous=?, hash=? WHERE session='visit-2' AND n=?", values)
    connection.commit()
    connection.close()
    report = await verify_journal(database)
    assert {finding.fault for finding in report.findings} == {Fault.HEAD_DIFFERS}


async def test_cutting_both_chains_alike_is_found_by_a_printed_head(
    database: Database, database_file: Path, journal: Journal
) -> None:
    printed = (await journal.head("visit-1")).hash
    assert (await verify_journal(database, pins=[printed])).ok
    plain(
        database_file,
        "DELETE FROM hospital_chain WHERE n >= (SELECT n FROM hospital_chain WHERE session = 'visit-1' AND session_n = 5)",
        "DELETE FROM event WHERE session = 'visit-1' AND n = 5",
    )
    assert (await verify_journal(database)).ok
    assert (await verify_journal(database, pins=[printed])).findings == (Finding(Fault.PIN_UNKNOWN, printed, 0),)


async def test_a_body_may_be_deleted_without_breaking_anything(database: Database, journal: Journal) -> None:
    await bodies.forget(database, "chat-1")
    assert await bodies.find(database, "chat-1") is None
    assert (await verify_journal(database)).ok


async def test_each_hospital_has_its_own_chain(database: Database, journal: Journal) -> None:
    other = [
        Hospital("h2", "另一医院", "Another"),
        Staff("staff-9", "h2", "li", "-", "physician", "李", "医师"),
        Visit("visit-9", "h2", "皮肤科", "skin", "child-1", "guardian-1", "staff-9", NOW, NOW),
    ]
    await database.write(add(*other))
    await journal.append("visit-9", 0, [ev.Admitted()], NOW)
    report = await verify_journal(database)
    assert (report.ok, report.hospitals) == (True, 2)


async def test_verifying_while_sessions_go_on_finds_nothing(database: Database, journal: Journal) -> None:
    async def go_on() -> None:
        for n in range(5, 25):
            await journal.append("visit-1", n, [ev.ClockStepped(n)], NOW + n)

    going_on = asyncio.create_task(go_on())
    reports = [await verify_journal(database) for _ in range(8)]
    await going_on
    assert all(report.ok for report in reports)


async def test_the_command_says_what_it_found_and_answers_with_its_exit_code(
    database: Database, database_file: Path, database_url: str, journal: Journal
) -> None:
    said: list[str] = []
    url = database_url
    assert await verify_command(url, False, said.append) == 0
    assert "all is well" in said.pop()
    plain(database_file, "DELETE FROM event WHERE session = 'visit-1' AND n > 3")
    assert await verify_command(url, False, said.append) == 1
    assert "visit-1 #4" in said.pop()
    assert await verify_command(url, True, said.append) == 1
    answer = json.loads(said.pop())
    assert answer["ok"] is False
    assert {"fault": "tail_missing", "chain": "visit-1", "n": 4} in answer["findings"]
