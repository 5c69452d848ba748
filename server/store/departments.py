"""A hospital's departments: where visits belong. Every query is bound to one hospital."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, Row, Update, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.errors import Refused
from server.store.database import Transaction
from server.store.tables import department


@dataclass(frozen=True, slots=True)
class Department:
    """``fields`` are those it sees (growth, nutrition, skin); its name is its own in the hospital."""

    id: str
    hospital: str
    name: str
    name_en: str
    fields: tuple[str, ...]
    active: bool
    revision: int = 1


async def add(transaction: Transaction, new: Department) -> Department:
    """Raises ``Refused("name_taken")``."""
    await _named(transaction, insert(department).values(**_row(new)))
    return new


async def one(transaction: Transaction, hospital: str, id: str, *, to_change: bool = False) -> Department | None:
    """``to_change`` keeps others from changing it before this transaction ends."""
    query = select(department).where(department.c.hospital == hospital, department.c.id == id)
    row = (await transaction.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if row is None else _department(row)


async def some(transaction: Transaction, hospital: str, after: str | None, limit: int) -> list[Department]:
    """At most ``limit`` by id, those after ``after``."""
    query = select(department).where(department.c.hospital == hospital).order_by(department.c.id).limit(limit)
    rows = await transaction.execute(query if after is None else query.where(department.c.id > after))
    return [_department(row) for row in rows]


async def change(transaction: Transaction, now_is: Department) -> None:
    """Raises ``Refused("name_taken")``."""
    of_it = (department.c.hospital == now_is.hospital, department.c.id == now_is.id)
    await _named(transaction, update(department).where(*of_it).values(**_row(now_is)))


async def _named(transaction: Transaction, statement: Insert | Update) -> None:
    try:
        await transaction.execute(statement)
    except IntegrityError as error:  # only the name can be
        raise Refused("name_taken") from error


def _row(record: Department) -> Mapping[str, Any]:
    return {name: getattr(record, name) for name in Department.__slots__} | {"fields": " ".join(record.fields)}


def _department(row: Row[Any]) -> Department:
    known = {name: getattr(row, name) for name in Department.__slots__}
    return Department(**known | {"fields": tuple(row.fields.split())})
