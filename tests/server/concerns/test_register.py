"""A complaint or incident is written once, in its order, by those who may; and chain and lists say the same of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from server import events as ev
from server.chain import Fault, Finding
from server.concerns import register as room
from server.concerns.concern import MOST_A_VISIT, MOST_FACTS, TEXT_MAX, Category, Fact, Kind, Source, State
from server.concerns.register import Concerns, Filing
from server.errors import Refused
from server.journal import Journal
from server.session import Session
from server.store import bodies, concerns, outbox
from server.store.audit import verify_journal
from server.store.concerns import Concern, Filed
from server.store.database import Database, Write
from server.store.errors import Unavailable

NOW = 1_795_000_000.0


class Sessions:
    """Appends to the journal, as consultations do; ``silent``: it never answers."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.silent = False

    async def from_outside(self, session_id: str, event: ev.Event, also: tuple[Write, ...] = ()) -> Session:
        if self.silent:
            await asyncio.Event().wait()
        await self.journal.append(session_id, (await self.journal.head(session_id)).n, [event], NOW, also)
        return cast(Session, None)


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(Journal(database))


@pytest.fixture
def register(database: Database, visit: str, sessions: Sessions) -> Concerns:
    ids = itertools.count(1)
    return Concerns(database, sessions, lambda: NOW, lambda: f"id-{next(ids)}", lambda: b"n" * 16)


def complaint(text: str = "", client_id: str = "c1") -> Filing:
    return Filing(Kind.COMPLAINT, "none", Source.GUARDIAN, client_id, text)


def incident(category: str = "privacy", source: Source = Source.PHYSICIAN, text: str = "") -> Filing:
    return Filing(Kind.INCIDENT, category, source, "c1", text)


def words(concern: Concern) -> list[tuple[Fact | None, Source, str]]:
    return [(each.fact, each.source, each.text) for each in concern.told]


async def test_a_complaint_is_an_event_a_row_and_word_to_the_hospital(database: Database, register: Concerns) -> None:
    made = await register.file("visit-1", complaint(" 等了一小时\u202e "))
    assert (made.filed.kind, made.filed.category, made.filed.state) == (Kind.COMPLAINT, Category.NONE, State.OPEN)
    assert words(made) == [(None, Source.GUARDIAN, "等了一小时")]
    ((event, _),) = await Journal(database).replay("visit-1")
    (body,) = await bodies.of_session(database, "visit-1", "concern")
    assert event == ev.ComplaintFiled(made.filed.id, body.sha256)
    (post,) = await outbox.of_session(database, "visit-1")
    assert (post.kind, json.loads(post.payload)) == (
        "complaint.filed",
        {"complaint": made.filed.id, "number": made.filed.number},
    )


async def test_an_incident_says_what_it_is_about_and_who_recorded_it(database: Database, register: Concerns) -> None:
    made = await register.file("visit-1", incident(source=Source.OPERATIONS))
    ((event, _),) = await Journal(database).replay("visit-1")
    assert isinstance(event, ev.IncidentRecorded)
    assert (event.category, event.source) == ("privacy", "operations")
    (post,) = await outbox.of_session(database, "visit-1")
    assert (post.kind, json.loads(post.payload)["category"]) == ("incident.recorded", "privacy")
    assert made.filed.number.startswith("SJ-")


async def test_what_is_sent_twice_even_at_once_is_filed_once(database: Database, register: Concerns) -> None:
    made = await asyncio.gather(*(register.file("visit-1", complaint("一")) for _ in range(4)))
    assert len({each.filed.id for each in made}) == 1
    assert (await Journal(database).head("visit-1")).n == 1


@pytest.mark.parametrize(
    ("filing", "code"),
    [
        (Filing(Kind.COMPLAINT, "none", Source.PHYSICIAN, "c", ""), "not_allowed"),
        (Filing(Kind.INCIDENT, "privacy", Source.GUARDIAN, "c", ""), "not_allowed"),
        (Filing(Kind.INCIDENT, "weather", Source.PHYSICIAN, "c", ""), "bad_request"),
        (Filing(Kind.COMPLAINT, "none", Source.GUARDIAN, "", ""), "bad_request"),
        (Filing(Kind.COMPLAINT, "none", Source.GUARDIAN, "c" * 65, ""), "bad_request"),
        (Filing(Kind.COMPLAINT, "none", Source.GUARDIAN, "c", "长" * (TEXT_MAX + 1)), "too_large"),
    ],
)
async def test_what_may_not_be_filed_leaves_nothing(database: Database, register: Concerns, filing: Filing, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await register.file("visit-1", filing)
    assert refused.value.code == code
    assert (await Journal(database).head("visit-1")).n == 0


async def test_nobody_files_without_end(register: Concerns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_A_VISIT", 2)
    for client_id in ("a", "b"):
        await register.file("visit-1", complaint(client_id=client_id))
    with pytest.raises(Refused, match="too_many_attempts"):
        await register.file("visit-1", complaint(client_id="c"))
    assert (await register.file("visit-1", complaint(client_id="b"))).filed.state is State.OPEN, (
        "what is there may be sent again"
    )
    assert (await register.file("visit-2", complaint())).filed.visit == "visit-2"
    assert MOST_A_VISIT > 2


async def test_an_answer_and_what_is_added_to_it_stand_in_their_order(database: Database, register: Concerns) -> None:
    made = await register.file("visit-1", complaint())
    answered = await register.tell(made, Fact.ANSWERED, Source.COORDINATOR, "抱歉让您久等")
    assert answered.filed.state is State.ANSWERED
    again = await register.tell(made, Fact.ANSWERED, Source.COORDINATOR, "抱歉让您久等")
    assert words(again) == words(answered)
    reopened = await register.tell(made, Fact.ADDED, Source.GUARDIAN, "还没有接到电话")
    assert (reopened.filed.state, len(reopened.told)) == (State.OPEN, 3)
    told = [event for event, _ in await Journal(database).replay("visit-1") if isinstance(event, ev.ConcernTold)]
    assert [(each.fact, each.source) for each in told] == [("answered", "coordinator"), ("added", "guardian")]


async def test_a_family_takes_back_what_is_open_once_and_not_what_was_answered(database: Database, register: Concerns) -> None:
    made = await register.file("visit-1", complaint())
    for _ in range(2):
        assert (await register.tell(made, Fact.WITHDRAWN, Source.GUARDIAN, "")).filed.state is State.WITHDRAWN
    assert (await Journal(database).head("visit-1")).n == 2
    await register.tell(made, Fact.ANSWERED, Source.COORDINATOR, "已处理")
    assert (await register.tell(made, Fact.WITHDRAWN, Source.GUARDIAN, "")).filed.state is State.ANSWERED
    assert (await Journal(database).head("visit-1")).n == 3


@pytest.mark.parametrize(
    ("fact", "source", "text", "code"),
    [
        (Fact.ANSWERED, Source.GUARDIAN, "好", "not_allowed"),
        (Fact.ADDED, Source.PHYSICIAN, "好", "not_allowed"),
        (Fact.ADDED, Source.GUARDIAN, " \n ", "bad_request"),
        (Fact.ANSWERED, Source.COORDINATOR, "", "bad_request"),
        (Fact.ADDED, Source.GUARDIAN, "长" * (TEXT_MAX + 1), "too_large"),
    ],
)
async def test_what_may_not_be_told_changes_nothing(
    database: Database, register: Concerns, fact: Fact, source: Source, text: str, code: str
) -> None:
    made = await register.file("visit-1", complaint())
    with pytest.raises(Refused) as refused:
        await register.tell(made, fact, source, text)
    assert refused.value.code == code
    assert (await Journal(database).head("visit-1")).n == 1


async def test_nobody_tells_without_end(register: Concerns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_FACTS", 2)
    made = await register.file("visit-1", complaint())
    await register.tell(made, Fact.ADDED, Source.GUARDIAN, "一")
    with pytest.raises(Refused, match="too_many_attempts"):
        await register.tell(made, Fact.ADDED, Source.GUARDIAN, "二")
    assert MOST_FACTS > 2


async def test_what_is_not_there_cannot_be_told_of(register: Concerns) -> None:
    filed = Filed("nowhere", "visit-1", Kind.COMPLAINT, Category.NONE, Source.GUARDIAN, "TS-0", NOW)
    with pytest.raises(Refused, match="not_found"):
        await register.tell(Concern(filed, "h1", ()), Fact.ADDED, Source.GUARDIAN, "一")


async def test_a_journal_that_does_not_answer_is_not_waited_for_without_end(
    sessions: Sessions, register: Concerns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.outside.PATIENCE_S", 0.01)
    sessions.silent = True
    with pytest.raises(Unavailable):
        await register.file("visit-1", complaint())


# --- the chain and the lists -----------------------------------------------------------------------------------------------


async def both(database: Database, register: Concerns) -> Concern:
    """A complaint (events 1, 3, 4) and an incident (event 2). The complaint."""
    made = await register.file("visit-1", complaint("等了一小时"))
    await register.file("visit-1", incident())
    await register.tell(made, Fact.ANSWERED, Source.COORDINATOR, "抱歉")
    return await register.tell(made, Fact.ADDED, Source.GUARDIAN, "还没有接到电话")


async def test_the_lists_say_what_the_journal_says_also_when_words_were_deleted(database: Database, register: Concerns) -> None:
    await both(database, register)
    assert (await verify_journal(database)).ok
    for body in await bodies.of_session(database, "visit-1", "concern"):
        await bodies.forget(database, body.id)
    assert (await verify_journal(database)).ok


OF_COMPLAINT = "concern = (SELECT id FROM concern WHERE kind = 'complaint')"


@pytest.mark.parametrize(
    ("statement", "numbers"),
    [
        (f"DELETE FROM concern_event WHERE turn = 2 AND {OF_COMPLAINT}", [3]),
        ("UPDATE concern_event SET fact = 'added' WHERE fact = 'answered'", [3]),
        ("UPDATE concern_event SET source = 'guardian' WHERE source = 'coordinator'", [3]),
        ("UPDATE concern SET state = 'withdrawn' WHERE kind = 'complaint'", [4]),
        ("UPDATE concern SET category = 'technical' WHERE kind = 'incident'", [2]),
        ("UPDATE concern_event SET source = 'operations' WHERE source = 'physician'", [2]),
        (f"DELETE FROM concern_event WHERE {OF_COMPLAINT}", [1, 3, 4]),
        ("DELETE FROM concern WHERE kind = 'incident'", [2]),
        (
            "UPDATE concern_event SET body = (SELECT body FROM concern_event WHERE fact = 'added') WHERE fact = 'answered'",
            [3],
        ),
        (
            "INSERT INTO concern_event SELECT concern, 9, 'answered', 'coordinator', NULL, at FROM concern_event"
            " WHERE fact = 'added'",
            [0],
        ),
        (
            "INSERT INTO concern SELECT 'other', visit, kind, category, source, 'TS-9', at, 'open' FROM concern"
            " WHERE kind = 'complaint'",
            [0],
        ),
    ],
)
async def test_a_list_that_says_something_else_is_found(
    database: Database, database_file: Path, register: Concerns, statement: str, numbers: list[int]
) -> None:
    await both(database, register)
    connection = sqlite3.connect(database_file)
    with connection:
        connection.execute(statement)
    connection.close()
    assert (await verify_journal(database)).findings == tuple(Finding(Fault.CONCERN_ALTERED, "visit-1", n) for n in numbers)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record | {"fact": "weather"},
        lambda record: record | {"fact": ["added"], "concern": ["c"]},
        lambda record: {},
    ],
)
async def test_an_event_that_nobody_could_have_written_breaks_no_check(
    database: Database, database_file: Path, register: Concerns, spoil: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    await both(database, register)
    connection = sqlite3.connect(database_file)
    with connection:
        (record,) = connection.execute("SELECT record FROM event WHERE n = 4").fetchone()
        connection.execute("UPDATE event SET record = ? WHERE n = 4", [json.dumps(spoil(json.loads(record)))])
    connection.close()
    found = (await verify_journal(database)).findings
    assert Finding(Fault.ALTERED, "visit-1", 4) in found
    assert Fault.CONCERN_ALTERED in {finding.fault for finding in found}


async def test_the_lists_are_read_for_their_own_visit_only(database: Database, register: Concerns) -> None:
    await register.file("visit-1", complaint())
    await register.file("visit-2", complaint())
    assert [each.filed.visit for each in await concerns.of_visit(database, "visit-2", Source.GUARDIAN)] == ["visit-2"]
    assert (await verify_journal(database)).ok
