"""The outbox: messages that leave the house, written with the event that causes them, delivered later, at least once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database, Write
from server.store.tables import outbox


@dataclass(frozen=True, slots=True)
class Outgoing:
    """``payload`` is JSON text; ``id`` lets a receiver drop what it has had before."""

    id: str
    session: str
    kind: str
    payload: str
    created_at: float


def post(message: Outgoing) -> Write:
    async def write(connection: AsyncConnection) -> None:
        row = {"id": message.id, "session": message.session, "kind": message.kind}
        await connection.execute(insert(outbox), {**row, "payload": message.payload, "created_at": message.created_at})

    return write


async def pending(database: Database, limit: int = 100) -> list[Outgoing]:
    """What has not been delivered, oldest first."""

    async def work(connection: AsyncConnection) -> list[Outgoing]:
        columns = (outbox.c.id, outbox.c.session, outbox.c.kind, outbox.c.payload, outbox.c.created_at)
        query = select(*columns).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.created_at, outbox.c.id)
        return [Outgoing(*row) for row in await connection.execute(query.limit(limit))]

    return await database.read(work)


async def delivered(database: Database, id: str, now: float) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(update(outbox).where(outbox.c.id == id).values(delivered_at=now))

    await database.write(work)
