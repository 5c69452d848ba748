"""Slows down guessing, and taking: counts tries for a login, a number, an address, and locks each out.

Of what can be guessed at, wrong tries lock out for ever longer (``Limit``); of what anybody may take, so many are let through
in a while and no more (``Window``).

A try is counted before it is checked and forgiven when it was right, so that many at once are no way around. One who is
locked out costs a read and no write: the database's writers are for those who may come in. Logins and addresses are kept as
keyed hashes, and no longer than they count. Whether a login exists makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database
from server.store.errors import TooManyAttempts
from server.store.secrets import keyed
from server.store.tables import attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """The failure number ``free`` locks out for ``first_s``, and each one after it for twice as long, up to ``longest_s``."""

    free: int
    first_s: float
    longest_s: float
    forgotten_after_s: float

    def lock_s(self, failures: int) -> float:
        over = failures - self.free
        return 0.0 if over < 0 else min(self.first_s * 2 ** min(over, 30), self.longest_s)

    def locked_until(self, failures: int, now: float) -> float:
        """0.0 for no lock, not ``now``: one who asked a moment earlier, and had its turn later, must not find a lock."""
        lock_s = self.lock_s(failures)
        return now + lock_s if lock_s else 0.0

    def counted(self, failures: int, last_at: float, now: float) -> tuple[int, float, float]:
        """One more: failures, what they are kept with, until when that locks out."""
        failures = 1 if now - last_at > self.forgotten_after_s else failures + 1
        return failures, now, self.locked_until(failures, now)


@dataclass(frozen=True, slots=True)
class Window:
    """``free`` tries, good ones too, in the ``lasts_s`` from the first of them; the next waits for their end, no longer."""

    free: int
    lasts_s: float

    def counted(self, failures: int, first_at: float, now: float) -> tuple[int, float, float]:
        """As of a ``Limit``; what they are kept with is when the first one was."""
        if now - first_at >= self.lasts_s:
            failures, first_at = 0, now
        return failures + 1, first_at, first_at + self.lasts_s if failures + 1 >= self.free else 0.0


PER_SUBJECT = Limit(free=5, first_s=15.0, longest_s=900.0, forgotten_after_s=86_400.0)
PER_ADDRESS = Limit(free=30, first_s=15.0, longest_s=900.0, forgotten_after_s=3_600.0)
"""A whole ward, or a whole mobile network, may come from one address."""

KEPT_S = max(PER_SUBJECT.forgotten_after_s, PER_ADDRESS.forgotten_after_s)
PURGED_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that is counted, such as ``Counted("login", "wang", PER_SUBJECT)``."""

    kind: str
    subject: str
    limit: Limit | Window


class Throttle:
    """``key`` is 32 secret random bytes of this installation."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key
        self._purged_at = -math.inf

    async def begin(self, counted: Sequence[Counted], now: float) -> None:
        """Count a try as failed. Raises ``TooManyAttempts`` when any of these is locked out; that try is not counted."""

        async def look(connection: AsyncConnection) -> None:
            keys = [self._of(item) for item in counted]
            locks = await connection.scalars(select(attempt.c.locked_until_at).where(attempt.c.key.in_(keys)))
            _let_pass(max(locks, default=0.0), now)

        async def count(connection: AsyncConnection) -> None:
            locked_until = 0.0
            rows = {}
            for item in counted:
                key = self._of(item)
                # Ordered by arrival under the row's lock: two tries at once are two.
                query = select(attempt.c.failures, attempt.c.last_at, attempt.c.locked_until_at).where(attempt.c.key == key)
                rows[key] = (await connection.execute(query.with_for_update())).one_or_none()
                if (row := rows[key]) is not None:
                    locked_until = max(locked_until, row.locked_until_at)
            _let_pass(locked_until, now)
            for item in counted:
                key = self._of(item)
                row = rows[key]
                failures, last_at = (0, now) if row is None else (row.failures, row.last_at)
                failures, last_at, locked_until = item.limit.counted(failures, last_at, now)
                values = {"failures": failures, "last_at": last_at, "locked_until_at": locked_until}
                if row is None:
                    await connection.execute(insert(attempt), {"key": key, **values})
                else:
                    await connection.execute(update(attempt).where(attempt.c.key == key).values(values))

        await self._database.read(look)
        await self._purge(now)
        try:
            await self._database.write(count)
        except IntegrityError:  # two first tries at once (PostgreSQL): now there is a row to lock
            await self._database.write(count)

    async def forgive(self, subject: Counted, origin: Counted) -> None:
        """The try was right: the subject starts from nothing, its origin is rid of this one try."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(attempt).where(attempt.c.key == self._of(subject)))
            from_there = attempt.c.key == self._of(origin)
            await connection.execute(update(attempt).where(from_there).values(failures=attempt.c.failures - 1))
            free_again = (from_there, attempt.c.failures < origin.limit.free)
            await connection.execute(update(attempt).where(*free_again).values(locked_until_at=0.0))

        await self._database.write(work)

    async def _purge(self, now: float) -> None:
        """Now and then: every guessed link left a row, and none counts any longer after ``KEPT_S``."""
        if now - self._purged_at < PURGED_EVERY_S:
            return
        self._purged_at = now

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(attempt).where(attempt.c.last_at < now - KEPT_S))

        await self._database.write(work)

    def _of(self, item: Counted) -> str:
        return keyed(self._key, item.kind, item.subject)


def _let_pass(locked_until: float, now: float) -> None:
    if locked_until > now:
        raise TooManyAttempts(math.ceil(locked_until - now))
