"""A real SQLite database, migrated, with one visit in it."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from server.store import visits
from server.store.database import Database
from server.store.migrate import migrate
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, Visit

NOW = 1_795_000_000.0
PATIENCE_S = 30.0
"""A server's own gives up after 1.5 s, so that its gates close in time: on a busy machine that would be a fault of no code."""


@pytest.fixture
def database_file(tmp_path: Path, database_url: str) -> Path:
    """The SQLite file, for tests that look at it or lock it from outside."""
    if not database_url.startswith("sqlite"):
        pytest.skip("about the embedded database's file")
    return tmp_path / "peitong.db"


@pytest.fixture
async def database_url(tmp_path: Path) -> AsyncIterator[str]:
    """An empty database: an SQLite file, or a new one on the PostgreSQL server that PEITONG_TEST_POSTGRESQL names."""
    server = os.environ.get("PEITONG_TEST_POSTGRESQL")
    if server is None:
        yield f"sqlite+aiosqlite:///{tmp_path / 'peitong.db'}"
        return
    name = f"peitong_{uuid.uuid4().hex}"
    admin = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.dispose()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, made once and copied for every test."""
    file = tmp_path_factory.mktemp("migrated") / "peitong.db"

    async def make() -> None:
        opened = Database(f"sqlite+aiosqlite:///{file}")
        await migrate(opened)
        await opened.close()

    asyncio.run(make())
    return file


@pytest.fixture
async def database(database_url: str, migrated: Path) -> AsyncIterator[Database]:
    opened = Database(database_url, PATIENCE_S)
    if opened.file is not None:
        shutil.copy2(migrated, opened.file)
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
