"""Every route outside `/api/v1` and every intent, tried by every kind of person: made from the router and the messages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse

from server.desk_forms import TITLES
from server.errors import Refused
from server.http.shell import KEYED
from signaling.messages import INTENTS as MESSAGES
from signaling.messages import decode_intent
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.http.conftest import House
from tests.server.http.roles.stage import REFUSALS, Stage, set_stage
from tests.server.http.roles.table import AT_VISIT, INTENTS, PEOPLE, ROUTES, STAFF, UNCONFIRMED, Line

__all__ = ["live", "visit"]


@pytest.fixture
async def stage(live: Visit) -> AsyncIterator[Stage]:
    stage = await set_stage(live)
    yield stage
    await stage.client.close()


def routes_of(house: House) -> set[str]:
    """As the router knows them. A HEAD that is only a GET without its body, by the same handler, is no route of its own."""
    ours = [
        r for r in house.server.app.router.routes() if r.resource and not r.resource.canonical.startswith(KEYED.rstrip("/"))
    ]
    got = {route.handler for route in ours if route.method == "GET"}
    return {
        f"{route.method} {route.resource.canonical}"
        for route in ours
        if route.resource and not (route.method == "HEAD" and route.handler in got)
    }


async def test_every_route_has_its_line_and_every_line_its_route(house: House) -> None:
    assert routes_of(house) ^ ROUTES.keys() == set()


def test_every_role_of_staff_is_tried() -> None:
    assert set(TITLES) <= set(STAFF)


def test_every_line_names_people_who_are_tried() -> None:
    assert {who for line in ROUTES.values() for who in line.may} <= set(PEOPLE)


async def test_each_person_at_each_route_is_let_in_or_refused_as_the_table_says(stage: Stage) -> None:
    """Those who are refused ask first: what the others do is done when nobody is left to be refused."""
    wrong = []
    for route, line in ROUTES.items():
        for who in sorted(PEOPLE, key=lambda who: who in line.may):
            answer = await stage.ask(route, line, who)
            fault = await _fault(stage, route, line, who, answer)
            if fault:
                wrong.append(f"{route} · {who}: {fault}")
    assert not wrong, "\n".join(wrong)


async def _fault(stage: Stage, route: str, line: Line, who: str, answer: ClientResponse) -> str:
    if who in line.may:
        if answer.status not in line.gives:
            return f"{answer.status} for one who may: {(await answer.text())[:200]}"
        if route == "POST /api/staff/sign-out" and who in stage.cookies:
            await stage.sign_in_again(who)
        if route == "POST /api/visits/{visit}/child" and who == UNCONFIRMED:
            await stage.unconfirm()
        return ""
    unasked = who == UNCONFIRMED and "guardian" in line.may
    if route.startswith("HEAD "):
        return "" if answer.status in ((409,) if unasked else (401, 403, 404)) else f"{answer.status} for one who may not"
    told = await answer.json() if answer.content_type == "application/problem+json" else {}
    if unasked:
        return "" if told.get("code") == "child_not_confirmed" else f"{told.get('code')} for a device that was not asked"
    if answer.status not in (401, 403, 404) or told.get("code") not in REFUSALS:
        return f"{answer.status} {told.get('code')} for one who may not"
    if who in ("nobody", "api key"):
        return "" if told["code"] == "not_signed_in" else f"{told['code']} for one whom nobody knows"
    if "{visit}" in route and who not in (*AT_VISIT, UNCONFIRMED, "physician"):
        unknown = await stage.ask(route, line, who, visit="0" * 32)
        if (unknown.status, await unknown.json()) != (answer.status, told):
            return "another's visit is not as an unknown one"
    return ""


async def test_another_hospitals_referral_is_as_an_unknown_one(stage: Stage) -> None:
    for route, line in ROUTES.items():
        if "{referral}" in route:
            theirs = await stage.ask(route, line, "foreign coordinator")
            unknown = Line(line.may, body=line.body, path=lambda stage: {"referral": "0" * 32})
            nobodys = await stage.ask(route, unknown, "foreign coordinator")
            assert theirs.status == nobodys.status == 404
            assert await theirs.json() == await nobodys.json()


def test_every_intent_has_its_line_and_every_line_its_intent() -> None:
    assert INTENTS.keys() == MESSAGES.keys()


async def test_each_role_may_say_on_the_socket_what_the_table_says(live: Visit) -> None:
    """To the handlers of a visit that is under way. Who may is heard, whatever comes of it."""
    wrong = []
    for kind, (may, example) in INTENTS.items():
        intent = decode_intent({"type": kind, **example})
        for role in sorted(Role, key=lambda role: role in may):
            try:
                await live.ask(role, intent, live.epochs.get(role, 1))
                heard = True
            except Refused as refused:
                heard = refused.code != "not_allowed"
            if heard != (role in may):
                wrong.append(f"{kind} · {role.value}: {'heard' if heard else 'refused'}")
    assert not wrong, "\n".join(wrong)
