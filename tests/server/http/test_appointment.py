"""A family changes its own appointment through its own link, as far as the hospital lets families book, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert

from server.booking.limits import Limits
from server.events import VisitCancelled
from server.journal import Journal
from server.store import limits, schedules, visits
from server.store.schedules import Wanted
from server.store.tables import event
from server.store.visits import Snapshot
from tests.server.booking_kit import Clinic, told
from tests.server.http.conftest import Browser, House
from tests.server.http.test_book import body, booked, clinic

__all__ = ["clinic"]


@pytest.fixture
async def family(house: House, clinic: Clinic) -> AsyncIterator[Browser]:
    """Booked in the first slot, on a device of its own; ``visit`` is where it asks."""
    browser = house.client()
    made = await (await booked(browser, clinic, await body(browser, clinic))).json()
    await browser.post("/api/join", {"token": made["link"].rsplit("/", 1)[1]})
    browser.visit = made["visit"]  # type: ignore[attr-defined]
    await browser.post(f"/api/visits/{made['visit']}/child", {"confirmed": True})
    yield browser
    await browser.client.close()


def at(family: Browser, rest: str = "") -> str:
    return f"/api/visits/{family.visit}/appointment{rest}"  # type: ignore[attr-defined]


async def appointment(family: Browser) -> dict[str, Any]:
    return dict(await (await family.get(at(family))).json())


async def free(house: House, clinic: Clinic) -> list[str]:
    wanted = Wanted(house.clock(), house.clock() + 90 * 86_400)
    found = await house.server.database.read(lambda t: schedules.free_slots(t, clinic.hospital, wanted, None, 50))
    return [each.id for each in found]


async def test_a_family_moves_its_visit_to_another_free_time(house: House, clinic: Clinic, family: Browser) -> None:
    offered = (await (await family.get(at(family, "/slots"))).json())["slots"]
    assert [each["id"] for each in offered] == list(clinic.slots[1:])
    before = await appointment(family)
    answer = await family.post(at(family, "/move"), {"slot": clinic.slots[3], "revision": before["revision"]})
    now_is = await answer.json()
    assert (answer.status, now_is["slot"], now_is["starts_at"]) == (200, clinic.slots[3], offered[2]["starts_at"])
    assert clinic.slots[0] in await free(house, clinic)
    late = await family.post(at(family, "/move"), {"slot": clinic.slots[4], "revision": before["revision"]})
    assert (late.status, await family.problem(late)) == (412, "precondition_failed")


async def test_a_visit_is_called_off_once_however_often_its_family_says_so(
    house: House, clinic: Clinic, family: Browser
) -> None:
    assert (await appointment(family))["may"] == {"move": True, "cancel": True}
    for _ in range(2):
        answer = await (await family.post(at(family, "/cancel"))).json()
        assert (answer["state"], answer["outcome"], answer["may"]) == ("ended", "cancelled", {"move": False, "cancel": False})
    kinds = await told(house.server.database, family.visit)  # type: ignore[attr-defined]
    assert [(kind, "family" in data) for kind, data in kinds][1:] == [("visit.cancelled", True), ("visit.ended", False)]
    journal = await Journal(house.server.database).replay(family.visit)  # type: ignore[attr-defined]
    assert [event for event, _ in journal][1:] == [VisitCancelled("family", "family")]
    assert clinic.slots[0] in await free(house, clinic)
    gone = await family.post(at(family, "/move"), {"slot": clinic.slots[1], "revision": answer["revision"]})
    assert await family.problem(gone) == "session_ended"


async def test_a_taken_time_is_refused_and_counted_and_the_former_stays(house: House, clinic: Clinic, family: Browser) -> None:
    before = await appointment(family)
    assert (await booked(family, clinic, await body(family, clinic, 2), "o" * 43)).status == 201
    answer = await family.post(at(family, "/move"), {"slot": clinic.slots[2], "revision": before["revision"]})
    assert await family.problem(answer) == "slot_taken"
    assert await appointment(family) == before


async def test_what_began_by_text_or_admitted_the_family_is_moved_and_called_off_no_more(
    house: House, clinic: Clinic, family: Browser
) -> None:
    database, visit = house.server.database, family.visit  # type: ignore[attr-defined]
    before = await appointment(family)
    await database.write(visits.snapshot(visit, Snapshot("text")))
    by_text = await appointment(family)
    assert (by_text["state"], by_text["may"]) == ("text", {"move": False, "cancel": False})
    await database.write(visits.snapshot(visit, Snapshot("waiting")))
    assert (await appointment(family))["may"] == before["may"] == {"move": True, "cancel": True}
    row = {"session": visit, "n": 99, "at_us": 0, "type": "admitted", "record": "{}", "previous": "", "hash": ""}
    await database.write(lambda transaction: transaction.execute(insert(event).values(row)))
    assert (await appointment(family))["may"] == {"move": False, "cancel": False}


async def test_where_families_do_not_book_they_do_not_change_either(house: House, clinic: Clinic, family: Browser) -> None:
    await house.server.database.write(limits.set_limits(clinic.hospital, Limits()))
    known = await appointment(family)
    assert known["may"] == {"move": False, "cancel": False}
    assert (await (await family.get(at(family, "/slots"))).json())["slots"] == []
    for path, sent in (("/cancel", {}), ("/move", {"slot": clinic.slots[1], "revision": known["revision"]})):
        answer = await family.post(at(family, path), sent)
        assert (answer.status, await family.problem(answer)) == (403, "not_allowed")
    assert await appointment(family) == known


async def test_nobody_else_sees_or_changes_it(
    family: Browser, guardian: Browser, physician: Browser, stranger: Browser, clinic: Clinic
) -> None:
    for browser, code in ((guardian, "not_found"), (physician, "not_found"), (stranger, "not_signed_in")):
        for ask in (
            browser.get(at(family)),
            browser.get(at(family, "/slots")),
            browser.post(at(family, "/move"), {"slot": clinic.slots[1], "revision": 1}),
            browser.post(at(family, "/cancel")),
        ):
            assert await browser.problem(await ask) == code
    assert (await appointment(family))["state"] == "waiting"


async def test_changes_of_one_visit_are_counted(house: House, clinic: Clinic, family: Browser) -> None:
    for nth in range(10):
        known = await appointment(family)
        moved = await family.post(at(family, "/move"), {"slot": clinic.slots[1 + nth % 2], "revision": known["revision"]})
        assert moved.status == 200
    answer = await family.post(at(family, "/cancel"))
    assert (answer.status, await family.problem(answer)) == (429, "too_many_attempts")


async def test_what_is_no_day_is_no_request(family: Browser) -> None:
    assert (await family.get(at(family, "/slots?from=soon"))).status == 400
    assert (await (await family.get(at(family, "/slots?from=2099-01-01"))).json()) == {"slots": [], "next": None}
