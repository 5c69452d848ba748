"""Brings a database to the newest shape with Alembic's migrations, inside the server and in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from server.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(database: Database) -> None:
    """Upgrade to the newest migration; one that is there already is left alone. A new file is its owner's alone (0600)."""
    if database.file is not None:
        database.file.touch(mode=0o600)
    async with database.engine.execution_options(peitong_writes=True).begin() as connection:
        await connection.run_sync(_upgrade)


def configuration(connection: Connection) -> Config:
    """Alembic's settings for an open connection; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
