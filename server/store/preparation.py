"""What a family told before its visit: each completed set of answers and each list of measurements, the last of a kind being
in force; and the one draft of answers, which nobody but the family's own page is given back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import canonical
from server.store.bodies import select_bodies
from server.store.database import Database, Write
from server.store.tables import body, child, preparation, preparation_draft, visit

QUESTIONNAIRE, MEASUREMENTS = "questionnaire", "measurements"


@dataclass(frozen=True, slots=True)
class Given:
    """One completed giving. ``questionnaire`` (its version), ``language``, ``shown_sha256`` and ``outcome`` are None for
    measurements; ``body`` is the id of the words in table ``body``. ``guardian`` is None for the one whom the visit is booked
    with, otherwise the further one's id."""

    id: str
    visit: str
    kind: str
    questionnaire: str | None
    language: str | None
    shown_sha256: str | None
    outcome: str | None
    body: str
    at: float
    guardian: str | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """The one in force, with its turn (so many were given) and its words; ``content`` is None once they were deleted."""

    given: Given
    turn: int
    content: Any


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers that are not completed, JSON by linkId, to that version of a questionnaire."""

    questionnaire: str
    answers: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Preparation:
    """All of it, on one view of the database."""

    birth_date: date
    questionnaire: Last | None
    measurements: Last | None
    draft: Draft | None


def keep(item: Given) -> Write:
    """Store a giving, in the transaction of the event that tells it. The draft that it completes goes."""

    async def write(connection: AsyncConnection) -> None:
        of_kind = (preparation.c.visit == item.visit, preparation.c.kind == item.kind)
        newest = await connection.scalar(select(func.max(preparation.c.turn)).where(*of_kind))
        row = {name: getattr(item, name) for name in Given.__slots__}
        await connection.execute(insert(preparation), {**row, "turn": (newest or 0) + 1})
        if item.kind == QUESTIONNAIRE:
            await connection.execute(delete(preparation_draft).where(preparation_draft.c.visit == item.visit))

    return write


async def save_draft(database: Database, visit_id: str, draft: Draft) -> None:
    """In the place of the former one."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(delete(preparation_draft).where(preparation_draft.c.visit == visit_id))
        row = {"visit": visit_id, "questionnaire": draft.questionnaire, "text": canonical(draft.answers), "at": draft.at}
        await connection.execute(insert(preparation_draft), row)

    await database.write(work)


async def of_visit(database: Database, visit_id: str) -> Preparation | None:
    """None when there is no such visit."""

    async def work(connection: AsyncConnection) -> Preparation | None:
        born = select(child.c.birth_date).join(visit, visit.c.child == child.c.id).where(visit.c.id == visit_id)
        birth_date = await connection.scalar(born)
        if birth_date is None:
            return None
        columns = (preparation_draft.c.questionnaire, preparation_draft.c.text, preparation_draft.c.at)
        row = (await connection.execute(select(*columns).where(preparation_draft.c.visit == visit_id))).one_or_none()
        return Preparation(
            birth_date=date.fromisoformat(birth_date),
            questionnaire=await last(connection, visit_id, QUESTIONNAIRE),
            measurements=await last(connection, visit_id, MEASUREMENTS),
            draft=None if row is None else Draft(row.questionnaire, json.loads(row.text), row.at),
        )

    return await database.read(work)


async def last(connection: AsyncConnection, visit_id: str, kind: str) -> Last | None:
    """The giving of that kind that is in force, inside a transaction."""
    columns = [preparation.c[name] for name in Given.__slots__]
    query = select(*columns, preparation.c.turn).where(preparation.c.visit == visit_id, preparation.c.kind == kind)
    row = (await connection.execute(query.order_by(preparation.c.turn.desc()).limit(1))).one_or_none()
    if row is None:
        return None
    *values, turn = row
    given = Given(*values)
    bodies = await select_bodies(connection, body.c.id == given.body)
    return Last(given, turn, bodies[0].content if bodies else None)
