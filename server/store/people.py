"""Who is on the hospital's books, as the reception looks them up: hospitals, and staff by their login."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.eligibility import Credentials
from server.store.database import Database, Transaction
from server.store.tables import hospital, staff
from server.store.visits import Hospital, Staff, add


@dataclass(frozen=True, slots=True)
class Found:
    """A member of staff."""

    id: str
    hospital: str
    role: str
    name: str
    credentials: Credentials


async def hospitals(database: Database) -> dict[str, str]:
    """Every hospital's name by its id."""

    async def work(connection: AsyncConnection) -> dict[str, str]:
        rows = await connection.execute(select(hospital.c.id, hospital.c.name).order_by(hospital.c.name))
        return {row.id: row.name for row in rows}

    return await database.read(work)


async def hospital_of(transaction: Transaction, id: str) -> Hospital | None:
    row = (await transaction.execute(select(hospital).where(hospital.c.id == id))).one_or_none()
    return None if row is None else Hospital(row.id, row.name, row.name_en)


async def by_login(database: Database, login: str) -> Found | None:
    return await database.read(lambda connection: _by_login(connection, login))


async def enrol(database: Database, member: Staff) -> bool:
    """Store a new member of staff; False, and nothing is stored, when somebody has that login already."""

    async def work(connection: AsyncConnection) -> bool:
        if await _by_login(connection, member.login) is not None:
            return False
        await add(member)(connection)
        return True

    return await database.write(work)


async def change_password(database: Database, id: str, password_hash: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(update(staff).where(staff.c.id == id).values(password_hash=password_hash))

    await database.write(work)


async def _by_login(connection: AsyncConnection, login: str) -> Found | None:
    row = (await connection.execute(select(staff).where(staff.c.login == login))).one_or_none()
    if row is None:
        return None
    credentials = Credentials(row.licence, row.rank, row.practice_since, row.trained_until, row.whitelisted)
    return Found(row.id, row.hospital, row.role, row.name, credentials)
