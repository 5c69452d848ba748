"""The care coordinator sees what is overdue first, and calls a family only with their name in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from server import events as ev
from server.journal import Journal
from server.passwords import Passwords
from server.referrals.watch import look
from server.store import people, referrals
from server.store.visits import Hospital, Staff, add
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, played_by_the_rehearsal, visit
from tests.server.http.conftest import Browser

__all__ = ["live", "visit"]
PASSWORD = "a-long-enough-password"
LIST = "/api/coordinator/referrals"


@dataclass
class Room:
    """The coordinator's page beside a visit that was just ended with a referral."""

    live: Visit
    referral: str
    page: Browser

    async def lines(self) -> list[dict[str, Any]]:
        return list((await (await self.page.get(LIST)).json())["referrals"])

    async def tell(self, **body: Any) -> Any:
        return await self.page.post(f"{LIST}/{self.referral}/tell", body)

    async def events(self) -> list[ev.Event]:
        return [event for event, _ in await Journal(self.live.house.server.database).replay(self.live.id)]


async def enrolled(live: Visit, hospital: str, login: str, role: str = "coordinator") -> Browser:
    hashed = Passwords().hash(PASSWORD)
    staff = Staff(f"staff-{login}", hospital, login, hashed, role, "周琳", "转诊协调员")
    assert await people.enrol(live.house.server.database, staff)
    browser = live.house.client()
    assert (await browser.sign_in(login, PASSWORD)).status == 200
    return browser


@pytest.fixture
async def room(live: Visit) -> AsyncIterator[Room]:
    answer = await live.ask(Role.PHYSICIAN, wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知"))
    (hospital,) = await people.hospitals(live.house.server.database)
    page = await enrolled(live, hospital, "zhou")
    yield Room(live, answer["referral"], page)
    await page.client.close()


async def test_an_open_referral_is_listed_with_masked_people(room: Room) -> None:
    (line,) = await room.lines()
    assert (line["referral"], line["state"], line["urgency"]) == (room.referral, "issued", "emergency")
    assert (line["child"], line["guardian"], line["phone"]) == ("张*明", "李*", "138****0000")
    assert (line["overdue"], line["due"]["step"], line["endpoint"]) == (None, "received", False)
    assert line["reason"]["en"] == "Headache at night or on waking"
    text = str(line)
    assert "张小明" not in text
    assert "13800000000" not in text


async def test_what_is_overdue_says_so_and_since_when(room: Room) -> None:
    room.live.house.clock.ahead_s = 3601
    (line,) = await room.lines()
    assert line["overdue"]["step"] == "received"
    assert line["due"]["step"] == "seen"


async def test_the_server_notes_each_alarm_once_in_the_journal(room: Room) -> None:
    server = room.live.house.server
    assert await look(server.database, server.register, room.live.house.clock()) == 0
    room.live.house.clock.ahead_s = 3601
    assert await look(server.database, server.register, room.live.house.clock()) == 1
    assert await look(server.database, server.register, room.live.house.clock()) == 0
    room.live.house.clock.ahead_s = 6 * 3600 + 1
    assert await look(server.database, server.register, room.live.house.clock()) == 1
    told = [event.fact for event in await room.events() if isinstance(event, ev.ReferralTold)]
    assert told == ["overdue_received", "overdue_seen"]
    found = await referrals.followed(server.database, room.referral)
    assert found is not None
    assert found.referral.next_alarm_at is None


async def test_behind_a_rehearsal_no_child_waits_so_it_is_neither_listed_nor_overdue(room: Room) -> None:
    await played_by_the_rehearsal(room.live)
    room.live.house.clock.ahead_s = 6 * 3600 + 1
    assert await room.lines() == []
    server = room.live.house.server
    assert await look(server.database, server.register, room.live.house.clock()) == 0
    assert not [event for event in await room.events() if isinstance(event, ev.ReferralTold)]


async def test_the_whole_number_is_shown_after_who_saw_it_was_written(room: Room) -> None:
    answer = await room.page.post(f"{LIST}/{room.referral}/phone")
    assert await answer.json() == {"phone": "13800000000"}
    assert (await room.events())[-1] == ev.PhoneRevealed(room.referral, "staff-zhou")


async def test_a_call_is_noted_with_its_words(room: Room) -> None:
    room.live.house.clock.ahead_s = 3601
    line = await (await room.tell(fact="contacted", words="已到急诊，正在候诊")).json()
    assert line["contacted_at"] is not None
    assert [(note["fact"], note["words"]) for note in line["notes"]] == [("contacted", "已到急诊，正在候诊")]
    assert line["overdue"]["step"] == "received", "a call is no receipt"


async def test_a_child_seen_elsewhere_closes_it_and_it_stays_listed_for_a_week(room: Room) -> None:
    assert (await (await room.tell(fact="seen", words="家属：昨日已在当地医院就诊")).json())["state"] == "seen"
    (line,) = await room.lines()
    assert (line["overdue"], line["due"]) == (None, None)
    room.live.house.clock.ahead_s = 8 * 86_400
    await room.page.sign_in("zhou", PASSWORD)
    assert await room.lines() == []


async def test_a_tap_in_error_is_reopened_listed_once_and_overdue_again(room: Room) -> None:
    room.live.house.clock.ahead_s = 3601
    await room.tell(fact="seen", words="")
    line = await (await room.tell(fact="reopened", words="家属：并未就诊")).json()
    assert (line["state"], line["receipts"], line["overdue"]["step"]) == ("issued", [], "received")
    assert [each["referral"] for each in await room.lines()] == [room.referral]
    server = room.live.house.server
    assert await look(server.database, server.register, room.live.house.clock()) == 1, "its alarms run again"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"fact": "sent", "words": ""}, "not_allowed"),
        ({"fact": "contacted", "words": 3}, "bad_request"),
        ({"fact": "contacted", "words": "长" * 501}, "too_large"),
        ({"words": ""}, "bad_request"),
    ],
)
async def test_what_is_not_theirs_to_say_is_refused(room: Room, body: dict[str, Any], code: str) -> None:
    assert await room.page.problem(await room.tell(**body)) == code


async def test_another_hospitals_coordinator_finds_nothing(room: Room) -> None:
    await room.live.house.server.database.write(add(Hospital("h9", "别院", "Another")))
    other = await enrolled(room.live, "h9", "other")
    assert (await (await other.get(LIST)).json())["referrals"] == []
    for path, body in ((f"{LIST}/{room.referral}/phone", {}), (f"{LIST}/{room.referral}/tell", {"fact": "seen", "words": ""})):
        assert await other.problem(await other.post(path, body)) == "not_found"
        assert await other.problem(await other.post(path.replace(room.referral, "0" * 32), body)) == "not_found"
    assert not any(isinstance(event, ev.PhoneRevealed) for event in await room.events())
    await other.client.close()


@pytest.mark.parametrize("role", ["physician", "operations", "administrator", "records_officer", None])
async def test_nobody_else_comes_in(room: Room, role: str | None) -> None:
    (hospital,) = await people.hospitals(room.live.house.server.database)
    browser = room.live.house.client() if role is None else await enrolled(room.live, hospital, "someone", role)
    code = "not_signed_in" if role is None else "not_allowed"
    assert await browser.problem(await browser.get(LIST)) == code
    assert await browser.problem(await browser.post(f"{LIST}/{room.referral}/phone")) == code
    assert await browser.problem(await browser.post(f"{LIST}/{room.referral}/tell", {"fact": "seen", "words": ""})) == code
    await browser.client.close()


async def test_a_coordinator_sees_no_visit_and_no_operations(room: Room) -> None:
    for path in (room.live.house.visit, f"{room.live.house.visit}/letter"):
        assert await room.page.problem(await room.page.get(path)) == "not_found"
    for path in ("/api/ops/sessions", "/api/staff/worklist"):
        assert await room.page.problem(await room.page.get(path)) == "not_allowed"
