"""Signing in, the worklist, and what operations may see."""

from __future__ import annotations

import asyncio
import json
import resource
from datetime import datetime
from http.client import HTTPConnection

import pytest

from server.http.staff import span_of
from server.store.visits import Hospital, add
from tests.server.http.conftest import Browser, House


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(house: House, stranger: Browser) -> None:
    wrong = await stranger.sign_in(house.made.physician_login, "wrong")
    unknown = await stranger.sign_in("nobody", "wrong")
    assert wrong.status == unknown.status == 401
    assert await wrong.text() == await unknown.text()


async def test_guessing_a_password_locks_out_and_says_how_long(house: House, stranger: Browser) -> None:
    for _ in range(5):
        await stranger.sign_in(house.made.physician_login, "wrong")
    await stranger.sign_in(house.made.physician_login, "wrong")
    answer = await stranger.sign_in(house.made.physician_login, house.made.physician_password)
    assert await stranger.problem(answer) == "too_many_attempts"
    assert int(answer.headers["Retry-After"]) > 0


async def test_signed_in_one_is_known_and_signed_out_not(house: House, physician: Browser) -> None:
    me = await (await physician.get("/api/staff/me")).json()
    assert me["role"] == "physician"
    assert me["licence"]
    await physician.post("/api/staff/sign-out")
    assert await physician.problem(await physician.get("/api/staff/me")) == "not_signed_in"


async def test_a_sign_in_ends_by_itself(house: House, physician: Browser) -> None:
    house.clock.ahead_s = 13 * 3600
    assert (await physician.get("/api/staff/worklist")).status == 401


async def test_the_worklist_shows_the_masked_visit(house: House, physician: Browser) -> None:
    (line,) = (await (await physician.get("/api/staff/worklist")).json())["visits"]
    assert line["visit"] == house.made.visit
    assert line["child"] == "张*明"
    assert line["age_years"] == 8
    assert line["state"] == "waiting"
    assert line["guardian_waiting"] is False


async def test_the_physician_reads_the_visit_with_the_reasons_of_its_field(house: House, physician: Browser) -> None:
    shown = await (await physician.get(house.visit, headers={"Accept-Language": "en"})).json()
    assert shown["role"] == "physician"
    assert len(shown["visit"]["reasons"]) > 5
    assert (await physician.post(f"{house.visit}/socket-token")).status == 200


async def test_operations_see_sessions_but_no_visit(house: House, stranger: Browser) -> None:
    await stranger.sign_in(house.made.operations_login, house.made.operations_password)
    shown = await (await stranger.get("/api/ops/sessions")).json()
    assert shown["sessions"] == []
    assert [worker["name"] for worker in shown["workers"]] == ["1"]
    assert await stranger.problem(await stranger.get(house.visit)) == "not_found"
    assert await stranger.problem(await stranger.get("/api/staff/worklist")) == "not_allowed"


async def test_a_physician_does_not_see_operations(house: House, physician: Browser) -> None:
    assert await physician.problem(await physician.get("/api/ops/sessions")) == "not_allowed"


async def test_readiness_names_what_does_not_answer(house: House, stranger: Browser) -> None:
    assert (await stranger.get("/healthz")).status == 200
    answer = await stranger.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["missing"] == ["database", "relay-1", "recorder-1"]


async def test_only_who_asks_on_this_machine_is_told_its_limit_of_open_files(house: House, stranger: Browser) -> None:
    assert (await (await stranger.get("/readyz")).json())["open_files"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for header in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        assert (await (await stranger.get("/readyz", headers=header)).json()).keys() == {"ok", "missing"}

    def from_elsewhere() -> set[str]:
        connection = HTTPConnection("127.0.0.1", house.web.port, source_address=("127.0.0.2", 0))
        connection.request("GET", "/readyz")
        return set(json.loads(connection.getresponse().read()))

    assert await asyncio.to_thread(from_elsewhere) == {"ok", "missing"}


async def test_who_asks_on_this_machine_is_told_which_hospitals_lack_a_key(house: House, stranger: Browser) -> None:
    house.server._proved_at = house.clock()
    assert (await (await stranger.get("/readyz")).json())["hospitals_without_key"] == []
    await house.server.database.write(add(Hospital("elsewhere", "另一家医院", "Another hospital")))
    assert "elsewhere" in (await (await stranger.get("/readyz")).json())["hospitals_without_key"]
    from_elsewhere = await stranger.get("/readyz", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (await from_elsewhere.json()).keys() == {"ok", "missing"}


async def test_a_browser_that_is_both_says_as_whom_it_asks(house: House, guardian: Browser) -> None:
    await guardian.sign_in(house.made.physician_login, house.made.physician_password)
    answers = [await guardian.get(house.visit, headers={"Peitong-Role": role}) for role in ("guardian", "physician")]
    assert [(await answer.json())["role"] for answer in answers] == ["guardian", "physician"]
    assert (await guardian.get(house.visit, headers={"Peitong-Role": "operations"})).status == 404


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        ("2026-11-22T12:00", "2026-11-22T00:00", "2026-11-23T00:00"),
        ("2026-11-22T23:58", "2026-11-22T00:00", "2026-11-23T03:58"),
        ("2026-11-23T00:05", "2026-11-22T20:05", "2026-11-24T00:00"),
    ],
)
def test_a_visit_around_midnight_stays_in_the_worklist(now: str, since: str, until: str) -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(f"{text}+08:00").timestamp()

    assert span_of(at(now)) == (at(since), at(until))
