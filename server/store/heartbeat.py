"""A small durable write that proves that the database can be written now; a gate's lease is renewed only while it can."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database
from server.store.tables import app_lease


async def beat(database: Database, name: str, now: float) -> None:
    """Raises ``Unavailable``. Goes ahead of every write that waits: a crowd at the door must not close a gate."""

    async def work(connection: AsyncConnection) -> None:
        changed = await connection.execute(update(app_lease).where(app_lease.c.name == name).values(beat_at=now))
        if changed.rowcount == 0:
            await connection.execute(insert(app_lease), {"name": name, "beat_at": now})

    await database.write_first(work)


async def last_beat(database: Database, name: str) -> float | None:
    """When that process last proved it."""

    async def work(connection: AsyncConnection) -> float | None:
        found: float | None = await connection.scalar(select(app_lease.c.beat_at).where(app_lease.c.name == name))
        return found

    return await database.read(work)
