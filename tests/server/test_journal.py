"""The journal: appended once, by one writer, with whatever belongs to it, or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from server import events as ev
from server.chain import EMPTY
from server.journal import Journal
from server.store import bodies, outbox, referrals, visits
from server.store.bodies import Body
from server.store.database import Database, Write
from server.store.errors import BrokenChain, Unavailable, UnknownSession, VersionConflict
from server.store.outbox import Outgoing
from server.store.referrals import Referral
from server.store.visits import Snapshot
from signaling.seats import Role

NOW = 1_795_000_000.0
GUARDIAN_CAME = ev.SeatTaken(Role.GUARDIAN, 1)
LETTER = Body("letter-1", "visit-1", "letter", NOW, bytes(16), '{"history":"头痛"}')
REFERRED = ev.Referred("referral-1", "growth.headache", "emergency", "2026-1", LETTER.sha256)
REFERRAL = Referral("referral-1", "visit-1", "R-0001", "growth.headache", "emergency", "2026-1", "letter-1", NOW)
MESSAGES = [
    Outgoing("out-1", "visit-1", "referral.issued", "{}", NOW),
    Outgoing("out-2", "visit-1", "visit.ended", "{}", NOW),
]


async def test_what_was_appended_is_replayed_in_order_with_its_times(database: Database, visit: str) -> None:
    journal = Journal(database)
    first = await journal.append(visit, 0, [GUARDIAN_CAME, ev.MediaAlive(Role.GUARDIAN, 1)], NOW)
    second = await journal.append(visit, 2, [ev.Doubted(Role.GUARDIAN, 1, (ev.Doubt.CAMERA_OFF,))], NOW + 0.123456)
    assert (first.n, second.n) == (2, 3)
    assert await journal.replay(visit) == [
        (GUARDIAN_CAME, NOW),
        (ev.MediaAlive(Role.GUARDIAN, 1), NOW),
        (ev.Doubted(Role.GUARDIAN, 1, (ev.Doubt.CAMERA_OFF,)), NOW + 0.123456),
    ]
    assert await journal.head(visit) == second
    assert await journal.heads() == {visit: second}


async def test_a_session_without_events_has_an_empty_head_and_an_unknown_visit_has_no_journal(
    database: Database, visit: str
) -> None:
    journal = Journal(database)
    assert await journal.head(visit) == EMPTY
    assert await journal.replay(visit) == []
    with pytest.raises(UnknownSession):
        await journal.append("nobody", 0, [GUARDIAN_CAME], NOW)
    with pytest.raises(ValueError, match="without events"):
        await journal.append(visit, 0, [], NOW)


async def test_a_writer_that_was_overtaken_is_told_so_and_changes_nothing(database: Database, visit: str) -> None:
    journal = Journal(database)
    head = await journal.append(visit, 0, [GUARDIAN_CAME], NOW)
    with pytest.raises(VersionConflict) as conflict:
        await journal.append(visit, 0, [GUARDIAN_CAME], NOW)
    assert (conflict.value.expected, conflict.value.found) == (0, 1)
    with pytest.raises(VersionConflict):
        await journal.append(visit, 7, [GUARDIAN_CAME], NOW)
    assert await journal.head(visit) == head


async def test_of_two_writers_with_their_own_connections_exactly_one_wins_each_round(
    database: Database, database_url: str, visit: str
) -> None:
    other = Database(database_url)
    journals = [Journal(database), Journal(other)]
    for version in range(20):
        tries = [journal.append(visit, version, [ev.ClockStepped(i)], NOW) for i, journal in enumerate(journals)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(isinstance(result, VersionConflict) for result in results) == [False, True]
    assert (await journals[0].head(visit)).n == 20
    await other.close()


async def test_many_sessions_append_at_once_and_none_is_turned_away(database: Database, visit: str) -> None:
    journal = Journal(database)

    async def live(session: str) -> None:
        for version in range(30):
            await journal.append(session, version, [ev.ClockStepped(version)], NOW)

    await asyncio.gather(*(live(session) for session in ("visit-1", "visit-2", "visit-3")))
    assert {session: head.n for session, head in (await journal.heads()).items()} == dict.fromkeys(
        ("visit-1", "visit-2", "visit-3"), 30
    )


async def test_open_sessions_have_begun_and_not_ended(database: Database, visit: str) -> None:
    journal = Journal(database)
    assert await journal.open_sessions() == []
    await journal.append("visit-2", 0, [GUARDIAN_CAME], NOW)
    await journal.append("visit-1", 0, [GUARDIAN_CAME], NOW)
    assert await journal.open_sessions() == ["visit-1", "visit-2"]
    ended = visits.snapshot("visit-1", Snapshot("ended", "cancelled", None, NOW))
    await journal.append("visit-1", 1, [ev.Cancelled()], NOW, also=[ended])
    assert await journal.open_sessions() == ["visit-2"]


async def test_a_further_write_that_fails_takes_the_events_with_it(database: Database, visit: str) -> None:
    journal = Journal(database)
    await database.write(bodies.keep(LETTER))
    with pytest.raises(IntegrityError):
        await journal.append(visit, 0, [GUARDIAN_CAME], NOW, also=[outbox.post(MESSAGES[0]), bodies.keep(LETTER)])
    assert await journal.head(visit) == EMPTY
    assert await outbox.of_session(database, visit) == []


def whole_referral() -> list[Write]:
    """Everything that an end with referral writes besides its event."""
    return [bodies.keep(LETTER), referrals.file(REFERRAL), *(outbox.post(message) for message in MESSAGES)]


async def test_an_end_with_referral_writes_everything_together(database: Database, visit: str) -> None:
    journal = Journal(database)
    ended = visits.snapshot(visit, Snapshot("ended", "referred", None, NOW))
    head = await journal.append(visit, 0, [REFERRED], NOW, also=[*whole_referral(), ended])
    assert head.n == 1
    assert await referrals.of_visit(database, visit) == REFERRAL
    assert await bodies.find(database, "letter-1") == LETTER
    assert await outbox.of_session(database, visit) == MESSAGES
    assert await journal.open_sessions() == []


async def test_a_second_referral_of_a_visit_cannot_be_stored(database: Database, visit: str) -> None:
    journal = Journal(database)
    head = await journal.append(visit, 0, [REFERRED], NOW, also=whole_referral())
    second = referrals.file(replace(REFERRAL, id="other", number="R-2"))
    with pytest.raises(IntegrityError):
        await journal.append(visit, 1, [REFERRED], NOW + 5, also=[second])
    assert await journal.head(visit) == head
    assert await referrals.of_visit(database, visit) == REFERRAL


async def test_an_end_with_referral_that_cannot_be_written_whole_is_not_written_at_all(database: Database, visit: str) -> None:
    journal = Journal(database)
    await database.write(outbox.post(MESSAGES[1]))
    with pytest.raises(IntegrityError):
        await journal.append(visit, 0, [REFERRED], NOW, also=whole_referral())
    assert await journal.head(visit) == EMPTY
    assert await referrals.of_visit(database, visit) is None
    assert await bodies.find(database, "letter-1") is None
    assert await outbox.of_session(database, visit) == [MESSAGES[1]]


async def test_a_locked_database_is_unavailable_within_a_second_and_then_works_again(
    database: Database, database_file: Path, visit: str
) -> None:
    journal = Journal(database)
    locker = sqlite3.connect(database_file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await journal.append(visit, 0, [GUARDIAN_CAME], NOW)
    assert time.monotonic() - started < 1.5
    locker.execute("ROLLBACK")
    locker.close()
    assert (await journal.append(visit, 0, [GUARDIAN_CAME], NOW)).n == 1


async def test_a_hospital_whose_chain_is_held_by_another_process_is_unavailable_within_a_second(
    database: Database, database_url: str, visit: str
) -> None:
    other = Database(database_url, patience_s=60)
    entered, proceed = asyncio.Event(), asyncio.Event()

    async def stall(_connection: object) -> None:
        entered.set()
        await proceed.wait()

    holding = asyncio.create_task(Journal(other).append("visit-2", 0, [GUARDIAN_CAME], NOW, also=[stall]))
    await entered.wait()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await Journal(database).append(visit, 0, [GUARDIAN_CAME], NOW)
    assert time.monotonic() - started < 1.5
    proceed.set()
    await holding
    assert (await Journal(database).append(visit, 0, [GUARDIAN_CAME], NOW)).n == 1
    await other.close()


async def test_an_append_that_took_effect_unheard_may_be_repeated_and_takes_effect_once(database: Database, visit: str) -> None:
    journal = Journal(database)
    proceed = asyncio.Event()

    async def stall(_connection: object) -> None:
        await proceed.wait()

    caller = asyncio.create_task(journal.append(visit, 0, [GUARDIAN_CAME], NOW, also=[stall]))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    proceed.set()
    await database.settled()
    committed = await journal.head(visit)
    assert committed.n == 1
    assert await journal.append(visit, 0, [GUARDIAN_CAME], NOW) == committed
    with pytest.raises(VersionConflict):
        await journal.append(visit, 0, [GUARDIAN_CAME], NOW)


async def test_a_transaction_that_takes_too_long_is_unavailable_to_its_caller_and_to_those_behind_it(
    database: Database, database_url: str, visit: str
) -> None:
    impatient = Database(database_url, patience_s=0.1)
    proceed = asyncio.Event()

    async def stall(_connection: object) -> None:
        await proceed.wait()

    with pytest.raises(Unavailable):
        await Journal(impatient).append(visit, 0, [GUARDIAN_CAME], NOW, also=[stall])
    with pytest.raises(Unavailable):
        await Journal(impatient).append(visit, 0, [ev.Cancelled()], NOW)
    proceed.set()
    await impatient.close()
    assert await Journal(database).replay(visit) == [(GUARDIAN_CAME, NOW)]


@pytest.mark.parametrize(("event", "at"), [(ev.Cancelled(), NOW), (ev.Admitted(), NOW + 1)])
async def test_another_append_than_the_one_that_took_effect_unheard_is_a_conflict(
    database: Database, visit: str, event: ev.Event, at: float
) -> None:
    journal = Journal(database)
    proceed = asyncio.Event()

    async def stall(_connection: object) -> None:
        await proceed.wait()

    caller = asyncio.create_task(journal.append(visit, 0, [ev.Admitted()], NOW, also=[stall]))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    proceed.set()
    await database.settled()
    with pytest.raises(VersionConflict):
        await journal.append(visit, 0, [event], at)
    assert await journal.replay(visit) == [(ev.Admitted(), NOW)]


async def test_a_replay_refuses_events_that_were_changed_behind_its_back(
    database: Database, database_file: Path, visit: str
) -> None:
    journal = Journal(database)
    await journal.append(visit, 0, [GUARDIAN_CAME], NOW)
    with sqlite3.connect(database_file) as plain:
        plain.execute("UPDATE event SET record = replace(record, 'guardian', 'physician')")
    with pytest.raises(BrokenChain):
        await journal.replay(visit)
