"""The whole HTTP application over a real database with the demo's records; workers are not started."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from server import demo
from server.clock import Clock
from server.config import Config
from server.http.house import HOUSE
from server.store.api_keys import ApiKeys
from server.wiring import Server, chance
from tests.server.conftest import PATIENCE_S
from tests.server.session_keys import KeysAtOnce

ORIGIN = "http://localhost:8480"


class MovableClock(Clock):
    """The real clock, that can be set ahead."""

    ahead_s = 0.0

    def __call__(self) -> float:
        return super().__call__() + self.ahead_s


@dataclass
class House:
    server: Server
    clock: MovableClock
    made: demo.Printed
    web: TestServer

    @property
    def token(self) -> str:
        return self.made.guardian_link.rsplit("/", 1)[1]

    @property
    def visit(self) -> str:
        return f"/api/visits/{self.made.visit}"

    @property
    def api_keys(self) -> ApiKeys:
        return self.server.app[HOUSE].api_keys

    async def sign_in(self) -> str:
        """The cookie of the physician, signed in."""
        made = self.made
        signed_in = await self.server.app[HOUSE].sign_in.sign_in(
            made.physician_login, made.physician_password, "192.0.2.1", self.clock()
        )
        return signed_in.cookie

    def client(self) -> Browser:
        return Browser(TestClient(self.web, cookie_jar=CookieJar(unsafe=True)))


class Browser:
    """A client with its own cookies that sends the right Origin unless told otherwise."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def post(self, path: str, body: object = None, *, origin: str | None = ORIGIN, **options: Any) -> ClientResponse:
        headers = options.pop("headers", {}) | ({"Origin": origin} if origin is not None else {})
        answer: ClientResponse = await self.client.post(path, json={} if body is None else body, headers=headers, **options)
        return answer

    async def get(self, path: str, **options: Any) -> ClientResponse:
        answer: ClientResponse = await self.client.get(path, **options)
        return answer

    async def problem(self, answer: ClientResponse) -> str:
        """The code of an error, whose form is checked."""
        assert answer.content_type == "application/problem+json"
        document = await answer.json()
        assert {"type", "title", "status", "code", "detail"} <= document.keys()
        assert document["status"] == answer.status
        return str(document["code"])

    async def sign_in(self, login: str, password: str) -> ClientResponse:
        return await self.post("/api/staff/sign-in", {"login": login, "password": password})

    async def consent_to_everything(self, visit: str) -> None:
        await self.post(f"{visit}/child", {"confirmed": True})
        for text in await (await self.get(f"{visit}/consent-texts?language=zh")).json():
            shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
            assert (await self.post(f"{visit}/consents", shown | {"agreed": True})).status == 200


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo's records, made once and copied for every test."""
    folder = tmp_path_factory.mktemp("seeded")
    config = Config(data_folder=folder, recipients=(demo.hospital_recipient(folder),), origin=ORIGIN)
    luck = chance()
    asyncio.run(demo.seed(config, Clock(), luck.new_id, luck.new_secret, PATIENCE_S))
    return folder


@pytest.fixture
async def house(seeded: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(seeded, tmp_path) as house:
        yield house


@asynccontextmanager
async def opened(seeded: Path, folder: Path, port: int | None = None) -> AsyncIterator[House]:
    """In this folder, with the seeded records; for browsers at a ``port`` that the pages are told, too."""
    shutil.copytree(seeded, folder, dirs_exist_ok=True)
    origin = ORIGIN if port is None else f"http://localhost:{port}"
    config = Config(data_folder=folder, recipients=(demo.hospital_recipient(folder),), origin=origin)
    clock, luck = MovableClock(), chance()
    made = await demo.seed(config, clock, luck.new_id, luck.new_secret, PATIENCE_S)
    server = Server(config, clock, luck, PATIENCE_S, KeysAtOnce())
    server.consultations.bind(server.gateway, server.workers)
    web = TestServer(server.app, port=port)
    await web.start_server()
    yield House(server, clock, made, web)
    await server.consultations.stop()
    await web.close()
    await server.database.close()


@pytest.fixture
async def guardian(house: House) -> AsyncIterator[Browser]:
    """A device that has redeemed the link."""
    browser = house.client()
    assert (await browser.post("/api/join", {"token": house.token})).status == 200
    yield browser
    await browser.client.close()


@pytest.fixture
async def physician(house: House) -> AsyncIterator[Browser]:
    browser = house.client()
    assert (await browser.sign_in(house.made.physician_login, house.made.physician_password)).status == 200
    yield browser
    await browser.client.close()


@pytest.fixture
async def stranger(house: House) -> AsyncIterator[Browser]:
    browser = house.client()
    yield browser
    await browser.client.close()
