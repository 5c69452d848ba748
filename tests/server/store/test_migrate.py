"""The migrations, run from an empty file, make exactly the tables that the code speaks to."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from server.store.database import Database
from server.store.migrate import configuration, migrate
from server.store.tables import metadata


async def test_migrating_from_nothing_gives_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database: Database, database_file: Path, visit: str) -> None:
    await migrate(database)
    with sqlite3.connect(database_file) as plain:
        assert plain.execute("SELECT count(*) FROM visit").fetchone() == (3,)


async def test_the_file_is_kept_the_way_that_survives_a_power_cut(database: Database, database_file: Path) -> None:
    async with database.engine.connect() as connection:
        values = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 2, 1, 500]


async def test_nobody_else_on_the_machine_can_read_the_file(database: Database, database_file: Path, visit: str) -> None:
    assert {path.stat().st_mode & 0o777 for path in database_file.parent.glob("peitong.db*")} == {0o600}


@pytest.mark.parametrize("name", ["", "/:memory:"])
def test_a_journal_that_would_die_with_the_process_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is a file"):
        Database(f"sqlite+aiosqlite://{name}")


async def test_visits_from_before_there_were_kinds_are_first_visits_in_no_slot(database_url: str) -> None:
    old = Database(database_url)
    if old.file is not None:
        old.file.touch()

    def at_0003(connection: Connection) -> None:
        command.upgrade(configuration(connection), "0003")
        for row in (
            "INSERT INTO hospital VALUES ('h1', '医院', 'Hospital')",
            "INSERT INTO staff (id, hospital, login, password_hash, role, name, title, whitelisted) "
            "VALUES ('s1', 'h1', 'wang', '-', 'physician', '王芳', '医师', false)",
            "INSERT INTO child VALUES ('c1', 'h1', '张小明', 'male', '2018-03-05')",
            "INSERT INTO guardian VALUES ('g1', 'h1', '李雷', '13800000000')",
            "INSERT INTO relation VALUES ('g1', 'c1', 'father', 'other')",
            "INSERT INTO visit (id, hospital, department, field, child, guardian, physician, starts_at, ends_at, state) "
            "VALUES ('v1', 'h1', '皮肤科', 'skin', 'c1', 'g1', 's1', 1, 2, 'waiting')",
        ):
            connection.exec_driver_sql(row)

    async with old.engine.execution_options(peitong_writes=True).begin() as connection:
        await connection.run_sync(at_0003)
    await migrate(old)
    async with old.engine.connect() as connection:
        of_visit = "SELECT kind, slot, booked_at, revision FROM visit"
        assert tuple((await connection.exec_driver_sql(of_visit)).one()) == ("first", None, None, 1)
    await old.close()
