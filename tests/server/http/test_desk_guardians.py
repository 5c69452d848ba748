"""Several guardians at the desk: seen, added from the register or newly registered, given a link, removed before the visit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest

from server import events as ev
from server.access import RECORDS_OPEN_S
from server.booking.limits import Limits
from server.http.house import HOUSE
from server.journal import Journal
from server.store import guardians, limits
from server.store.guardians import MOST, MOST_EVER
from server.store.visits import Guardian, Relation, add
from signaling.seats import Role
from tests.server.http.conftest import Browser, House
from tests.server.http.desk_kit import MOTHER, NEW_GUARDIAN, RELATION, Desk, mother_comes, mother_known, new_key, open_desk

NEW = {"new_guardian": NEW_GUARDIAN, "relation": RELATION}

AGREED = (ev.ChildConfirmed(), *(ev.ConsentGiven(kind, "1", "zh", "aa") for kind in ("consultation", "recording")))


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    opened = await open_desk(house)
    yield opened
    await opened.page.client.close()


@pytest.fixture
async def visit(desk: Desk) -> str:
    return str((await desk.book())["visit"])


async def added(desk: Desk, visit: str, body: object, **options: Any) -> Any:
    answer = await desk.post(f"/visits/{visit}/guardians", body, **({"headers": new_key()} | options))
    assert answer.status == 201, await answer.text()
    return await answer.json()


async def wrong(desk: Desk, visit: str, body: object) -> str:
    return await desk.problem(f"/visits/{visit}/guardians", body, headers=new_key())


async def noted(desk: Desk, visit: str) -> list[ev.Event]:
    return [event for event, _ in await Journal(desk.house.server.database).replay(visit)]


async def opens(desk: Desk, link: str) -> Browser:
    """A phone that has redeemed it."""
    phone = desk.house.client()
    assert (await phone.post("/api/join", {"token": link.rsplit("/", 1)[1]})).status == 200
    return phone


async def test_of_the_childs_guardians_those_can_be_added_who_may_come(desk: Desk, visit: str) -> None:
    none = await desk.get(f"/visits/{visit}/guardians")
    assert (none["guardians"], none["others"], none["most"]) == ([], [], MOST)
    await mother_known(desk)
    said = Guardian("said", desk.clinic.hospital, "周明", "13700000000")
    await desk.house.server.database.write(add(said, Relation("said", desk.clinic.child, "father", "declared")))
    (other,) = (await desk.get(f"/visits/{visit}/guardians"))["others"]
    assert other == {
        "guardian": {"id": MOTHER, "name": "韩梅梅", "phone": "138****0002"},
        "relation": {"kind": "mother", "proof": "birth_certificate"},
    }


async def test_who_is_added_has_a_link_of_their_own_and_stands_in_the_journal(desk: Desk, visit: str) -> None:
    told = await mother_comes(desk, visit)
    assert (told["visit"], told["guardian"]) == (visit, MOTHER)
    assert unquote(told["qr"]).startswith("<svg ")
    given = await desk.get(f"/visits/{visit}/guardians")
    assert given["others"] == []
    (line,) = given["guardians"]
    assert (line["guardian"]["phone"], line["link"]["redeemed_at"]) == ("138****0002", None)
    assert await noted(desk, visit) == [ev.GuardianAdded(MOTHER, f"staff/staff-desk-of-{desk.clinic.hospital}")]
    phone = await opens(desk, told["link"])
    assert (await (await phone.get(f"/api/visits/{visit}")).json())["visit"]["guardian"] == "韩*梅"
    assert (await desk.get(f"/visits/{visit}/guardians"))["guardians"][0]["link"]["redeemed_at"] is not None
    assert (await desk.get(f"/visits/{visit}"))["link"]["redeemed_at"] is None, "the booked guardian's is another"
    await phone.client.close()


async def test_somebody_new_is_registered_with_relation_and_proof_and_sent_again_is_added_once(desk: Desk, visit: str) -> None:
    key = new_key()
    first = await added(desk, visit, NEW, headers=key)
    again = await added(desk, visit, NEW, headers=key)
    assert again == first | {"link": None, "qr": None}
    (line,) = (await desk.get(f"/visits/{visit}/guardians"))["guardians"]
    assert (line["guardian"]["id"], line["guardian"]["name"], line["relation"]) == (first["guardian"], "钱多", RELATION)
    found = (await (await desk.post("/families", {"text": "钱多"})).json())["families"]
    assert len(found) == 1


async def test_somebody_whom_the_register_knows_is_related_as_they_are_added(desk: Desk, visit: str) -> None:
    aunt = Guardian("aunt", desk.clinic.hospital, "周静", "13700000000")
    await desk.house.server.database.write(add(aunt))
    assert await wrong(desk, visit, {"guardian": "aunt"}) == "invalid"
    related = {"guardian": "aunt", "relation": {"kind": "legal_guardian", "proof": "court_order"}}
    assert (await added(desk, visit, related))["guardian"] == "aunt"


async def test_whoever_may_not_come_is_neither_added_nor_registered(desk: Desk, visit: str) -> None:
    await desk.house.server.database.write(limits.set_limits(desk.clinic.hospital, Limits(proofs=("court_order",))))
    delegated = NEW | {"relation": {"kind": "delegated", "proof": "written_delegation"}}
    for body in ({}, NEW | {"guardian": MOTHER}, {"new_guardian": NEW_GUARDIAN}, NEW, delegated, {"guardian": "0" * 32}):
        assert await wrong(desk, visit, body) == "invalid"
    assert await wrong(desk, visit, {"guardian": desk.other.guardian}) == "invalid"
    assert (await (await desk.post("/families", {"text": "钱多"})).json())["families"] == []
    assert await noted(desk, visit) == []


async def test_another_hospitals_visit_takes_nobody(desk: Desk, visit: str) -> None:
    foreign = "0" * 32
    assert await wrong(desk, foreign, NEW) == "not_found"
    for path in (f"/visits/{visit}/guardians/{MOTHER}/link", f"/visits/{visit}/guardians/{MOTHER}/remove"):
        assert await desk.problem(path) == "not_found"


async def test_a_new_link_shuts_out_that_guardians_former_one_and_nobody_elses(desk: Desk, visit: str) -> None:
    first = await mother_comes(desk, visit)
    hers = await opens(desk, first["link"])
    booked = await opens(desk, (await (await desk.post(f"/visits/{visit}/link")).json())["link"])
    answer = await desk.post(f"/visits/{visit}/guardians/{MOTHER}/link")
    told = await answer.json()
    assert (answer.status, told["guardian"], told["link"] == first["link"]) == (200, MOTHER, False)
    assert [(await phone.get(f"/api/visits/{visit}")).status for phone in (hers, booked)] == [404, 200]
    staff = f"staff/staff-desk-of-{desk.clinic.hospital}"
    assert await noted(desk, visit) == [ev.GuardianAdded(MOTHER, staff), ev.LinkMade("", staff), ev.LinkMade(MOTHER, staff)]
    for phone in (hers, booked):
        await phone.client.close()


async def test_who_is_removed_is_shut_out_and_can_be_added_again(desk: Desk, visit: str) -> None:
    phone = await opens(desk, (await mother_comes(desk, visit))["link"])
    await phone.post(f"/api/visits/{visit}/child", {"confirmed": True})
    left = await (await desk.post(f"/visits/{visit}/guardians/{MOTHER}/remove")).json()
    assert (left["guardians"], [each["guardian"]["id"] for each in left["others"]]) == ([], [MOTHER])
    assert (await phone.get(f"/api/visits/{visit}")).status == 404
    assert await desk.problem(f"/visits/{visit}/guardians/{MOTHER}/remove") == "not_found"
    told = await added(desk, visit, {"guardian": MOTHER})
    again = await opens(desk, told["link"])
    assert (await (await again.get(f"/api/visits/{visit}")).json())["child_confirmed"] is False
    staff = f"staff/staff-desk-of-{desk.clinic.hospital}"
    assert await noted(desk, visit) == [
        ev.GuardianAdded(MOTHER, staff),
        ev.ChildConfirmed(MOTHER),
        ev.GuardianRemoved(MOTHER, staff),
        ev.GuardianAdded(MOTHER, staff),
    ]
    names = await guardians.names(desk.house.server.database, visit)
    assert names == {MOTHER: "韩*梅"}
    for browser in (phone, again):
        await browser.client.close()


async def test_nobody_is_removed_once_somebody_was_admitted_or_it_is_over(desk: Desk, visit: str) -> None:
    await mother_comes(desk, visit)
    rooms = desk.house.server.app[HOUSE].consultations
    for said in (*AGREED, ev.SeatTaken(Role.GUARDIAN, 1), ev.SeatTaken(Role.PHYSICIAN, 1), ev.Admitted()):
        await rooms.from_outside(visit, said)
    assert await desk.problem(f"/visits/{visit}/guardians/{MOTHER}/remove") == "visit_under_way"
    assert (await desk.post(f"/visits/{visit}/guardians/{MOTHER}/link")).status == 200
    await rooms.from_outside(visit, ev.ConsentWithdrawn("recording"))
    assert await desk.problem(f"/visits/{visit}/guardians/{MOTHER}/remove") == "session_ended"
    assert await wrong(desk, visit, NEW) == "session_ended"


async def test_a_guardian_of_the_visit_is_given_a_link_to_what_is_left_of_it_and_one_day_no_more(
    desk: Desk, visit: str
) -> None:
    await mother_comes(desk, visit)
    await desk.house.server.app[HOUSE].consultations.from_outside(visit, ev.VisitCancelled("hospital"))
    whose = (f"/visits/{visit}/link", f"/visits/{visit}/guardians/{MOTHER}/link")
    phones = [await opens(desk, (await (await desk.post(path)).json())["link"]) for path in whose]
    for phone in phones:
        await phone.post(f"/api/visits/{visit}/child", {"confirmed": True})
        assert (await phone.get(f"/api/visits/{visit}/summary")).status == 200
    desk.house.clock.ahead_s = RECORDS_OPEN_S + 60
    await desk.sign_in()
    assert [await desk.problem(path) for path in whose] == ["session_ended", "session_ended"]
    for phone in phones:
        await phone.client.close()


async def test_there_is_an_end_to_changing_who_may_come(desk: Desk, visit: str) -> None:
    database = desk.house.server.database
    for n in range(MOST_EVER):
        await database.write(add(Guardian(f"g{n}", desk.clinic.hospital, "周", "13700000000")))
        await database.write(add(Relation(f"g{n}", desk.clinic.child, "legal_guardian", "court_order")))
        await database.write(lambda transaction, n=n: guardians.add(transaction, visit, f"g{n}", 0.0))  # type: ignore[misc]
        await database.write(guardians.remove(visit, f"g{n}", 1.0))
    assert await wrong(desk, visit, NEW) == "invalid"
    assert (await added(desk, visit, {"guardian": "g0"}))["guardian"] == "g0", "who came before is no further change"
