"""Keys of the booking API: each belongs to one hospital and is good for some scopes (``server.scopes``).

A key's token holds 256 random bits, is told once and kept as a hash, so that looking one up is one read by an index; wrong ones
need not be slowed down to be safe, only counted so that whoever tries many costs little (`server.http.v1.shell`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from server.store.database import Database, Transaction
from server.store.secrets import digest
from server.store.tables import api_key

PREFIX = "pk_"
"""So that a token that lies about somewhere is recognised as one."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; its token is not. ``last_used_on`` is a day in UTC (ISO text)."""

    id: str
    hospital: str
    name: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    last_used_on: str | None

    def good(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys:
    """Ids and secrets as in `server.wiring.Chance`."""

    def __init__(self, database: Database, new_id: Callable[[], str], new_secret: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id
        self._new_secret = new_secret

    async def issue(
        self, hospital: str, name: str, scopes: Iterable[str], now: float, expires_at: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key, and its token, which is told only this once."""
        token = PREFIX + self._new_secret()
        key = ApiKey(self._new_id(), hospital, name, tuple(scopes), now, expires_at, None, None)

        async def work(transaction: Transaction) -> None:
            row = {column: getattr(key, column) for column in ApiKey.__slots__}
            row |= {"scopes": " ".join(key.scopes), "token_sha256": digest(token)}
            await transaction.execute(insert(api_key), row)

        await self._database.write(work)
        return key, token

    async def use(self, token: str, now: float) -> ApiKey | None:
        """The good key that has this token; its first use of a day is noted, which is the only write."""

        async def find(transaction: Transaction) -> ApiKey | None:
            row = (await transaction.execute(select(api_key).where(api_key.c.token_sha256 == digest(token)))).one_or_none()
            return None if row is None else _key(row)

        key = await self._database.read(find)
        if key is None or not key.good(now):
            return None
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        if key.last_used_on != today:

            async def note(transaction: Transaction) -> None:
                await transaction.execute(update(api_key).where(api_key.c.id == key.id).values(last_used_on=today))

            await self._database.write(note)
        return key

    async def all(self) -> list[ApiKey]:
        """Every key of every hospital, the oldest first."""

        async def work(transaction: Transaction) -> list[ApiKey]:
            rows = await transaction.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.id))
            return [_key(row) for row in rows]

        return await self._database.read(work)

    async def revoke(self, id: str, now: float) -> bool:
        """The key is worth nothing from now on; whether there is such a key. The first revocation's time stays."""

        async def work(transaction: Transaction) -> bool:
            revoked = update(api_key).where(api_key.c.id == id, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
            await transaction.execute(revoked)
            return await transaction.scalar(select(api_key.c.id).where(api_key.c.id == id)) is not None

        return await self._database.write(work)


def _key(row: Row[Any]) -> ApiKey:
    known = {column: getattr(row, column) for column in ApiKey.__slots__}
    return ApiKey(**known | {"scopes": tuple(row.scopes.split())})
