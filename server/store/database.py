"""One database, reached through transactions that are carried to their end.

``write`` and ``read`` run a piece of work in one transaction and return what it returns. They answer in bounded time: a
database that cannot be reached, locked or written raises ``Unavailable``. A transaction that has begun is finished even when
its caller is cancelled or has stopped waiting, so a commit is never cut in half.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.store.errors import Unavailable
from server.store.turns import Turns

T = TypeVar("T")
Transaction = AsyncConnection
"""What a piece of work is handed: by this name to those who only hand it on."""
Write = Callable[[Transaction], Awaitable[None]]

BUSY_S = 0.5
"""How long a writer waits for another process to release SQLite's lock."""

PATIENCE_S = 1.5
"""How long a caller waits for its turn, and then again for its transaction."""

_POOL = 5
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)  # mistakes of ours, not absences of the database


class Database:
    """The database at a SQLAlchemy ``url`` (``sqlite+aiosqlite:///PATH`` or ``postgresql+asyncpg://…``)."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self.file = sqlite_file(url)
        embedded = self.file is not None
        self._engine = _sqlite(url) if embedded else _postgresql(url)
        self._writer = self._engine.execution_options(peitong_writes=True)
        self._reader = self._engine if embedded else self._engine.execution_options(isolation_level="REPEATABLE READ")
        # SQLite has one writer at a time: ours queue here, in order, instead of polling against each other in its lock.
        self._write_turns = Turns(1 if embedded else _POOL)
        self._read_turns = Turns(_POOL - 1)
        self._patience_s = patience_s
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def engine(self) -> AsyncEngine:
        """For migrations and tests; everything else goes through ``write`` and ``read``."""
        return self._engine

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Commit ``work``, or raise: ``Unavailable``, or whatever ``work`` raised (then nothing has changed)."""
        return await self._in_turn(self._write_turns, self._write_turns.take, self._writer, work)

    async def write_first(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """As ``write``, ahead of every write that waits for its turn: for the heartbeat, which no crowd may hold up."""
        return await self._in_turn(self._write_turns, self._write_turns.take_first, self._writer, work)

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` on one consistent view of the database."""
        return await self._in_turn(self._read_turns, self._read_turns.take, self._reader, work)

    async def read_at_length(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """As ``read``, for as long as it takes: for the command line, not for a server's requests."""

        async def unhurried(connection: AsyncConnection) -> T:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            return await work(connection)

        return await _transact(self._reader, unhurried)

    async def scrub(self) -> bool:
        """Overwrite what was deleted where it still lies in the embedded database's write-ahead log; whether that is done.

        A reader at work keeps it from being done now. A database server overwrites it in its own time (VACUUM).
        """
        return True if self.file is None else await asyncio.to_thread(_checkpointed, self.file)

    async def settled(self) -> None:
        """Wait until every transaction that has begun, awaited or not, has come to its end."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Wait for what has begun, then close every connection."""
        await self.settled()
        await self._engine.dispose()

    async def _in_turn(
        self,
        turns: Turns,
        take: Callable[[], Awaitable[None]],
        engine: AsyncEngine,
        work: Callable[[AsyncConnection], Awaitable[T]],
    ) -> T:
        try:
            async with asyncio.timeout(self._patience_s):
                await take()
        except TimeoutError as error:
            raise Unavailable("no turn at the database in time") from error
        task = asyncio.create_task(_transact(engine, work))
        self._running.add(task)
        task.add_done_callback(lambda done: self._finished(turns, done))
        await asyncio.wait({task}, timeout=self._patience_s)
        if not task.done():
            raise Unavailable("the database did not answer in time")
        return task.result()

    def _finished(self, turns: Turns, task: asyncio.Task[Any]) -> None:
        turns.give()
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that no longer waits must not leave an unread exception behind


async def _transact(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    try:
        async with engine.begin() as connection:
            return await work(connection)
    except _OURS:
        raise
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
        raise Unavailable(type(error).__name__) from error


def together(*writes: Write) -> Write:
    """Several writes as one, in their order."""

    async def write(connection: AsyncConnection) -> None:
        for each in writes:
            await each(connection)

    return write


def _checkpointed(file: Path) -> bool:
    """Whether all of the write-ahead log was written back and the log emptied."""
    connection = sqlite3.connect(file, timeout=BUSY_S)
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return bool(busy == 0)


def sqlite_file(url: str) -> Path | None:
    """Where the embedded database lies; ``None`` for a server's."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("the embedded database is a file: its journal must outlive the process")
    return Path(str(parsed.database)).absolute()


def _sqlite(url: str) -> AsyncEngine:
    # isolation_level None: the driver begins nothing by itself, we say which BEGIN it is.
    # mode=rw: a database that went missing is missed, not silently begun anew; ``migrate`` alone makes a file.
    engine = create_async_engine(
        make_url(url).set(database=f"file:{quote(str(sqlite_file(url)))}", query={"mode": "rw", "uri": "true"}),
        connect_args={"timeout": BUSY_S, "isolation_level": None},
        pool_size=_POOL,
        max_overflow=0,
        pool_timeout=1,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: it cannot fail half-way for want of it, nor act on a view that is already old.
        writes = connection.get_execution_options().get("peitong_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> AsyncEngine:
    settings = {"lock_timeout": "500ms", "statement_timeout": "1000ms", "synchronous_commit": "on"}
    return create_async_engine(
        url,
        connect_args={"timeout": 1, "server_settings": settings},
        pool_size=2 * _POOL,
        max_overflow=0,
        pool_timeout=1,
        pool_pre_ping=True,
        hide_parameters=True,
    )
