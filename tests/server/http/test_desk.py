"""The desk's page over HTTP: a day, a family, a booking, what becomes of it; by the rules that the booking API has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from server import events as ev
from server.booking.limits import Limits
from server.calendar import day_of
from server.config import MailServer
from server.http.desk import MOST_DAYS
from server.journal import Journal
from server.reminders.console import Console
from server.reminders.smtp import Smtp
from server.store import families, limits, links
from server.store.errors import Unavailable
from server.store.visits import Child, Guardian, Relation, add
from tests.server.http.conftest import House
from tests.server.http.desk_kit import NEW_CHILD, NEW_GUARDIAN, RELATION, Desk, login_of, open_desk

NOBODY: dict[str, None] = {"child": None, "guardian": None}


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    opened = await open_desk(house)
    yield opened
    await opened.page.client.close()


def day(desk: Desk) -> str:
    return day_of(desk.clinic.opens_at).isoformat()


async def listed(desk: Desk) -> list[dict[str, Any]]:
    return list((await desk.get("/visits", day=day(desk)))["visits"])


async def test_a_day_lists_its_visits_with_the_people_in_them(desk: Desk) -> None:
    told = await desk.book(1, kind="follow_up")
    (line,) = await listed(desk)
    assert (line["id"], line["kind"], line["state"], line["revision"]) == (told["visit"], "follow_up", "waiting", 1)
    assert line["child"] == {"id": desk.clinic.child, "name": "张小明", "sex": "male", "birth_date": "2018-03-05"}
    assert line["guardian"] == {"id": desk.clinic.guardian, "name": "李雷", "phone": "138****0000"}
    assert (line["relation"]["proof"], line["physician"]["name"]) == ("household_register", "王芳")
    assert line["link"] == {"expires_at": told["link_expires_at"], "redeemed_at": None}
    assert (await desk.get("/visits"))["visits"] == [], "today"


async def test_the_whole_number_is_told_after_who_sees_it_was_written(desk: Desk) -> None:
    visit = (await desk.book())["visit"]
    assert (await desk.get(f"/visits/{visit}"))["guardian"]["phone"] == "138****0000"
    journal = Journal(desk.house.server.database)
    assert await journal.replay(visit) == []
    assert await (await desk.post(f"/visits/{visit}/phone")).json() == {"phone": "13800000000"}
    ((event, at),) = await journal.replay(visit)
    assert event == ev.PhoneRevealed(referral="", staff=f"staff-{login_of(desk.clinic.hospital, 'desk')}")
    assert abs(at - desk.house.clock()) < 60


async def test_a_number_is_not_told_when_its_reading_cannot_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = (await desk.book())["visit"]

    async def away(*_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(desk.house.server.consultations, "from_outside", away)
    answer = await desk.post(f"/visits/{visit}/phone")
    assert (answer.status, await desk.page.problem(answer)) == (503, "unavailable")
    assert "13800000000" not in await answer.text()


async def test_the_offer_is_what_can_be_booked(desk: Desk) -> None:
    offer = await desk.get("/offer")
    assert [each["id"] for each in offer["departments"]] == [desk.clinic.department]
    assert offer["physicians"] == [{"id": desk.clinic.physician, "name": "王芳", "title": "主任医师"}]
    assert offer["proofs"] == ["household_register", "birth_certificate", "court_order", "other"]
    assert offer["delegated_adults"] is False
    slots = await desk.get("/slots", department=desk.clinic.department, field="growth")
    assert [each["id"] for each in slots["items"]] == list(desk.clinic.slots)


@pytest.mark.parametrize(
    ("text", "found"),
    [("张", 1), ("李雷", 1), ("0000", 1), ("138 0000-0000", 1), ("000", 0), ("小明", 0), ("%", 0), ("王", 0)],
)
async def test_a_family_is_found_by_how_a_name_begins_or_a_number_ends(desk: Desk, text: str, found: int) -> None:
    answer = await (await desk.post("/families", {"text": text})).json()
    assert [each["child"]["id"] for each in answer["families"]] == [desk.clinic.child] * found
    assert "13800000000" not in str(answer)


async def test_a_child_without_a_guardian_is_found_too(desk: Desk) -> None:
    await desk.house.server.database.write(add(Child("alone", desk.clinic.hospital, "周一一", "female", "2019-01-01")))
    (family,) = (await (await desk.post("/families", {"text": "周"})).json())["families"]
    assert (family["child"]["id"], family["guardian"], family["relation"]) == ("alone", None, None)


async def test_too_many_families_are_said_to_be_more(desk: Desk) -> None:
    children = [Child(f"many-{n}", desk.clinic.hospital, "吴多", "male", "2019-01-01") for n in range(21)]
    await desk.house.server.database.write(add(*children))
    answer = await (await desk.post("/families", {"text": "吴"})).json()
    assert (len(answer["families"]), answer["more"]) == (20, True)


async def test_a_new_family_is_registered_with_its_visit(desk: Desk) -> None:
    told = await desk.book(new_child=NEW_CHILD, new_guardian=NEW_GUARDIAN, relation=RELATION, **NOBODY)
    line = await desk.get(f"/visits/{told['visit']}")
    assert (line["child"]["name"], line["guardian"]["phone"], line["relation"]) == ("赵小雨", "139****2222", RELATION)
    assert told["link"].startswith("http://localhost:8480/j/")
    assert unquote(told["qr"]).startswith("<svg ")


async def test_a_new_guardian_is_written_to_where_and_how_the_desk_was_told(desk: Desk) -> None:
    said = NEW_GUARDIAN | {"email": "qian@example.com", "language": "en"}
    told = await desk.book(new_child=NEW_CHILD, new_guardian=said, relation=RELATION, **NOBODY)
    id = (await desk.get(f"/visits/{told['visit']}"))["guardian"]["id"]
    kept = await desk.house.server.database.read(lambda t: families.guardian_of(t, desk.clinic.hospital, id))
    assert kept is not None
    assert (kept.email, kept.language) == ("qian@example.com", "en")


async def test_a_sibling_comes_with_the_guardian_who_is_known(desk: Desk) -> None:
    told = await desk.book(new_child=NEW_CHILD, relation=RELATION, child=None)
    line = await desk.get(f"/visits/{told['visit']}")
    assert (line["child"]["name"], line["guardian"]["id"]) == ("赵小雨", desk.clinic.guardian)


async def test_two_who_are_known_are_related_with_their_visit(desk: Desk) -> None:
    await desk.house.server.database.write(add(Guardian("g-new", desk.clinic.hospital, "韩梅", "13700000000")))
    assert await desk.problem("/visits", desk.booking(guardian="g-new")) == "relation_missing"
    await desk.book(guardian="g-new", relation=RELATION)
    assert await desk.problem("/visits", desk.booking(1, guardian="g-new", relation=RELATION)) == "relation_exists"


async def test_a_booking_whose_answer_was_lost_is_asked_for_again_and_books_once(desk: Desk) -> None:
    """A new child would be another child, and a slot that one has oneself would be "taken"."""
    asked = desk.booking(new_child=NEW_CHILD, new_guardian=NEW_GUARDIAN, relation=RELATION, **NOBODY)
    first, again = [await desk.post("/visits", asked, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    lost, told = await first.json(), await again.json()
    assert (first.status, again.status, again.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert (told["visit"], told["link"], told["qr"]) == (lost["visit"], None, None)
    assert [line["id"] for line in await listed(desk)] == [lost["visit"]]
    assert len((await (await desk.post("/families", {"text": "赵小雨"})).json())["families"]) == 1
    fresh = await (await desk.post(f"/visits/{told['visit']}/link")).json()
    assert fresh["link"].startswith("http://localhost:8480/j/")
    other = await desk.post("/visits", asked | {"slot": desk.clinic.slots[1]}, headers={"Idempotency-Key": "one"})
    assert (other.status, await desk.page.problem(other)) == (422, "idempotency_mismatch")


async def test_a_booking_needs_a_key(desk: Desk) -> None:
    assert await desk.problem("/visits", desk.booking(), headers={}) == "idempotency_key_required"
    assert await listed(desk) == []


async def test_what_was_refused_may_be_asked_otherwise_under_the_same_key(desk: Desk) -> None:
    key = {"Idempotency-Key": "two"}
    assert await desk.problem("/visits", desk.booking(slot="slot-2-0"), headers=key) == "invalid"
    assert (await desk.post("/visits", desk.booking(1), headers=key)).status == 201


async def test_a_delegated_adult_is_refused_unless_the_hospital_allows_it(desk: Desk) -> None:
    asked = {"new_guardian": NEW_GUARDIAN, "relation": {"kind": "delegated", "proof": "written_delegation"}, "guardian": None}
    assert await desk.problem("/visits", desk.booking(**asked)) == "delegate_not_allowed"
    await desk.house.server.database.write(limits.set_limits(desk.clinic.hospital, Limits(delegated_adults=True)))
    told = await desk.book(**asked)
    assert (await desk.get(f"/visits/{told['visit']}"))["relation"] == asked["relation"]


async def test_what_is_refused_registers_nobody_and_is_counted(desk: Desk) -> None:
    await desk.book()
    asked = desk.booking(0, new_child=NEW_CHILD, new_guardian=NEW_GUARDIAN, relation=RELATION, **NOBODY)
    answer = await desk.post("/visits", asked)
    assert await desk.page.problem(answer) == "slot_taken"
    assert [reason["code"] for reason in (await answer.json())["reasons"]] == ["slot_taken", "physician_busy"]
    assert (await (await desk.post("/families", {"text": "赵小雨"})).json())["families"] == []
    refusals = await desk.get("/refusals")
    counts = {each["code"]: each["count"] for each in refusals["counts"]}
    assert counts == {"slot_taken": 1, "physician_busy": 1}
    assert {each["code"]: each["zh"] for each in refusals["reasons"]}["slot_taken"] == "该号源已被预约。"


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"child": None}, ["#/child"]),
        ({"new_guardian": NEW_GUARDIAN, "relation": RELATION}, ["#/guardian"]),
        ({"child": None, "new_child": NEW_CHILD}, ["#/relation"]),
        (
            {"child": None, "new_child": NEW_CHILD | {"birth_date": "2099-01-01"}, "relation": RELATION},
            ["#/new_child/birth_date"],
        ),
        ({"child": None, "new_child": NEW_CHILD | {"name": " "}, "relation": RELATION}, ["#/new_child/name"]),
        ({"relation": RELATION | {"proof": "declared"}}, ["#/relation/proof"]),
        ({"child": "child-2"}, ["#/child"]),
        ({"guardian": "guardian-2"}, ["#/guardian"]),
        ({"slot": "slot-2-0"}, ["#/slot"]),
    ],
)
async def test_what_is_wrong_with_a_booking_is_said_at_its_place(desk: Desk, changes: Any, pointers: list[str]) -> None:
    """Another hospital's child, guardian and slot are as unknown as any."""
    answer = await desk.post("/visits", desk.booking(**changes))
    assert await desk.page.problem(answer) == "invalid"
    assert [error["pointer"] for error in (await answer.json())["errors"]] == pointers


async def test_a_visit_is_moved_by_who_has_read_what_it_is_now(desk: Desk) -> None:
    visit = (await desk.book())["visit"]
    assert await desk.page.problem(await desk.move(visit, desk.clinic.slots[2], None)) == "precondition_required"
    assert (await desk.move(visit, desk.clinic.slots[2], 1)).status == 200
    (line,) = await listed(desk)
    assert (line["revision"], line["starts_at"][14:16] != "", line["link"]["redeemed_at"]) == (2, True, None)
    assert await desk.page.problem(await desk.move(visit, desk.clinic.slots[3], 1)) == "precondition_failed"


async def test_whether_the_server_tells_the_family_of_a_change_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = (await desk.book())["visit"]
    assert (await desk.get(f"/visits/{visit}"))["notified"] is False, "there is no way to families"
    monkeypatch.setattr(desk.house.server.reminders, "_messenger", Console(print))
    assert (await desk.get(f"/visits/{visit}"))["notified"] is True
    assert [line["notified"] for line in await listed(desk)] == [True]
    mail = Smtp(MailServer(("mail.hospital.example", 587), "visits@hospital.example"), desk.house.clock)
    monkeypatch.setattr(desk.house.server.reminders, "_messenger", mail)
    assert (await desk.get(f"/visits/{visit}"))["notified"] is False, "the register has no address of theirs"


async def test_a_slot_that_was_taken_meanwhile_moves_nothing(desk: Desk) -> None:
    first = (await desk.book())["visit"]
    await desk.book(1, new_child=NEW_CHILD, relation=RELATION, child=None)
    assert await desk.page.problem(await desk.move(first, desk.clinic.slots[1], 1)) == "slot_taken"
    assert {line["id"]: line["revision"] for line in await listed(desk)}[first] == 1


async def test_a_visit_is_called_off_with_its_reason(desk: Desk) -> None:
    visit = (await desk.book())["visit"]
    assert await desk.problem(f"/visits/{visit}/cancel", {}) == "invalid"
    assert (await desk.post(f"/visits/{visit}/cancel", {"reason": "family"})).status == 200
    (line,) = await listed(desk)
    assert (line["state"], line["outcome"]) == ("ended", "cancelled")
    assert (await desk.post(f"/visits/{visit}/cancel", {"reason": "family"})).status == 200, "once more is the same"


async def test_a_no_show_waits_for_the_visits_time(desk: Desk) -> None:
    visit = (await desk.book())["visit"]
    assert await desk.problem(f"/visits/{visit}/no-show") == "too_early"
    desk.house.clock.ahead_s = 24.1 * 3600
    await desk.sign_in()
    assert (await (await desk.post(f"/visits/{visit}/no-show")).json())["outcome"] == "no_show"


async def test_a_fresh_link_shuts_the_former_one_out(desk: Desk) -> None:
    first = await desk.book()
    fresh = await (await desk.post(f"/visits/{first['visit']}/link")).json()
    assert fresh["link"] != first["link"]
    family = desk.house.client()
    assert await family.problem(await family.post("/api/join", {"token": first["link"].rsplit("/", 1)[1]})) == "link_expired"
    assert (await family.post("/api/join", {"token": fresh["link"].rsplit("/", 1)[1]})).status == 200
    (line,) = await listed(desk)
    assert line["link"]["redeemed_at"] is not None
    await family.client.close()


async def test_a_family_that_is_in_is_not_shown_as_out_when_a_reminder_brings_a_further_link(desk: Desk) -> None:
    told, database, now = await desk.book(), desk.house.server.database, desk.house.clock()
    family = desk.house.client()
    assert (await family.post("/api/join", {"token": told["link"].rsplit("/", 1)[1]})).status == 200
    redeemed = (await listed(desk))[0]["link"]
    assert redeemed["redeemed_at"] is not None
    for later in (10, 20):
        await database.write(links.further(told["visit"], f"token-{later}", now + later, now + 86_400 + later))
    assert (await listed(desk))[0]["link"] == redeemed
    await family.client.close()


async def test_of_links_that_nobody_has_opened_the_newest_is_shown(desk: Desk) -> None:
    told, now = await desk.book(), desk.house.clock()
    for later in (20, 10):
        await desk.house.server.database.write(
            links.further(told["visit"], f"token-{later}", now + later, 4_000_000_000.0 + later)
        )
    assert (await listed(desk))[0]["link"]["expires_at"] == "2096-10-02T07:07:00.000Z"


@pytest.mark.parametrize("path", ["/visits?day={}", "/refusals?until={}", "/refusals?since={}"])
@pytest.mark.parametrize("end", ["9999-12-31", "0001-01-01"])
async def test_a_calendar_has_no_end_that_can_be_asked_for(desk: Desk, path: str, end: str) -> None:
    answer = await desk.page.get(f"/api/desk{path.format(end)}")
    assert (answer.status, await desk.page.problem(answer)) == (422, "invalid")


@pytest.mark.parametrize("day", ["9998-12-31", "1970-01-01"])
async def test_the_first_and_the_last_day_have_no_visits(desk: Desk, day: str) -> None:
    assert (await desk.get("/visits", day=day))["visits"] == []
    assert (await desk.get("/refusals", until=day))["counts"] == []


async def test_a_declared_relation_is_verified_with_the_proof_that_was_seen(desk: Desk) -> None:
    database = desk.house.server.database
    await database.write(add(Guardian("g-said", desk.clinic.hospital, "韩梅", "13700000000")))
    await database.write(add(Relation("g-said", desk.clinic.child, "mother", "declared")))
    visit = (await desk.book(guardian="g-said"))["visit"]
    assert (await desk.get(f"/visits/{visit}"))["relation"]["proof"] == "declared"
    seen = await (await desk.post(f"/visits/{visit}/proof", {"proof": "household_register"})).json()
    assert seen["relation"] == {"kind": "mother", "proof": "household_register"}
    (event,) = [event for event, _ in await Journal(database).replay(visit)]
    assert event == ev.RelationVerified("household_register", f"staff-desk-of-{desk.clinic.hospital}")
    assert await desk.problem(f"/visits/{visit}/proof", {"proof": "declared"}) == "invalid"


async def test_refusals_are_asked_for_days_that_follow_one_another(desk: Desk) -> None:
    today = day_of(desk.house.clock())
    answer = await desk.page.get("/api/desk/refusals", params={"since": today.isoformat(), "until": "2020-01-01"})
    assert await desk.page.problem(answer) == "invalid"
    long_ago = (today - timedelta(days=MOST_DAYS)).isoformat()
    assert await desk.page.problem(await desk.page.get("/api/desk/refusals", params={"since": long_ago})) == "invalid"
    assert (await desk.get("/refusals", since=today.isoformat()))["counts"] == []
