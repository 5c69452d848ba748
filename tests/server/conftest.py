"""A real SQLite database, migrated, with one visit in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store import visits
from server.store.database import Database
from server.store.migrate import migrate
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, Visit

NOW = 1_795_000_000.0


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "peitong.db"


@pytest.fixture
async def database(database_file: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{database_file}")
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def visit(database: Database) -> str:
    """A booked visit of 张小明 with 李雷, seen by 王芳; a second and a third visit stand beside it."""
    physician = Staff(
        "staff-1", "h1", "wang", "-", "physician", "王芳", "主任医师", "110-1", "chief", "2010-07-01", "2027-12-31", True
    )
    people = [
        Hospital("h1", "示范儿童医院", "Demo Children's Hospital"),
        physician,
        Staff("staff-2", "h1", "ops", "-", "operations", "赵敏", "运行"),
        Child("child-1", "h1", "张小明", "male", "2018-03-05"),
        Guardian("guardian-1", "h1", "李雷", "13812345678"),
        Relation("guardian-1", "child-1", "father", "household_register"),
    ]
    booked = [
        Visit(name, "h1", "内分泌科", "growth", "child-1", "guardian-1", "staff-1", NOW + later, NOW + later + 1800)
        for name, later in (("visit-1", 0), ("visit-2", 3600), ("visit-3", 7200))
    ]
    await visits.book(database, [*people, *booked])
    return "visit-1"
