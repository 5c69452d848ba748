"""Where each session's recording lies, and the public key that it is sealed to. Never a secret key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database, Write
from server.store.tables import recording


@dataclass(frozen=True, slots=True)
class Recording:
    """``origin_at`` is the time of all its parts' zero; ``state`` is running or sealed."""

    id: str
    session: str
    folder: str
    public_key: str
    state: str
    origin_at: float


def keep(item: Recording) -> Write:
    """Store a new recording, or the new state of one that is there."""

    async def write(connection: AsyncConnection) -> None:
        row = {name: getattr(item, name) for name in Recording.__slots__}
        changed = await connection.execute(update(recording).where(recording.c.id == item.id).values(row))
        if changed.rowcount == 0:
            await connection.execute(insert(recording), row)

    return write


async def of_session(database: Database, session: str) -> Recording | None:
    async def work(connection: AsyncConnection) -> Recording | None:
        columns = [recording.c[name] for name in Recording.__slots__]
        row = (await connection.execute(select(*columns).where(recording.c.session == session))).one_or_none()
        return None if row is None else Recording(*row)

    return await database.read(work)
