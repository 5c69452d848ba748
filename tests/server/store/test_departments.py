"""Departments: each hospital has its own, by names of their own, in pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.errors import Refused
from server.store import departments, visits
from server.store.database import Database
from server.store.departments import Department
from server.store.visits import Hospital

SKIN = Department("d2", "h1", "皮肤科", "Dermatology", ("skin",), True)
GROWTH = Department("d1", "h1", "内分泌科", "Endocrinology", ("growth", "nutrition"), True)


@pytest.fixture
async def hospitals(database: Database) -> Database:
    await visits.book(database, [Hospital("h1", "示范儿童医院", "Demo"), Hospital("h2", "另一家", "Another")])
    return database


async def add(database: Database, *new: Department) -> None:
    for each in new:
        await database.write(lambda transaction, each=each: departments.add(transaction, each))  # type: ignore[misc]


async def one(database: Database, hospital: str, id: str) -> Department | None:
    return await database.read(lambda transaction: departments.one(transaction, hospital, id))


async def test_a_department_is_found_as_it_was_added_and_by_its_own_hospital_only(hospitals: Database) -> None:
    await add(hospitals, GROWTH)
    assert await one(hospitals, "h1", "d1") == GROWTH
    assert await one(hospitals, "h2", "d1") is None
    assert await one(hospitals, "h1", "d9") is None


async def test_they_come_in_pages_in_one_order(hospitals: Database) -> None:
    await add(hospitals, SKIN, GROWTH, Department("d0", "h2", "皮肤科", "Dermatology", ("skin",), True))

    async def some(after: str | None, limit: int) -> list[str]:
        found = await hospitals.read(lambda transaction: departments.some(transaction, "h1", after, limit))
        return [each.id for each in found]

    assert await some(None, 9) == ["d1", "d2"]
    assert await some(None, 1) == ["d1"]
    assert await some("d1", 9) == ["d2"]
    assert await some("d2", 9) == []


async def test_a_name_is_taken_in_its_hospital_only(hospitals: Database) -> None:
    await add(hospitals, GROWTH, replace(GROWTH, id="d5", hospital="h2"))
    with pytest.raises(Refused, match="name_taken"):
        await add(hospitals, replace(SKIN, name=GROWTH.name))
    await add(hospitals, SKIN)
    with pytest.raises(Refused, match="name_taken"):
        await hospitals.write(lambda transaction: departments.change(transaction, replace(SKIN, name=GROWTH.name)))
    assert await one(hospitals, "h1", "d2") == SKIN


async def test_a_change_is_of_one_department(hospitals: Database) -> None:
    await add(hospitals, GROWTH, SKIN)
    changed = replace(GROWTH, name_en="Growth clinic", fields=("growth",), active=False, revision=2)
    await hospitals.write(lambda transaction: departments.change(transaction, changed))
    found = await hospitals.write(lambda transaction: departments.one(transaction, "h1", "d1", to_change=True))
    assert found == changed
    assert await one(hospitals, "h1", "d2") == SKIN


async def test_another_hospital_cannot_change_it(hospitals: Database) -> None:
    await add(hospitals, GROWTH)
    await hospitals.write(lambda transaction: departments.change(transaction, replace(GROWTH, hospital="h2", name="抢来的")))
    assert await one(hospitals, "h1", "d1") == GROWTH
