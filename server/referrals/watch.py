"""Notices what is overdue: a step that was due and not told becomes a fact of its own, once, and so stands in the journal.

The coordinator's page works out what is overdue by itself at each reading; what is written here says when the server knew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from server.referrals.register import Register, Saying
from server.referrals.track import Source, alarms
from server.store import referrals
from server.store.database import Database
from server.store.errors import Unavailable

EVERY_S = 20.0
AT_ONCE = 50

log = logging.getLogger(__name__)


async def watch(database: Database, register: Register, clock: Callable[[], float]) -> None:
    """For as long as the server runs. One referral that cannot be noted keeps no other from it."""
    while True:
        try:
            await look(database, register, clock())
        except Unavailable:
            log.warning("what is overdue cannot be looked up")
        except Exception:
            log.exception("looking for what is overdue failed")
        await asyncio.sleep(EVERY_S)


async def look(database: Database, register: Register, now: float) -> int:
    """Notes what has become overdue; how many facts that were. Raises ``Unavailable`` when nothing can be looked up."""
    noted = 0
    for found in await referrals.to_alarm(database, now, AT_ONCE):
        for fact in alarms(found.track, found.referral.by, now):
            try:
                await register.tell(found.referral.id, Saying(fact, Source.SERVER))
            except Exception:
                log.exception("an alarm could not be noted", extra={"session": found.referral.visit[:8]})
                break
            noted += 1
            log.warning("a referral is overdue", extra={"kind": fact.value, "session": found.referral.visit[:8]})
    return noted
