"""Visits: booking one with the people in it, and the session's snapshot that lists are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database, Write
from server.store.tables import child, guardian, hospital, join_link, preparation_draft, relation, staff, visit


@dataclass(frozen=True, slots=True)
class Hospital:
    """``phone`` is where families call; None where it is not on the register."""

    id: str
    name: str
    name_en: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """``role``: physician, operations, administrator, records_officer, coordinator, desk; the last five are for physicians."""

    id: str
    hospital: str
    login: str
    password_hash: str
    role: str
    name: str
    title: str
    licence: str | None = None
    rank: str | None = None
    practice_since: str | None = None
    trained_until: str | None = None
    whitelisted: bool = False
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Child:
    """``sex`` is female, male or unknown; ``birth_date`` is ISO text."""

    id: str
    hospital: str
    name: str
    sex: str
    birth_date: str
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Guardian:
    """``language`` is zh or en: in which the family is written to."""

    id: str
    hospital: str
    name: str
    phone: str
    revision: int = 1
    email: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind``: mother, father, legal_guardian, delegated. ``proof``: one of `server.booking.limits.PROOFS`;
    written_delegation, of a delegated adult and of nobody else; or declared, by the family itself, as long as nobody has seen
    a proof."""

    guardian: str
    child: str
    kind: str
    proof: str
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """A booked visit; its id is also its session's. ``field`` is growth, nutrition or skin, ``department`` a name, ``kind`` one
    of `server.booking.rules.VisitKind`; ``slot`` is None for one booked outside slots."""

    id: str
    hospital: str
    department: str
    field: str
    child: str
    guardian: str
    physician: str
    starts_at: float
    ends_at: float
    kind: str = "first"
    slot: str | None = None
    booked_at: float | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What lists show of a session; ``waiting_since_at`` is when the guardian who now waits came."""

    state: str
    outcome: str | None = None
    waiting_since_at: float | None = None
    ended_at: float | None = None


Record = Hospital | Staff | Child | Guardian | Relation | Visit
_TABLES = {Hospital: hospital, Staff: staff, Child: child, Guardian: guardian, Relation: relation, Visit: visit}


def add(*records: Record) -> Write:
    """Store new records, in the order in which they lean on each other."""

    async def write(connection: AsyncConnection) -> None:
        for record in records:
            row: dict[str, Any] = {name: getattr(record, name) for name in type(record).__slots__}
            if isinstance(record, Visit):
                row["state"] = "waiting"
            await connection.execute(insert(_TABLES[type(record)]), row)

    return write


async def book(database: Database, records: Sequence[Record]) -> None:
    """Store new people and visits together."""
    await database.write(add(*records))


def snapshot(session: str, now_is: Snapshot) -> Write:
    """Keep the lists up to date, in the transaction of the event that changed the session; another state is a new revision. At
    its end the answers go that the family began and never completed: nobody was to read them; and links that nobody used lead
    nowhere any more: who has a device of the visit goes on reading on it, and who has none is given a newer link."""

    async def write(connection: AsyncConnection) -> None:
        row: dict[str, Any] = {name: getattr(now_is, name) for name in Snapshot.__slots__}
        row["revision"] = visit.c.revision + case((visit.c.state != now_is.state, 1), else_=0)
        await connection.execute(update(visit).where(visit.c.id == session).values(row))
        if now_is.ended_at is not None:
            await connection.execute(delete(preparation_draft).where(preparation_draft.c.visit == session))
            c = join_link.c
            unused = (c.visit == session, c.redeemed_at.is_(None), c.revoked_at.is_(None))
            before = update(join_link).where(*unused, c.issued_at <= now_is.ended_at)
            await connection.execute(before.values(revoked_at=now_is.ended_at))

    return write


def child_confirmed(session: str, at: float | None) -> Write:
    """The guardian said that it is the right child; with None, that it is not."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(update(visit).where(visit.c.id == session).values(child_confirmed_at=at))

    return write
