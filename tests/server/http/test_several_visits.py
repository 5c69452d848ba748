"""A phone with several visits: a follow-up after a referral, two children. None shuts out another."""

from __future__ import annotations

import pytest
from aiohttp import CookieJar

from server import events as ev
from server.http.house import DEVICE_COOKIE, GUEST_COOKIE, HOUSE
from server.store.tables import visit as visits
from server.store.visits import Visit, add
from server.visit_cookies import MOST_HELD, cookie_name
from tests.server.http.conftest import Browser, House


async def booked(house: House, visit: str) -> str:
    """One more visit of the demo's family; its link's token."""
    database, now = house.server.database, house.clock()
    row = (await database.read(lambda t: t.execute(visits.select().where(visits.c.id == house.made.visit)))).one()
    more = Visit(visit, row.hospital, row.department, row.field, row.child, row.guardian, row.physician, now, now + 1_800)
    await database.write(add(more))
    return await house.server.app[HOUSE].links.issue(visit, now, now + 3_600)


async def joined(house: House, browser: Browser, visit: str) -> None:
    answer = await browser.post("/api/join", {"token": await booked(house, visit)})
    assert (await answer.json())["visit"] == visit


def carried(browser: Browser) -> set[str]:
    jar = browser.client.session.cookie_jar
    assert isinstance(jar, CookieJar)
    return {cookie.key for cookie in jar}


async def test_a_second_visit_leaves_the_first_open_also_once_that_has_ended(house: House, guardian: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    await joined(house, guardian, "b" * 32)
    assert (await guardian.get(f"{house.visit}/summary")).status == 200
    again = await guardian.post("/api/join", {"token": house.token})
    assert (again.status, (await again.json())["visit"]) == (200, house.made.visit)
    assert "Set-Cookie" not in again.headers


async def test_each_visit_is_confirmed_and_given_for_itself(house: House, guardian: Browser) -> None:
    await joined(house, guardian, "b" * 32)
    await guardian.consent_to_everything(house.visit)
    other = "/api/visits/" + "b" * 32
    assert (await guardian.post(f"{house.visit}/socket-token")).status == 200
    assert await guardian.problem(await guardian.post(f"{other}/socket-token")) == "child_not_confirmed"
    await guardian.consent_to_everything(other)
    tokens = [(await (await guardian.post(f"{at}/socket-token")).json())["token"] for at in (house.visit, other)]
    admitted = [await house.server.consultations.redeem(token) for token in tokens]
    assert [each.session for each in admitted] == [house.made.visit, "b" * 32]
    assert admitted[0].holder != admitted[1].holder


async def test_to_shut_out_one_visits_device_leaves_the_others(house: House, guardian: Browser) -> None:
    await joined(house, guardian, "b" * 32)
    await house.server.app[HOUSE].links.issue("b" * 32, house.clock(), house.clock() + 60)
    assert await guardian.problem(await guardian.get("/api/visits/" + "b" * 32)) == "not_found"
    assert (await guardian.get(house.visit)).status == 200


async def test_a_cookie_opens_nothing_under_the_name_of_another_visit(
    house: House, guardian: Browser, stranger: Browser
) -> None:
    await joined(house, stranger, "b" * 32)
    (secret,) = (cookie.value for cookie in stranger.client.session.cookie_jar)
    forged = {"Cookie": f"{cookie_name(DEVICE_COOKIE, house.made.visit)}={secret}"}
    stranger.client.session.cookie_jar.clear()
    assert await stranger.problem(await stranger.get(house.visit, headers=forged)) == "not_found"
    assert await stranger.problem(await stranger.post("/api/join", {"token": house.token}, headers=forged)) == "link_used"


async def test_a_phone_carries_no_more_than_it_can_and_the_visit_that_ended_goes_first(house: House, guardian: Browser) -> None:
    for n in range(MOST_HELD - 1):
        await joined(house, guardian, f"{n:032d}")
    ended = f"{7:032d}"
    await house.server.consultations.from_outside(ended, ev.VisitCancelled("hospital"))
    assert len(carried(guardian)) == MOST_HELD
    await joined(house, guardian, "b" * 32)
    assert len(carried(guardian)) == MOST_HELD
    assert cookie_name(DEVICE_COOKIE, ended) not in carried(guardian)
    assert (await guardian.get(house.visit)).status == 200


@pytest.mark.parametrize("role", ["interpreter", "local_doctor"])
async def test_a_guest_of_two_visits_stays_in_both(house: House, physician: Browser, stranger: Browser, role: str) -> None:
    await booked(house, "b" * 32)
    for visit in (house.made.visit, "b" * 32):
        invited = await physician.post(f"/api/visits/{visit}/guest", {"role": role, "name": "李译"})
        token = (await invited.json())["link"].rpartition("/")[2]
        assert (await stranger.post("/api/guests/join", {"token": token})).status == 200
        again = await stranger.post("/api/guests/join", {"token": token})
        assert (again.status, "Set-Cookie" in again.headers) == (200, False)
    for visit in (house.made.visit, "b" * 32):
        shown = await (await stranger.get(f"/api/visits/{visit}/guest")).json()
        assert (shown["visit"], shown["role"]) == (visit, role)
    assert carried(stranger) == {cookie_name(GUEST_COOKIE, visit) for visit in (house.made.visit, "b" * 32)}
