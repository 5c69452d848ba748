"""Bodies: the words that the journal only names by hash. Each has its own nonce and can be deleted on its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import body_sha256, canonical
from server.store.database import Database, Write
from server.store.tables import body


@dataclass(frozen=True, slots=True)
class Body:
    """``kind`` is chat, summary, letter, note, receipt, questionnaire, measurements, document, whereabouts or concern; ``text``
    is canonical JSON; ``nonce`` is 16 random bytes."""

    id: str
    session: str
    kind: str
    at: float
    nonce: bytes
    text: str

    @property
    def sha256(self) -> str:
        """What the event says: H(nonce || text)."""
        return body_sha256(self.nonce, self.text)

    @property
    def content(self) -> Any:
        return json.loads(self.text)


def make(id: str, session: str, kind: str, at: float, nonce: bytes, content: Mapping[str, Any]) -> Body:
    """A body of JSON-ready content. Raises ``ValueError`` when it has no canonical text (a float, half a surrogate pair)."""
    return Body(id, session, kind, at, nonce, canonical(content))


def keep(item: Body) -> Write:
    """Store it, in the transaction of the event that names its hash."""

    async def write(connection: AsyncConnection) -> None:
        row = {"id": item.id, "session": item.session, "kind": item.kind, "at": item.at, "nonce": item.nonce, "text": item.text}
        await connection.execute(insert(body), {**row, "sha256": item.sha256})

    return write


async def find(database: Database, id: str) -> Body | None:
    found = await database.read(lambda connection: select_bodies(connection, body.c.id == id))
    return found[0] if found else None


async def of_session(database: Database, session: str, kind: str) -> list[Body]:
    """Oldest first; a session's chat, for one."""
    return await database.read(lambda connection: select_bodies(connection, body.c.session == session, body.c.kind == kind))


async def forget(database: Database, id: str) -> None:
    """Delete the body and its nonce; the journal's hash stays and can no longer be guessed at."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(delete(body).where(body.c.id == id))

    await database.write(work)


async def select_bodies(connection: AsyncConnection, *where: Any) -> list[Body]:
    columns = (body.c.id, body.c.session, body.c.kind, body.c.at, body.c.nonce, body.c.text)
    rows = await connection.execute(select(*columns).where(*where).order_by(body.c.at, body.c.id))
    return [Body(*row) for row in rows]
