"""Sends referrals to the destinations that have a FHIR server, and again until they are taken, ever more rarely.

What was tried stands in the journal as facts, so a restart goes on where the former process was. A destination without an
endpoint is never sent to: it tells by the letter's QR code.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from server.errors import Refused
from server.fhir import MEDIA_TYPE
from server.fhir.bundle import transaction
from server.letter.letter import Letter
from server.referrals.credentials import Credentials
from server.referrals.register import Register, Saying
from server.referrals.track import Fact, Source
from server.store import referrals
from server.store.database import Database
from server.store.errors import Unavailable
from server.store.referrals import Followed
from server.webhooks.client import Answer, Failed

EVERY_S = 5.0
AT_ONCE = 8
MOST_AT_A_TIME = 200

log = logging.getLogger(__name__)


class Posts(Protocol):
    """What it needs of `server.webhooks.client.Client`, which reaches only what the configuration allows."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer: ...


class Dispatch:
    """One a server. ``letter`` gives a visit's letter, or None when it has none."""

    def __init__(
        self,
        database: Database,
        register: Register,
        letter: Callable[[str], Awaitable[Letter | None]],
        clock: Callable[[], float],
        credentials: Credentials,
    ) -> None:
        self._database = database
        self._register = register
        self._letter = letter
        self._clock = clock
        self._credentials = credentials

    async def run(self, posts: Posts) -> None:
        """For as long as the server runs."""
        while True:
            try:
                await self.send_what_is_due(posts)
            except Unavailable:
                log.warning("referrals to send cannot be looked up")
            except Exception:
                log.exception("looking for referrals to send failed")
            await asyncio.sleep(EVERY_S)

    async def send_what_is_due(self, posts: Posts) -> int:
        """One attempt for each referral whose time has come, the longest waiting first; how many that were. What fails comes
        again after those that wait now, so destinations that are gone hold up no other."""
        due = await referrals.to_send(self._database, self._clock(), MOST_AT_A_TIME)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(each: Followed) -> None:
            async with places:
                await self._send(posts, each)

        await asyncio.gather(*map(one, due))
        return len(due)

    async def _send(self, posts: Posts, each: Followed) -> None:
        """One attempt, and what came of it as a fact. What cannot be noted is tried again: the destination takes it once."""
        session = each.referral.visit[:8]
        try:
            fault = await self._post(posts, each)
            await self._register.tell(each.referral.id, Saying(Fact.SENT if fault is None else Fact.NOT_SENT, Source.SERVER))
        except (Unavailable, Refused):
            log.warning("what came of sending a referral cannot be noted", extra={"session": session})
        except Exception:
            log.exception("sending a referral failed", extra={"session": session})
        else:
            if fault is not None:
                log.warning("a referral was not taken by its destination", extra={"session": session, "code": fault})

    async def _post(self, posts: Posts, each: Followed) -> str | None:
        """None when it was taken; else why not."""
        letter = await self._letter(each.referral.visit)
        assert letter is not None, "a referral that was filed has a letter"
        assert each.referral.endpoint is not None, "only those with an endpoint are looked at"
        said = json.dumps(transaction(letter), ensure_ascii=False, separators=(",", ":")).encode()
        endpoint = each.referral.endpoint
        try:
            answer = await posts.post(endpoint, {"Content-Type": MEDIA_TYPE, **self._credentials.headers(endpoint)}, said)
        except Failed as failed:
            return failed.code
        return None if 200 <= answer.status < 300 else "status"
