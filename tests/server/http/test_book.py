"""A family without a link: it sees who has time, books once whatever the network does, and learns nothing of anybody."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from sqlalchemy import func, select, update

from server.booking.limits import Limits
from server.calendar import day_of
from server.family_booking import MOST_OPEN
from server.http import book as book_routes
from server.http.house import HOUSE
from server.http.pace import Pace
from server.store import limits
from server.store import public_booking as store_booking
from server.store.tables import child, guardian, public_booking, relation, staff, visit
from server.store.visits import Child, Guardian, Relation, add
from tests.server.booking_kit import Clinic, open_clinic, told
from tests.server.http.conftest import Browser, House

KEY = "k" * 43
HERE = "/api/book/hospitals"
FINE = {"now": ["none"], "lately": ["none"], "intimate": False, "cannot_wait": False, "concern": "growth"}
DETAILS = {
    "child_name": "陈小雨",
    "sex": "female",
    "birth_date": "2019-06-01",
    "guardian_name": "陈静",
    "relation": "mother",
    "phone": "13912345678",
    "email": "",
}


@pytest.fixture
async def clinic(house: House) -> Clinic:
    """A hospital of its own, beside the demo's, that is open to families."""
    clinic = await open_clinic(house.server.database, house.clock())
    await house.server.database.write(limits.set_limits(clinic.hospital, Limits(public_booking=True)))
    return clinic


async def body(
    stranger: Browser, clinic: Clinic, nth: int = 0, *, answers: dict[str, Any] = FINE, **changes: str
) -> dict[str, Any]:
    form = (await (await stranger.get("/api/routing?language=zh")).json())["questionnaire"]
    answered = {"version": form["version"], "sha256": form["sha256"], "language": "zh", "answers": answers, "complete": True}
    return answered | {"slot": clinic.slots[nth]} | DETAILS | changes


async def booked(stranger: Browser, clinic: Clinic, sent: dict[str, Any], key: str = KEY) -> Any:
    return await stranger.post(f"{HERE}/{clinic.hospital}/visits", sent, headers={"Idempotency-Key": key})


async def rows(house: House, table: Any) -> int:
    return int(await house.server.database.read(lambda t: t.scalar(select(func.count()).select_from(table))) or 0)


async def counted(house: House, hospital: str) -> dict[str, int]:
    today = day_of(house.clock())
    found = await house.server.database.read(lambda t: limits.counts_by_place(t, hospital, today, today))
    assert {each.place for each in found} <= {"family"}
    return {each.code: each.count for each in found}


async def slots(stranger: Browser, clinic: Clinic, **query: str) -> dict[str, Any]:
    asked = {"field": "growth", "physician": clinic.physician, "department": clinic.department} | query
    answer = await stranger.get(f"{HERE}/{clinic.hospital}/slots", params=asked)
    assert answer.status == 200
    return dict(await answer.json())


async def test_only_hospitals_that_allow_it_are_shown_with_the_fields_that_they_see(
    house: House, clinic: Clinic, stranger: Browser
) -> None:
    closed = await open_clinic(house.server.database, house.clock(), "2")
    found = (await (await stranger.get(HERE)).json())["hospitals"]
    assert [(each["name"], each["fields"]) for each in found if each["id"] == clinic.hospital] == [("仁和儿童医院", ["growth"])]
    assert closed.hospital not in {each["id"] for each in found}
    for path in (f"{HERE}/{closed.hospital}/specialists?field=growth", f"{HERE}/nobody/slots?field=growth"):
        assert await stranger.problem(await stranger.get(path)) == "not_found"


async def test_a_specialist_is_shown_with_rank_and_licence_and_when_there_is_time(clinic: Clinic, stranger: Browser) -> None:
    answer = await (await stranger.get(f"{HERE}/{clinic.hospital}/specialists?field=growth")).json()
    [wang] = answer["specialists"]
    assert (wang["name"], wang["title"], wang["rank"], wang["licence"]) == ("王芳", "主任医师", "chief", "110-1")
    assert wang["next_at"] == (await slots(stranger, clinic))["slots"][0]["starts_at"]
    other = await (await stranger.get(f"{HERE}/{clinic.hospital}/specialists?field=skin")).json()
    assert other["specialists"] == []


async def test_who_may_not_see_children_online_is_not_shown(house: House, clinic: Clinic, stranger: Browser) -> None:
    async def lapse(transaction: Any) -> None:
        await transaction.execute(update(staff).where(staff.c.id == clinic.physician).values(whitelisted=False))

    await house.server.database.write(lapse)
    answer = await (await stranger.get(f"{HERE}/{clinic.hospital}/specialists?field=growth")).json()
    assert answer["specialists"] == []
    assert await slots(stranger, clinic) == {"slots": [], "next": None}


async def test_a_family_books_and_its_link_opens_the_visit(house: House, clinic: Clinic, stranger: Browser) -> None:
    answer = await booked(stranger, clinic, await body(stranger, clinic, phone="139 1234-5678"))
    made = await answer.json()
    assert answer.status == 201
    assert (made["hospital"]["name"], made["physician"]["name"], made["field"]) == ("仁和儿童医院", "王芳", "growth")
    assert base64.b64decode(made["qr"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert [kind for kind, _ in await told(house.server.database, made["visit"])] == ["visit.booked"]
    token = made["link"].rsplit("/", 1)[1]
    opened = await (await stranger.post("/api/join", {"token": token})).json()
    assert opened["visit"] == made["visit"]
    seen = await (await stranger.get(f"/api/visits/{made['visit']}")).json()
    assert seen["visit"]["child"] == "陈*雨"
    assert clinic.slots[0] not in {each["id"] for each in (await slots(stranger, clinic))["slots"]}


async def test_what_the_family_says_of_its_relation_is_only_declared(house: House, clinic: Clinic, stranger: Browser) -> None:
    made = await (await booked(stranger, clinic, await body(stranger, clinic))).json()
    query = select(relation.c.kind, relation.c.proof, guardian.c.phone, visit.c.id)
    query = query.join(visit, visit.c.guardian == relation.c.guardian).join(guardian, guardian.c.id == relation.c.guardian)
    row = await house.server.database.read(lambda t: t.execute(query.where(visit.c.id == made["visit"])))
    assert tuple(row.one()) == ("mother", "declared", "13912345678", made["visit"])


@pytest.mark.parametrize(("typed", "kept"), [(" chen@example.com ", "chen@example.com"), ("", None)])
async def test_the_family_is_written_to_where_it_said_and_in_its_language(
    house: House, clinic: Clinic, stranger: Browser, typed: str, kept: str | None
) -> None:
    sent = await body(stranger, clinic, email=typed)
    key = {"Idempotency-Key": KEY, "Accept-Language": "en"}
    made = await (await stranger.post(f"{HERE}/{clinic.hospital}/visits", sent, headers=key)).json()
    query = select(guardian.c.email, guardian.c.language).join(visit, visit.c.guardian == guardian.c.id)
    row = await house.server.database.read(lambda t: t.execute(query.where(visit.c.id == made["visit"])))
    assert tuple(row.one()) == (kept, "en")


async def test_sent_again_it_is_answered_again_and_books_once(house: House, clinic: Clinic, stranger: Browser) -> None:
    sent = await body(stranger, clinic)
    first, again = await booked(stranger, clinic, sent), await booked(stranger, clinic, sent)
    assert await first.json() == await again.json()
    assert (first.headers.get("Idempotent-Replayed"), again.headers.get("Idempotent-Replayed")) == (None, "true")
    assert await rows(house, public_booking) == 1


async def test_two_taps_at_once_book_once(house: House, clinic: Clinic, stranger: Browser) -> None:
    before, sent = await rows(house, visit), await body(stranger, clinic)
    answers = await asyncio.gather(*(booked(stranger, clinic, sent) for _ in range(2)))
    assert [answer.status for answer in answers] == [201, 201]
    assert await answers[0].json() == await answers[1].json()
    assert await rows(house, visit) == before + 1


async def test_the_same_key_is_not_good_for_something_else(clinic: Clinic, stranger: Browser) -> None:
    await booked(stranger, clinic, await body(stranger, clinic))
    other = await booked(stranger, clinic, await body(stranger, clinic, guardian_name="别人"))
    assert (other.status, await stranger.problem(other)) == (422, "idempotency_mismatch")


async def test_a_link_that_the_desk_replaced_is_not_told_again(house: House, clinic: Clinic, stranger: Browser) -> None:
    sent = await body(stranger, clinic)
    made = await (await booked(stranger, clinic, sent)).json()
    await house.server.app[HOUSE].links.issue(made["visit"], house.clock(), house.clock() + 60)
    again = await (await booked(stranger, clinic, sent)).json()
    assert (again["link"], again["qr"], again["link_expires_at"]) == (None, None, None)


@pytest.mark.parametrize("key", ["", "short", "k" * 129, "k" * 40 + "!!!"])
async def test_a_booking_needs_a_key_that_nobody_guesses(clinic: Clinic, stranger: Browser, key: str) -> None:
    answer = await booked(stranger, clinic, await body(stranger, clinic), key)
    assert await stranger.problem(answer) == "idempotency_key_required"


async def test_a_slot_taken_meanwhile_is_refused_explained_counted_and_leaves_nothing(
    house: House, clinic: Clinic, stranger: Browser
) -> None:
    await booked(stranger, clinic, await body(stranger, clinic))
    before = await rows(house, child)
    late = await booked(stranger, clinic, await body(stranger, clinic, child_name="别的孩子"), "l" * 43)
    problem = await late.json()
    assert (late.status, [each["code"] for each in problem["reasons"]]) == (409, ["slot_taken", "physician_busy"])
    assert await counted(house, clinic.hospital) == {"slot_taken": 1, "physician_busy": 1}
    assert await rows(house, child) == before
    other = await booked(stranger, clinic, await body(stranger, clinic, 1, child_name="别的孩子"), "l" * 43)
    assert other.status == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"now": ["convulsing"]}, "needs_emergency_care"),
        ({"intimate": True}, "needs_in_person_care"),
        ({"concern": "skin"}, "field_not_routed"),
    ],
)
async def test_where_the_answers_lead_elsewhere_nothing_is_booked(
    house: House, clinic: Clinic, stranger: Browser, change: dict[str, Any], code: str
) -> None:
    before = await rows(house, visit)
    answer = await booked(stranger, clinic, await body(stranger, clinic, answers=FINE | change))
    assert (answer.status, await stranger.problem(answer)) == (409, code)
    assert await counted(house, clinic.hospital) == {code: 1}
    assert await rows(house, visit) == before


async def test_questions_left_open_book_nothing(clinic: Clinic, stranger: Browser) -> None:
    for sent in (await body(stranger, clinic) | {"complete": False}, await body(stranger, clinic, answers={"now": ["none"]})):
        assert (await booked(stranger, clinic, sent)).status in (400, 422)


async def test_what_will_not_do_is_told_field_by_field(clinic: Clinic, stranger: Browser) -> None:
    wrong = {"child_name": "", "birth_date": "2031-02-30", "phone": "12345678901", "relation": "aunt", "guardian_name": "1234"}
    wrong |= {"email": "chen@"}
    answer = await booked(stranger, clinic, await body(stranger, clinic, **wrong))
    errors = (await answer.json())["errors"]
    assert answer.status == 422
    assert [(each["pointer"], each["code"]) for each in errors] == [
        ("#/child_name", "required"),
        ("#/birth_date", "not_a_day"),
        ("#/guardian_name", "not_a_name"),
        ("#/relation", "not_a_choice"),
        ("#/phone", "not_a_phone"),
        ("#/email", "not_an_email"),
    ]


async def test_a_hospitals_limits_hold_for_families_too(house: House, clinic: Clinic, stranger: Browser) -> None:
    await house.server.database.write(limits.set_limits(clinic.hospital, Limits(oldest_years=3, public_booking=True)))
    answer = await booked(stranger, clinic, await body(stranger, clinic))
    assert await stranger.problem(answer) == "age_outside_limits"
    assert await counted(house, clinic.hospital) == {"age_outside_limits": 1}


async def test_a_child_who_is_grown_up_is_refused_at_the_form_and_counted(
    house: House, clinic: Clinic, stranger: Browser
) -> None:
    answer = await booked(stranger, clinic, await body(stranger, clinic, birth_date="1990-01-01"))
    assert (answer.status, [each["code"] for each in (await answer.json())["errors"]]) == (422, ["grown_up"])
    assert await counted(house, clinic.hospital) == {"child_too_old": 1}


async def test_a_family_that_is_known_is_answered_like_any_other(house: House, clinic: Clinic, stranger: Browser) -> None:
    known = (
        Child("known", clinic.hospital, DETAILS["child_name"], DETAILS["sex"], DETAILS["birth_date"]),
        Guardian("known", clinic.hospital, DETAILS["guardian_name"], DETAILS["phone"]),
        Relation("known", "known", "mother", "birth_certificate"),
    )
    await house.server.database.write(add(*known))
    first = await (await booked(stranger, clinic, await body(stranger, clinic))).json()
    unknown = await (await booked(stranger, clinic, await body(stranger, clinic, 1, phone="13700000000"), "u" * 43)).json()
    for own in ("visit", "link", "qr", "starts_at", "ends_at", "link_expires_at"):
        assert first.pop(own)
        assert unknown.pop(own)
    assert first == unknown
    assert "known" not in json.dumps(first)


async def test_another_hospitals_slot_is_not_there(house: House, clinic: Clinic, stranger: Browser) -> None:
    other = await open_clinic(house.server.database, house.clock(), "2")
    answer = await booked(stranger, clinic, await body(stranger, clinic) | {"slot": other.slots[0]})
    unknown = await booked(stranger, clinic, await body(stranger, clinic) | {"slot": "\0"})
    assert (answer.status, await answer.json()) == (unknown.status, await unknown.json()) == (404, await unknown.json())
    assert await stranger.problem(unknown) == "slot_unknown"


async def test_bookings_of_an_address_are_counted_the_good_ones_too(
    monkeypatch: pytest.MonkeyPatch, clinic: Clinic, stranger: Browser
) -> None:
    monkeypatch.setattr(book_routes, "BOOKINGS_PER_ADDRESS", book_routes.Window(2, 3600.0))
    for nth, key in ((0, "a" * 43), (1, "b" * 43)):
        assert (await booked(stranger, clinic, await body(stranger, clinic, nth), key)).status == 201
    last = await booked(stranger, clinic, await body(stranger, clinic, 2), "c" * 43)
    assert (last.status, await stranger.problem(last)) == (429, "too_many_attempts")
    assert int(last.headers["Retry-After"]) > 0


async def test_bookings_of_a_number_are_counted_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch, clinic: Clinic, stranger: Browser
) -> None:
    monkeypatch.setattr(book_routes, "BOOKINGS_PER_NUMBER", book_routes.Window(2, 3600.0))
    for nth, phone in enumerate(("13912345678", "+8613912345678")):
        assert (await booked(stranger, clinic, await body(stranger, clinic, nth, phone=phone), f"{nth}" * 43)).status == 201
    third = await booked(stranger, clinic, await body(stranger, clinic, 2, phone="139 1234 5678"), "c" * 43)
    assert (third.status, await stranger.problem(third)) == (429, "too_many_attempts")
    other = await booked(stranger, clinic, await body(stranger, clinic, 2, phone="13700000000"), "c" * 43)
    assert other.status == 201


async def test_a_number_has_so_many_visits_to_come_that_nobody_has_looked_at(
    house: House, clinic: Clinic, stranger: Browser
) -> None:
    """Those of a family that the hospital knows are no part of it: whether there are any, nobody is told."""
    known = (
        Child("known", clinic.hospital, "陈大雨", "male", "2017-06-01"),
        Guardian("known", clinic.hospital, "陈静", DETAILS["phone"]),
        Relation("known", "known", "mother", "birth_certificate"),
    )
    await house.server.database.write(add(*known, clinic.visit("known", 5, child="known", guardian="known")))
    for nth in range(MOST_OPEN):
        answer = await booked(stranger, clinic, await body(stranger, clinic, nth), f"{nth}" * 43)
        assert answer.status == 201
    before, more = await rows(house, child), await body(stranger, clinic, MOST_OPEN, phone="+8613912345678")
    refused = await booked(stranger, clinic, more, "m" * 43)
    assert (refused.status, await stranger.problem(refused)) == (409, "too_many_open")
    assert (await rows(house, child), await counted(house, clinic.hospital)) == (before, {"too_many_open": 1})

    async def look(transaction: Any) -> None:
        query = select(visit.c.guardian).where(visit.c.id == (await answer.json())["visit"]).scalar_subquery()
        await transaction.execute(update(relation).where(relation.c.guardian == query).values(proof="other"))

    await house.server.database.write(look)
    assert (await booked(stranger, clinic, more, "m" * 43)).status == 201


async def test_who_may_not_see_children_hides_nobody_who_may(
    house: House, clinic: Clinic, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_booking, "MOST_SPECIALISTS", 1)
    sooner = await open_clinic(house.server.database, house.clock() - 3600, "2", clinic.hospital)
    lapse = update(staff).where(staff.c.id == sooner.physician).values(whitelisted=False)
    await house.server.database.write(lambda t: t.execute(lapse))
    answer = await (await stranger.get(f"{HERE}/{clinic.hospital}/specialists?field=growth")).json()
    assert [each["id"] for each in answer["specialists"]] == [clinic.physician]


async def test_whoever_asks_too_fast_is_told_when_to_come_back(house: House, clinic: Clinic, stranger: Browser) -> None:
    house.server.app._state[book_routes.PACE] = Pace(1, 0.1)
    assert (await stranger.get(HERE)).status == 200
    answer = await stranger.get(HERE)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")


async def test_days_come_whole_from_the_day_that_is_asked_for(clinic: Clinic, stranger: Browser, house: House) -> None:
    everything = await slots(stranger, clinic)
    assert len(everything["slots"]) == 6
    later = await slots(stranger, clinic, **{"from": day_of(house.clock() + 5 * 86_400).isoformat()})
    assert later == {"slots": [], "next": None}
    wrong = {"field": "growth", "from": "soon"}
    assert (await stranger.get(f"{HERE}/{clinic.hospital}/slots", params=wrong)).status == 400
