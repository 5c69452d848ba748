"""A hospital's system books a visit and does with it what may be done; what may not is refused, explained and counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from server.access import RECORDS_OPEN_S
from server.booking.limits import Limits
from server.calendar import day_of
from server.event_records import to_record
from server.events import GuardianAdded, GuardianRemoved, LinkMade
from server.http.v1.api import OPERATIONS
from server.journal import Journal
from server.store import limits, visits
from server.store.guardians import MOST
from server.store.tables import api_key, join_link, staff
from tests.server.booking_kit import Clinic, told
from tests.server.http.v1.examples.clinic import another_guardian, begun, booked, clinic
from tests.server.http.v1.kit import Asked, Client, Place

BY_NAME = {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
async def there(place: Place) -> Clinic:
    return await clinic(place)


async def ask(system: Client, name: str, asked: Asked, status: int, **headers: str) -> Any:
    answer = await system.ask(BY_NAME[name], asked, headers=headers)
    document = await answer.json()
    assert answer.status == status, document
    return document


def wish(there: Clinic, nth: int = 0, **changes: str) -> Asked:
    return Asked(body={"slot": there.slots[nth], "child": there.child, "guardian": there.guardian, **changes})


def at(visit: str, body: Any = None, revision: int | None = None) -> Asked:
    return Asked(path={"visit": visit}, body=body, revision=revision)


async def free(system: Client) -> list[str]:
    return [slot["id"] for slot in (await system.get("/slots"))["items"]]


async def counted(place: Place) -> list[tuple[str, int]]:
    today = day_of(place.house.clock())
    found = await place.house.server.database.read(lambda t: limits.counts_by_place(t, place.hospital, today, today))
    assert {each.place for each in found} <= {"api"}
    return [(each.code, each.count) for each in found]


async def test_a_booked_visit_has_a_link_that_the_family_can_open(place: Place, there: Clinic, system: Client) -> None:
    made = await ask(system, "book_visit", wish(there, 1, kind="advice"), 201)
    assert (made["kind"], made["state"], made["slot"], made["department"]) == (
        "advice",
        "waiting",
        there.slots[1],
        there.department,
    )
    browser = place.house.client()
    token = made["link"].rsplit("/", 1)[1]
    joined = await (await browser.post("/api/join", {"token": token})).json()
    assert joined["visit"] == made["id"]
    assert made["id"] in [each["id"] for each in (await system.get("/visits"))["items"]]
    assert await free(system) == [slot for slot in there.slots if slot != there.slots[1]]
    assert [kind for kind, _ in await told(place.house.server.database, made["id"])] == ["visit.booked"]
    await browser.client.close()


async def test_a_booking_that_is_sent_again_books_once_and_tells_the_link_once(there: Clinic, system: Client) -> None:
    key = {"Idempotency-Key": "the-same"}
    first = await ask(system, "book_visit", wish(there), 201, **key)
    again = await ask(system, "book_visit", wish(there), 201, **key)
    assert (again["id"], again["link"]) == (first["id"], None)
    assert len((await system.get("/visits"))["items"]) == 1


async def test_of_two_that_want_one_slot_at_once_one_is_told_that_it_is_taken(
    place: Place, there: Clinic, system: Client
) -> None:
    body = {"name": "李小红", "sex": "female", "birth_date": "2019-01-01"}
    child = (await ask(system, "add_child", Asked(body=body), 201))["id"]
    relation = {"guardian": there.guardian, "kind": "father", "proof": "birth_certificate"}
    await ask(system, "add_relation", Asked(path={"child": child}, body=relation), 201)
    wishes = [wish(there), wish(there, child=child)]
    answers = await asyncio.gather(*(system.ask(BY_NAME["book_visit"], each) for each in wishes))
    assert sorted(answer.status for answer in answers) == [201, 409]
    (refused,) = [await answer.json() for answer in answers if answer.status == 409]
    assert refused["code"] == "slot_taken"
    assert ("slot_taken", 1) in await counted(place)


async def test_every_reason_is_told_in_the_readers_language_and_counted(place: Place, there: Clinic, system: Client) -> None:
    await place.write(lambda t: t.execute(update(staff).where(staff.c.id == there.physician).values(whitelisted=False)))
    await place.write(limits.set_limits(place.hospital, Limits(oldest_years=5)))
    for language, said in (("zh", "医师不在医院的线上首诊名单内。"), ("en", "The physician is not on the hospital's list")):
        refused = await ask(system, "book_visit", wish(there), 409, **{"Accept-Language": language})
        assert refused["code"] == "not_whitelisted"
        assert [reason["code"] for reason in refused["reasons"]] == ["not_whitelisted", "age_outside_limits"]
        assert refused["reasons"][0]["detail"].startswith(said)
    assert await counted(place) == [("age_outside_limits", 2), ("not_whitelisted", 2)]
    assert (await system.get("/visits"))["items"] == []


async def test_what_is_another_hospitals_is_unknown(place: Place, there: Clinic, elsewhere: Place, system: Client) -> None:
    theirs = await clinic(elsewhere)
    wrong = {"slot": theirs.slots[0], "child": theirs.child, "guardian": theirs.guardian}
    refused = await ask(system, "book_visit", Asked(body=wrong), 422)
    unknown = await ask(system, "book_visit", Asked(body=dict.fromkeys(wrong, "nothing")), 422)
    assert refused == unknown
    assert [error["pointer"] for error in refused["errors"]] == ["#/slot", "#/child", "#/guardian"]
    visit = await booked(place, there)
    moved = await ask(system, "move_visit", at(visit, {"slot": theirs.slots[0]}, 1), 422)
    assert [error["pointer"] for error in moved["errors"]] == ["#/slot"]


async def test_a_move_frees_one_slot_takes_another_and_the_link_lasts_until_then(
    place: Place, there: Clinic, system: Client
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    early = place.house.clock() + 60
    await place.write(lambda t: t.execute(update(join_link).where(join_link.c.visit == made["id"]).values(expires_at=early)))
    moved = await ask(system, "move_visit", at(made["id"], {"slot": there.slots[5]}, 1), 200)
    assert (moved["slot"], moved["starts_at"]) == (there.slots[5], (await slots_time(system, made, moved)))
    assert await free(system) == list(there.slots[:5])
    expiries = await place.write(lambda t: t.scalars(join_link.select().with_only_columns(join_link.c.expires_at)))
    assert place.house.clock() + 86_400 < max(expiries)
    kinds = [kind for kind, _ in await told(place.house.server.database, made["id"])]
    assert kinds == ["visit.booked", "visit.moved"]
    await ask(system, "move_visit", at(made["id"], {"slot": there.slots[0]}, 1), 412)
    await ask(system, "move_visit", at(made["id"], {"slot": there.slots[0]}, 2), 200)


async def slots_time(system: Client, made: Any, moved: Any) -> str:
    """What the visit itself says by now."""
    read = await system.get(f"/visits/{made['id']}")
    assert read["ends_at"] == moved["ends_at"] > made["ends_at"]
    return str(read["starts_at"])


async def test_a_move_into_a_taken_slot_changes_nothing(place: Place, there: Clinic, system: Client) -> None:
    first, second = await booked(place, there), await booked_for_another(place, there, system)
    refused = await ask(system, "move_visit", at(first, {"slot": there.slots[1]}, 1), 409)
    assert {reason["code"] for reason in refused["reasons"]} == {"slot_taken", "physician_busy"}
    assert (await system.get(f"/visits/{first}"))["slot"] == there.slots[0]
    assert (await system.get(f"/visits/{second}"))["slot"] == there.slots[1]
    assert [kind for kind, _ in await told(place.house.server.database, first)] == ["visit.booked"]


async def booked_for_another(place: Place, there: Clinic, system: Client) -> str:
    body = {"name": "李小红", "sex": "female", "birth_date": "2019-01-01"}
    child = (await ask(system, "add_child", Asked(body=body), 201))["id"]
    relation = {"guardian": there.guardian, "kind": "father", "proof": "other"}
    await ask(system, "add_relation", Asked(path={"child": child}, body=relation), 201)
    return str((await ask(system, "book_visit", wish(there, 1, child=child), 201))["id"])


async def test_a_visit_moves_to_its_own_physician_only(place: Place, there: Clinic, system: Client) -> None:
    other = await clinic(place)
    refused = await ask(system, "move_visit", at(await booked(place, there), {"slot": other.slots[0]}, 1), 409)
    assert refused["code"] == "slot_elsewhere"


async def test_a_visit_that_was_called_off_is_over_for_everybody(place: Place, there: Clinic, system: Client) -> None:
    visit = await booked(place, there)
    for _ in range(2):
        over = await ask(system, "cancel_visit", at(visit, {"reason": "family"}), 200)
        assert (over["state"], over["outcome"]) == ("ended", "cancelled")
    assert await free(system) == list(there.slots)
    assert (await ask(system, "move_visit", at(visit, {"slot": there.slots[1]}, 2), 409))["code"] == "session_ended"
    told_of_it = await told(place.house.server.database, visit)
    assert [(kind, data) for kind, data in told_of_it if kind == "visit.cancelled"] == [
        ("visit.cancelled", '{"reason": "family"}')
    ]


async def test_nobody_is_late_before_the_time(place: Place, there: Clinic, system: Client) -> None:
    ahead, now = await booked(place, there), await begun(place, there)
    assert (await ask(system, "mark_no_show", at(ahead), 409))["code"] == "too_early"
    over = await ask(system, "mark_no_show", at(now), 200)
    assert (over["state"], over["outcome"], over["slot"], over["department"]) == ("ended", "no_show", None, None)
    assert "visit.no_show" in [kind for kind, _ in await told(place.house.server.database, now)]


async def test_a_new_link_shuts_the_former_one_out(place: Place, there: Clinic, system: Client) -> None:
    first = await ask(system, "book_visit", wish(there), 201)
    second = await ask(system, "make_link", at(first["id"]), 200)
    browser = place.house.client()
    for link, status in ((first["link"], 410), (second["link"], 200)):
        assert (await browser.post("/api/join", {"token": link.rsplit("/", 1)[1]})).status == status
    await browser.client.close()


async def test_after_the_end_links_are_made_to_what_is_left_and_one_day_no_more(
    place: Place, there: Clinic, system: Client
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    mother = await another_guardian(place, there)
    await ask(system, "add_visit_guardian", at(made["id"], {"guardian": mother}), 200)
    over = visits.Snapshot("ended", "completed", ended_at=place.house.clock())
    await place.write(visits.snapshot(made["id"], over))
    hers = at(made["id"], {"guardian": mother})
    links = [await ask(system, "make_link", at(made["id"]), 200), await ask(system, "add_visit_guardian", hers, 200)]
    browser = place.house.client()
    answers = [await browser.post("/api/join", {"token": each["link"].rsplit("/", 1)[1]}) for each in links]
    assert [answer.status for answer in answers] == [200, 200]
    now = place.house.clock()
    closed = visits.Snapshot("ended", "completed", ended_at=now - RECORDS_OPEN_S)
    await place.write(visits.snapshot(made["id"], closed))
    for name, asked in (("make_link", at(made["id"])), ("add_visit_guardian", hers)):
        assert (await ask(system, name, asked, 409))["code"] == "session_ended"
    await browser.client.close()


async def test_a_list_is_of_the_time_the_physician_and_the_child_that_are_asked_for(
    place: Place, there: Clinic, system: Client
) -> None:
    visit = await booked(place, there)
    starts_at = (await system.get(f"/visits/{visit}"))["starts_at"]
    for query, found in (
        ({"since": starts_at}, [visit]),
        ({"until": starts_at}, []),
        ({"child": there.child}, [visit]),
        ({"physician": there.guardian}, []),
        ({"state": "waiting"}, [visit]),
        ({"state": "ended"}, []),
    ):
        assert [each["id"] for each in (await system.get("/visits", **query))["items"]] == found


async def test_a_second_guardian_gets_an_own_link_that_shuts_nobody_out(place: Place, there: Clinic, system: Client) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    mother = await another_guardian(place, there)
    first = await ask(system, "add_visit_guardian", at(made["id"], {"guardian": mother}), 200)
    second = await ask(system, "add_visit_guardian", at(made["id"], {"guardian": mother}), 200)
    assert (second["guardian"], second["link"] == first["link"]) == (mother, False)
    browser = place.house.client()
    answers = [await browser.post("/api/join", {"token": each["link"].rsplit("/", 1)[1]}) for each in (first, second, made)]
    assert [answer.status for answer in answers] == [410, 200, 200]
    await browser.client.close()


@pytest.mark.parametrize(
    ("kind", "proof"), [("delegated", "written_delegation"), ("mother", "declared")], ids=["delegated", "unproven"]
)
async def test_a_second_guardian_is_one_whose_relation_was_proven(
    place: Place, there: Clinic, system: Client, kind: str, proof: str
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    other = await another_guardian(place, there, kind, proof)
    refused = await ask(system, "add_visit_guardian", at(made["id"], {"guardian": other}), 422)
    assert [each["pointer"] for each in refused["errors"]] == ["#/guardian"]


async def test_neither_the_booked_guardian_nor_a_stranger_nor_a_fifth_is_added(
    place: Place, there: Clinic, system: Client
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    stranger = {"name": "陌生人", "phone": "13800000003"}
    unrelated = (await ask(system, "add_guardian", Asked(body=stranger), 201))["id"]
    for other in (there.guardian, unrelated, "0" * 32):
        await ask(system, "add_visit_guardian", at(made["id"], {"guardian": other}), 422)
    for _ in range(MOST):
        await ask(system, "add_visit_guardian", at(made["id"], {"guardian": await another_guardian(place, there)}), 200)
    await ask(system, "add_visit_guardian", at(made["id"], {"guardian": await another_guardian(place, there)}), 422)


async def test_no_guardian_is_added_to_a_visit_that_ended(place: Place, there: Clinic, system: Client) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    await ask(system, "cancel_visit", at(made["id"], {"reason": "family"}), 200)
    wanted = at(made["id"], {"guardian": await another_guardian(place, there)})
    assert (await ask(system, "add_visit_guardian", wanted, 409))["code"] == "session_ended"


async def test_who_may_come_is_listed_and_removed_again_by_the_hospitals_system(
    place: Place, there: Clinic, system: Client
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    mother = await another_guardian(place, there)
    await ask(system, "add_visit_guardian", at(made["id"], {"guardian": mother}), 200)
    listed = await ask(system, "list_visit_guardians", at(made["id"]), 200)
    assert listed["guardians"] == [{"guardian": mother, "kind": "mother", "proof": "household_register"}]
    hers = Asked(path={"visit": made["id"], "guardian": mother})
    assert (await ask(system, "remove_visit_guardian", hers, 200))["guardians"] == []
    assert (await ask(system, "remove_visit_guardian", hers, 404))["code"] == "not_found"
    events = [event for event, _ in await Journal(place.house.server.database).replay(made["id"])]
    key = await the_key(place)
    assert events == [GuardianAdded(mother, key), GuardianRemoved(mother, key)]


async def the_key(place: Place) -> str:
    """The one that the hospital's system uses, as the journal names it."""
    ids = await place.house.server.database.read(
        lambda transaction: transaction.scalars(select(api_key.c.id).where(api_key.c.hospital == place.hospital))
    )
    (id,) = ids
    return f"key/{id}"


async def test_which_key_moved_linked_and_called_off_stands_in_the_visits_journal(
    place: Place, there: Clinic, system: Client
) -> None:
    made = await ask(system, "book_visit", wish(there), 201)
    mother = await another_guardian(place, there)
    moved = Asked(path={"visit": made["id"]}, body={"slot": there.slots[2]}, revision=1)
    await ask(system, "move_visit", moved, 200)
    await ask(system, "make_link", at(made["id"]), 200)
    for _ in range(2):
        await ask(system, "add_visit_guardian", at(made["id"], {"guardian": mother}), 200)
    await ask(system, "cancel_visit", at(made["id"], {"reason": "hospital"}), 200)
    await ask(system, "make_link", at(made["id"]), 200)
    events = [event for event, _ in await Journal(place.house.server.database).replay(made["id"])]
    key = await the_key(place)
    assert [event.type for event in events] == [
        "visit_moved", "link_made", "guardian_added", "link_made", "visit_cancelled", "link_made",
    ]  # fmt: skip
    assert events[1::2] == [LinkMade("", key), LinkMade(mother, key), LinkMade("", key)]
    assert {to_record(event)["by"] for event in events} == {key}
