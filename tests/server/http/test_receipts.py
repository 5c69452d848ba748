"""The destination's desk scans the letter's code: it sees which referral it is, says how far it is, and learns no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from server.store import referrals
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.http.conftest import Browser

__all__ = ["live", "visit"]
DAY = 86_400.0


@dataclass
class Issued:
    """A referral that was just issued, and a desk that has scanned nothing yet."""

    live: Visit
    id: str
    token: str
    desk: Browser

    async def ask(self, verb: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
        return await self.desk.post(f"/api/receipts/{token or self.token}/{verb}", body)

    async def told(self, fact: str, appointment_at: str | None = None) -> dict[str, Any]:
        answer = await self.ask("tell", {"fact": fact, "appointment_at": appointment_at})
        assert answer.status == 200
        return dict(await answer.json())


@pytest.fixture
async def issued(live: Visit) -> AsyncIterator[Issued]:
    answer = await live.ask(Role.PHYSICIAN, wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知"))
    desk = live.house.client()
    yield Issued(live, answer["referral"], live.house.server.receipt_token(answer["referral"]), desk)
    await desk.client.close()


async def test_a_scan_shows_the_referral_with_a_masked_child_and_tells_nothing(issued: Issued) -> None:
    page = await issued.desk.get(f"/r/{issued.token}")
    assert page.status == 200
    shown = await (await issued.ask("open")).json()
    assert shown["child"] == "张*明"
    assert shown["age_years"] == 8
    assert (shown["urgency"], shown["department"], shown["department_en"]) == ("emergency", "急诊科", "Emergency Department")
    assert (shown["hospital"], shown["from"]) == ("示范儿童医院", "示范儿童医院")
    assert (shown["receipt"], shown["receipts"]) == ("issued", [])
    assert "张小明" not in str(shown)
    assert "夜间头痛" not in str(shown), "the desk needs no history"


async def test_the_page_is_the_same_whatever_the_code(issued: Issued) -> None:
    right = await (await issued.desk.get(f"/r/{issued.token}")).read()
    assert await (await issued.desk.get("/r/" + "x" * 43)).read() == right


async def test_one_tap_says_received_and_the_family_reads_it(issued: Issued) -> None:
    shown = await issued.told("received")
    assert shown["receipt"] == "received"
    family = issued.live.house.client()
    physician = issued.live.house.client()
    await physician.sign_in(issued.live.house.made.physician_login, issued.live.house.made.physician_password)
    letter = await (await physician.get(f"{issued.live.house.visit}/letter")).json()
    assert letter["receipt"] == "received"
    assert letter["receipts"] == shown["receipts"]
    assert [each["state"] for each in letter["receipts"]] == ["received"]
    status = await (await physician.get(issued.live.house.visit)).json()
    assert status["letter"]["receipt"] == "received"
    await family.client.close()
    await physician.client.close()


async def test_the_letters_picture_holds_the_desks_link(issued: Issued) -> None:
    physician = issued.live.house.client()
    await physician.sign_in(issued.live.house.made.physician_login, issued.live.house.made.physician_password)
    letter = await (await physician.get(f"{issued.live.house.visit}/letter")).json()
    picture = await physician.get(letter["receipt_qr"])
    assert picture.content_type == "image/svg+xml"
    assert (await picture.text()).startswith("<svg")
    assert issued.token not in str(letter), "the code is on paper and in its picture only"
    await physician.client.close()


async def test_booked_has_its_appointment_and_seen_comes_last(issued: Issued) -> None:
    at = datetime.fromtimestamp(round(issued.live.house.clock()) + 3600, UTC).isoformat()
    booked = await issued.told("booked", at)
    assert booked["receipts"][1]["state"] == "booked"
    assert datetime.fromisoformat(booked["receipts"][1]["appointment_at"]) == datetime.fromisoformat(at)
    assert (await issued.told("seen"))["receipt"] == "seen"
    late = await issued.told("received")
    assert late["receipt"] == "seen"
    assert [each["state"] for each in late["receipts"]] == ["received", "booked", "seen"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_request"),
        ({"fact": 3}, "bad_request"),
        ({"fact": "cured"}, "bad_request"),
        ({"fact": "sent"}, "not_allowed"),
        ({"fact": "contacted"}, "not_allowed"),
        ({"fact": "overdue_seen"}, "not_allowed"),
        ({"fact": "booked", "appointment_at": "soon"}, "bad_request"),
        ({"fact": "booked", "appointment_at": "2026-12-01T09:00:00"}, "bad_request"),
        ({"fact": "booked", "appointment_at": 3}, "bad_request"),
        ({"fact": "booked", "appointment_at": "0001-01-01T00:00:00+00:00"}, "bad_appointment"),
        ({"fact": "received", "appointment_at": "2026-12-01T09:00:00Z"}, "bad_appointment"),
    ],
)
async def test_what_a_desk_cannot_say_is_refused(issued: Issued, body: dict[str, Any], code: str) -> None:
    assert await issued.desk.problem(await issued.ask("tell", body)) == code
    found = await referrals.followed(issued.live.house.server.database, issued.id)
    assert found is not None
    assert found.told == ()


@pytest.mark.parametrize("token", ["x" * 43, "short", "x" * 200])
async def test_an_unknown_code_is_unknown(issued: Issued, token: str) -> None:
    assert await issued.desk.problem(await issued.ask("open", token=token)) == "link_unknown"
    assert await issued.desk.problem(await issued.ask("tell", {"fact": "seen"}, token=token)) == "link_unknown"


async def test_guessing_codes_is_slowed_down(issued: Issued) -> None:
    codes = [await issued.desk.problem(await issued.ask("open", token=f"{n:043d}")) for n in range(40)]
    assert codes[0] == "link_unknown"
    assert codes[-1] == "too_many_attempts"


async def test_a_code_ends_some_weeks_after_the_child_was_seen(issued: Issued) -> None:
    await issued.told("seen")
    issued.live.house.clock.ahead_s = 59 * DAY
    assert (await issued.ask("open")).status == 200
    issued.live.house.clock.ahead_s = 61 * DAY
    assert await issued.desk.problem(await issued.ask("open")) == "link_expired"


async def test_a_code_ends_after_a_year_even_if_nobody_was_seen(issued: Issued) -> None:
    issued.live.house.clock.ahead_s = 401 * DAY
    assert await issued.desk.problem(await issued.ask("tell", {"fact": "seen"})) == "link_expired"


async def test_a_form_of_another_site_tells_nothing(issued: Issued) -> None:
    answer = await issued.desk.post(f"/api/receipts/{issued.token}/tell", {"fact": "seen"}, origin="https://evil.example")
    assert await issued.desk.problem(answer) == "bad_origin"
