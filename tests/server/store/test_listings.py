"""Lists are made from snapshots: what is in them, and what no longer is."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database
from server.store.listings import overdue_waiting
from server.store.tables import visit as visits
from tests.server.conftest import NOW

LASTS_S = 1800


async def test_a_visit_that_still_waits_is_overdue_once_its_waiting_room_is_over(database: Database, visit: str) -> None:
    end = NOW + LASTS_S
    assert await overdue_waiting(database, end) == []
    assert await overdue_waiting(database, end + 0.001) == [visit]
    assert await overdue_waiting(database, end + 7200.001) == [visit, "visit-2", "visit-3"]


async def test_a_visit_that_someone_came_to_is_never_overdue(database: Database, visit: str) -> None:
    async def begin(connection: AsyncConnection) -> None:
        await connection.execute(update(visits).where(visits.c.id == visit).values(state="live"))
        await connection.execute(update(visits).where(visits.c.id == "visit-3").values(state="ended", outcome="no_show"))

    await database.write(begin)
    assert await overdue_waiting(database, NOW + 30 * 86400) == ["visit-2"]
