"""A hospital's own system, as far as webhooks know it: it verifies what arrives, keeps it, and can be told to misbehave.

It is what docs/webhooks.md asks of a receiver: it believes nothing unsigned, answers when it has the message, knows a
repetition by its id, and keeps each visit's messages in the order in which they came.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from server.webhooks.signature import BadSignature, key_of, verify

MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that was believed, perhaps not for the first time."""

    id: str
    document: dict[str, Any]
    again: bool


@dataclass(slots=True)
class Mood:
    """How it behaves; by default well. ``status`` is answered without keeping the message, ``loses`` keeps it and then loses
    the connection instead of answering, ``stalls`` waits until the mood changes."""

    status: int = 200
    retry_after_s: int | None = None
    stalls: bool = False
    loses: bool = False
    only: Callable[[dict[str, Any]], bool] = field(default=lambda document: True)


class HospitalSystem:
    """Listens on a port of this machine from ``start`` to ``stop``, and again after another ``start``."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.arrivals: list[Arrival] = []
        self.refused: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._secrets: list[str] = []
        self._clock = clock
        self._mood = Mood()
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/peitong"

    def holds(self, *secrets: str) -> None:
        """The secrets that it believes from now on."""
        self._secrets = list(secrets)

    def behave(self, **how: Any) -> None:
        """Changes its mood, for what stalls already, too; without arguments it is well-behaved again."""
        self._mood = Mood(**how)
        self._changed.set()
        self._changed = asyncio.Event()

    async def start(self) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/peitong", self._receive)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Nobody listens any more; connections that are open are lost."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def received(self) -> list[dict[str, Any]]:
        """Every message once, in the order in which each came first."""
        return [arrival.document for arrival in self.arrivals if not arrival.again]

    def of_visit(self, visit: str) -> list[tuple[int, str]]:
        """Number and type of what came of a visit, each once."""
        return [(document["n"], document["type"]) for document in self.received if document["visit"] == visit]

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, await request.read())
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        keys = [key_of(secret) for secret in self._secrets]
        try:
            id = verify(keys, request.headers, body, self._clock())
        except BadSignature as bad:
            self.refused.append(bad.code)
            return web.Response(status=401)
        document = json.loads(body)
        while self._mood.stalls and self._mood.only(document):
            await self._changed.wait()
        mood = self._mood if self._mood.only(document) else Mood()
        if mood.status != 200:
            headers = {"Retry-After": str(mood.retry_after_s)} if mood.retry_after_s is not None else {}
            return web.Response(status=mood.status, headers=headers)
        self.arrivals.append(Arrival(id, document, any(arrival.id == id for arrival in self.arrivals)))
        if mood.loses and request.transport is not None:
            request.transport.abort()
        return web.Response(status=204)
