"""The outbox: what leaves the house, written with the event that causes it.

A message is numbered within its visit, and with it are written its deliveries: one for each endpoint of the hospital that
subscribed to its kind (``deliveries``). So the order and the addressees of a message are settled with its event, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from server.store import deliveries
from server.store.database import Database, Transaction, Write
from server.store.tables import outbox, visit


@dataclass(frozen=True, slots=True)
class Outgoing:
    """``payload`` is the message's data as JSON text; ``id`` lets a receiver drop what it has had before."""

    id: str
    session: str
    kind: str
    payload: str
    created_at: float


def post(message: Outgoing) -> Write:
    async def write(transaction: Transaction) -> None:
        # Whoever holds the visit's row numbers alone (SQLite's one writer is alone anyway).
        await transaction.execute(select(visit.c.id).where(visit.c.id == message.session).with_for_update(key_share=True))
        last = await transaction.scalar(select(func.max(outbox.c.n)).where(outbox.c.session == message.session))
        row = {name: getattr(message, name) for name in Outgoing.__slots__}
        await transaction.execute(insert(outbox), {**row, "n": (last or 0) + 1})
        await deliveries.address(transaction, message.id)

    return write


async def of_session(database: Database, session: str) -> list[Outgoing]:
    """The visit's messages, in their order."""

    async def work(transaction: Transaction) -> list[Outgoing]:
        columns = [outbox.c[name] for name in Outgoing.__slots__]
        query = select(*columns).where(outbox.c.session == session).order_by(outbox.c.n)
        return [Outgoing(*row) for row in await transaction.execute(query)]

    return await database.read(work)
