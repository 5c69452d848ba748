"""What a care coordinator reads: a hospital's referrals that are on their way, with masked people; and one family's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.masking import mask_name, mask_phone
from server.referrals.track import Fact, Stage
from server.store import referrals
from server.store.bodies import select_bodies
from server.store.database import Database
from server.store.details import age_years
from server.store.referrals import Followed
from server.store.rehearsals import rehearsed
from server.store.tables import body, child, guardian, referral, referral_event, visit

MOST_OPEN = 500
MOST_CLOSED = 100


@dataclass(frozen=True, slots=True)
class Note:
    """Words that were told with a fact."""

    fact: Fact
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A referral; everybody in it is masked."""

    followed: Followed
    child: str
    age_years: int
    guardian: str
    phone: str
    notes: tuple[Note, ...]


async def on_their_way(database: Database, hospital: str, closed_since: float) -> tuple[list[Line], bool]:
    """The hospital's open referrals, those that must be seen first in front, and those closed since then; without
    rehearsals. And whether there are more open ones than ``MOST_OPEN``.
    """

    async def work(connection: AsyncConnection) -> tuple[list[Line], bool]:
        ours = (visit.c.hospital == hospital) & ~rehearsed()
        waits = ours & (referral.c.state != Stage.SEEN.value)
        seen = (referral_event.c.referral == referral.c.id) & (referral_event.c.fact == Fact.SEEN.value)
        closed = ours & (referral.c.state == Stage.SEEN.value) & exists().where(seen, referral_event.c.at > closed_since)
        found = await referrals.some(connection, _first(waits).limit(MOST_OPEN + 1))
        more = len(found) > MOST_OPEN
        found = found[:MOST_OPEN] + await referrals.some(connection, _first(closed).limit(MOST_CLOSED))
        return await _lines(connection, found), more

    return await database.read(work)


async def line(database: Database, hospital: str, id: str) -> Line | None:
    """One of that hospital's referrals."""

    async def work(connection: AsyncConnection) -> Line | None:
        one = (visit.c.hospital == hospital) & (referral.c.id == id)
        lines = await _lines(connection, await referrals.some(connection, referrals.with_hospital().where(one)))
        return lines[0] if lines else None

    return await database.read(work)


def _first(which: ColumnElement[bool]) -> Select[Any]:
    return referrals.with_hospital().where(which).order_by(referral.c.seen_by_at, referral.c.id)


async def _lines(connection: AsyncConnection, found: list[Followed]) -> list[Line]:
    visits = [each.referral.visit for each in found]
    columns = (visit.c.id, child.c.name, child.c.birth_date, guardian.c.name.label("guardian"), guardian.c.phone)
    joined = visit.join(child, child.c.id == visit.c.child).join(guardian, guardian.c.id == visit.c.guardian)
    rows = await connection.execute(select(*columns).select_from(joined).where(visit.c.id.in_(visits)))
    people = {row.id: row for row in rows}
    words = {
        each.sha256: str(each.content["words"])
        for each in await select_bodies(connection, body.c.session.in_(visits), body.c.kind == "receipt")
    }
    return [
        Line(
            each,
            mask_name(people[each.referral.visit].name),
            age_years(people[each.referral.visit].birth_date, each.referral.issued_at),
            mask_name(people[each.referral.visit].guardian),
            mask_phone(people[each.referral.visit].phone),
            tuple(Note(t.fact, t.at, words[t.body_sha256]) for t in each.told if t.body_sha256 in words),
        )
        for each in found
    ]
