"""What every answer has in common: its policy, its problems, and whose account a try is on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.http.crowd import Doorway
from server.http.family import JOINS, JOINS_AT_ONCE
from server.http.house import HOUSE
from server.http.problems import Problem
from server.http.shell import middlewares, security_headers
from server.http.staff import SIGN_INS, SIGN_INS_AT_ONCE
from server.store.errors import TooManyAttempts, Unavailable
from server.store.tables import attempt
from server.store.throttle import PER_ADDRESS
from tests.server.http.conftest import ORIGIN, Browser, House

ERRORS = {
    "unavailable": Unavailable("no turn at the database in time"),
    "refused": Refused("session_ended"),
    "rule": Refused("stale_epoch"),
    "throttled": TooManyAttempts(7),
    "bug": ZeroDivisionError("a secret"),
}


@pytest.fixture
async def failing() -> AsyncIterator[Browser]:
    """A site whose handlers fail as they are told to by the path."""

    async def fail(request: web.Request) -> web.Response:
        raise ERRORS[request.match_info["error"]]

    app = web.Application(middlewares=middlewares(ORIGIN))
    app.router.add_get("/api/{error}", fail)
    browser = Browser(TestClient(TestServer(app)))
    await browser.client.start_server()
    yield browser
    await browser.client.close()


async def tries_counted(house: House) -> int:
    async def work(connection: AsyncConnection) -> int:
        return await connection.scalar(select(func.count()).select_from(attempt)) or 0

    return await house.server.database.read(work)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("unavailable", 503, "unavailable"),
        ("refused", 409, "session_ended"),
        ("rule", 409, "stale_epoch"),
        ("throttled", 429, "too_many_attempts"),
        ("bug", 500, "internal"),
    ],
)
async def test_what_goes_wrong_in_a_handler_is_told_by_its_name(failing: Browser, error: str, status: int, code: str) -> None:
    answer = await failing.get(f"/api/{error}")
    assert answer.status == status
    assert await failing.problem(answer) == code
    assert "secret" not in await answer.text()


@pytest.mark.parametrize("error", ["unavailable", "throttled"])
async def test_what_passes_says_when_to_come_again(failing: Browser, error: str) -> None:
    answer = await failing.get(f"/api/{error}")
    assert int(answer.headers["Retry-After"]) == (await answer.json())["retry_after_s"] > 0


@pytest.mark.parametrize(
    ("origin", "socket"),
    [
        ("https://visit.hospital.example", "wss://visit.hospital.example"),
        ("https://visit.hospital.example:8443", "wss://visit.hospital.example:8443"),
        ("http://localhost:8480", "ws://localhost:8480"),
    ],
)
def test_a_page_may_open_a_socket_to_its_own_site_only(origin: str, socket: str) -> None:
    headers = security_headers(origin)
    assert f"connect-src 'self' {socket};" in headers["Content-Security-Policy"]
    assert ("Strict-Transport-Security" in headers) is origin.startswith("https:")


def test_a_doorway_is_free_again_however_one_left() -> None:
    doorway = Doorway(1)
    with contextlib.suppress(ZeroDivisionError), doorway:
        raise ZeroDivisionError
    with doorway, pytest.raises(Problem) as full, doorway:
        pass
    assert full.value.code == "unavailable"
    with doorway:
        pass


@pytest.mark.parametrize("door", ["join", "sign-in"])
async def test_a_crowd_at_the_door_is_sent_away_without_a_write(house: House, stranger: Browser, door: str) -> None:
    doorway, places = {"join": (JOINS, JOINS_AT_ONCE), "sign-in": (SIGN_INS, SIGN_INS_AT_ONCE)}[door]
    made = house.made

    async def come() -> int:
        if door == "sign-in":
            answer = await stranger.sign_in(made.physician_login, made.physician_password)
        else:
            answer = await stranger.post("/api/join", {"token": house.token})
        if answer.status != 200:
            assert await stranger.problem(answer) == "unavailable"
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status

    before = await tries_counted(house)
    with contextlib.ExitStack() as crowd:
        for _ in range(places):
            crowd.enter_context(house.server.app[doorway])
        assert [await come() for _ in range(20)] == [503] * 20
    assert await tries_counted(house) == before
    assert await come() == 200


async def test_behind_the_hospitals_proxy_each_address_has_its_own_account(house: House, stranger: Browser) -> None:
    config = replace(house.server.config, trusted_proxies=(ip_network("127.0.0.1"), ip_network("::1")))
    house.server.app._state[HOUSE] = replace(house.server.app[HOUSE], config=config)  # a started application is frozen

    async def guess(n: int, address: str) -> str:
        forwarded = {"X-Forwarded-For": f"198.51.100.{n}, {address}"}  # what the guesser pretends, what the proxy saw
        return await stranger.problem(await stranger.post("/api/join", {"token": f"{n:043d}"}, headers=forwarded))

    codes = [await guess(n, "203.0.113.9") for n in range(PER_ADDRESS.free + 1)]
    assert codes == ["link_unknown"] * PER_ADDRESS.free + ["too_many_attempts"]
    assert await guess(100, "203.0.113.10") == "link_unknown"
