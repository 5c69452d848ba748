"""A hospital's system reads how far its referrals have come and tells receipts; ids and codes, no names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.http.v1.referrals import OPERATIONS
from server.store.audit import verify_journal
from tests.server.http.v1.examples.referrals import referral
from tests.server.http.v1.kit import Asked, Client, Place

TELL = next(operation for operation in OPERATIONS if operation.name == "tell_receipt")


async def told(system: Client, number: str, **body: Any) -> Any:
    answer = await system.ask(TELL, Asked(path={"number": number}, body=body))
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_receipt_moves_it_forward_and_is_in_the_journal(place: Place, system: Client) -> None:
    there = await referral(place)
    shown = await told(system, there.number, fact="received")
    assert (shown["state"], shown["overdue"]) == ("received", None)
    assert [(fact["fact"], fact["source"]) for fact in shown["facts"]] == [("received", "api")]
    assert await system.get(f"/referrals/{there.number}") == shown
    assert (await verify_journal(place.house.server.database)).ok


async def test_the_same_receipt_twice_and_a_late_one_change_nothing(place: Place, system: Client) -> None:
    there = await referral(place)
    seen = await told(system, there.number, fact="seen")
    assert await told(system, there.number, fact="seen") == seen
    assert await told(system, there.number, fact="booked") == seen


async def test_a_booking_has_its_time(place: Place, system: Client) -> None:
    there = await referral(place)
    at = datetime.fromtimestamp(round(place.house.clock()) + 7200, UTC).isoformat()
    (fact,) = (await told(system, there.number, fact="booked", appointment_at=at, words="门诊楼 3 层"))["facts"]
    assert datetime.fromisoformat(fact["appointment_at"]) == datetime.fromisoformat(at)


async def test_nobody_is_named(place: Place, system: Client) -> None:
    there = await referral(place)
    assert "张" not in str(await told(system, there.number, fact="received", words="张小明已到"))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"fact": "sent"}, 422, "invalid"),
        ({"fact": "contacted"}, 422, "invalid"),
        ({"fact": "received", "words": "长" * 501}, 422, "invalid"),
        ({"fact": "received", "appointment_at": "2026-12-01T09:00:00Z"}, 422, "bad_appointment"),
        ({"fact": "booked", "appointment_at": "2099-12-01T09:00:00Z"}, 422, "bad_appointment"),
    ],
)
async def test_what_cannot_be_told_is_refused(
    place: Place, system: Client, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await system.ask(TELL, Asked(path={"number": (await referral(place)).number}, body=body))
    assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_the_list_has_them_by_age_and_only_open_ones_where_asked(place: Place, system: Client) -> None:
    now = place.house.clock()
    numbers = [(await referral(place, issued_at=now - ago)).number for ago in (9_000.0, 60.0, 30.0)]
    await told(system, numbers[1], fact="seen")
    everything = await system.get("/referrals", limit="2")
    assert [each["number"] for each in everything["items"]] == numbers[:2]
    assert everything["items"][0]["overdue"] == "received"
    rest = await system.get("/referrals", limit="2", after=everything["next"])
    assert ([each["number"] for each in rest["items"]], rest["next"]) == (numbers[2:], None)
    still_open = await system.get("/referrals", state="open")
    assert [each["number"] for each in still_open["items"]] == [numbers[0], numbers[2]]
