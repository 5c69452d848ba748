"""Each hospital's pathways: the newest one counts; a hospital that published none goes by the shipped one."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.referrals.pathway import Pathway, parse
from server.referrals.pathways import shipped
from server.store.database import Database
from server.store.tables import pathway


async def publish(database: Database, hospital: str, document: str, valid_from_at: float) -> bool:
    """Make this the hospital's pathway from then on; False, and nothing is stored, for a version that it has.

    Raises ``MalformedPathway``.
    """
    version = parse(document).version

    async def work(connection: AsyncConnection) -> bool:
        known = select(pathway.c.version).where(pathway.c.hospital == hospital, pathway.c.version == version)
        if await connection.scalar(known) is not None:
            return False
        row = {"hospital": hospital, "version": version, "document": document, "valid_from_at": valid_from_at}
        await connection.execute(insert(pathway), row)
        return True

    return await database.write(work)


async def of_hospital(database: Database, hospital: str, now: float) -> Pathway:
    async def work(connection: AsyncConnection) -> str | None:
        query = select(pathway.c.document).where(pathway.c.hospital == hospital, pathway.c.valid_from_at <= now)
        found: str | None = await connection.scalar(
            query.order_by(pathway.c.valid_from_at.desc(), pathway.c.version.desc()).limit(1)
        )
        return found

    document = await database.read(work)
    return shipped() if document is None else parse(document)
