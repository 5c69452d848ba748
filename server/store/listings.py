"""Lists: a physician's worklist, and the visits whose waiting room is over. Made from snapshots, so they cost no replay."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.masking import mask_name
from server.store.database import Database
from server.store.details import age_years
from server.store.tables import child, event, visit


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the worklist; ``child`` is masked. ``child_denied``: the guardian's last word is that it is not theirs."""

    visit: str
    child: str
    age_years: int
    field: str
    starts_at: float
    state: str
    outcome: str | None
    waiting_since_at: float | None
    child_denied: bool


async def worklist(database: Database, physician: str, since: float, until: float) -> list[Listed]:
    """The physician's visits that start in this span, by time; one that is under way is listed whenever it started."""

    async def work(connection: AsyncConnection) -> list[Listed]:
        under_way = visit.c.state.in_(("text", "verifying", "live", "held"))
        in_span = (visit.c.starts_at >= since) & (visit.c.starts_at < until)
        columns = (visit.c.id, child.c.name, child.c.birth_date, visit.c.field, visit.c.starts_at)
        said = (event.c.session == visit.c.id) & event.c.type.in_(("child_confirmed", "child_denied"))
        last_said = select(event.c.type).where(said).order_by(event.c.n.desc()).limit(1).scalar_subquery()
        query = select(*columns, visit.c.state, visit.c.outcome, visit.c.waiting_since_at, last_said)
        query = query.join(child, child.c.id == visit.c.child).where(visit.c.physician == physician, in_span | under_way)
        return [
            Listed(
                id,
                mask_name(name),
                age_years(born, starts_at),
                field,
                starts_at,
                state,
                outcome,
                waiting,
                said == "child_denied",
            )
            for id, name, born, field, starts_at, state, outcome, waiting, said in await connection.execute(
                query.order_by(visit.c.starts_at, visit.c.id)
            )
        ]

    return await database.read(work)


async def overdue_waiting(database: Database, closed_before: float) -> list[str]:
    """Visits that still wait though their appointment ended before then: their waiting room is over."""

    async def work(connection: AsyncConnection) -> list[str]:
        over = (visit.c.state == "waiting") & (visit.c.ends_at < closed_before)
        return list(await connection.scalars(select(visit.c.id).where(over).order_by(visit.c.ends_at).limit(50)))

    return await database.read(work)
