"""The journal: what happened in each session, appended once and never changed.

``append`` is one transaction: it checks that nobody else has appended since ``expected_version``, extends the session's chain,
anchors the new head in the hospital's chain and runs the caller's further writes, so that an end, its referral and its
outgoing messages are all there or none of them (DESIGN, invariants 4 and 5). When it returns, the events are on the disk.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import EMPTY, Head, Link, anchor, canonical, check_events, extend, microseconds
from server.event_records import from_record, to_record
from server.events import Event, VisitMoved
from server.store.database import Database, Write
from server.store.errors import BrokenChain, Unavailable, UnknownSession, VersionConflict
from server.store.tables import event, hospital, hospital_chain, visit

__all__ = ["BrokenChain", "Head", "Journal", "Unavailable", "UnknownSession", "VersionConflict"]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What makes a repeated append the same: the version it reaches, its time and what it says."""

    reached: int
    at_us: int
    records: tuple[str, ...]


class Journal:
    """Every session's events in one database. A session's version is the number of its last event, 0 before the first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Appends of each session whose outcome is not known yet, with the hashes that they would have left.
        self._unsure: dict[str, dict[_Attempt, list[str]]] = {}

    async def append(
        self, session: str, expected_version: int, events: Sequence[Event], at: float, also: Sequence[Write] = ()
    ) -> Head:
        """Append, and return the new head once it is durable.

        ``at`` is kept in whole microseconds (``chain.microseconds``). Raises ``VersionConflict``, ``UnknownSession``,
        ``Unavailable``, or what a further write raised (then nothing has changed). After ``Unavailable`` the same events
        with the same ``at`` may be appended again: they take effect once.
        """

        if not events:
            raise ValueError("an append without events")
        records = [to_record(e) for e in events]
        attempt = _Attempt(expected_version + len(records), microseconds(at), tuple(canonical(record) for record in records))
        would_leave = self._unsure.setdefault(session, {}).setdefault(attempt, [])

        async def work(connection: AsyncConnection) -> Head:
            head = await _append(connection, session, expected_version, records, at)
            for write in also:
                await write(connection)
            would_leave.append(head.hash)
            return head

        return await self._sure(session, attempt, work)

    async def replay(self, session: str) -> list[tuple[Event, float]]:
        """The session's events with their times, oldest first. Raises ``BrokenChain`` when they were tampered with."""
        links = await self.links(session)
        if check_events(session, links):
            raise BrokenChain("a session's events do not follow from each other")
        return [(from_record(json.loads(link.record)), link.at_us / 1_000_000) for link in links]

    async def links(self, session: str) -> list[Link]:
        """The session's chain as it is stored, oldest first, unchecked."""
        return await self._database.read(lambda connection: _links(connection, session))

    async def head(self, session: str) -> Head:
        """The session's version and last hash; ``EMPTY`` before its first event."""
        return await self._database.read(lambda connection: _head(connection, session))

    async def heads(self) -> dict[str, Head]:
        """The head of every session that has begun."""

        async def work(connection: AsyncConnection) -> dict[str, Head]:
            last = select(event.c.session, func.max(event.c.n).label("n")).group_by(event.c.session).subquery()
            query = select(event.c.session, event.c.n, event.c.hash).join(
                last, (event.c.session == last.c.session) & (event.c.n == last.c.n)
            )
            return {row.session: Head(row.n, row.hash) for row in await connection.execute(query)}

        return await self._database.read(work)

    async def open_sessions(self) -> list[str]:
        """Sessions that somebody has begun and that, by their snapshot, have not ended: what a restarted server takes up again.

        A visit that was only moved waits for its people.
        """

        async def work(connection: AsyncConnection) -> list[str]:
            begun = exists().where(event.c.session == visit.c.id, event.c.type != VisitMoved.type)
            query = select(visit.c.id).where(visit.c.state != "ended", begun).order_by(visit.c.starts_at, visit.c.id)
            return list(await connection.scalars(query))

        return await self._database.read(work)

    async def _sure(self, session: str, attempt: _Attempt, work: Callable[[AsyncConnection], Awaitable[Head]]) -> Head:
        """Run an append; when one whose outcome was not known is repeated, find out that it had taken effect after all."""
        try:
            head = await self._database.write(work)
        except VersionConflict as conflict:
            left = self._unsure.pop(session, {}).get(attempt, [])
            if conflict.found == attempt.reached:
                head = await self.head(session)
                if head.n == attempt.reached and head.hash in left:
                    return head
            raise
        self._unsure.pop(session, None)
        return head


async def _append(
    connection: AsyncConnection, session: str, expected_version: int, records: Sequence[Mapping[str, Any]], at: float
) -> Head:
    """Extend the session's chain and anchor it, inside the caller's transaction."""
    owner = await connection.scalar(select(visit.c.hospital).where(visit.c.id == session))
    if owner is None:
        raise UnknownSession("no such visit is booked")
    # Whoever holds the hospital's row is alone at the end of its chain (SQLite's one writer is alone anyway).
    await connection.execute(select(hospital.c.id).where(hospital.c.id == owner).with_for_update())
    head = await _head(connection, session)
    if head.n != expected_version:
        raise VersionConflict(session, expected_version, head.n)
    at_us = microseconds(at)
    links = extend(session, head, [canonical(record) for record in records], at_us)
    rows = [{**asdict(link), "type": record["type"]} for link, record in zip(links, records, strict=True)]
    await connection.execute(insert(event), rows)
    head = Head(links[-1].n, links[-1].hash)
    newest = select(hospital_chain.c.n, hospital_chain.c.hash).where(hospital_chain.c.hospital == owner)
    row = (await connection.execute(newest.order_by(hospital_chain.c.n.desc()).limit(1))).one_or_none()
    line = anchor(owner, EMPTY if row is None else Head(row.n, row.hash), session, head, at_us)
    await connection.execute(insert(hospital_chain), asdict(line))
    return head


async def _head(connection: AsyncConnection, session: str) -> Head:
    query = select(event.c.n, event.c.hash).where(event.c.session == session).order_by(event.c.n.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return EMPTY if row is None else Head(row.n, row.hash)


async def _links(connection: AsyncConnection, session: str) -> list[Link]:
    c = event.c
    query = select(c.session, c.n, c.at_us, c.record, c.previous, c.hash).where(c.session == session).order_by(c.n)
    return [Link(*row) for row in await connection.execute(query)]
