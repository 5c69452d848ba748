"""Documents handed in for a visit, and the visit's wrapped key: what is there, not its content.

A document is ``uploading`` until all of it has come and was found good, then ``kept``; ``removed`` by the family before the
visit, ``destroyed`` some days after it. Without the row of its key nothing of a visit can be read here any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.store.database import Database, Write
from server.store.tables import body, document, visit, visit_key
from server.store.tables import device as devices

MAX_DOCUMENTS = 20
EXAMINATION, DELEGATION = "examination", "delegation"
PURPOSES = (EXAMINATION, DELEGATION)
"""What a family hands in a document for."""
STILL = "still"
"""A picture out of the call that the physician saves: the record's, not the family's."""
MAX_STILLS = 20
MAX_VISIT_BYTES = 150 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """``n`` counts within the visit; ``length`` is what was announced and ``received`` what came of it, in bytes.

    Of a kept one: ``kind`` (a media type), ``size`` in bytes and ``width``, ``height``, ``pages`` as it is kept, and ``body``,
    which names its hash. ``purpose`` is one of ``PURPOSES``, or STILL; ``read_at`` is when the physician first opened it.
    ``device`` is the id of the one that hands it in, of a still the physician's sign-in: until it is kept it is nobody else's.
    With ``idempotency_key`` that device begins it once, however often it asks.
    """

    id: str
    visit: str
    n: int
    length: int
    received: int
    state: str
    began_at: float
    touched_at: float
    kind: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    body: str | None = None
    purpose: str = EXAMINATION
    read_at: float | None = None
    device: str | None = None
    idempotency_key: str | None = None


async def begin(
    database: Database,
    id: str,
    visit_id: str,
    device: str,
    length: int,
    wrapped: bytes,
    now: float,
    purpose: str = EXAMINATION,
    key: str | None = None,
) -> Document:
    """A new upload by that device, or the one that it began under this ``key`` already; ``wrapped`` becomes the visit's key
    when it has none yet.

    Raises ``Refused``: idempotency_mismatch, too_many_documents (also: too many bytes in all), too_many_stills, which are
    counted apart, documents_destroyed.
    """

    async def work(connection: AsyncConnection) -> Document:
        await connection.execute(select(visit.c.id).where(visit.c.id == visit_id).with_for_update())  # one at a time
        there = await _select(connection, document.c.visit == visit_id)
        if any(each.state == "destroyed" for each in there):
            raise Refused("documents_destroyed")
        again = [each for each in there if key is not None and (each.device, each.idempotency_key) == (device, key)]
        if again:
            return _same(again[0], length, purpose)
        _check_room(there, length, purpose)
        if await _wrapped(connection, visit_id) is None:
            await connection.execute(insert(visit_key), {"visit": visit_id, "wrapped": wrapped, "created_at": now})
        n = 1 + max((each.n for each in there), default=0)
        new = Document(id, visit_id, n, length, 0, "uploading", now, now, purpose=purpose, device=device, idempotency_key=key)
        await connection.execute(insert(document), {name: getattr(new, name) for name in Document.__slots__})
        return new

    return await database.write(work)


def _check_room(there: list[Document], length: int, purpose: str) -> None:
    """Raises ``Refused``: too_many_documents or too_many_stills."""
    still = purpose == STILL
    counted = [each for each in there if each.state in ("uploading", "kept") and (each.purpose == STILL) == still]
    if still and len(counted) >= MAX_STILLS:
        raise Refused("too_many_stills")
    if not still and (len(counted) >= MAX_DOCUMENTS or sum(each.length for each in counted) + length > MAX_VISIT_BYTES):
        raise Refused("too_many_documents")


def _same(there: Document, length: int, purpose: str) -> Document:
    """What was begun under a key, when the same is asked for again. Raises ``Refused`` idempotency_mismatch."""
    if (there.length, there.purpose) != (length, purpose):
        raise Refused("idempotency_mismatch")
    return there


async def find(database: Database, visit_id: str, id: str) -> Document | None:
    there = await database.read(lambda connection: _select(connection, document.c.visit == visit_id, document.c.id == id))
    return there[0] if there else None


async def guardian_of(database: Database, device_id: str | None) -> str:
    """Who that device belongs to: empty for the guardian whom the visit is booked with, otherwise the further one's id."""
    query = select(devices.c.guardian).where(devices.c.cookie_sha256 == device_id)
    return await database.read(lambda connection: connection.scalar(query)) or ""


async def of_visit(database: Database, visit_id: str) -> list[Document]:
    """In the order in which they were begun."""
    return await database.read(lambda connection: _select(connection, document.c.visit == visit_id))


async def wrapped_key(database: Database, visit_id: str) -> bytes | None:
    return await database.read(lambda connection: _wrapped(connection, visit_id))


def changed(id: str, **values: Any) -> Write:
    """Sets columns of one document."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(update(document).where(document.c.id == id).values(values))

    return write


def forgotten(id: str) -> Write:
    """An upload that came to nothing leaves nothing."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(delete(document).where(document.c.id == id, document.c.state == "uploading"))

    return write


def removed(item: Document, now: float) -> Write:
    """Taken back by the family: the words that name its hash go too, and what it was begun under may begin another."""

    async def write(connection: AsyncConnection) -> None:
        gone = {"state": "removed", "touched_at": now, "idempotency_key": None}
        await connection.execute(update(document).where(document.c.id == item.id).values(gone))
        await connection.execute(delete(body).where(body.c.id == item.body))

    return write


def destroyed(visit_id: str, now: float) -> Write:
    """The key goes, and with it everything that is sealed under it; uploads that never ended leave nothing."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(delete(visit_key).where(visit_key.c.visit == visit_id))
        ours = document.c.visit == visit_id
        await connection.execute(delete(document).where(ours, document.c.state == "uploading"))
        values = {"state": "destroyed", "touched_at": now}
        await connection.execute(update(document).where(ours, document.c.state == "kept").values(values))

    return write


async def due(database: Database, ended_before: float, most: int) -> list[str]:
    """Visits that ended before then and whose key is still there, longest ago first."""

    async def work(connection: AsyncConnection) -> list[str]:
        joined = visit_key.join(visit, visit.c.id == visit_key.c.visit)
        query = select(visit.c.id).select_from(joined).where(visit.c.ended_at <= ended_before)
        return list(await connection.scalars(query.order_by(visit.c.ended_at, visit.c.id).limit(most)))

    return await database.read(work)


async def with_keys(database: Database) -> set[str]:
    """Every visit whose key is there."""

    async def work(connection: AsyncConnection) -> set[str]:
        return set(await connection.scalars(select(visit_key.c.visit)))

    return await database.read(work)


async def abandoned(database: Database, touched_before: float, most: int) -> list[Document]:
    """Uploads that nobody went on with since then."""
    stale = (document.c.state == "uploading", document.c.touched_at <= touched_before)
    return (await database.read(lambda connection: _select(connection, *stale)))[:most]


async def complete(database: Database, most: int) -> list[Document]:
    """Uploads of which all has come, but which were not looked at yet: the server ended just then."""
    whole = (document.c.state == "uploading", document.c.received == document.c.length)
    return (await database.read(lambda connection: _select(connection, *whole)))[:most]


async def _wrapped(connection: AsyncConnection, visit_id: str) -> bytes | None:
    return await connection.scalar(select(visit_key.c.wrapped).where(visit_key.c.visit == visit_id))


async def _select(connection: AsyncConnection, *where: Any) -> list[Document]:
    columns = [document.c[name] for name in Document.__slots__]
    rows = await connection.execute(select(*columns).where(*where).order_by(document.c.visit, document.c.n))
    return [Document(*row) for row in rows]
