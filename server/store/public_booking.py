"""What somebody may see and book who has no link yet: hospitals that allow it, who sees a field there, and when.

Nothing here tells of a family. A booking's key is what its page made, kept as a hash, so that a request whose answer was lost
is answered again and books nothing twice; it is forgotten after ``LASTS_S``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError

from server.booking.limits import DECLARED, Limits, from_record
from server.booking.rules import DAY_S
from server.calendar import day_of
from server.eligibility import Credentials, reasons_against
from server.store import schedules
from server.store.database import Transaction
from server.store.schedules import Slot, busy, holds
from server.store.tables import (
    department,
    guardian,
    hospital,
    hospital_limits,
    join_link,
    public_booking,
    relation,
    schedule,
    slot,
    staff,
    visit,
)
from server.store.visits import Hospital

LASTS_S = 86_400.0
MOST_HOSPITALS = 200
MOST_SPECIALISTS = 60
MOST_WITH_TIME = 2_000
"""So many with a free slot are looked at for those who may see children online."""
MOST_SLOTS = 300
"""More than a day has of one physician (`server.booking.slots.MOST_SLOTS`), so that a whole day always fits in."""


class Taken(Exception):
    """Another request has booked under this key in the meantime; nothing has changed. Find it."""


@dataclass(frozen=True, slots=True)
class Open:
    """A hospital that allows it; ``fields`` are those that its departments see, within its limits."""

    hospital: Hospital
    limits: Limits
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Specialist:
    """Somebody who may see children online on the day of ``next_at``, when the first free slot begins."""

    id: str
    name: str
    title: str
    rank: str
    licence: str
    department: str
    department_name: str
    department_name_en: str
    next_at: float


@dataclass(frozen=True, slots=True)
class Days:
    """Free slots of whole days; ``next`` is the first day that was left out, ISO text, None when there is no more."""

    slots: list[Slot]
    next: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a key."""

    visit: str
    request_sha256: str


async def hospitals(transaction: Transaction) -> list[Open]:
    """By name, at most ``MOST_HOSPITALS``."""
    return await _open(transaction)


async def hospital_open(transaction: Transaction, id: str) -> Open | None:
    """None for one that does not allow it, too."""
    found = await _open(transaction, hospital.c.id == id)
    return found[0] if found else None


async def _open(transaction: Transaction, *where: ColumnElement[bool]) -> list[Open]:
    joined = hospital.join(hospital_limits, hospital_limits.c.hospital == hospital.c.id)
    query = select(hospital, hospital_limits.c.record).select_from(joined)
    found: list[Open] = []
    for row in (await transaction.execute(query.where(*where).order_by(hospital.c.name, hospital.c.id))).all():
        limits = from_record(json.loads(row.record))
        if limits.public_booking and len(found) < MOST_HOSPITALS:
            fields = await _fields(transaction, row.id, limits)
            found.append(Open(Hospital(row.id, row.name, row.name_en, row.phone), limits, fields))
    return found


async def _fields(transaction: Transaction, id: str, limits: Limits) -> tuple[str, ...]:
    rows = await transaction.scalars(select(department.c.fields).where(department.c.hospital == id, department.c.active))
    seen = {field for row in rows for field in row.split()}
    return tuple(field for field in limits.fields if field in seen)


async def specialists(transaction: Transaction, of: Open, field: str, now: float) -> list[Specialist]:
    """Those with a free slot in the field before the hospital's horizon, the soonest first, at most ``MOST_SPECIALISTS``."""
    if field not in of.fields:
        return []
    c, next_at = schedule.c, func.min(slot.c.starts_at)
    joined = slot.join(schedule, c.id == slot.c.schedule).join(department, department.c.id == c.department)
    shown = (staff.c.id, staff.c.name, staff.c.title, staff.c.rank, staff.c.licence)
    further = (staff.c.practice_since, staff.c.trained_until, staff.c.whitelisted, department.c.fields)
    of_department = (c.department, department.c.name, department.c.name_en)
    free = (c.active, ~exists().where(holds(slot.c.id)), ~exists().where(busy(c.physician, slot.c.starts_at, slot.c.ends_at)))
    within = (slot.c.starts_at >= now, slot.c.starts_at < until(of, now))
    theirs = (c.hospital == of.hospital.id, c.field == field, department.c.active, staff.c.role == "physician")
    query = select(*further, *shown, *of_department, next_at).select_from(joined.join(staff, staff.c.id == c.physician))
    query = query.where(*theirs, *within, *free).group_by(*further, *shown, *of_department)
    found = []
    for row in await transaction.execute(query.order_by(next_at, staff.c.id, c.department).limit(MOST_WITH_TIME)):
        since, trained, listed, fields, *values = row
        each = Specialist(*values)
        credentials = Credentials(each.licence, each.rank, since, trained, listed)
        if field in fields.split() and not reasons_against(credentials, day_of(each.next_at)):
            found.append(each)
    return found[:MOST_SPECIALISTS]


async def free_days(transaction: Transaction, of: Open, field: str, who: tuple[str, str], first: float, now: float) -> Days:
    """Of ``who``, a physician and a department, from ``first`` on (seconds since 1970): days on which they may see children."""
    physician, of_department = who
    query = select(staff.c.licence, staff.c.rank, staff.c.practice_since, staff.c.trained_until, staff.c.whitelisted)
    row = (await transaction.execute(query.where(staff.c.id == physician, staff.c.hospital == of.hospital.id))).one_or_none()
    if row is None or field not in of.fields:
        return Days([], None)
    wanted = schedules.Wanted(max(now, first), until(of, now), physician, of_department, field)
    found = await schedules.free_slots(transaction, of.hospital.id, wanted, None, MOST_SLOTS + 1)
    left_out = day_of(found[-1].starts_at) if len(found) > MOST_SLOTS else None
    credentials = Credentials(*row)
    good = [each for each in found if not reasons_against(credentials, day_of(each.starts_at))]
    shown = [each for each in good if left_out is None or day_of(each.starts_at) < left_out]
    return Days(shown, None if left_out is None else left_out.isoformat())


def until(of: Open, now: float) -> float:
    """Slots that begin before it may be booked."""
    return now + of.limits.horizon_days * DAY_S


async def find(transaction: Transaction, key_sha256: str, now: float) -> Kept | None:
    c = public_booking.c
    query = select(c.visit, c.request_sha256).where(c.key_sha256 == key_sha256, c.created_at > now - LASTS_S)
    row = (await transaction.execute(query)).one_or_none()
    return None if row is None else Kept(*row)


async def reserve(transaction: Transaction, key_sha256: str, kept: Kept, now: float) -> None:
    """First in the transaction that books; what counts no longer goes. Raises ``Taken``: then that must not go on."""
    await transaction.execute(delete(public_booking).where(public_booking.c.created_at <= now - LASTS_S))
    row = {"key_sha256": key_sha256, "visit": kept.visit, "request_sha256": kept.request_sha256, "created_at": now}
    try:
        await transaction.execute(insert(public_booking), row)
    except IntegrityError as error:
        raise Taken from error


async def open_visits(transaction: Transaction, phones: Sequence[str], now: float) -> int:
    """How many visits are to come of whoever said that this is their number, and of whom nobody has seen a proof."""
    joined = visit.join(guardian, guardian.c.id == visit.c.guardian)
    related = (relation.c.guardian == visit.c.guardian) & (relation.c.child == visit.c.child)
    theirs = (guardian.c.phone.in_(phones), relation.c.proof == DECLARED, visit.c.state != "ended", visit.c.ends_at > now)
    query = select(func.count()).select_from(joined.join(relation, related)).where(*theirs)
    return int(await transaction.scalar(query) or 0)


async def link_until(transaction: Transaction, of: str, token_sha256: str) -> float | None:
    """Until when that link of the visit works, if no newer one has taken its place."""
    c = join_link.c
    of_it = (c.visit == of, c.token_sha256 == token_sha256, c.revoked_at.is_(None))
    at = await transaction.scalar(select(c.expires_at).where(*of_it))
    return None if at is None else float(at)
