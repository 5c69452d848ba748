"""What is booked: a visit's appointment, as the hospital's systems read, list and move it, and what its rules need to know.

Every query is bound to one hospital. That a slot is one visit's is the database's own rule: two at once cannot both have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.booking.delegation import Paper
from server.booking.refusals import NotBookable, Refusal
from server.booking.rules import Case, Department
from server.eligibility import Credentials
from server.events import Admitted
from server.kinship import DELEGATED
from server.store.database import Transaction
from server.store.schedules import Slot, busy, holds
from server.store.tables import child, department, document, event, relation, schedule, slot, staff, visit
from server.store.visits import Visit


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit as it is booked; ``department`` is an id, of a visit in a slot; ``department_name`` is what the letter says."""

    id: str
    hospital: str
    kind: str
    field: str
    child: str
    guardian: str
    physician: str
    department: str | None
    department_name: str
    slot: str | None
    starts_at: float
    ends_at: float
    booked_at: float | None
    state: str
    outcome: str | None
    ended_at: float | None
    revision: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits are asked for: those that begin in ``[since, until)``; None is any."""

    since: float
    until: float
    physician: str | None = None
    child: str | None = None
    state: str | None = None


async def one(transaction: Transaction, hospital: str, id: str) -> Booked | None:
    row = (await transaction.execute(_select().where(visit.c.hospital == hospital, visit.c.id == id))).one_or_none()
    return None if row is None else Booked(*row)


async def by_id(transaction: Transaction, id: str) -> Visit | None:
    """The visit as it was asked for, whose hospital nobody has to know."""
    columns = [visit.c[name] for name in Visit.__slots__]
    row = (await transaction.execute(select(*columns).where(visit.c.id == id))).one_or_none()
    return None if row is None else Visit(*row)


async def some(
    transaction: Transaction, hospital: str, wanted: Wanted, after: tuple[float, str] | None, limit: int
) -> list[Booked]:
    """At most ``limit`` by start and id, those after ``after``."""
    c = visit.c
    asked = {"physician": wanted.physician, "child": wanted.child, "state": wanted.state}
    named = [c[name] == value for name, value in asked.items() if value is not None]
    query = _select().where(c.hospital == hospital, c.starts_at >= wanted.since, c.starts_at < wanted.until, *named)
    if after is not None:
        starts_at, id = after
        query = query.where((c.starts_at > starts_at) | ((c.starts_at == starts_at) & (c.id > id)))
    rows = await transaction.execute(query.order_by(c.starts_at, c.id).limit(limit))
    return [Booked(*row) for row in rows]


async def case(transaction: Transaction, asked: Visit) -> Case:
    """What the rules need to know of the visit asked for, or there already: it never stands in its own way."""
    born = await transaction.scalar(select(child.c.birth_date).where(child.c.id == asked.child))
    related = select(relation.c.kind, relation.c.proof).where(
        relation.c.child == asked.child, relation.c.guardian == asked.guardian
    )
    kind, proof = (await transaction.execute(related)).one_or_none() or ("", None)
    query = select(staff.c.licence, staff.c.rank, staff.c.practice_since, staff.c.trained_until, staff.c.whitelisted)
    credentials = (await transaction.execute(query.where(staff.c.id == asked.physician))).one()
    other = visit.c.id != asked.id
    of_child = (visit.c.child == asked.child) & (visit.c.field == asked.field) & (visit.c.state != "ended") & other
    return Case(
        field=asked.field,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        born=date.fromisoformat(born or ""),
        proof=proof,
        credentials=Credentials(*credentials),
        department=await _department(transaction, asked),
        slot_free=asked.slot is None or not await _any(transaction, holds(asked.slot) & other),
        schedule_active=asked.slot is None or await _active(transaction, asked.slot),
        physician_free=not await _any(transaction, busy(asked.physician, asked.starts_at, asked.ends_at) & other),
        has_open_visit=await _any(transaction, of_child),
        relation=kind,
        paper=await paper(transaction, asked.id) if kind == DELEGATED else Paper.MISSING,
    )


async def paper(transaction: Transaction, visit_id: str) -> Paper:
    """The visit's written delegation: the best of what was handed in and kept."""
    c = document.c
    kept = select(c.read_at).where(c.visit == visit_id, c.purpose == "delegation", c.state == "kept")
    read = list(await transaction.scalars(kept))
    if not read:
        return Paper.MISSING
    return Paper.READ if any(at is not None for at in read) else Paper.UNREAD


async def admitted(transaction: Transaction, visit_id: str) -> bool:
    """Whether the physician has let the family in to be seen; the visit may be waiting for their sound and picture yet."""
    return await _any(transaction, (event.c.session == visit_id) & (event.c.type == Admitted.type))


async def add(transaction: Transaction, new: Visit) -> None:
    """Raises ``NotBookable``: somebody else was quicker with the slot."""
    await _into_slot(transaction, insert(visit), {**{name: getattr(new, name) for name in Visit.__slots__}, "state": "waiting"})


async def move(transaction: Transaction, id: str, to: Slot) -> None:
    """Another slot; one more revision. Raises ``NotBookable`` as ``add``."""
    row = {"slot": to.id, "starts_at": to.starts_at, "ends_at": to.ends_at, "revision": visit.c.revision + 1}
    await _into_slot(transaction, update(visit).where(visit.c.id == id), row)


async def _into_slot(transaction: Transaction, statement: Any, row: Mapping[str, Any]) -> None:
    try:
        await transaction.execute(statement.values(**row))
    except IntegrityError as error:
        if row["slot"] is None:
            raise
        raise NotBookable((Refusal.SLOT_TAKEN,)) from error


async def _department(transaction: Transaction, asked: Visit) -> Department | None:
    """The slot's; without a slot the one of this name, if the hospital keeps it."""
    query = select(department.c.active, department.c.fields)
    if asked.slot is not None:
        query = query.join(schedule, schedule.c.department == department.c.id).join(slot, slot.c.schedule == schedule.c.id)
        query = query.where(slot.c.id == asked.slot)
    else:
        query = query.where(department.c.hospital == asked.hospital, department.c.name == asked.department)
    row = (await transaction.execute(query)).one_or_none()
    return None if row is None else Department(row.active, frozenset(row.fields.split()))


async def _active(transaction: Transaction, slot_id: str) -> bool:
    query = select(schedule.c.active).join(slot, slot.c.schedule == schedule.c.id).where(slot.c.id == slot_id)
    return bool(await transaction.scalar(query))


async def _any(transaction: Transaction, such: ColumnElement[bool]) -> bool:
    return bool(await transaction.scalar(select(exists().where(such))))


def _select() -> Any:
    c = visit.c
    columns = (c.id, c.hospital, c.kind, c.field, c.child, c.guardian, c.physician, schedule.c.department, c.department, c.slot)
    times = (c.starts_at, c.ends_at, c.booked_at, c.state, c.outcome, c.ended_at, c.revision)
    of_slot = visit.outerjoin(slot, slot.c.id == c.slot).outerjoin(schedule, schedule.c.id == slot.c.schedule)
    return select(*columns, *times).select_from(of_slot)
