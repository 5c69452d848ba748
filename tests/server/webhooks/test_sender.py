"""A hospital's system receives everything, in the order of each visit, whatever fails: over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rehearsal.hospital import HospitalSystem
from server.keys import SealedValues
from server.store import deliveries, webhooks
from server.store.errors import Unavailable
from server.webhooks import client, sender
from server.webhooks.client import Answer
from server.webhooks.events import Kind
from server.webhooks.schedule import Limits, Patience
from server.webhooks.secrets import Secrets
from server.webhooks.signature import spelled
from tests.server.webhooks.conftest import KEY, QUICK, VALUES, Feed, until

VISITS = ("visit-1", "visit-2", "visit-3")


async def test_what_is_written_arrives_signed_and_whole(feed: Feed, hospital: HospitalSystem) -> None:
    feed.start()
    id = await feed.write("visit-1", Kind.VISIT_ENDED, '{"outcome": "completed"}')
    await until(lambda: hospital.arrivals)
    (document,) = hospital.received
    assert document.pop("at").endswith("Z")
    assert document == {"id": id, "type": "visit.ended", "visit": "visit-1", "n": 1, "data": {"outcome": "completed"}}
    assert hospital.arrivals[0].id == id
    await until(lambda: feed.running and _is_settled(feed))
    (delivery,) = await feed.deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.fault) == ("delivered", 1, 204, None)
    assert delivery.next_at is None


async def _is_settled(feed: Feed, endpoint: str = "e1") -> bool:
    return "waiting" not in await feed.states(endpoint)


async def test_what_was_written_while_nobody_sent_arrives_in_the_order_of_each_visit(
    feed: Feed, hospital: HospitalSystem
) -> None:
    for _ in range(4):
        for visit in VISITS:
            await feed.write(visit)
    feed.start()
    await until(lambda: len(hospital.received) == 12)
    for visit in VISITS:
        assert [n for n, _ in hospital.of_visit(visit)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("how", "status", "fault"),
    [({"status": 500}, 500, "status"), ({"status": 302}, 302, "status"), ({"loses": True}, None, "connect")],
    ids=["it fails", "it wants us to go elsewhere", "the connection is lost after it took the message"],
)
async def test_after_an_outage_everything_arrives_in_order_and_repetitions_bear_the_same_id(
    feed: Feed, hospital: HospitalSystem, how: dict[str, Any], status: int | None, fault: str
) -> None:
    hospital.behave(**how)
    feed.start()
    for _ in range(3):
        for visit in VISITS:
            await feed.write(visit)
    await until(lambda: _tried(feed, 6))
    assert {(each.status, each.fault) for each in await feed.deliveries() if each.attempts} == {(status, fault)}
    assert {each.n for each in await feed.deliveries() if each.attempts} == {1}, "a later one waits for the earlier"
    hospital.behave()
    await until(lambda: _is_settled(feed))
    for visit in VISITS:
        assert [n for n, _ in hospital.of_visit(visit)] == [1, 2, 3]
    again = [arrival.id for arrival in hospital.arrivals if arrival.again]
    assert set(again) <= {"m1", "m2", "m3"}
    assert bool(again) is ("loses" in how)


async def _tried(feed: Feed, times: int) -> bool:
    return sum(each.attempts for each in await feed.deliveries()) >= times


async def test_a_hospital_that_is_away_gets_everything_when_it_is_back(feed: Feed, hospital: HospitalSystem) -> None:
    await hospital.stop()
    feed.start()
    for visit in VISITS * 2:
        await feed.write(visit)
    await until(lambda: _tried(feed, 5))
    assert {each.fault for each in await feed.deliveries() if each.attempts} == {"connect"}
    await hospital.start()
    await until(lambda: len(hospital.received) == 6)
    for visit in VISITS:
        assert [n for n, _ in hospital.of_visit(visit)] == [1, 2]


async def test_a_restart_loses_nothing_even_in_the_middle_of_an_attempt(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(stalls=True)
    feed.start()
    for visit in VISITS * 3:
        await feed.write(visit)
    await until(lambda: hospital.at_once == 3)
    await feed.stop()
    assert await feed.states() == ["waiting"] * 9
    hospital.behave(loses=True, only=lambda document: document["n"] == 2)
    feed.start()
    await until(lambda: _tried(feed, 6))
    await feed.stop()
    hospital.behave()
    feed.start()
    await until(lambda: _is_settled(feed))
    for visit in VISITS:
        assert [n for n, _ in hospital.of_visit(visit)] == [1, 2, 3]
    assert await feed.states() == ["delivered"] * 9


async def test_one_visits_trouble_holds_up_no_other_visit(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(status=422, only=lambda document: document["visit"] == "visit-1")
    feed.start()
    for visit in ("visit-1", "visit-2", "visit-1", "visit-2"):
        await feed.write(visit)
    await until(lambda: len(hospital.received) == 2)
    assert hospital.of_visit("visit-2") == [(1, "visit.moved"), (2, "visit.moved")]
    hospital.behave()
    await until(lambda: len(hospital.received) == 4)


async def test_an_endpoint_that_lets_everything_time_out_harms_nobody_else(feed: Feed, hospital: HospitalSystem) -> None:
    stuck = HospitalSystem(feed.clock)
    await stuck.start()
    stuck.holds(await feed.endpoint(stuck.url, "e2"))
    stuck.behave(stalls=True)
    feed.start(limits=Limits(per_endpoint=2, all=4))
    for visit in VISITS * 3:
        await feed.write(visit)
    await until(lambda: len(hospital.received) == 9)
    assert stuck.most_at_once == 2
    assert stuck.received == []
    stuck.behave()
    await until(lambda: len(stuck.received) == 9)
    await stuck.stop()


async def test_an_attempt_ends_though_the_receiver_never_answers(
    feed: Feed, hospital: HospitalSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TOTAL_S", 0.1)
    hospital.behave(stalls=True)
    feed.start()
    await feed.write("visit-1")
    await until(lambda: _tried(feed, 1))
    assert (await feed.deliveries())[0].fault == "timeout"


async def test_what_fails_for_days_is_dead_not_gone_and_its_visit_goes_on(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(status=503, only=lambda document: document["n"] == 1)
    feed.start(patience=Patience(first_s=0.01, longest_s=0.02, give_up_after_s=0.3))
    for _ in range(2):
        await feed.write("visit-1")
    await until(lambda: hospital.received)
    assert hospital.of_visit("visit-1") == [(2, "visit.moved")]
    dead, _ = await feed.deliveries()
    assert (dead.state, dead.status, dead.fault) == ("dead", 503, "status")
    assert dead.attempts > 3
    hospital.behave()
    assert await feed.database.write(lambda transaction: deliveries.replay_dead(transaction, "e1", feed.clock())) == 1
    await until(lambda: len(hospital.received) == 2)
    assert hospital.of_visit("visit-1") == [(2, "visit.moved"), (1, "visit.moved")]


async def test_a_receiver_that_says_gone_is_not_asked_again_for_that_message(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(status=410)
    feed.start()
    await feed.write("visit-1")
    await until(lambda: _is_settled(feed))
    (dead,) = await feed.deliveries()
    assert (dead.state, dead.attempts, dead.status, dead.fault) == ("dead", 1, 410, "gone")


async def test_a_receiver_that_asks_for_time_gets_it(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(status=429, retry_after_s=30)
    feed.start(patience=Patience(first_s=0.01, longest_s=60, give_up_after_s=3600))
    await feed.write("visit-1")
    await until(lambda: _tried(feed, 1))
    (waits,) = await feed.deliveries()
    assert waits.next_at is not None
    assert 25 < waits.next_at - feed.clock() <= 30


async def test_an_endpoint_gets_only_what_it_subscribed_to_since_it_was_there(feed: Feed, hospital: HospitalSystem) -> None:
    other = HospitalSystem(feed.clock)
    await other.start()
    await feed.write("visit-1", Kind.VISIT_ENDED)
    other.holds(await feed.endpoint(other.url, "e2", kinds=(Kind.VISIT_ENDED,)))
    feed.start()
    await feed.write("visit-2", Kind.VISIT_STARTED)
    await feed.write("visit-2", Kind.VISIT_ENDED)
    await until(lambda: len(hospital.received) == 3 and other.received)
    assert other.of_visit("visit-2") == [(2, "visit.ended")]
    again = await feed.database.write(lambda t: deliveries.replay_since(t, "e2", 0.0, feed.clock()))
    assert again == 2
    await until(lambda: len(other.arrivals) == 3)
    assert other.of_visit("visit-1") == [(1, "visit.ended")]
    assert sorted(arrival.again for arrival in other.arrivals) == [False, False, True]
    await other.stop()


async def test_while_a_secret_changes_messages_bear_both_signatures_and_later_only_the_new(
    feed: Feed, hospital: HospitalSystem
) -> None:
    new = Secrets(VALUES, lambda: b"n" * 32).make("e1")
    await feed.database.write(lambda t: webhooks.rotate(t, "e1", new.sealed, feed.clock() + 3600))
    feed.start()
    await feed.write("visit-1")
    await until(lambda: len(hospital.received) == 1)
    hospital.holds(new.told)
    await feed.write("visit-1")
    await until(lambda: len(hospital.received) == 2)
    hospital.holds(spelled(KEY))
    feed.clock.ahead_s = 3601
    await feed.write("visit-1")
    await until(lambda: hospital.refused)
    assert set(hospital.refused) == {"no_match"}
    hospital.holds(new.told)
    await until(lambda: len(hospital.received) == 3)


async def test_whoever_holds_another_secret_believes_nothing(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.holds(spelled(b"x" * 32))
    feed.start()
    await feed.write("visit-1")
    await until(lambda: len(hospital.refused) > 1)
    assert hospital.received == []
    assert (await feed.deliveries())[0].status == 401


async def test_a_secret_that_cannot_be_read_sends_nothing(feed: Feed, hospital: HospitalSystem) -> None:
    feed.secrets = Secrets(SealedValues(b"w" * 32), lambda: KEY)
    feed.start()
    await feed.write("visit-1")
    await until(lambda: _tried(feed, 1))
    assert (await feed.deliveries())[0].fault == "secret_unreadable"
    assert hospital.refused == hospital.received == []


async def test_a_removed_endpoint_is_sent_nothing_more(feed: Feed, hospital: HospitalSystem) -> None:
    other = HospitalSystem(feed.clock)
    await other.start()
    other.holds(await feed.endpoint(other.url, "e2"))
    hospital.behave(status=500)
    feed.start(patience=Patience(first_s=30))
    await feed.write("visit-1")
    await until(lambda: _tried(feed, 1))
    await feed.database.write(lambda transaction: webhooks.remove(transaction, "e1", feed.clock()))
    hospital.behave()
    feed.clock.ahead_s = 60
    await feed.write("visit-1")
    await until(lambda: len(other.received) == 2)
    await other.stop()
    assert [(each.state, each.fault) for each in await feed.deliveries()] == [("dead", "endpoint_removed")]
    assert hospital.received == []


class Counting:
    """Takes everything, and counts."""

    def __init__(self) -> None:
        self.posted: list[str] = []

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        self.posted.append(headers["webhook-id"])
        return Answer(200, 0.0)


async def test_a_database_that_is_away_for_a_moment_costs_no_second_delivery(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await feed.endpoint("https://his.hospital.example/")
    settle, fails = deliveries.settle, iter([True, True, False])

    async def away(*given: Any) -> None:
        if next(fails, False):
            raise Unavailable("away")
        await settle(*given)

    monkeypatch.setattr(deliveries, "settle", away)
    counting = Counting()
    feed.start(posts=counting)
    await feed.write("visit-1")
    await feed.write("visit-1")
    await until(lambda: _is_settled(feed))
    assert counting.posted == ["m1", "m2"]


async def test_the_loop_outlives_a_database_that_cannot_be_read_and_a_bug(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    await feed.endpoint("https://his.hospital.example/")
    monkeypatch.setattr(sender, "AFTER_A_BUG_S", 0.01)
    errors = {name: iter([Unavailable("away"), RuntimeError("a bug")]) for name in ("firsts", "parcel")}
    originals = {"firsts": deliveries.firsts, "parcel": deliveries.parcel}

    def failing(name: str) -> Any:
        async def work(*given: Any) -> Any:
            if (error := next(errors[name], None)) is not None:
                raise error
            return await originals[name](*given)

        return work

    for name in originals:
        monkeypatch.setattr(deliveries, name, failing(name))
    counting = Counting()
    await feed.write("visit-1")
    feed.start(posts=counting)
    await until(lambda: _is_settled(feed))
    assert counting.posted == ["m1"]
    assert [list(left) for left in errors.values()] == [[], []]


async def test_no_more_is_under_way_than_the_limits_say(feed: Feed, hospital: HospitalSystem) -> None:
    hospital.behave(stalls=True)
    for visit in VISITS:
        await feed.write(visit)
    feed.start(patience=QUICK, limits=Limits(per_endpoint=2, all=9))
    await until(lambda: hospital.at_once == 2)
    await asyncio.sleep(0.1)
    assert hospital.most_at_once == 2
    hospital.behave()
    await until(lambda: len(hospital.received) == 3)
