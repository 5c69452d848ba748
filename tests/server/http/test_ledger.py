"""The presence ledger over HTTP: whom it is for, and that it says what happened."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from media import control
from server import events as ev
from server.chain import Head
from server.http.ledger import MOST_SPANS, ledger_view
from server.journal import Journal
from server.ledger import ledger
from server.session import Rules, new_session
from server.store.details import visit_detail
from server.store.tables import device, event, hospital, staff
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.http.conftest import Browser, House, house, seeded
from tests.server.session_kit import LIVE

__all__ = ["house", "live", "seeded", "visit"]


@pytest.fixture
async def physician(live: Visit) -> AsyncIterator[Browser]:
    browser = live.house.client()
    await browser.sign_in(live.house.made.physician_login, live.house.made.physician_password)
    yield browser
    await browser.client.close()


async def read(visit: Visit, browser: Browser, what: str = "ledger") -> dict[str, Any]:
    answer = await browser.get(f"{visit.house.visit}/{what}")
    assert answer.status == 200
    document: dict[str, Any] = await answer.json(content_type=None)
    return document


def seat(book: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = next(seat for seat in book["seats"] if seat["role"] == role)
    return found


async def employ(house: House, role: str, at: str | None = None) -> str:
    """Another member of staff, of the same hospital unless told otherwise, with the physician's password; the login."""

    async def work(connection: Any) -> None:
        row = (await connection.execute(select(staff).where(staff.c.login == house.made.physician_login))).one()
        if at is not None:
            await connection.execute(insert(hospital), {**row_of_a_hospital, "id": at})
        colleague = {"id": f"{role}-2", "hospital": at or row.hospital, "login": f"{role}-2", "role": role}
        await connection.execute(insert(staff), row._asdict() | colleague)

    row_of_a_hospital = {"name": "另一医院", "name_en": "Another"}
    await house.server.database.write(work)
    return f"{role}-2"


# --- for whom ----------------------------------------------------------------------------------------


async def test_the_visits_physician_reads_it(live: Visit, physician: Browser) -> None:
    assert (await read(live, physician))["visit"] == live.id


@pytest.mark.parametrize("role", ["physician", "operations", "administrator", "records_officer"])
async def test_no_other_member_of_staff_finds_it(house: House, stranger: Browser, role: str) -> None:
    await stranger.sign_in(await employ(house, role), house.made.physician_password)
    assert await stranger.problem(await stranger.get(f"{house.visit}/ledger")) == "not_found"


async def test_nobody_of_another_hospital_finds_it(house: House, stranger: Browser) -> None:
    await stranger.sign_in(await employ(house, "physician", at="h2"), house.made.physician_password)
    assert await stranger.problem(await stranger.get(f"{house.visit}/ledger")) == "not_found"
    assert await stranger.problem(await stranger.get("/api/visits/no-such-visit/ledger")) == "not_found"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PHYSICIAN])
async def test_no_device_at_the_visit_may_read_it(house: House, guardian: Browser, role: Role) -> None:
    async def turn_into(connection: Any) -> None:
        await connection.execute(update(device).values(role=role.value))

    await house.server.database.write(turn_into)
    assert await guardian.problem(await guardian.get(f"{house.visit}/ledger")) == "not_allowed"


async def test_a_stranger_is_asked_to_sign_in(house: House, stranger: Browser) -> None:
    assert await stranger.problem(await stranger.get(f"{house.visit}/ledger")) == "not_signed_in"


# --- what it says ------------------------------------------------------------------------------------


async def test_while_the_visit_goes_on_everybody_goes_on_being_there(live: Visit, physician: Browser) -> None:
    live.house.clock.ahead_s += 60
    book = await read(live, physician)
    assert book["closed"] is False
    assert [span["until"] for span in book["gate"]["spans"]] == [None]
    assert book["gate"]["heard_within_ms"] == 3000
    assert book["gate"]["open_ms"] >= 60_000
    for role, name in (("guardian", "李*"), ("physician", "王芳")):
        assert [stay["until"] for stay in seat(book, role)["stays"]] == [None]
        assert seat(book, role)["present_while_open_ms"] == book["gate"]["open_ms"] <= seat(book, role)["present_ms"]
        assert seat(book, role)["name"] == name
    assert len(book["attested_at"]) == 1
    assert (book["holds"], book["server_away"], book["clock_steps"], book["left_out"]) == ([], [], [], 0)


async def test_a_hidden_page_and_a_hold_stand_in_it(live: Visit, physician: Browser) -> None:
    clock = live.house.clock
    await live.ask(Role.GUARDIAN, wire.DeviceReport("live", "live", False, "ok"))
    await live.settled()
    clock.ahead_s += 20
    await live.ask(Role.GUARDIAN, wire.DeviceReport("live", "live", True, "ok"))
    await live.ask(Role.PHYSICIAN, wire.Hold("guardian_not_with_child"))
    clock.ahead_s += 30
    await live.ask(Role.PHYSICIAN, wire.Resume())
    book = await read(live, physician)
    guardian = seat(book, "guardian")
    assert [doubt["what"] for doubt in guardian["doubts"]] == ["page_hidden", "not_with_child"]
    assert guardian["doubted_while_open_ms"].keys() == {"page_hidden"}
    assert 20_000 <= guardian["doubted_while_open_ms"]["page_hidden"] < 25_000
    assert [(hold["what"], hold["why"]) for hold in book["holds"]] == [("physician_hold", "guardian_not_with_child")]
    assert len(book["gate"]["spans"]) == 2
    assert [evidence["what"] for evidence in guardian["evidence"]] == ["sound_and_picture"]


async def test_it_can_still_be_read_after_the_end_and_names_the_event_it_was_read_up_to(
    live: Visit, physician: Browser
) -> None:
    await live.report(control.SeatMedia(live.id, "guardian", 1, False, 0))
    await live.ask(Role.PHYSICIAN, wire.Refer("poor_picture", "within_2w", "", "", ""))
    live.house.clock.ahead_s += 3600
    book = await read(live, physician)
    assert book["closed"] is True
    assert [stay["parting"] for stay in seat(book, "guardian")["stays"]] == ["silent"]
    assert [stay["parting"] for stay in seat(book, "physician")["stays"]] == ["visit_ended"]
    assert [hold["what"] for hold in book["holds"]] == ["guardian_silent"]
    assert "why" not in book["holds"][0]
    head = await Journal(live.house.server.database).head(live.id)
    assert book["journal"] == {"n": head.n, "head": head.hash}


async def test_nothing_of_anybodys_name_is_whole_but_the_physicians(live: Visit, physician: Browser) -> None:
    text = json.dumps(await read(live, physician), ensure_ascii=False)
    assert "王芳" in text
    assert [word for word in ("张小明", "李雷", "13800") if word in text] == []


async def test_a_damaged_journal_tells_of_nobodys_presence(live: Visit, physician: Browser) -> None:
    async def damage(connection: Any) -> None:
        await connection.execute(update(event).where(event.c.n == 1).values(at_us=1))

    await live.house.server.database.write(damage)
    assert await physician.problem(await physician.get(f"{live.house.visit}/ledger")) == "unavailable"


async def test_an_answer_is_bounded_and_says_what_it_left_out(house: House) -> None:
    record = await visit_detail(house.server.database, house.made.visit)
    assert record is not None
    doubts = [(ev.Doubted(Role.GUARDIAN, 1, (ev.Doubt.PAGE_HIDDEN,) * (n % 2)), 100.0 + n) for n in range(2 * MOST_SPANS + 20)]
    journal = [*((event, 100.0) for event in LIVE), *doubts]
    book = ledger(new_session("s1", Rules(), until=5000.0), journal, 2000.0)
    shown = ledger_view(book, Head(3, "ab" * 32), record, {}, {})
    guardian = seat(shown, "guardian")
    assert len(guardian["doubts"]) == MOST_SPANS
    assert shown["left_out"] == 10
    assert guardian["doubted_while_open_ms"]["page_hidden"] > MOST_SPANS * 1000
