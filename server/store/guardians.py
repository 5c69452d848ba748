"""The further guardians of a visit: who may come with the child besides the one whom it is booked with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from server.masking import mask_name
from server.store.database import Database, Transaction
from server.store.tables import guardian, relation, visit, visit_guardian

MOST = 4


@dataclass(frozen=True, slots=True)
class Further:
    """The ``n``-th of a visit, with the whole name, and how they are related to its child."""

    n: int
    id: str
    name: str
    relation: str
    proof: str


async def of_visit(transaction: Transaction, visit_id: str) -> list[Further]:
    """In the order in which they were added."""
    c, related = visit_guardian.c, (relation.c.guardian == visit_guardian.c.guardian) & (relation.c.child == visit.c.child)
    joined = (
        visit_guardian.join(visit, visit.c.id == c.visit).join(guardian, guardian.c.id == c.guardian).join(relation, related)
    )
    columns = (c.n, c.guardian, guardian.c.name, relation.c.kind, relation.c.proof)
    rows = await transaction.execute(select(*columns).select_from(joined).where(c.visit == visit_id).order_by(c.n))
    return [Further(*row) for row in rows]


async def names(database: Database, visit_id: str) -> dict[str, str]:
    """By id, as they are shown: masked."""
    further = await database.read(lambda transaction: of_visit(transaction, visit_id))
    return {each.id: mask_name(each.name) for each in further}


async def add(transaction: Transaction, visit_id: str, guardian_id: str, now: float) -> None:
    """Who is there already stays as they are. The visit's row is to be held, or two may get one number."""
    there = await of_visit(transaction, visit_id)
    if guardian_id not in {each.id for each in there}:
        last = await transaction.scalar(select(func.max(visit_guardian.c.n)).where(visit_guardian.c.visit == visit_id))
        row = {"visit": visit_id, "n": (last or 0) + 1, "guardian": guardian_id, "added_at": now}
        await transaction.execute(insert(visit_guardian), row)
