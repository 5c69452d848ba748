"""Schedules and their slots. Every query is bound to one hospital; which spans overlap is decided by `server.booking.slots`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update

from server.booking.slots import Span
from server.errors import Refused
from server.store.database import Transaction
from server.store.tables import schedule, slot, staff, visit


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a physician sees a field for a department. One that is not ``active`` takes no more bookings; those it has stay."""

    id: str
    hospital: str
    physician: str
    department: str
    field: str
    starts_at: float
    ends_at: float
    slot_minutes: int
    active: bool = True
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot with what its schedule says of it."""

    id: str
    schedule: str
    starts_at: float
    ends_at: float
    physician: str
    department: str
    field: str
    active: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which slots are asked for: those that begin in ``[since, until)``; None is any."""

    since: float
    until: float
    physician: str | None = None
    department: str | None = None
    field: str | None = None


async def add(transaction: Transaction, new: Schedule, slots: Sequence[tuple[str, Span]]) -> Schedule:
    """With its slots and their ids. Raises ``Refused("schedule_overlaps")`` when the physician has another one at that time."""
    await hold_physician(transaction, new.physician)
    await _check_overlap(transaction, new)
    await transaction.execute(insert(schedule), _row(new))
    rows = [{"id": id, "schedule": new.id, "starts_at": span.starts_at, "ends_at": span.ends_at} for id, span in slots]
    await transaction.execute(insert(slot), rows)
    return new


async def one(transaction: Transaction, hospital: str, id: str, *, to_change: bool = False) -> Schedule | None:
    """``to_change`` keeps others from changing it before this transaction ends."""
    query = select(*_columns()).where(schedule.c.hospital == hospital, schedule.c.id == id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else Schedule(*row)


async def some(
    transaction: Transaction, hospital: str, wanted: Wanted, after: tuple[float, str] | None, limit: int
) -> list[Schedule]:
    """At most ``limit`` by start and id, those after ``after``."""
    query = select(*_columns()).where(schedule.c.hospital == hospital, *_wanted(schedule.c.starts_at, wanted))
    if after is not None:
        query = query.where(_later(schedule, after))
    rows = await transaction.execute(query.order_by(schedule.c.starts_at, schedule.c.id).limit(limit))
    return [Schedule(*row) for row in rows]


async def set_active(transaction: Transaction, now_is: Schedule) -> None:
    """Raises ``Refused("schedule_overlaps")`` for one that comes back where another is by now."""
    if now_is.active:
        await hold_physician(transaction, now_is.physician)
        await _check_overlap(transaction, now_is)
    of_it = (schedule.c.hospital == now_is.hospital, schedule.c.id == now_is.id)
    await transaction.execute(update(schedule).where(*of_it).values(active=now_is.active, revision=now_is.revision))


async def slot_of(transaction: Transaction, hospital: str, id: str) -> Slot | None:
    query = _slots().where(schedule.c.hospital == hospital, slot.c.id == id)
    row = (await transaction.execute(query)).one_or_none()
    return None if row is None else Slot(*row)


async def free_slots(
    transaction: Transaction, hospital: str, wanted: Wanted, after: tuple[float, str] | None, limit: int
) -> list[Slot]:
    """At most ``limit`` by start and id, those after ``after``: of active schedules, not taken, the physician free."""
    free = (
        schedule.c.active,
        ~exists().where(holds(slot.c.id)),
        ~exists().where(busy(schedule.c.physician, slot.c.starts_at, slot.c.ends_at)),
    )
    query = _slots().where(schedule.c.hospital == hospital, *free, *_wanted(slot.c.starts_at, wanted))
    if after is not None:
        query = query.where(_later(slot, after))
    rows = await transaction.execute(query.order_by(slot.c.starts_at, slot.c.id).limit(limit))
    return [Slot(*row) for row in rows]


def holds(slot_id: Any) -> ColumnElement[bool]:
    """Whether a visit has that slot: until it is cancelled."""
    return and_(visit.c.slot == slot_id, or_(visit.c.outcome.is_(None), visit.c.outcome != "cancelled"))


def busy(physician: Any, starts_at: Any, ends_at: Any) -> ColumnElement[bool]:
    """Whether a visit keeps the physician busy in some moment of the span; each is a value or a column."""
    theirs = (visit.c.physician == physician, visit.c.state != "ended")
    return and_(*theirs, visit.c.starts_at < ends_at, visit.c.ends_at > starts_at)


async def hold_physician(transaction: Transaction, physician: str) -> None:
    """Whoever holds the physician's row is alone with their time (SQLite's one writer is alone anyway)."""
    await transaction.execute(select(staff.c.id).where(staff.c.id == physician).with_for_update())


async def _check_overlap(transaction: Transaction, asked: Schedule) -> None:
    there = (schedule.c.physician == asked.physician, schedule.c.active, schedule.c.id != asked.id)
    together = (schedule.c.starts_at < asked.ends_at, schedule.c.ends_at > asked.starts_at)
    if await transaction.scalar(select(schedule.c.id).where(*there, *together).limit(1)) is not None:
        raise Refused("schedule_overlaps")


def _columns() -> list[Any]:
    return [schedule.c[name] for name in Schedule.__slots__]


def _row(record: Schedule) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Schedule.__slots__}


def _slots() -> Any:
    of_slot = (slot.c.id, slot.c.schedule, slot.c.starts_at, slot.c.ends_at)
    columns = (*of_slot, schedule.c.physician, schedule.c.department, schedule.c.field, schedule.c.active)
    return select(*columns).select_from(slot.join(schedule, schedule.c.id == slot.c.schedule))


def _wanted(starts_at: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = {"physician": wanted.physician, "department": wanted.department, "field": wanted.field}
    named = [schedule.c[name] == value for name, value in asked.items() if value is not None]
    return [starts_at >= wanted.since, starts_at < wanted.until, *named]


def _later(table: Any, after: tuple[float, str]) -> ColumnElement[bool]:
    """Beyond that place in the order by start and id."""
    starts_at, id = after
    return or_(table.c.starts_at > starts_at, and_(table.c.starts_at == starts_at, table.c.id > id))
