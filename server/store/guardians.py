"""The further guardians of a visit: who may come with the child besides the one whom it is booked with.

Who was removed stays known: what they said, and when they were here, is told under their name.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Update, func, insert, select, update

from server.masking import mask_name
from server.store.database import Database, Transaction, Write
from server.store.tables import guardian, relation, visit, visit_guardian

MOST = 4
MOST_EVER = 16
"""With those who were removed."""


@dataclass(frozen=True, slots=True)
class Further:
    """The ``n``-th of a visit, with the whole name, and how they are related to its child. ``here``: they may come, and were
    not removed."""

    n: int
    id: str
    name: str
    phone: str
    relation: str
    proof: str
    here: bool


async def ever_of_visit(transaction: Transaction, visit_id: str) -> list[Further]:
    """Those too who were removed, in the order in which they were first added."""
    c, related = visit_guardian.c, (relation.c.guardian == visit_guardian.c.guardian) & (relation.c.child == visit.c.child)
    joined = (
        visit_guardian.join(visit, visit.c.id == c.visit).join(guardian, guardian.c.id == c.guardian).join(relation, related)
    )
    columns = (c.n, c.guardian, guardian.c.name, guardian.c.phone, relation.c.kind, relation.c.proof, c.removed_at)
    rows = await transaction.execute(select(*columns).select_from(joined).where(c.visit == visit_id).order_by(c.n))
    return [
        Further(n, id, name, phone, kind, proof, removed_at is None) for n, id, name, phone, kind, proof, removed_at in rows
    ]


async def of_visit(transaction: Transaction, visit_id: str) -> list[Further]:
    """Who may come, in the order in which they were added."""
    return [each for each in await ever_of_visit(transaction, visit_id) if each.here]


async def names(database: Database, visit_id: str) -> dict[str, str]:
    """By id, as they are shown: masked; of those too who were removed."""
    further = await database.read(lambda transaction: ever_of_visit(transaction, visit_id))
    return {each.id: mask_name(each.name) for each in further}


async def add(transaction: Transaction, visit_id: str, guardian_id: str, now: float) -> None:
    """Who may come already stays as they are. The visit's row is to be held, or two may get one number."""
    known = {each.id: each.here for each in await ever_of_visit(transaction, visit_id)}
    if guardian_id not in known:
        last = await transaction.scalar(select(func.max(visit_guardian.c.n)).where(visit_guardian.c.visit == visit_id))
        row = {"visit": visit_id, "n": (last or 0) + 1, "guardian": guardian_id, "added_at": now}
        await transaction.execute(insert(visit_guardian), row)
    elif not known[guardian_id]:
        await transaction.execute(_of(visit_id, guardian_id).values(added_at=now, removed_at=None))


def remove(visit_id: str, guardian_id: str, now: float) -> Write:
    async def write(transaction: Transaction) -> None:
        await transaction.execute(_of(visit_id, guardian_id).values(removed_at=now))

    return write


def _of(visit_id: str, guardian_id: str) -> Update:
    return update(visit_guardian).where(visit_guardian.c.visit == visit_id, visit_guardian.c.guardian == guardian_id)
