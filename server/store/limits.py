"""A hospital's own limits, and how often what was asked for was refused: counts by day, place and code, of nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite

from server.booking.limits import Limits, from_record, to_record
from server.booking.refusals import Place, Refusal
from server.store.database import Transaction, Write
from server.store.tables import hospital_limits, refusal_count


@dataclass(frozen=True, slots=True)
class Count:
    """``day`` is the hospital's, ISO text."""

    day: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """``day`` as of ``Count``; ``place`` is one of `server.booking.refusals.Place`, or unknown for what was counted before it
    was written down."""

    day: str
    place: str
    code: str
    count: int


async def of_hospital(transaction: Transaction, hospital: str) -> Limits:
    """What it has set, or the pilot's. Raises ``MalformedLimits`` for what was not written here."""
    record = await transaction.scalar(select(hospital_limits.c.record).where(hospital_limits.c.hospital == hospital))
    return Limits() if record is None else from_record(json.loads(record))


def set_limits(hospital: str, limits: Limits) -> Write:
    async def write(transaction: Transaction) -> None:
        record = json.dumps(to_record(limits))
        insert = _insert(transaction)(hospital_limits).values(hospital=hospital, record=record)
        await transaction.execute(insert.on_conflict_do_update(index_elements=["hospital"], set_={"record": record}))

    return write


def count(hospital: str, day: date, place: Place, reasons: Iterable[Refusal]) -> Write:
    """One more of each. Two at once are two."""

    async def write(transaction: Transaction) -> None:
        for reason in sorted(set(reasons)):
            key = {"hospital": hospital, "day": day.isoformat(), "place": place.value, "code": reason.value}
            insert = _insert(transaction)(refusal_count).values(**key, count=1)
            more = insert.on_conflict_do_update(index_elements=list(key), set_={"count": refusal_count.c.count + 1})
            await transaction.execute(more)

    return write


async def counts(transaction: Transaction, hospital: str, first: date, last: date) -> list[Count]:
    """By day and code, of all places together, from the first day to the last."""
    c = refusal_count.c
    query = select(c.day, c.code, func.sum(c.count)).where(_within(hospital, first, last)).group_by(c.day, c.code)
    return [Count(*row) for row in await transaction.execute(query.order_by(c.day, c.code))]


async def counts_by_place(transaction: Transaction, hospital: str, first: date, last: date) -> list[PlaceCount]:
    """By day, place and code, from the first day to the last."""
    c = refusal_count.c
    query = select(c.day, c.place, c.code, c.count).where(_within(hospital, first, last))
    return [PlaceCount(*row) for row in await transaction.execute(query.order_by(c.day, c.place, c.code))]


def _within(hospital: str, first: date, last: date) -> ColumnElement[bool]:
    c = refusal_count.c
    return (c.hospital == hospital) & c.day.between(first.isoformat(), last.isoformat())


def _insert(transaction: Transaction) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if transaction.dialect.name == "postgresql" else sqlite.Insert
