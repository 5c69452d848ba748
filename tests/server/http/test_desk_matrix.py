"""Every operation of the desk's page: for the desk's people only, and for no other hospital's. Generated from the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse

from server.desk_forms import TITLES
from server.http.desk import BASE, OPERATIONS, ROLE
from server.http.v1.operations import Operation
from tests.server.http.conftest import Browser, House
from tests.server.http.desk_kit import MOTHER, NEW_GUARDIAN, RELATION, Desk, mother_comes, new_key, open_desk, staff_of

BODIES = {
    "find": {"text": "张"},
    "move_visit": {"slot": "slot-1-1"},
    "cancel_visit": {"reason": "family"},
    "verify": {"proof": "other"},
    "add_further": {"new_guardian": NEW_GUARDIAN, "relation": RELATION},
}
STATUS = {"book": 201, "add_further": 201, "mark_no_show": 409}
"""Of somebody who may; a no-show cannot be told before the visit."""
OTHERS = sorted({*TITLES, "records_officer"} - {ROLE})


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    opened = await open_desk(house)
    yield opened
    await opened.page.client.close()


async def ask(browser: Browser, operation: Operation, desk: Desk, visit: str) -> ClientResponse:
    path = BASE + operation.path.format(visit=visit, guardian=MOTHER)
    if operation.method == "GET":
        return await browser.get(path)
    body = desk.booking(1) if operation.name == "book" else BODIES.get(operation.name, {})
    headers = {"If-Match": "*"} if operation.conditional else new_key() if operation.creates else {}
    return await browser.post(path, body, headers=headers)


def test_somebody_can_be_enrolled_for_the_desk() -> None:
    assert ROLE in TITLES


def test_every_route_below_the_desks_path_is_one_of_these(house: House) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in house.server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(f"{BASE}/") and route.method != "HEAD"
    }
    assert served == {(each.method, BASE + each.path) for each in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_the_desk_may_and_finds_nothing_of_another_hospitals(desk: Desk, operation: Operation) -> None:
    visit = (await desk.book())["visit"]
    await mother_comes(desk, visit)
    foreign = await staff_of(desk.house, desk.other.hospital, "desk")
    if operation.in_path:
        for id in (visit, "0" * 32, "not an id"):
            assert await foreign.problem(await ask(foreign, operation, desk, id)) == "not_found"
    elif operation.name == "book":
        assert await foreign.problem(await ask(foreign, operation, desk, visit)) == "invalid"
    else:
        answer = await ask(foreign, operation, desk, visit)
        said = await answer.text()
        assert answer.status == 200
        assert not any(id in said for id in (visit, desk.clinic.child, desk.clinic.physician, desk.clinic.slots[1]))
    if operation.name == "book":
        assert (await desk.post(f"/visits/{visit}/cancel", {"reason": "family"})).status == 200
    assert (await ask(desk.page, operation, desk, visit)).status == STATUS.get(operation.name, 200)
    await foreign.client.close()


@pytest.mark.parametrize("role", [*OTHERS, None])
async def test_nobody_else_may_anything(desk: Desk, role: str | None) -> None:
    visit = (await desk.book())["visit"]
    browser = desk.house.client() if role is None else await staff_of(desk.house, desk.clinic.hospital, role)
    for operation in OPERATIONS:
        code = await browser.problem(await ask(browser, operation, desk, visit))
        assert (operation.name, code) == (operation.name, "not_signed_in" if role is None else "not_allowed")
    (line,) = [await desk.get(f"/visits/{visit}")]
    assert (line["state"], line["revision"]) == ("waiting", 1)
    await browser.client.close()


async def test_a_foreign_page_can_send_nothing(desk: Desk) -> None:
    for operation in OPERATIONS:
        if operation.method == "POST":
            path = BASE + operation.path.format(visit="0" * 32, guardian=MOTHER)
            assert await desk.page.problem(await desk.page.post(path, {}, origin="https://evil.example")) == "bad_origin"


async def test_the_desk_sees_no_visit_from_within(desk: Desk) -> None:
    visit = (await desk.book())["visit"]
    for path in (f"/api/visits/{visit}", f"/api/visits/{visit}/letter", f"/api/visits/{visit}/prepared"):
        assert await desk.page.problem(await desk.page.get(path)) == "not_found"
    for path in ("/api/ops/sessions", "/api/staff/worklist", "/api/coordinator/referrals"):
        assert await desk.page.problem(await desk.page.get(path)) == "not_allowed"
