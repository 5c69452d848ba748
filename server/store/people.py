"""Who is on the hospital's books: hospitals; staff by their login, as the reception looks them up, and as a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.eligibility import Credentials
from server.errors import Refused
from server.store.database import Database, Transaction
from server.store.tables import hospital, staff, visit
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


async def whose(database: Database, visit_id: str) -> tuple[str, int]:
    """The hospital of a visit that there is, and how many hospitals are on this server."""

    async def work(connection: AsyncConnection) -> tuple[str, int]:
        how_many = select(func.count()).select_from(hospital).scalar_subquery()
        row = (await connection.execute(select(visit.c.hospital, how_many).where(visit.c.id == visit_id))).one()
        return row[0], row[1]

    return await database.read(work)


async def hospital_of(transaction: Transaction, id: str) -> Hospital | None:
    row = (await transaction.execute(select(hospital).where(hospital.c.id == id))).one_or_none()
    return None if row is None else Hospital(row.id, row.name, row.name_en, row.phone)


async def set_phone(transaction: Transaction, hospital_id: str, phone: str | None) -> None:
    """Where families call the hospital from now on."""
    await transaction.execute(update(hospital).where(hospital.c.id == hospital_id).values(phone=phone))


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


# --- the register, for the hospital's own systems ---------------------------------------------------


async def member(transaction: Transaction, hospital_id: str, id: str, *, to_change: bool = False) -> Staff | None:
    """``to_change`` keeps others from changing it before this transaction ends."""
    query = select(*_columns()).where(staff.c.hospital == hospital_id, staff.c.id == id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else Staff(*row)


async def members(transaction: Transaction, hospital_id: str, role: str | None, after: str | None, limit: int) -> list[Staff]:
    """At most ``limit`` by id, those after ``after``, in that role if one is named."""
    query = select(*_columns()).where(staff.c.hospital == hospital_id).order_by(staff.c.id).limit(limit)
    if role is not None:
        query = query.where(staff.c.role == role)
    rows = await transaction.execute(query if after is None else query.where(staff.c.id > after))
    return [Staff(*row) for row in rows]


async def add_member(transaction: Transaction, new: Staff) -> Staff:
    """Raises ``Refused("login_taken")``; logins are one room for all hospitals of a server."""
    try:
        await add(new)(transaction)
    except IntegrityError as error:
        raise Refused("login_taken") from error
    return new


async def change_member(transaction: Transaction, now_is: Staff) -> None:
    of_it = (staff.c.hospital == now_is.hospital, staff.c.id == now_is.id)
    row = {name: getattr(now_is, name) for name in Staff.__slots__}
    await transaction.execute(update(staff).where(*of_it).values(**row))


def _columns() -> list[Any]:
    return [staff.c[name] for name in Staff.__slots__]
