"""A hall for a cabinet: a clock that is set, a journal, a folder, and what is handed in."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from server import events as ev
from server.documents.cabinet import PART, Cabinet, Terms
from server.errors import Refused
from server.journal import Journal
from server.store import documents
from server.store.database import Database, Write
from server.store.tables import visit as visits
from tests.server.conftest import NOW
from tests.server.documents import samples

PHONE = "phone"
KEEP_S = 30 * 86400.0
PICTURE = samples.jpeg(6)
LARGE = samples.jpeg() + secrets.token_bytes(2 * PART)
"""A picture with so much behind its end that it comes in three parts."""


class Hall:
    """What a cabinet stands in: a clock that is set, a journal, a folder; it can be left and come back to."""

    def __init__(self, folder: Path, database: Database, recipient: str) -> None:
        self.folder = folder
        self.database = database
        self.now = NOW
        self.journal = Journal(database)
        self.damaged = False
        self.recipients: dict[str, tuple[str, ...]] = {}
        """Of a visit; of those that are not in it, the hall's."""
        self._recipient = recipient
        self.cabinet = self.restarted()

    def restarted(self) -> Cabinet:
        key = b"app key" + bytes(25)
        terms = Terms(self.recipients_of, KEEP_S)
        self.cabinet = Cabinet(
            self.folder, terms, self.database, key, lambda: self.now, lambda: secrets.token_hex(16), secrets.token_bytes,
            self.journaled,
        )  # fmt: skip
        return self.cabinet

    async def recipients_of(self, visit: str) -> tuple[str, ...]:
        return self.recipients.get(visit, (self._recipient,))

    async def journaled(self, visit: str, event: ev.Event, also: tuple[Write, ...]) -> None:
        if self.damaged:
            raise Refused("unavailable")
        version = (await self.journal.head(visit)).n
        await self.journal.append(visit, version, [event], self.now, also)

    async def events(self, visit: str = "visit-1") -> list[ev.Event]:
        return [event for event, _ in await self.journal.replay(visit)]

    async def hand_in(self, data: bytes = PICTURE, visit: str = "visit-1") -> documents.Document:
        item = await self.cabinet.begin(visit, PHONE, len(data))
        return await self.cabinet.receive(visit, PHONE, item.id, 0, pieces(data))

    async def end_the_visit(self) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(visits).where(visits.c.id == "visit-1").values(ended_at=self.now))

        await self.database.write(work)

    def files(self) -> dict[str, bytes]:
        trees = (self.folder / "sealed", self.folder / "documents")
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for tree in trees
            for path in sorted(tree.rglob("*"))
            if path.is_file()
        }


async def pieces(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def refusal(work: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await work
    return refused.value.code
