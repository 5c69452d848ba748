"""A fake hospital system on a real socket, an endpoint for it in a real database, and the loop that brings it its messages."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.hospital import HospitalSystem
from server.keys import SealedValues
from server.store import deliveries, outbox, webhooks
from server.store.database import Database
from server.store.deliveries import Delivery
from server.store.outbox import Outgoing
from server.store.webhooks import Endpoint
from server.webhooks import sender
from server.webhooks.client import Client
from server.webhooks.events import Kind
from server.webhooks.schedule import Limits, Patience
from server.webhooks.secrets import Secrets
from server.webhooks.sender import Sender
from tests.server.conftest import NOW

KEY = b"k" * 32
VALUES = SealedValues(b"v" * 32)
ROOMY = Limits()
QUICK = Patience(first_s=0.02, longest_s=0.05, give_up_after_s=60)


@dataclass
class MovableClock:
    """Stands at a moment, moves with the loop's time, and can be set ahead."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return NOW + asyncio.get_running_loop().time() % 1e6 + self.ahead_s


@dataclass
class Feed:
    """One app's side of webhooks, as `wiring` puts it together, with little patience."""

    database: Database
    clock: MovableClock
    secrets: Secrets = field(default_factory=lambda: Secrets(VALUES, lambda: KEY))
    running: asyncio.Task[None] | None = None
    made: int = 0

    async def endpoint(self, url: str, id: str = "e1", kinds: tuple[Kind, ...] = tuple(Kind)) -> str:
        """A new endpoint; its secret as the hospital is told it."""
        new = Endpoint(id, "h1", url, tuple(kinds), self.clock())
        secret = self.secrets.make(id)
        await self.database.write(lambda transaction: webhooks.add(transaction, new, secret.sealed))
        return secret.told

    async def write(self, visit: str, kind: Kind = Kind.VISIT_MOVED, data: str = "{}") -> str:
        self.made += 1
        message = Outgoing(f"m{self.made}", visit, kind, data, self.clock())
        await self.database.write(outbox.post(message))
        return message.id

    def start(self, patience: Patience = QUICK, limits: Limits = ROOMY, posts: Any = None) -> None:
        self.running = asyncio.create_task(self._run(patience, limits, posts))

    async def _run(self, patience: Patience, limits: Limits, posts: Any) -> None:
        loop = Sender(self.database, self.secrets, self.clock, random.Random(1).random, patience, limits)
        made = posts or Client((), loopback=True)
        try:
            await loop.run(made)
        finally:
            if posts is None:
                await made.close()

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def deliveries(self, endpoint: str = "e1") -> list[Delivery]:
        """The oldest message first."""
        found = await self.database.read(lambda transaction: deliveries.some(transaction, endpoint, None, None, 1000))
        return found[::-1]

    async def states(self, endpoint: str = "e1") -> list[str]:
        return [each.state for each in await self.deliveries(endpoint)]


async def until(true: Callable[[], Any], within_s: float = 20.0) -> None:
    """Waits for what other tasks bring about."""
    async with asyncio.timeout(within_s):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(sender, "AGAIN_S", 0.01)


@pytest.fixture
async def feed(database: Database, visit: str) -> AsyncIterator[Feed]:
    made = Feed(database, MovableClock())
    yield made
    await made.stop()


@pytest.fixture
async def hospital(feed: Feed) -> AsyncIterator[HospitalSystem]:
    """It listens, and holds the secret of the endpoint e1, which subscribes to everything."""
    system = HospitalSystem(feed.clock)
    await system.start()
    system.holds(await feed.endpoint(system.url))
    yield system
    system.behave()
    await system.stop()
