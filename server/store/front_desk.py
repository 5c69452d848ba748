"""What a hospital's front desk reads: the visits of a day with the people in them, one visit, families by a name or a number.

Every query is bound to one hospital.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, case, or_, select

from server.store.database import Transaction
from server.store.tables import child, guardian, join_link, relation, schedule, slot, staff, visit
from server.store.visits import Child, Guardian, Relation

LEAST_DIGITS: Final = 4
"""A number is looked for by its last digits; fewer would find everybody."""


@dataclass(frozen=True, slots=True)
class Link:
    """The visit's join link: until when it works, and since when a device holds it."""

    expires_at: float
    redeemed_at: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A booked visit with the people in it; ``department`` is the id of a visit's in a slot. ``link`` is the one that holds."""

    id: str
    kind: str
    field: str
    state: str
    outcome: str | None
    starts_at: float
    ends_at: float
    waiting_since_at: float | None
    revision: int
    department: str | None
    department_name: str
    physician: str
    physician_name: str
    physician_title: str
    child: Child
    guardian: Guardian
    relation: Relation
    link: Link | None


@dataclass(frozen=True, slots=True)
class Family:
    """A child with one of its guardians, or with none on the register."""

    child: Child
    guardian: Guardian | None
    relation: Relation | None


async def day(transaction: Transaction, hospital: str, since: float, until: float, limit: int) -> list[Line]:
    """At most ``limit`` of the visits that begin in ``[since, until)``, by start and id."""
    starts_at = visit.c.starts_at
    query = _lines().where(visit.c.hospital == hospital, starts_at >= since, starts_at < until)
    return await _with_links(transaction, query.order_by(starts_at, visit.c.id).limit(limit))


async def line(transaction: Transaction, hospital: str, id: str) -> Line | None:
    found = await _with_links(transaction, _lines().where(visit.c.hospital == hospital, visit.c.id == id))
    return found[0] if found else None


async def find(transaction: Transaction, hospital: str, text: str, limit: int) -> list[Family]:
    """At most ``limit``, by the child's name: a child or a guardian whose name begins so, or whose number ends so."""
    digits = "".join(text.split()).replace("-", "").removeprefix("+")
    if digits.isdecimal() and digits.isascii():
        such = guardian.c.phone.endswith(digits, autoescape=True) if len(digits) >= LEAST_DIGITS else None
    else:
        such = or_(*(table.c.name.startswith(text, autoescape=True) for table in (child, guardian)))
    if such is None:
        return []
    related = child.outerjoin(relation, relation.c.child == child.c.id).outerjoin(
        guardian, guardian.c.id == relation.c.guardian
    )
    query = select(*_columns(Child, child), *_columns(Guardian, guardian), *_columns(Relation, relation)).select_from(related)
    query = query.where(child.c.hospital == hospital, such).order_by(child.c.name, child.c.id, guardian.c.id).limit(limit)
    return [_family(tuple(row)) for row in await transaction.execute(query)]


def _lines() -> Select[Any]:
    c = visit.c
    own = (c.id, c.kind, c.field, c.state, c.outcome, c.starts_at, c.ends_at, c.waiting_since_at, c.revision)
    where = (schedule.c.department, c.department, staff.c.id, staff.c.name, staff.c.title)
    people = (*_columns(Child, child), *_columns(Guardian, guardian), *_columns(Relation, relation))
    related = and_(relation.c.child == c.child, relation.c.guardian == c.guardian)
    booked = (
        visit.join(child, child.c.id == c.child)
        .join(guardian, guardian.c.id == c.guardian)
        .join(relation, related)
        .join(staff, staff.c.id == c.physician)
        .outerjoin(slot, slot.c.id == c.slot)
        .outerjoin(schedule, schedule.c.id == slot.c.schedule)
    )
    return select(*own, *where, *people).select_from(booked)


async def _with_links(transaction: Transaction, query: Select[Any]) -> list[Line]:
    rows = [tuple(row) for row in await transaction.execute(query)]
    links = await _links(transaction, [row[0] for row in rows])
    values: list[list[Any]] = [[*row[:_OWN], *_people(row[_OWN:]), links.get(row[0])] for row in rows]
    return [Line(*each) for each in values]


_BEST_LAST = (case((join_link.c.redeemed_at.is_(None), 0), else_=1), join_link.c.issued_at, join_link.c.token_sha256)
"""The one that is kept, of those of one visit and one guardian."""


async def _links(transaction: Transaction, visits: Iterable[str]) -> dict[str, Link]:
    """The newest that a device holds, or else the newest: a reminder brings a further one, beside the one that is in use."""
    c = join_link.c
    theirs = (c.visit.in_(visits), c.revoked_at.is_(None), c.guardian.is_(None))
    query = select(c.visit, c.expires_at, c.redeemed_at).where(*theirs)
    rows = await transaction.execute(query.order_by(*_BEST_LAST))
    return {row.visit: Link(row.expires_at, row.redeemed_at) for row in rows}


async def links_of_further(transaction: Transaction, visit_id: str) -> dict[str, Link]:
    """Of the visit's further guardians, by their ids; which of several as in ``_links``."""
    c = join_link.c
    query = select(c.guardian, c.expires_at, c.redeemed_at).where(
        c.visit == visit_id, c.revoked_at.is_(None), c.guardian.is_not(None)
    )
    rows = await transaction.execute(query.order_by(*_BEST_LAST))
    return {row.guardian: Link(row.expires_at, row.redeemed_at) for row in rows}


_OWN: Final = 14
_WIDTHS: Final = (len(Child.__slots__), len(Guardian.__slots__), len(Relation.__slots__))


def _people(row: tuple[Any, ...]) -> tuple[Child, Guardian, Relation]:
    of_guardian, of_relation = _WIDTHS[0], _WIDTHS[0] + _WIDTHS[1]
    return Child(*row[:of_guardian]), Guardian(*row[of_guardian:of_relation]), Relation(*row[of_relation:])


def _family(row: tuple[Any, ...]) -> Family:
    own = Child(*row[: _WIDTHS[0]])
    if row[_WIDTHS[0]] is None:
        return Family(own, None, None)
    return Family(*_people(row))


def _columns(record: type[Child] | type[Guardian] | type[Relation], table: Any) -> list[Any]:
    return [table.c[name] for name in record.__slots__]
