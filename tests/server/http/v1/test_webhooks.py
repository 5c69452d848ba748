"""Webhooks over the booking API: the secret is told once, a hospital sees its own, and what failed can be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from rehearsal.hospital import HospitalSystem
from server.http.v1.operations import Operation
from server.http.v1.webhooks import MOST, OPERATIONS
from server.store import deliveries, outbox
from server.store.deliveries import Attempted
from server.store.outbox import Outgoing
from server.webhooks.client import Client as Posts
from server.webhooks.events import Kind
from server.webhooks.schedule import Waiting
from server.wiring import Server, chance
from tests.server.http.conftest import House
from tests.server.http.v1.examples.webhooks import URL, webhook
from tests.server.http.v1.kit import Asked, Client, Place
from tests.server.session_keys import KeysAtOnce

BY_NAME = {operation.name: operation for operation in OPERATIONS}
SUBSCRIBED = {"url": URL, "events": ["visit.ended", "visit.booked"]}


def operation(name: str) -> Operation:
    return BY_NAME[name]


async def answered(client: Client, name: str, asked: Asked, **headers: str) -> Any:
    answer = await client.ask(operation(name), asked, headers=headers)
    assert answer.status == operation(name).status, await answer.text()
    return await answer.json()


async def refused(client: Client, name: str, asked: Asked) -> Any:
    answer = await client.ask(operation(name), asked)
    assert answer.content_type == "application/problem+json"
    return await answer.json()


async def test_a_webhook_is_added_read_listed_and_removed(system: Client) -> None:
    made = await answered(system, "add_webhook", Asked(body=SUBSCRIBED))
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["visit.booked", "visit.ended"]
    assert made["former_secret_until"] is None
    this = Asked(path={"webhook": made["id"]})
    assert await answered(system, "read_webhook", this) == made
    assert (await system.get("/webhooks"))["items"] == [made]
    assert await answered(system, "remove_webhook", this) == made
    assert (await system.get("/webhooks"))["items"] == []
    assert (await refused(system, "remove_webhook", this))["code"] == "not_found"


async def test_a_secret_is_told_once_and_kept_sealed(house: House, system: Client) -> None:
    again = {"Idempotency-Key": "once"}
    made = await answered(system, "add_webhook", Asked(body=SUBSCRIBED), **again)
    repeated = await answered(system, "add_webhook", Asked(body=SUBSCRIBED), **again)
    assert repeated == made | {"secret": None}
    kept = b"".join(file.read_bytes() for file in house.server.config.data_folder.glob("peitong.db*"))
    assert made["id"].encode() in kept
    assert made["secret"].removeprefix("whsec_").encode() not in kept


async def test_a_new_secret_leaves_the_former_one_a_day(house: House, system: Client) -> None:
    made = await answered(system, "add_webhook", Asked(body=SUBSCRIBED))
    this = Asked(path={"webhook": made["id"]})
    changed = await answered(system, "rotate_webhook_secret", this)
    assert changed["secret"] not in (made["secret"], None)
    assert changed["former_secret_until"] is not None
    house.clock.ahead_s = 86_401
    assert (await answered(system, "read_webhook", this))["former_secret_until"] is None


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("https://user@his.hospital.example/", "is not an address"),
        ("http://his.hospital.example/", "must be https"),
        ("https://127.0.0.1/", "may not be sent to"),
        ("https://10.1.2.3/", "may not be sent to"),
    ],
)
async def test_an_address_that_webhooks_may_not_go_to_is_refused(system: Client, url: str, detail: str) -> None:
    answer = await system.ask(
        operation("add_webhook"), Asked(body=SUBSCRIBED | {"url": url}), headers={"Accept-Language": "en"}
    )
    (error,) = (await answer.json())["errors"]
    assert (answer.status, error["pointer"]) == (422, "#/url")
    assert detail in error["detail"]


@pytest.mark.parametrize("events", [[], ["visit.eaten"], ["visit.ended", "visit.ended"], "visit.ended"])
async def test_events_are_of_the_list_each_once(system: Client, events: object) -> None:
    problem = await refused(system, "add_webhook", Asked(body={"url": URL, "events": events}))
    assert problem["code"] == "invalid"
    assert {error["pointer"].split("/")[1] for error in problem["errors"]} == {"events"}


async def test_a_hospital_may_have_only_so_many(place: Place, system: Client) -> None:
    for _ in range(MOST):
        await webhook(place)
    assert (await refused(system, "add_webhook", Asked(body=SUBSCRIBED)))["code"] == "too_many_webhooks"
    page = await system.get("/webhooks", limit=str(MOST - 1))
    rest = await system.get("/webhooks", after=page["next"])
    assert len({item["id"] for item in page["items"] + rest["items"]}) == MOST
    assert rest["next"] is None


# --- what became of the messages ------------------------------------------------------------------


@pytest.fixture
async def ours(house: House) -> AsyncIterator[tuple[Place, Client]]:
    """The hospital of the demo's visit, and its own system."""
    hospital = await house.server.database.read(_hospital)
    place = Place(house, hospital)
    client: TestClient[Any, Any] = TestClient(house.web)
    yield place, Client(client, await place.key())
    await client.close()


async def _hospital(transaction: Any) -> str:
    return str((await transaction.execute(text("SELECT id FROM hospital WHERE name_en LIKE 'Demo%'"))).scalar_one())


async def told(place: Place, count: int) -> list[str]:
    """That many messages of the demo's visit."""
    now = place.house.clock()
    messages = [Outgoing(place.new_id(), place.house.made.visit, Kind.VISIT_ENDED, "{}", now + n) for n in range(count)]
    for message in messages:
        await place.write(outbox.post(message))
    return [message.id for message in messages]


async def test_deliveries_are_listed_the_newest_first_and_by_their_state(ours: tuple[Place, Client]) -> None:
    place, system = ours
    there = await webhook(place)
    messages = await told(place, 5)
    dead = Waiting(there.id, place.house.made.visit, 1, messages[0], 0.0)
    await place.write(lambda t: deliveries.settle(t, dead, Attempted(5.0, 4.0, 404, "status")))
    path = f"/webhooks/{there.id}/deliveries"
    first = await system.get(path, limit="3")
    second = await system.get(path, limit="3", after=first["next"])
    listed = first["items"] + second["items"]
    assert [item["message"] for item in listed] == messages[::-1]
    assert [item["n"] for item in listed] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    (only,) = (await system.get(path, state="dead"))["items"]
    assert only == listed[-1]
    assert (only["state"], only["attempts"], only["status"], only["fault"]) == ("dead", 1, 404, "status")
    assert (only["next_attempt_at"], only["settled_at"]) == (None, "1970-01-01T00:00:05.000Z")
    assert listed[0]["next_attempt_at"] is not None
    for wrong in ({"state": "lost"}, {"after": "x"}):
        answer = await system.ask(operation("list_webhook_deliveries"), Asked({"webhook": there.id}, query=wrong))
        assert answer.status == 422


async def test_what_is_dead_or_was_before_is_sent_again_when_it_is_asked_for(ours: tuple[Place, Client]) -> None:
    place, system = ours
    before = await told(place, 2)
    there = await webhook(place)
    (after,) = await told(place, 1)
    path = {"webhook": there.id}
    dead = Waiting(there.id, place.house.made.visit, 3, after, 0.0)
    await place.write(lambda t: deliveries.settle(t, dead, Attempted(5.0, 4.0, None, "dns")))
    assert await answered(system, "replay_webhook", Asked(path, body={})) == {"messages": 1}
    assert await answered(system, "replay_webhook", Asked(path, body={})) == {"messages": 0}
    everything = {"since": "2026-01-01T00:00:00+08:00"}
    assert await answered(system, "replay_webhook", Asked(path, body=everything)) == {"messages": 3}
    listed = (await system.get(f"/webhooks/{there.id}/deliveries", state="waiting"))["items"]
    assert {item["message"] for item in listed} == {*before, after}
    assert {(item["attempts"], item["fault"]) for item in listed} == {(0, None)}
    answer = await system.ask(operation("replay_webhook"), Asked(path, body={"since": "2026-01-01T00:00:00"}))
    assert answer.status == 422


async def test_what_the_api_was_told_is_where_the_messages_go(ours: tuple[Place, Client]) -> None:
    """A hospital's system subscribes with its key and receives, verified with the secret that it was told."""
    place, system = ours
    config = replace(place.house.server.config, webhook_loopback=True)
    server, posts = Server(config, place.house.clock, chance(), keys=KeysAtOnce()), Posts((), loopback=True)
    receiver, web = HospitalSystem(place.house.clock), TestClient(TestServer(server.app))
    await receiver.start()
    await web.start_server()
    subscriber = Client(web, system.token)
    made = await answered(subscriber, "add_webhook", Asked(body={"url": receiver.url, "events": ["visit.ended"]}))
    receiver.holds(made["secret"])
    loop = asyncio.create_task(server.webhooks.run(posts))
    messages = await told(place, 2)
    async with asyncio.timeout(20):
        while len(receiver.received) < 2:
            await asyncio.sleep(0.02)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    await posts.close()
    await receiver.stop()
    await web.close()
    await server.database.close()
    assert [document["id"] for document in receiver.received] == messages
    assert receiver.refused == []
