"""Referrals: at most one a visit, with a number that people can read out, and what was told about each since.

What was told is appended, in the transaction of the event ``referral_told`` that names it (`server.referrals.register`); the
referral's ``state``, ``next_alarm_at`` and ``next_attempt_at`` are snapshots for lists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.referral import Urgency
from server.referrals.pathway import Destination
from server.referrals.track import Deadlines, Fact, Source, Stage, Track, advance, attempt_at, next_alarm_at
from server.store.database import Database, Write
from server.store.rehearsals import rehearsed
from server.store.secrets import digest
from server.store.tables import event, referral, referral_event, visit

STATES = tuple(stage.value for stage in Stage)


@dataclass(frozen=True, slots=True)
class Referral:
    """``reason`` and ``urgency`` are codes of the checklist at ``checklist_version``; ``body`` is the letter's id. The rest is
    where it goes and by when, as `server.referrals.pathway.Destination` says."""

    id: str
    visit: str
    number: str
    reason: str
    urgency: str
    checklist_version: str
    body: str
    issued_at: float
    state: str = Stage.ISSUED
    next_alarm_at: float | None = None
    next_attempt_at: float | None = None
    destination: str = ""
    pathway_version: str = ""
    destination_hospital: str = ""
    destination_hospital_en: str = ""
    department: str = ""
    department_en: str = ""
    endpoint: str | None = None
    received_by_at: float | None = None
    booked_by_at: float | None = None
    seen_by_at: float | None = None
    missed_s: float = 0.0
    receipt_sha256: str | None = None

    @property
    def by(self) -> Deadlines:
        return Deadlines(self.received_by_at, self.booked_by_at, self.seen_by_at, self.missed_s)


_COLUMNS = [referral.c[name] for name in Referral.__slots__]


@dataclass(frozen=True, slots=True)
class Told:
    """One fact. ``n`` and ``at`` are its event's in the session's chain; ``body_sha256`` is of further words, or empty."""

    fact: Fact
    source: Source
    appointment_at: float | None = None
    body_sha256: str = ""
    n: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Followed:
    """A referral with everything that was told about it, oldest first; ``hospital`` is the one that issued it."""

    referral: Referral
    hospital: str
    told: tuple[Told, ...]

    @property
    def track(self) -> Track:
        track = Track(Urgency(self.referral.urgency), self.referral.issued_at)
        for each in self.told:
            track = advance(track, each.fact, each.at, each.appointment_at)
        return track


def directed(item: Referral, to: Destination, token: str) -> Referral:
    """A new referral on its way there; ``token`` opens the page for the destination's desk."""
    track = Track(Urgency(item.urgency), item.issued_at)
    return replace(
        item,
        next_alarm_at=next_alarm_at(track, to.by),
        next_attempt_at=attempt_at(track) if to.endpoint is not None else None,
        destination=to.code,
        pathway_version=to.pathway_version,
        destination_hospital=to.hospital.zh,
        destination_hospital_en=to.hospital.en,
        department=to.department.zh,
        department_en=to.department.en,
        endpoint=to.endpoint,
        received_by_at=to.by.received_at,
        booked_by_at=to.by.booked_at,
        seen_by_at=to.by.seen_at,
        missed_s=to.by.missed_s,
        receipt_sha256=digest(token),
    )


def file(item: Referral) -> Write:
    """Store it, in the transaction of its event. A second one for a visit is an ``IntegrityError``, and nothing changes."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(referral), {name: getattr(item, name) for name in Referral.__slots__})

    return write


def tell(item: Referral, told: Told, after: Track) -> Write:
    """Append a fact, in the transaction of its event, which gives it number and time (those of ``told`` do not count).

    ``after`` is the track with it; the state goes back only when it is reopened.
    """

    async def write(connection: AsyncConnection) -> None:
        newest = select(event.c.n, event.c.at_us).where(event.c.session == item.visit).order_by(event.c.n.desc()).limit(1)
        n, at_us = (await connection.execute(newest)).one()
        row = {"referral": item.id, "n": n, "at": at_us / 1_000_000, "fact": told.fact.value, "source": told.source.value}
        further = {"appointment_at": told.appointment_at, "body_sha256": told.body_sha256}
        await connection.execute(insert(referral_event), row | further)
        snapshot = {
            "state": after.stage.value,
            "next_alarm_at": next_alarm_at(after, item.by),
            "next_attempt_at": attempt_at(after) if item.endpoint is not None else None,
        }
        before = (Stage.SEEN.value,) if told.fact is Fact.REOPENED else STATES[: STATES.index(after.stage) + 1]
        held = (referral.c.id == item.id, referral.c.state.in_(before))
        await connection.execute(update(referral).where(*held).values(snapshot))

    return write


async def filed_for(connection: AsyncConnection, visit: str) -> Referral | None:
    """The visit's referral, inside a transaction."""
    row = (await connection.execute(select(*_COLUMNS).where(referral.c.visit == visit))).one_or_none()
    return None if row is None else Referral(*row)


async def followed_for(connection: AsyncConnection, visit_id: str) -> Followed | None:
    """The visit's referral with what was told of it, inside a transaction."""
    found = await some(connection, with_hospital().where(visit.c.id == visit_id))
    return found[0] if found else None


async def of_visit(database: Database, visit: str) -> Referral | None:
    return await database.read(lambda connection: filed_for(connection, visit))


async def followed(database: Database, id: str) -> Followed | None:
    return await _one(database, referral.c.id == id)


async def by_number(database: Database, hospital: str, number: str) -> Followed | None:
    """Of that hospital's referrals the one with this number."""
    return await _one(database, (visit.c.hospital == hospital) & (referral.c.number == number))


async def by_receipt(database: Database, token: str) -> Followed | None:
    """The referral whose letter has this token in its QR code."""
    return await _one(database, referral.c.receipt_sha256 == digest(token))


async def to_alarm(database: Database, now: float, limit: int) -> list[Followed]:
    """Those of which a step has become overdue and that was not told, the longest waiting first; never a rehearsal."""
    query = (
        with_hospital().where(referral.c.next_alarm_at <= now, ~rehearsed()).order_by(referral.c.next_alarm_at, referral.c.id)
    )
    return await database.read(lambda connection: some(connection, query.limit(limit)))


async def to_send(database: Database, now: float, limit: int) -> list[Followed]:
    """Those whose time has come to be sent (again), the longest waiting first; never a rehearsal."""
    due = (referral.c.next_attempt_at <= now, ~rehearsed())
    query = with_hospital().where(*due).order_by(referral.c.next_attempt_at, referral.c.id).limit(limit)
    return await database.read(lambda connection: some(connection, query))


async def page(
    connection: AsyncConnection, hospital: str, only_open: bool, after: tuple[float, str] | None, limit: int
) -> list[Followed]:
    """The hospital's referrals, the oldest first, from the one after ``(issued_at, id)``; inside a transaction."""
    query = with_hospital().where(visit.c.hospital == hospital)
    if only_open:
        query = query.where(referral.c.state != Stage.SEEN.value)
    if after is not None:
        at, id = after
        later = (referral.c.issued_at > at) | ((referral.c.issued_at == at) & (referral.c.id > id))
        query = query.where(later)
    return await some(connection, query.order_by(referral.c.issued_at, referral.c.id).limit(limit))


async def some(connection: AsyncConnection, query: Select[Any]) -> list[Followed]:
    """The referrals that a query ``with_hospital`` finds, in its order, with what was told of each."""
    rows = (await connection.execute(query)).all()
    facts: dict[str, list[Told]] = {row.id: [] for row in rows}
    told = select(referral_event).where(referral_event.c.referral.in_(list(facts))).order_by(referral_event.c.n)
    for row in await connection.execute(told):
        facts[row.referral].append(Told(Fact(row.fact), Source(row.source), row.appointment_at, row.body_sha256, row.n, row.at))
    return [Followed(Referral(*row[: len(_COLUMNS)]), row.hospital, tuple(facts[row.id])) for row in rows]


def with_hospital() -> Select[Any]:
    """Referrals with the hospital that issued them, for ``some``; a further condition may name the table ``visit``."""
    return select(*_COLUMNS, visit.c.hospital).join(visit, visit.c.id == referral.c.visit)


async def _one(database: Database, which: ColumnElement[bool]) -> Followed | None:
    found = await database.read(lambda connection: some(connection, with_hospital().where(which)))
    return found[0] if found else None
