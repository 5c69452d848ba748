"""Referrals: at most one a visit, with a number that people can read out and a state that moves forward only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database, Write
from server.store.tables import referral

STATES = ("issued", "sent", "received", "booked", "seen")


@dataclass(frozen=True, slots=True)
class Referral:
    """``reason`` and ``urgency`` are codes of the checklist at ``checklist_version``; ``body`` is the letter's id."""

    id: str
    visit: str
    number: str
    reason: str
    urgency: str
    checklist_version: str
    body: str
    issued_at: float
    state: str = "issued"


def file(item: Referral) -> Write:
    """Store it, in the transaction of its event. A second one for a visit is an ``IntegrityError``, and nothing changes."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(referral), {name: getattr(item, name) for name in Referral.__slots__})

    return write


async def filed_for(connection: AsyncConnection, visit: str) -> Referral | None:
    """The visit's referral, inside a transaction."""
    columns = [referral.c[name] for name in Referral.__slots__]
    row = (await connection.execute(select(*columns).where(referral.c.visit == visit))).one_or_none()
    return None if row is None else Referral(*row)


async def of_visit(database: Database, visit: str) -> Referral | None:
    return await database.read(lambda connection: filed_for(connection, visit))


async def advance(database: Database, id: str, state: str) -> None:
    """Move the receipt state forward; a step back changes nothing."""
    earlier = STATES[: STATES.index(state)]

    async def work(connection: AsyncConnection) -> None:
        moved = update(referral).where(referral.c.id == id, referral.c.state.in_(earlier)).values(state=state)
        await connection.execute(moved)

    await database.write(work)
