"""Children, their guardians, and how they are related. Every query is bound to one hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select, update

from server.errors import Refused
from server.store.database import Transaction, Write
from server.store.tables import child, guardian, relation, visit
from server.store.visits import Child, Guardian, Relation


@dataclass(frozen=True, slots=True)
class Related:
    """A guardian of a child, with the relation."""

    guardian: Guardian
    relation: Relation


async def add_child(transaction: Transaction, new: Child) -> Child:
    await transaction.execute(insert(child), _row(new))
    return new


async def add_guardian(transaction: Transaction, new: Guardian) -> Guardian:
    await transaction.execute(insert(guardian), _row(new))
    return new


async def child_of(transaction: Transaction, hospital: str, id: str, *, to_change: bool = False) -> Child | None:
    """``to_change`` keeps others from changing it, or from booking for it, before this transaction ends."""
    query = _select(Child, child).where(child.c.hospital == hospital, child.c.id == id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else Child(*row)


async def guardian_of(transaction: Transaction, hospital: str, id: str, *, to_change: bool = False) -> Guardian | None:
    query = _select(Guardian, guardian).where(guardian.c.hospital == hospital, guardian.c.id == id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else Guardian(*row)


async def phone_at_visit(transaction: Transaction, visit_id: str) -> str:
    """The whole number of the guardian whom the visit is booked with."""
    query = select(guardian.c.phone).join(visit, visit.c.guardian == guardian.c.id).where(visit.c.id == visit_id)
    return str((await transaction.execute(query)).scalar_one())


async def some_children(transaction: Transaction, hospital: str, after: str | None, limit: int) -> list[Child]:
    """At most ``limit`` by id, those after ``after``."""
    query = _select(Child, child).where(child.c.hospital == hospital).order_by(child.c.id).limit(limit)
    rows = await transaction.execute(query if after is None else query.where(child.c.id > after))
    return [Child(*row) for row in rows]


async def some_guardians(transaction: Transaction, hospital: str, after: str | None, limit: int) -> list[Guardian]:
    query = _select(Guardian, guardian).where(guardian.c.hospital == hospital).order_by(guardian.c.id).limit(limit)
    rows = await transaction.execute(query if after is None else query.where(guardian.c.id > after))
    return [Guardian(*row) for row in rows]


async def change_child(transaction: Transaction, now_is: Child) -> None:
    of_it = (child.c.hospital == now_is.hospital, child.c.id == now_is.id)
    await transaction.execute(update(child).where(*of_it).values(**_row(now_is)))


async def change_guardian(transaction: Transaction, now_is: Guardian) -> None:
    of_it = (guardian.c.hospital == now_is.hospital, guardian.c.id == now_is.id)
    await transaction.execute(update(guardian).where(*of_it).values(**_row(now_is)))


async def relate(transaction: Transaction, new: Relation) -> Relation:
    """Child and guardian must be of one hospital (``child_of``, ``guardian_of``). Raises ``Refused("relation_exists")``."""
    if await related(transaction, new.child, new.guardian) is not None:
        raise Refused("relation_exists")
    await transaction.execute(insert(relation), _row(new))
    return new


async def related(transaction: Transaction, child_id: str, guardian_id: str, *, to_change: bool = False) -> Relation | None:
    query = _select(Relation, relation).where(relation.c.child == child_id, relation.c.guardian == guardian_id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else Relation(*row)


async def some_related(transaction: Transaction, hospital: str, child_id: str, after: str | None, limit: int) -> list[Related]:
    """The child's guardians by their ids, at most ``limit`` of those after ``after``."""
    columns = [guardian.c[name] for name in Guardian.__slots__], [relation.c[name] for name in Relation.__slots__]
    joined = relation.join(guardian, guardian.c.id == relation.c.guardian).join(child, child.c.id == relation.c.child)
    query = select(*columns[0], *columns[1]).select_from(joined).where(child.c.hospital == hospital, child.c.id == child_id)
    query = query.order_by(guardian.c.id).limit(limit)
    rows = await transaction.execute(query if after is None else query.where(guardian.c.id > after))
    width = len(columns[0])
    return [Related(Guardian(*row[:width]), Relation(*row[width:])) for row in rows]


async def change_relation(transaction: Transaction, now_is: Relation) -> None:
    of_it = (relation.c.child == now_is.child, relation.c.guardian == now_is.guardian)
    await transaction.execute(update(relation).where(*of_it).values(**_row(now_is)))


def prove(child_id: str, guardian_id: str, proof: str) -> Write:
    """From now on this is the relation's kind of proof; one more revision."""

    async def write(transaction: Transaction) -> None:
        of_it = (relation.c.child == child_id, relation.c.guardian == guardian_id)
        await transaction.execute(update(relation).where(*of_it).values(proof=proof, revision=relation.c.revision + 1))

    return write


def _row(record: Child | Guardian | Relation) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__slots__}


def _select(record: type[Child] | type[Guardian] | type[Relation], table: Any) -> Select[Any]:
    return select(*(table.c[name] for name in record.__slots__))
