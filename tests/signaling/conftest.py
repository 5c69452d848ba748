"""A gateway on a real HTTP server, somebody who answers for the visits, and pages that connect to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web

from signaling import messages as m
from signaling.gateway import Admission, Gateway, Limits
from signaling.seats import Role

ORIGIN = "https://clinic.example"
PATIENCE_S = 10


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def session_view(version: int = 1) -> m.SessionView:
    return m.SessionView(
        version=version, state="waiting", admitted=False, text=False, family_denied=False,
        stills=m.StillsView(allowed=False, taken=0), gate=False, recording="off", until_ms=None, causes=(),
        resume_to=None, outcome=None, referral=None, rungs=(), seats=(),
    )  # fmt: skip


def welcome(role: Role, epoch: int) -> m.Welcome:
    physician = m.PhysicianCard("林医师", "主任医师", "北京儿童医院", "110")
    visit = m.VisitView("visit-1", "growth", "2026-02-02T09:00:00+08:00", "王*", "王**", physician, (), "")
    return m.Welcome(epoch, role, visit, session_view(), (), 1, (), "all")


@dataclass
class Desk:
    """Answers for one session, and writes down what it was told."""

    tokens: dict[str, Role] = field(default_factory=dict)
    epochs: dict[Role, int] = field(default_factory=dict)
    heard: list[tuple[Role, int, m.Intent]] = field(default_factory=list)
    gone: list[tuple[Role, int]] = field(default_factory=list)
    refusing: str = ""
    broken: bool = False
    left_raises: Exception | None = None
    holder: str = "device-1"
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    while_taking: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.opened.set()

    def token(self, role: Role = Role.GUARDIAN) -> str:
        token = f"token-{len(self.tokens):0>20}"
        self.tokens[token] = role
        return token

    async def redeem(self, token: str) -> Admission:
        role = self.tokens.get(token)
        if role is None:
            raise m.Refused("bad_token")
        self.tokens[token] = None  # type: ignore[assignment]
        return Admission("session-1", role, self.holder, self.epochs.get(role, 0))

    async def taken(self, session: str, role: Role, epoch: int, language: str) -> m.Welcome:
        self.while_taking()
        await self.opened.wait()
        if self.broken:
            raise RuntimeError("a secret")
        if self.refusing:
            raise m.Refused(self.refusing)
        self.epochs[role] = epoch
        return welcome(role, epoch)

    async def intent(self, session: str, role: Role, epoch: int, intent: m.Intent) -> dict[str, object]:
        await self.opened.wait()
        if self.broken:
            raise RuntimeError("a secret")
        if self.refusing:
            raise m.Refused(self.refusing)
        self.heard.append((role, epoch, intent))
        return {"id": intent.client_id} if isinstance(intent, m.SendChat) else {}

    async def left(self, session: str, role: Role, epoch: int) -> None:
        if self.left_raises is not None:
            raise self.left_raises
        self.gone.append((role, epoch))


@dataclass
class Page:
    """One loaded page: Socket.IO's own client, the newest seq it saw, everything it was told."""

    url: str
    desk: Desk
    role: Role = Role.GUARDIAN
    instance: str = "instance-0000000001"
    language: str = "zh"
    told: list[dict[str, Any]] = field(default_factory=list)
    refusal: dict[str, Any] | None = None
    client: socketio.AsyncClient | None = None
    http: aiohttp.ClientSession | None = None

    @property
    def resume(self) -> dict[str, int] | None:
        if not self.told:
            return None
        return {"epoch": self.epoch, "seq": max(each["seq"] for each in self.since_welcome)}

    @property
    def since_welcome(self) -> list[dict[str, Any]]:
        newest = max(n for n, each in enumerate(self.told) if each["type"] == "welcome")
        return self.told[newest:]

    @property
    def epoch(self) -> int:
        epoch: int = self.since_welcome[0]["epoch"]
        return epoch

    @property
    def connected(self) -> bool:
        return self.client is not None and self.client.connected

    async def connect(self, token: str | None = None, **auth: Any) -> None:
        self.http = aiohttp.ClientSession()
        self.client = socketio.AsyncClient(reconnection=False, http_session=self.http)
        self.client.on("message", self.told.append)
        self.client.on("connect_error", self._refused)
        credentials = {
            "token": token or self.desk.token(self.role),
            "instance": self.instance,
            "language": self.language,
            "resume": self.resume,
        }
        await self.client.connect(
            self.url,
            headers={"Origin": ORIGIN},
            auth=credentials | auth,
            transports=["websocket"],
            socketio_path="/socket",
            wait_timeout=PATIENCE_S,
        )

    def _refused(self, error: dict[str, Any]) -> None:
        self.refusal = error["data"]

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.client is not None
        answer: dict[str, Any] = await self.client.call("message", message, timeout=PATIENCE_S)
        return answer

    async def lose_network(self) -> None:
        """The TCP connection ends without a word."""
        assert self.client is not None
        self.client.eio.ws._response.connection.transport.abort()
        await until(lambda: not self.connected)

    async def close(self) -> None:
        """Raises ``TimeoutError`` instead of waiting for a connection that never was."""
        async with asyncio.timeout(PATIENCE_S):
            if self.client is not None:
                await self.client.disconnect()
            if self.http is not None:
                await self.http.close()


@dataclass
class Clinic:
    """The whole: server, gateway, desk; `page()` makes one more page."""

    url: str
    gateway: Gateway
    desk: Desk
    now_s: float = 0.0
    pages: list[Page] = field(default_factory=list)

    def page(self, role: Role = Role.GUARDIAN, instance: str = "instance-0000000001", language: str = "zh") -> Page:
        page = Page(self.url, self.desk, role, instance, language)
        self.pages.append(page)
        return page

    async def connected(self, role: Role = Role.GUARDIAN, instance: str = "instance-0000000001", language: str = "zh") -> Page:
        page = self.page(role, instance, language)
        await page.connect()
        await until(lambda: bool(page.told))
        return page


class RawPage:
    """A WebSocket that speaks Engine.IO by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> str | None:
        """The next frame; None when the server closed."""
        message = await self.socket.receive(timeout=PATIENCE_S)
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None

    async def everything(self) -> list[str]:
        """All frames until the server closes."""
        frames = []
        while (frame := await self.receive()) is not None:
            frames.append(frame)
        return frames

    async def connect(self, auth: dict[str, Any]) -> None:
        await self.socket.send_str("40" + json.dumps(auth))


Opener = Callable[..., Any]


@pytest.fixture
def limits() -> Limits:
    return Limits(connect_s=0.8, resume_s=0.5, ping_every_s=1.0, ping_answer_s=1.0)


@pytest.fixture
async def clinic(limits: Limits) -> AsyncIterator[Clinic]:
    desk = Desk()
    gateway = Gateway(desk, clock=lambda: clinic.now_s, origins=frozenset({ORIGIN}), limits=limits)
    app = web.Application()
    gateway.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    clinic = Clinic(f"http://127.0.0.1:{port}", gateway, desk)
    yield clinic
    for page in clinic.pages:
        await page.close()
    await gateway.close(0)
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def raw(clinic: Clinic, http: aiohttp.ClientSession) -> Opener:
    """Opens a raw WebSocket, with the right Origin unless told otherwise."""

    async def open_raw(origin: str | None = ORIGIN, query: str = "EIO=4&transport=websocket", **options: Any) -> RawPage:
        headers = {} if origin is None else {"Origin": origin}
        return RawPage(await http.ws_connect(f"{clinic.url}/socket/?{query}", headers=headers, **options))

    return open_raw
