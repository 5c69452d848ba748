"""Each hospital's pathways: the newest one counts; a hospital that published none goes by the shipped one."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.referrals.pathway import Pathway, parse
from server.referrals.pathways import shipped
from server.store.database import Database, Write
from server.store.tables import pathway


def publish(hospital: str, document: str, valid_from_at: float) -> Write:
    """Make this the hospital's pathway from then on; an ``IntegrityError`` for a version that it has.

    Raises ``MalformedPathway``.
    """
    version = parse(document).version

    async def write(connection: AsyncConnection) -> None:
        row = {"hospital": hospital, "version": version, "document": document, "valid_from_at": valid_from_at}
        await connection.execute(insert(pathway), row)

    return write


async def of_hospital(database: Database, hospital: str, now: float) -> Pathway:
    async def work(connection: AsyncConnection) -> str | None:
        query = select(pathway.c.document).where(pathway.c.hospital == hospital, pathway.c.valid_from_at <= now)
        found: str | None = await connection.scalar(
            query.order_by(pathway.c.valid_from_at.desc(), pathway.c.version.desc()).limit(1)
        )
        return found

    document = await database.read(work)
    return shipped() if document is None else parse(document)
