"""The outbox: messages are numbered within their visit, and addressed as they are written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from server.store import deliveries, outbox, webhooks
from server.store.database import Database, together
from server.store.migrate import configuration, migrate
from server.store.outbox import Outgoing
from server.store.webhooks import Endpoint
from tests.server.conftest import NOW


def message(id: str, session: str = "visit-1", kind: str = "visit.started") -> Outgoing:
    return Outgoing(id, session, kind, "{}", NOW)


async def numbers(database: Database) -> list[tuple[str, int]]:
    async def work(transaction: Any) -> list[tuple[str, int]]:
        rows = await transaction.execute(text("SELECT id, n FROM outbox ORDER BY session, n"))
        return [(row.id, row.n) for row in rows]

    return await database.read(work)


async def test_messages_are_numbered_within_their_visit_as_they_are_written(database: Database, visit: str) -> None:
    for id, of in (("z", "visit-1"), ("y", "visit-2"), ("x", "visit-1"), ("w", "visit-1")):
        await database.write(outbox.post(message(id, of)))
    assert await numbers(database) == [("z", 1), ("x", 2), ("w", 3), ("y", 1)]
    assert [each.id for each in await outbox.of_session(database, "visit-1")] == ["z", "x", "w"]


async def test_messages_that_are_written_at_once_get_a_number_each(database: Database, visit: str) -> None:
    await asyncio.gather(*(database.write(outbox.post(message(f"m{n}"))) for n in range(8)))
    assert [n for _, n in await numbers(database)] == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_transaction_that_fails_uses_up_no_number(database: Database, visit: str) -> None:
    async def fail(transaction: Any) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await database.write(together(outbox.post(message("lost")), fail))
    await database.write(outbox.post(message("kept")))
    assert await numbers(database) == [("kept", 1)]


async def test_a_message_is_addressed_to_the_endpoints_of_its_hospital_that_subscribe_to_it(
    database: Database, visit: str
) -> None:
    async def prepare(transaction: Any) -> None:
        await transaction.execute(text("INSERT INTO hospital (id, name, name_en) VALUES ('h2', 'b', 'b')"))
        for id, hospital, kinds in (
            ("all", "h1", ("visit.ended", "visit.started")),
            ("ends", "h1", ("visit.ended",)),
            ("foreign", "h2", ("visit.ended", "visit.started")),
            ("gone", "h1", ("visit.ended", "visit.started")),
        ):
            await webhooks.add(transaction, Endpoint(id, hospital, "https://x.example", kinds, NOW), b"s")
        await webhooks.remove(transaction, "gone", NOW)

    await database.write(prepare)
    await database.write(together(outbox.post(message("m1")), outbox.post(message("m2", kind="visit.ended"))))
    due = await database.read(lambda transaction: deliveries.firsts(transaction, NOW, 9))
    assert {(each.endpoint, each.message) for each in due} == {("all", "m1"), ("ends", "m2")}
    after = await database.read(lambda transaction: deliveries.some(transaction, "all", None, None, 9))
    assert [(each.message, each.n, each.state) for each in after] == [("m2", 2, "waiting"), ("m1", 1, "waiting")]


async def test_the_messages_of_a_former_version_are_numbered_and_named_anew(database_url: str) -> None:
    database = Database(database_url)
    if database.file is not None:
        database.file.touch()

    def to(connection: Connection, revision: str) -> None:
        move = command.upgrade if revision == "0003" else command.downgrade
        move(configuration(connection), revision)

    async def change(work: Any) -> None:
        async with database.engine.execution_options(peitong_writes=True).begin() as connection:
            await connection.run_sync(work)

    def fill(connection: Connection) -> None:
        to(connection, "0003")
        columns = {"hospital": "'h1', 'a', 'a'", "staff": "'s1', 'h1', 'wang', '-', 'physician', '王', '-'"}
        connection.execute(text(f"INSERT INTO hospital (id, name, name_en) VALUES ({columns['hospital']})"))
        said = f"({columns['staff']}, false)"
        names = "(id, hospital, login, password_hash, role, name, title, whitelisted)"
        connection.execute(text(f"INSERT INTO staff {names} VALUES {said}"))
        connection.execute(text("INSERT INTO child (id, hospital, name, sex, birth_date) VALUES ('c1', 'h1', '-', '-', '-')"))
        connection.execute(text("INSERT INTO guardian (id, hospital, name, phone) VALUES ('g1', 'h1', '-', '-')"))
        connection.execute(text("INSERT INTO relation (guardian, child, kind, proof) VALUES ('g1', 'c1', '-', '-')"))
        for visit in ("v1", "v2"):
            connection.execute(
                text(
                    "INSERT INTO visit (id, hospital, department, field, child, guardian, physician, starts_at, ends_at, state)"
                    f" VALUES ('{visit}', 'h1', '-', 'growth', 'c1', 'g1', 's1', 0, 1, 'ended')"
                )
            )
        for id, visit, kind, at in (
            ("b", "v1", "referral", 5),
            ("a", "v1", "child_denied", 5),
            ("c", "v1", "child_denied", 2),
            ("d", "v2", "referral", 9),
        ):
            payload = '{"referral": "r"}' if kind == "referral" else '{"visit": "v1"}'
            row = f"'{id}', '{visit}', '{kind}', '{at}'"
            said = text(f"INSERT INTO outbox (id, session, kind, created_at, payload) VALUES ({row}, :payload)")
            connection.execute(said, {"payload": payload})

    try:
        await change(fill)
        await migrate(database)
        assert await numbers(database) == [("c", 1), ("a", 2), ("b", 3), ("d", 1)]
        said = await outbox.of_session(database, "v1")
        assert [(each.kind, each.payload) for each in said] == [
            ("visit.child_denied", "{}"),
            ("visit.child_denied", "{}"),
            ("referral.issued", '{"referral": "r"}'),
        ]
        await change(lambda connection: to(connection, "base"))
        await migrate(database)
    finally:
        await database.close()
