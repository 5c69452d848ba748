"""Complaints and incidents on the disk: what was filed, what was told of each, and the lists of those who may read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.concerns.concern import Category, Fact, Kind, Source, State
from server.masking import mask_name, mask_phone
from server.store.bodies import select_bodies
from server.store.database import Database, Write
from server.store.tables import body, child, concern, concern_event, guardian, staff, visit

MOST_OPEN = 500
MOST_CLOSED = 100


@dataclass(frozen=True, slots=True)
class Filed:
    """A row; ``state`` is a snapshot of what was told."""

    id: str
    visit: str
    kind: Kind
    category: Category
    source: Source
    number: str
    at: float
    state: State = State.OPEN


@dataclass(frozen=True, slots=True)
class Told:
    """One fact with its words; ``text`` is empty where there were none, or once they were deleted."""

    fact: Fact | None  # None: as it was filed
    source: Source
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Concern:
    filed: Filed
    hospital: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """As the care coordinator reads it; ``child``, ``guardian`` and their number are masked."""

    concern: Concern
    child: str
    guardian: str
    phone: str
    field: str
    physician: str
    starts_at: float


_COLUMNS = [concern.c[name] for name in Filed.__slots__]


def file(item: Filed, body_id: str) -> Write:
    """In the transaction of its event. Its first words are the body of that id."""

    async def write(connection: AsyncConnection) -> None:
        row = {name: getattr(item, name) for name in Filed.__slots__}
        await connection.execute(insert(concern), {name: _plain(value) for name, value in row.items()})
        first = {"concern": item.id, "turn": 1, "fact": "filed", "source": item.source.value, "body": body_id, "at": item.at}
        await connection.execute(insert(concern_event), first)

    return write


def tell(item: Filed, fact: Fact, source: Source, body_id: str | None, at: float, after: State) -> Write:
    """In the transaction of its event."""

    async def write(connection: AsyncConnection) -> None:
        last = await connection.scalar(select(func.max(concern_event.c.turn)).where(concern_event.c.concern == item.id))
        row = {"concern": item.id, "turn": (last or 0) + 1, "fact": fact.value, "source": source.value}
        await connection.execute(insert(concern_event), row | {"body": body_id, "at": at})
        await connection.execute(update(concern).where(concern.c.id == item.id).values(state=after.value))

    return write


async def find(database: Database, id: str) -> Concern | None:
    found = await database.read(lambda connection: _some(connection, _with_hospital().where(concern.c.id == id)))
    return found[0] if found else None


async def of_visit(database: Database, visit_id: str, source: Source) -> list[Concern]:
    """Those that this source filed, oldest first."""
    query = _with_hospital().where(concern.c.visit == visit_id, concern.c.source == source.value)
    return await database.read(lambda connection: _some(connection, query.order_by(concern.c.at, concern.c.id)))


async def visit_of_session(database: Database, hospital: str, beginning: str) -> str | None:
    """The hospital's one visit whose id begins so; None when there is none, or several."""

    async def work(connection: AsyncConnection) -> str | None:
        query = select(visit.c.id).where(visit.c.hospital == hospital, visit.c.id.startswith(beginning, autoescape=True))
        ids = list(await connection.scalars(query.limit(2)))
        return ids[0] if len(ids) == 1 else None

    return await database.read(work)


async def of_hospital(database: Database, hospital: str, closed_since: float) -> tuple[list[Line], bool]:
    """The hospital's open ones, the longest waiting first, then those filed since then that are not; and whether there are more
    open ones than ``MOST_OPEN``."""

    async def work(connection: AsyncConnection) -> tuple[list[Line], bool]:
        ours = visit.c.hospital == hospital
        waits = ours & (concern.c.state == State.OPEN.value)
        closed = ours & (concern.c.state != State.OPEN.value) & (concern.c.at > closed_since)
        query = _with_hospital().where(waits).order_by(concern.c.at, concern.c.id).limit(MOST_OPEN + 1)
        found = await _some(connection, query)
        query = _with_hospital().where(closed).order_by(concern.c.at.desc(), concern.c.id).limit(MOST_CLOSED)
        return await _lines(connection, found[:MOST_OPEN] + await _some(connection, query)), len(found) > MOST_OPEN

    return await database.read(work)


async def line(database: Database, hospital: str, id: str) -> Line | None:
    """One of that hospital's."""

    async def work(connection: AsyncConnection) -> Line | None:
        one: ColumnElement[bool] = (visit.c.hospital == hospital) & (concern.c.id == id)
        lines = await _lines(connection, await _some(connection, _with_hospital().where(one)))
        return lines[0] if lines else None

    return await database.read(work)


def _with_hospital() -> Select[Any]:
    return select(*_COLUMNS, visit.c.hospital).join(visit, visit.c.id == concern.c.visit)


async def _some(connection: AsyncConnection, query: Select[Any]) -> list[Concern]:
    rows = (await connection.execute(query)).all()
    ids = [row.id for row in rows]
    facts = (
        await connection.execute(select(concern_event).where(concern_event.c.concern.in_(ids)).order_by(concern_event.c.turn))
    ).all()
    wanted = [fact.body for fact in facts if fact.body is not None]
    words = {each.id: str(each.content["text"]) for each in await select_bodies(connection, body.c.id.in_(wanted))}
    told: dict[str, list[Told]] = {id: [] for id in ids}
    for each in facts:
        fact = None if each.fact == "filed" else Fact(each.fact)
        told[each.concern].append(Told(fact, Source(each.source), each.at, words.get(each.body, "")))
    return [Concern(_filed(row), row.hospital, tuple(told[row.id])) for row in rows]


def _filed(row: Any) -> Filed:
    return Filed(
        row.id, row.visit, Kind(row.kind), Category(row.category), Source(row.source), row.number, row.at, State(row.state)
    )


async def _lines(connection: AsyncConnection, found: list[Concern]) -> list[Line]:
    columns = (visit.c.id, visit.c.field, visit.c.starts_at, child.c.name, guardian.c.phone)
    names = (guardian.c.name.label("guardian"), staff.c.name.label("physician"))
    joined = visit.join(child, child.c.id == visit.c.child).join(guardian, guardian.c.id == visit.c.guardian)
    joined = joined.join(staff, staff.c.id == visit.c.physician)
    visits = [each.filed.visit for each in found]
    rows = await connection.execute(select(*columns, *names).select_from(joined).where(visit.c.id.in_(visits)))
    people = {row.id: row for row in rows}
    return [_line(each, people[each.filed.visit]) for each in found]


def _line(of: Concern, who: Any) -> Line:
    masked = (mask_name(who.name), mask_name(who.guardian), mask_phone(who.phone))
    return Line(of, *masked, who.field, who.physician, who.starts_at)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Kind | Category | Source | State) else value
