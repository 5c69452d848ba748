"""The delivery loop: looks what is due, tries it, notes what came of it.

All that must outlive this process is in the store, so it may be stopped at any moment: what was under way is tried again,
under the same id. An attempt counts as under way until its end is written down, so that no later message overtakes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from server.keys import SealBroken
from server.store import deliveries
from server.store.database import Database
from server.store.deliveries import Attempted, Parcel
from server.store.errors import Unavailable
from server.visit_view import moment
from server.webhooks import signature
from server.webhooks.client import Answer, Failed
from server.webhooks.events import Message, body
from server.webhooks.schedule import Flight, Limits, Patience, Waiting, again_at, due
from server.webhooks.secrets import Secrets

LOOK_EVERY_S = 1.0
AGAIN_S = 0.5
AFTER_A_BUG_S = 60.0
GONE = 410

log = logging.getLogger(__name__)


class Posts(Protocol):
    """What the loop needs of ``client.Client``."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer: ...


class Sender:
    """One a server. ``chance`` gives a uniform number from 0 to below 1."""

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        clock: Callable[[], float],
        chance: Callable[[], float],
        patience: Patience = Patience(),  # noqa: B008  frozen
        limits: Limits = Limits(),  # noqa: B008
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._chance = chance
        self._patience = patience
        self._limits = limits
        self._flying: dict[Flight, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._woken = asyncio.Event()

    async def run(self, posts: Posts) -> None:
        """For as long as the server runs; cancelled, it takes back what is under way."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._send_what_is_due(posts)
                except Unavailable:
                    pass  # the next look will tell
                except Exception:
                    log.exception("looking for webhook deliveries failed")
                await self._wait()
        finally:
            flying = list(self._flying.values())
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _wait(self) -> None:
        """Until something may have become due: an attempt has ended, or some time has passed."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _send_what_is_due(self, posts: Posts) -> None:
        now = self._clock()
        most = 2 * self._limits.per_endpoint  # those that fly are among them
        waiting = await self._database.read(lambda transaction: deliveries.firsts(transaction, now, most))
        for each in due(waiting, self._flying, self._failing, now, self._limits):
            self._flying[each.flight] = asyncio.create_task(self._fly(posts, each), name="webhook")

    async def _fly(self, posts: Posts, each: Waiting) -> None:
        """One attempt, whatever happens. What cannot even be tried keeps its place for a moment, not to be taken up at once."""
        try:
            await self._try(posts, each)
        except Unavailable:
            await asyncio.sleep(AGAIN_S)
        except Exception:
            log.exception("a webhook attempt failed", extra={"endpoint": each.endpoint})
            await asyncio.sleep(AFTER_A_BUG_S)
        finally:
            del self._flying[each.flight]
            self._woken.set()

    async def _try(self, posts: Posts, each: Waiting) -> None:
        now = self._clock()
        parcel = await self._database.read(lambda transaction: deliveries.parcel(transaction, each, now))
        if parcel is None:
            return
        status, fault, retry_after_s = await self._post(posts, each.endpoint, parcel)
        came = self._judged(parcel, now, status, fault, retry_after_s)
        self._note(each.endpoint, parcel, came)
        while True:
            try:
                await self._database.write(lambda transaction: deliveries.settle(transaction, each, came))
            except Unavailable:
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _post(self, posts: Posts, endpoint: str, parcel: Parcel) -> tuple[int | None, str | None, float]:
        """Status, fault and ``Retry-After``."""
        message = Message(parcel.message, parcel.visit, parcel.n, parcel.kind, moment(parcel.created_at), parcel.payload)
        said = body(message)
        try:
            keys = self._secrets.keys(endpoint, parcel.secrets)
            answer = await posts.post(parcel.url, signature.headers(keys, message.id, self._clock(), said), said)
        except SealBroken:
            return None, "secret_unreadable", 0.0
        except Failed as failed:
            return None, failed.code, 0.0
        good = 200 <= answer.status < 300
        return answer.status, None if good else "gone" if answer.status == GONE else "status", answer.retry_after_s

    def _judged(self, parcel: Parcel, began: float, status: int | None, fault: str | None, retry_after_s: float) -> Attempted:
        """A receiver that says 410 wants no more of it (Standard Webhooks): that message is dead at once."""
        now = self._clock()
        first_at = parcel.first_at if parcel.first_at is not None else began
        again = None
        if fault not in (None, "gone"):
            again = again_at(self._patience, parcel.attempts + 1, first_at, now, self._chance(), retry_after_s)
        return Attempted(now, first_at, status, fault, again)

    def _note(self, endpoint: str, parcel: Parcel, came: Attempted) -> None:
        if came.fault is None:
            if endpoint in self._failing:
                self._failing.discard(endpoint)
                log.info("a webhook endpoint answers again", extra={"endpoint": endpoint})
            return
        if endpoint not in self._failing:
            self._failing.add(endpoint)
            log.warning("a webhook endpoint fails", extra={"endpoint": endpoint, "code": came.fault, "status": came.status})
        if came.next_at is None:
            where = {"endpoint": endpoint, "session": parcel.visit[:8]}
            log.error("a webhook message was given up", extra={"code": came.fault, **where})
