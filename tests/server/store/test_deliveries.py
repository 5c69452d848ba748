"""Deliveries as they are kept: which come first, what becomes of an attempt, what is sent again."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from server.store import deliveries, outbox, webhooks
from server.store.database import Database
from server.store.deliveries import Attempted, Delivery
from server.store.outbox import Outgoing
from server.store.tables import hospital, webhook_endpoint
from server.store.webhooks import OVERLAP_S, Endpoint
from server.webhooks.events import Kind
from server.webhooks.schedule import Limits, Waiting, due
from tests.server.conftest import NOW

VISITS = ("visit-1", "visit-2", "visit-3")


async def endpoint(database: Database, id: str, *kinds: Kind, hospital: str = "h1") -> Endpoint:
    new = Endpoint(id, hospital, f"https://{id}.example/", tuple(sorted(kinds or Kind)), NOW)
    await database.write(lambda transaction: webhooks.add(transaction, new, f"secret {id}".encode()))
    return new


async def message(database: Database, id: str, visit: str = "visit-1", at: float = NOW, kind: Kind = Kind.VISIT_MOVED) -> str:
    await database.write(outbox.post(Outgoing(id, visit, kind, "{}", at)))
    return id


async def firsts(database: Database, now: float, most: int = 99) -> list[Waiting]:
    return await database.read(lambda transaction: deliveries.firsts(transaction, now, most))


async def settle(database: Database, each: Waiting, came: Attempted) -> None:
    await database.write(lambda transaction: deliveries.settle(transaction, each, came))


async def listed(database: Database, id: str = "e1") -> list[Delivery]:
    return await database.read(lambda transaction: deliveries.some(transaction, id, None, None, 999))


async def test_the_first_of_each_visit_that_waits_is_due_when_its_time_has_come(database: Database, visit: str) -> None:
    await endpoint(database, "e1")
    for id, of in (("a1", "visit-1"), ("a2", "visit-1"), ("b1", "visit-2")):
        await message(database, id, of)
    assert await firsts(database, NOW - 1) == []
    first, other = sorted(await firsts(database, NOW), key=lambda each: each.visit)
    assert (first.message, first.n, other.message, other.n) == ("a1", 1, "b1", 1)
    await settle(database, first, Attempted(NOW, NOW, 500, "status", NOW + 60))
    assert [each.message for each in await firsts(database, NOW + 59)] == ["b1"]
    assert {each.message for each in await firsts(database, NOW + 60)} == {"a1", "b1"}
    await settle(database, first, Attempted(NOW + 60, NOW, 200))
    assert {each.message for each in await firsts(database, NOW + 60)} == {"a2", "b1"}


async def test_of_an_endpoint_with_much_to_send_only_so_much_is_looked_at(database: Database, visit: str) -> None:
    for id in ("e1", "e2"):
        await endpoint(database, id)
    for number, of in enumerate(VISITS):
        await message(database, f"m{number}", of, at=NOW - number)
    found = await firsts(database, NOW, most=2)
    assert sorted((each.endpoint, each.message) for each in found) == [("e1", "m1"), ("e1", "m2"), ("e2", "m1"), ("e2", "m2")]


@pytest.mark.parametrize("seed", range(6))
async def test_what_the_store_gives_first_is_what_the_planner_would_choose_of_everything(
    database: Database, visit: str, seed: int
) -> None:
    chance = random.Random(seed)
    for id in ("e1", "e2"):
        await endpoint(database, id)
    for number in range(24):
        await message(database, f"m{number:02}", chance.choice(VISITS), NOW + number)
    everything = {(id, each.message): each for id in ("e1", "e2") for each in await listed(database, id)}
    for (id, name), each in everything.items():
        if chance.random() < 0.5:
            fault, next_at = chance.choice([(None, None), ("connect", None), ("connect", NOW + chance.randint(0, 40))])
            this = Waiting(id, each.visit, each.n, name, 0.0)
            await settle(database, this, Attempted(NOW, NOW, None, fault, next_at))
    left = [
        Waiting(id, each.visit, each.n, each.message, each.next_at)
        for id in ("e1", "e2")
        for each in await listed(database, id)
        if each.next_at is not None
    ]
    limits = Limits(per_endpoint=2, all=3)
    for now in (NOW, NOW + 12, NOW + 25, NOW + 50):
        some = await firsts(database, now, most=limits.per_endpoint)
        assert due(some, (), (), now, limits) == due(left, (), (), now, limits)


async def test_an_attempt_that_delivers_settles_it(database: Database, visit: str) -> None:
    await endpoint(database, "e1")
    await message(database, "a1")
    (each,) = await firsts(database, NOW)
    await settle(database, each, Attempted(NOW + 1, NOW, 503, "status", NOW + 5))
    await settle(database, each, Attempted(NOW + 6, NOW, 204))
    (delivery,) = await listed(database)
    assert delivery == Delivery(
        "a1",
        "visit-1",
        1,
        "visit.moved",
        NOW,
        "delivered",
        attempts=2,
        next_at=None,
        settled_at=NOW + 6,
        status=204,
        fault=None,
    )
    assert await database.read(lambda transaction: deliveries.counts(transaction, "e1")) == {
        "waiting": 0,
        "delivered": 1,
        "dead": 0,
    }


async def test_an_attempt_has_everything_it_needs_and_both_secrets_for_a_day(database: Database, visit: str) -> None:
    await endpoint(database, "e1")
    await message(database, "a1")
    (each,) = await firsts(database, NOW)

    async def parcel(now: float) -> Any:
        return await database.read(lambda transaction: deliveries.parcel(transaction, each, now))

    found = await parcel(NOW)
    assert (found.url, found.secrets) == ("https://e1.example/", (b"secret e1",))
    assert (found.message, found.visit, found.n, found.kind, found.payload) == ("a1", "visit-1", 1, "visit.moved", "{}")
    assert (found.created_at, found.attempts, found.first_at) == (NOW, 0, None)
    await settle(database, each, Attempted(NOW + 1, NOW, None, "dns", NOW + 5))
    await database.write(lambda transaction: webhooks.rotate(transaction, "e1", b"new", NOW + OVERLAP_S))
    found = await parcel(NOW + 2)
    assert (found.secrets, found.attempts, found.first_at) == ((b"new", b"secret e1"), 1, NOW)
    assert (await parcel(NOW + OVERLAP_S)).secrets == (b"new",)
    await settle(database, each, Attempted(NOW + 6, NOW, 200))
    assert await parcel(NOW + 7) is None


async def test_what_is_dead_is_sent_again_from_the_beginning(database: Database, visit: str) -> None:
    for id in ("e1", "e2"):
        await endpoint(database, id)
    for id in ("a1", "a2"):
        await message(database, id)
    for each in await firsts(database, NOW):
        await settle(database, each, Attempted(NOW + 9, NOW, 410, "gone"))
    assert await database.write(lambda transaction: deliveries.replay_dead(transaction, "e1", NOW + 20)) == 1
    second, first = await listed(database)
    assert (first.state, first.attempts, first.next_at, first.fault) == ("waiting", 0, NOW + 20, None)
    assert (first.status, first.settled_at) == (None, None)
    assert second.state == "waiting"
    assert [each.state for each in await listed(database, "e2")] == ["waiting", "dead"]


async def test_everything_since_a_time_is_sent_again_and_what_an_endpoint_never_had(database: Database, visit: str) -> None:
    async def replay(id: str, since: float) -> int:
        return await database.write(lambda transaction: deliveries.replay_since(transaction, id, since, NOW + 100))

    await message(database, "a1", at=NOW - 50)
    await message(database, "a2", at=NOW - 10)
    await message(database, "b1", "visit-2", at=NOW - 5, kind=Kind.VISIT_ENDED)
    await endpoint(database, "e1", Kind.VISIT_MOVED)
    await message(database, "a3", at=NOW)
    await settle(database, (await firsts(database, NOW))[0], Attempted(NOW, NOW, 200))
    assert [each.message for each in await listed(database)] == ["a3"]
    assert await replay("e1", NOW - 10) == 2
    assert [(each.message, each.n, each.state) for each in await listed(database)] == [
        ("a3", 3, "waiting"),
        ("a2", 2, "waiting"),
    ]
    assert [each.message for each in await firsts(database, NOW + 100)] == ["a2"]
    assert await replay("e1", NOW + 1) == 0


async def test_pages_of_deliveries_leave_out_nothing_and_repeat_nothing(database: Database, visit: str) -> None:
    await endpoint(database, "e1")
    for number in range(7):
        await message(database, f"m{number}", at=NOW + number // 3)
    whole = await listed(database)
    after: list[tuple[float, str] | None] = [None]
    paged: list[Delivery] = []
    while page := await database.read(lambda transaction: deliveries.some(transaction, "e1", "waiting", after[-1], 2)):
        paged += page
        after.append((page[-1].created_at, page[-1].message))
    assert paged == whole
    assert [each.message for each in whole] == ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]


# --- endpoints ------------------------------------------------------------------------------------


async def test_a_hospital_sees_its_own_endpoints_only(database: Database, visit: str) -> None:
    async def another(transaction: Any) -> None:
        await transaction.execute(insert(hospital), {"id": "h2", "name": "另一家", "name_en": "Another"})

    await database.write(another)
    ours, second = await endpoint(database, "e1", Kind.VISIT_ENDED), await endpoint(database, "e3")
    theirs = await endpoint(database, "e2", hospital="h2")

    async def read(transaction: Any) -> None:
        assert await webhooks.some(transaction, "h1", None, 9) == [ours, second]
        assert await webhooks.some(transaction, "h1", "e1", 9) == [second]
        assert await webhooks.some(transaction, "h1", None, 1) == [ours]
        assert await webhooks.some(transaction, "h2", None, 9) == [theirs]
        assert await webhooks.one(transaction, "h1", "e1") == ours
        assert await webhooks.one(transaction, "h1", "e2") is None
        assert await webhooks.every(transaction) == [ours, second, theirs]
        assert await webhooks.count(transaction, "h1") == 2

    await database.read(read)


async def test_a_removed_endpoint_is_as_if_it_were_not_there_and_its_secrets_are_gone(database: Database, visit: str) -> None:
    await endpoint(database, "e1")
    for id in ("a1", "a2"):
        await message(database, id)
    (each,) = await firsts(database, NOW)
    await settle(database, each, Attempted(NOW, NOW, 200))
    await database.write(lambda transaction: webhooks.rotate(transaction, "e1", b"new", NOW + 9))
    await database.write(lambda transaction: webhooks.remove(transaction, "e1", NOW + 5))
    (second,) = [each for each in await listed(database) if each.state == "dead"]
    assert (second.message, second.fault, second.settled_at) == ("a2", "endpoint_removed", NOW + 5)
    await settle(database, Waiting("e1", "visit-1", 2, "a2", NOW), Attempted(NOW + 6, NOW, 200))
    assert [each.state for each in await listed(database)] == ["dead", "delivered"]

    async def read(transaction: Any) -> None:
        assert await webhooks.some(transaction, "h1", None, 9) == []
        assert await webhooks.one(transaction, "h1", "e1") is None
        assert await webhooks.every(transaction) == []
        assert await webhooks.count(transaction, "h1") == 0
        c = webhook_endpoint.c
        kept = (await transaction.execute(select(c.secret, c.former_secret))).one()
        assert tuple(kept) == (b"", None)

    await database.read(read)


async def test_a_rotation_keeps_the_present_secret_as_the_former(database: Database, visit: str) -> None:
    made = await endpoint(database, "e1")
    await database.write(lambda transaction: webhooks.rotate(transaction, "e1", b"second", NOW + 9))
    found = await database.read(lambda transaction: webhooks.one(transaction, "h1", "e1"))
    assert found == replace(made, former_until_at=NOW + 9)
