"""The doctor's links and what browsers reported through them: one purpose, an hour, a bounded number of uses.

A link opens the doctor's page and nothing else. The rows are the record of who tried what and when; they stay ``KEPT_S``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.store.database import Database
from server.store.secrets import digest
from server.store.tables import doctor_link, doctor_report

LASTS_S = 3600.0
MOST_USES = 120
"""Of one link: a whole run of the page takes about a dozen."""

MOST_REPORTS = 8
KEPT_S = 90 * 86_400.0


@dataclass(frozen=True, slots=True)
class Told:
    """A browser's report as it was kept: when, and its JSON text."""

    at: float
    report: str


class DoctorLinks:
    """``new_secret`` gives 256 random bits as URL-safe text, a new one each time."""

    def __init__(self, database: Database, new_secret: Callable[[], str]) -> None:
        self._database = database
        self._new_secret = new_secret

    async def issue(self, now: float) -> str:
        """A new link's token, told only this once; good for ``LASTS_S``."""
        token = self._new_secret()

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(doctor_link).where(doctor_link.c.issued_at < now - KEPT_S))
            row = {"token_sha256": digest(token), "issued_at": now, "expires_at": now + LASTS_S, "uses": 0}
            await connection.execute(insert(doctor_link), row)

        await self._database.write(work)
        return token

    async def use(self, token: str, now: float) -> None:
        """Count one use.

        Raises ``Refused``: ``link_unknown``, ``link_expired``, or ``doctor_link_spent`` after ``MOST_USES``.
        """
        await self._database.write(lambda connection: _use(connection, token, now))

    async def report(self, token: str, report: str, now: float) -> None:
        """Keep what a browser found. Raises as ``use``; ``doctor_link_spent`` also after ``MOST_REPORTS``."""

        async def work(connection: AsyncConnection) -> None:
            await _use(connection, token, now)
            of_link = doctor_report.c.link == digest(token)
            n = await connection.scalar(select(func.count()).select_from(doctor_report).where(of_link)) or 0
            if n >= MOST_REPORTS:
                raise Refused("doctor_link_spent")
            await connection.execute(insert(doctor_report), {"link": digest(token), "n": n + 1, "at": now, "report": report})

        await self._database.write(work)

    async def last(self) -> Told | None:
        """The newest report of all links."""

        async def work(connection: AsyncConnection) -> Told | None:
            query = select(doctor_report.c.at, doctor_report.c.report).order_by(doctor_report.c.at.desc()).limit(1)
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else Told(row.at, row.report)

        return await self._database.read(work)


async def _use(connection: AsyncConnection, token: str, now: float) -> None:
    of_token = doctor_link.c.token_sha256 == digest(token)
    link = (await connection.execute(select(doctor_link).where(of_token))).one_or_none()
    if link is None:
        raise Refused("link_unknown")
    if link.expires_at <= now:
        raise Refused("link_expired")
    left = (of_token, doctor_link.c.uses < MOST_USES)
    counted = await connection.execute(update(doctor_link).where(*left).values(uses=doctor_link.c.uses + 1))
    if counted.rowcount != 1:
        raise Refused("doctor_link_spent")
