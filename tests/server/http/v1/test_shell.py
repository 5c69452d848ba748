"""What every operation has in common, tried on operations made for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from server.errors import Refused
from server.http.house import HOUSE
from server.http.shell import MAX_BODY, middlewares
from server.http.v1.api import add_operations
from server.http.v1.models import Given, Id, Line, Taken
from server.http.v1.operations import Answer, Call, Operation
from server.http.v1.shell import AT_ONCE, PURGED_EVERY_S, REPLAYED
from server.store import departments, idempotency
from server.store.api_keys import PREFIX
from server.store.database import Transaction
from server.store.tables import attempt, department
from server.store.tables import idempotency as records
from server.store.throttle import PER_ADDRESS
from signaling.texts import Sentence
from tests.server.http.conftest import ORIGIN, House
from tests.server.http.v1.kit import Asked, Client, Place


class New(Taken):
    name: Line


class Filter(Taken):
    name: Line = "-"


class Made(Given):
    id: Id
    name: str
    secret: str | None


class Acts:
    """Operations that do what they are told to in the middle of their act."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.fails: Exception | None = None
        self.before_creating: Any = None

    async def create(self, call: Call) -> Answer:
        self.began.set()
        await self.may_go_on.wait()
        if self.before_creating is not None:
            await self.before_creating(call)

        async def work(transaction: Transaction) -> Answer:
            new = departments.Department(call.house.new_id(), call.hospital, call.body.name, "-", ("skin",), True)
            made = await departments.add(transaction, new)
            if self.fails is not None:
                raise self.fails
            return Answer(Made(id=made.id, name=made.name, secret="told once"), made.revision)

        return await call.create(work)

    async def forget(self, call: Call) -> Answer:
        return Answer(Made(id="x", name="x", secret=None))

    async def refuse(self, call: Call) -> Answer:
        raise Refused("stale_epoch", Sentence("今天不行。", "Not today."))

    def operations(self) -> dict[str, Operation]:
        made = [
            Operation(
                "create", "POST", "/things", "departments", "", self.create, Made, New, status=201, creates=True,
                told_once=("secret",),
            ),
            Operation("create_under", "POST", "/things/{thing}", "departments", "", self.create, Made, New, creates=True),
            Operation("bare", "POST", "/bare", "departments", "", self.forget, Made, creates=True),
            Operation("forget", "PATCH", "/things/{thing}", "departments", "", self.forget, Made, New, conditional=True),
            Operation("look", "POST", "/looks", "departments", "", self.forget, Made, New, query=Filter),
            Operation("refuse", "GET", "/refusals", "departments", "", self.refuse, Made),
        ]  # fmt: skip
        return {operation.name: operation for operation in made}


class Stage:
    """A site of these operations, and its hospital's system."""

    def __init__(self, house: House, place: Place, system: Client) -> None:
        self.house = house
        self.place = place
        self.acts = Acts()
        self.system = system

    async def ask(
        self, name: str, body: Any = None, headers: Mapping[str, str] | None = None, token: str | None = None, **path: str
    ) -> ClientResponse:
        client = self.system.holding(token) if token is not None else self.system
        asked = Asked(path=path, body={"name": "内分泌科"} if body is None else body)
        return await client.ask(self.acts.operations()[name], asked, headers=headers)

    async def create(self, key: str = "k-1", name: str = "内分泌科", token: str | None = None) -> ClientResponse:
        return await self.ask("create", {"name": name}, {"Idempotency-Key": key}, token)

    async def made(self) -> list[str]:
        """The names of what was created."""

        async def work(transaction: Transaction) -> list[str]:
            query = select(department.c.name).where(department.c.hospital == self.place.hospital).order_by(department.c.name)
            return list(await transaction.scalars(query))

        return await self.house.server.database.read(work)

    async def count(self, table: Any) -> int:
        async def work(transaction: Transaction) -> int:
            return await transaction.scalar(select(func.count()).select_from(table)) or 0

        return await self.house.server.database.read(work)


@pytest.fixture
async def stage(house: House, place: Place) -> AsyncIterator[Stage]:
    app = web.Application(middlewares=middlewares(ORIGIN), client_max_size=MAX_BODY)
    app[HOUSE] = house.server.app[HOUSE]
    client = TestClient(TestServer(app))
    stage = Stage(house, place, Client(client, await place.key()))
    add_operations(app, stage.acts.operations().values())
    await client.start_server()
    yield stage
    await client.close()


async def code(answer: ClientResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", await answer.text()
    return answer.status, (await answer.json())["code"]


# --- who asks


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", " BEARER  {} "])
async def test_a_key_needs_no_origin_and_its_scheme_is_written_in_any_case(stage: Stage, header: str) -> None:
    token = await stage.place.key()
    assert (await stage.ask("create", headers={"Authorization": header.format(token)})).status == 201


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer {} x", "Bearer x{}", "Bearer {}\u00e9"]
)
async def test_what_is_no_key_is_none(stage: Stage, header: str) -> None:
    answer = await stage.ask("refuse", headers={"Authorization": header.format(await stage.place.key())})
    assert await code(answer) == (401, "invalid_token")


async def test_wrong_keys_are_counted_for_their_address_and_a_good_one_passes_all_the_same(stage: Stage) -> None:
    guesses = [await code(await stage.ask("create", token=f"{PREFIX}{n:043d}")) for n in range(PER_ADDRESS.free)]
    assert guesses == [(401, "invalid_token")] * PER_ADDRESS.free
    counted = await stage.count(attempt)
    locked = await stage.ask("create", token=PREFIX + "x" * 43)
    assert await code(locked) == (429, "too_many_attempts")
    assert int(locked.headers["Retry-After"]) > 0
    assert await stage.count(attempt) == counted == 1
    assert (await stage.create()).status == 201


async def test_a_key_that_may_not_is_told_what_it_needs_before_anything_is_read(stage: Stage) -> None:
    answer = await stage.ask("create", {"wrong": 1}, {"Idempotency-Key": ""}, await stage.place.key("departments:read"))
    assert await code(answer) == (403, "insufficient_scope")
    assert (await answer.json())["scope"] == "departments"


async def test_the_log_names_the_key_and_never_its_token(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    key, token = await stage.house.api_keys.issue(stage.place.hospital, "测试", ["departments"], stage.house.clock())
    with caplog.at_level(logging.INFO):
        await stage.create(token=token)
    (line,) = [record for record in caplog.records if record.message == "request"]
    assert vars(line)["api_key"] == key.id
    assert token not in str([vars(record) for record in caplog.records])


async def test_a_crowd_is_sent_away_at_once(stage: Stage) -> None:
    stage.acts.may_go_on.clear()
    waiting = []
    for n in range(AT_ONCE):
        waiting.append(asyncio.create_task(stage.create(f"k-{n}", f"第{n}科")))
        await stage.acts.began.wait()
        stage.acts.began.clear()
    answer = await stage.ask("refuse")
    assert await code(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    stage.acts.may_go_on.set()
    assert [(await each).status for each in waiting] == [201] * AT_ONCE
    assert await code(await stage.ask("refuse")) == (409, "stale_epoch")


# --- what is asked


async def test_every_fault_of_query_and_body_comes_at_once_in_either_language(stage: Stage) -> None:
    client, token = stage.system.client, stage.system.token
    for lang, said in (
        ("zh-CN", ["只能出现一次", "没有这一项", "格式不符合要求", "没有这一项"]),
        ("en", ["may be given once only"]),
    ):
        answer = await client.post(
            "/api/v1/looks?name=a&name=b&sort=x", json={"name": " ", "extra": 1},
            headers={"Authorization": f"Bearer {token}", "Accept-Language": lang},
        )  # fmt: skip
        assert await code(answer) == (422, "invalid")
        errors = (await answer.json())["errors"]
        assert [error.get("parameter", error.get("pointer")) for error in errors] == ["name", "sort", "#/name", "#/extra"]
        assert [error["detail"] for error in errors][: len(said)] == said


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "wrong"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"", "application/json", 400, "malformed"),
        (b"\xff{}", "application/json; charset=utf-8", 400, "malformed"),
        (b"[" * 60_000, "application/json", 400, "malformed"),
        (b"null", "application/json", 422, "invalid"),
        (b"name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"name": "a"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"name": "' + b"a" * MAX_BODY + b'"}', "application/json", 413, "too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    stage: Stage, raw: bytes, content_type: str, status: int, wrong: str
) -> None:
    headers = {"Authorization": f"Bearer {stage.system.token}", "Content-Type": content_type}
    answer = await stage.system.client.post("/api/v1/looks", data=raw, headers=headers)
    assert await code(answer) == (status, wrong)


@pytest.mark.parametrize("id", ["%00", "a b", "é", "x" * 65, "a.b"])
async def test_what_cannot_be_an_id_is_not_found(stage: Stage, id: str) -> None:
    assert await code(await stage.ask("forget", thing=id)) == (404, "not_found")


async def test_an_unknown_method_is_told_which_there_are(stage: Stage) -> None:
    headers = {"Authorization": f"Bearer {stage.system.token}"}
    answer = await stage.system.client.delete("/api/v1/things/a", headers=headers)
    assert await code(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "PATCH,POST"
    assert await code(await stage.system.client.post("/api/v1/nothing", headers=headers)) == (404, "not_found")


async def test_a_refusal_s_own_sentence_is_told(stage: Stage) -> None:
    answer = await stage.ask("refuse", headers={"Accept-Language": "en"})
    assert ((await answer.json())["detail"], answer.status) == ("Not today.", 409)


# --- once and only once


async def test_a_request_that_comes_again_gets_its_answer_again_without_its_secret(stage: Stage) -> None:
    first, again = await stage.create(), await stage.create()
    assert (first.status, again.status) == (201, 201)
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
    assert first.headers["ETag"] == again.headers["ETag"] == '"1"'
    told = await first.json()
    assert told["secret"] == "told once"
    assert await again.json() == told | {"secret": None}
    assert await stage.made() == ["内分泌科"]


async def test_a_quoted_key_is_the_same_as_a_bare_one(stage: Stage) -> None:
    await stage.create("k-1")
    assert (await stage.create('"k-1"')).headers[REPLAYED] == "true"


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
async def test_without_a_key_of_its_own_nothing_is_created(stage: Stage, key: str) -> None:
    assert await code(await stage.create(key)) == (400, "idempotency_key_required")
    assert await stage.made() == []


async def test_a_key_that_was_used_for_something_else_is_refused(stage: Stage) -> None:
    await stage.create()
    assert await code(await stage.create(name="皮肤科")) == (422, "idempotency_mismatch")
    other_path = await stage.ask("create_under", {"name": "内分泌科"}, {"Idempotency-Key": "k-1"}, thing="a")
    assert await code(other_path) == (422, "idempotency_mismatch")
    assert await stage.made() == ["内分泌科"]


async def test_each_api_key_has_its_own_keys(stage: Stage) -> None:
    await stage.create(name="内分泌科")
    answer = await stage.create(name="皮肤科", token=await stage.place.key())
    assert answer.status == 201
    assert await stage.made() == ["内分泌科", "皮肤科"]


async def test_what_fails_half_way_leaves_nothing_and_may_be_tried_again(stage: Stage) -> None:
    stage.acts.fails = ZeroDivisionError()
    assert await code(await stage.create()) == (500, "internal")
    assert (await stage.made(), await stage.count(records)) == ([], 0)
    stage.acts.fails = None
    assert (await stage.create()).status == 201


async def test_while_it_is_under_way_the_same_request_is_told_to_wait(stage: Stage) -> None:
    stage.acts.may_go_on.clear()
    first = asyncio.create_task(stage.create())
    await stage.acts.began.wait()
    busy = await stage.create()
    assert await code(busy) == (409, "idempotency_busy")
    assert int(busy.headers["Retry-After"]) > 0
    stage.acts.may_go_on.set()
    assert (await first).status == 201
    assert (await stage.create()).headers[REPLAYED] == "true"
    assert await stage.made() == ["内分泌科"]


async def test_what_another_process_created_in_between_is_answered(stage: Stage) -> None:
    async def elsewhere(call: Call) -> None:
        async def work(transaction: Transaction) -> None:
            assert call.attempt is not None
            await idempotency.reserve(transaction, call.attempt, call.now)
            await idempotency.keep(transaction, call.attempt, '{"id":"a","name":"内分泌科","secret":null}', 4)

        await call.write(work)

    stage.acts.before_creating = elsewhere
    answer = await stage.create()
    assert (answer.status, answer.headers[REPLAYED], answer.headers["ETag"]) == (201, "true", '"4"')
    assert (await answer.json())["id"] == "a"
    assert await stage.made() == []


async def test_what_another_process_began_and_gave_up_may_be_tried_again(stage: Stage) -> None:
    stage.acts.fails = idempotency.Taken()
    assert await code(await stage.create()) == (409, "idempotency_busy")
    stage.acts.fails = None
    assert (await stage.create()).status == 201


async def test_a_day_later_the_key_is_free_and_its_record_is_forgotten(stage: Stage) -> None:
    await stage.create()
    stage.house.clock.ahead_s += idempotency.LASTS_S - 60
    assert (await stage.create()).headers[REPLAYED] == "true"
    stage.house.clock.ahead_s += 60
    assert (await stage.create(name="皮肤科")).status == 201
    assert await stage.count(records) == 1
    stage.house.clock.ahead_s += idempotency.LASTS_S + PURGED_EVERY_S
    await stage.create("another", "营养科")
    assert await stage.count(records) == 1


# --- slips of ours


@pytest.mark.parametrize(("name", "headers"), [("bare", {}), ("forget", {"If-Match": "*"})])
async def test_an_act_that_forgets_its_duty_is_a_fault_of_ours_and_not_a_success(
    stage: Stage, name: str, headers: dict[str, str]
) -> None:
    path = {"thing": "a"} if name == "forget" else {}
    assert await code(await stage.ask(name, headers=headers, **path)) == (500, "internal")


async def test_an_act_that_creates_what_it_did_not_announce_creates_nothing(stage: Stage) -> None:
    call = Call(stage.house.server.app[HOUSE], "h", "k", {}, None, None, 0.0)
    with contextlib.suppress(AssertionError):
        await stage.acts.create(call)
        pytest.fail("it was created")
    assert await stage.made() == []
