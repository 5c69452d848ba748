"""A writer that is killed at any moment loses nothing that it was told is committed."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from server.journal import Journal
from server.store import outbox
from server.store.audit import verify_journal
from server.store.database import Database

WRITER = """
import asyncio, sys
from server import events as ev
from server.journal import Journal
from server.store.database import Database
from server.store.outbox import Outgoing, post

async def main(url: str) -> None:
    database = Database(url)
    journal = Journal(database)
    version = (await journal.head("visit-1")).n
    while True:
        message = post(Outgoing(f"o{version + 1}", "visit-1", "test", "{}", 0.0))
        head = await journal.append("visit-1", version, [ev.ClockStepped(version + 1)], 1_795_000_000.0, also=[message])
        version = head.n
        print(version, head.hash, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def run_and_kill(url: str, appends: int, after_s: float) -> tuple[int, str]:
    """Lets a writer make some appends, kills it a moment later, and returns the last one that it was told is there."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert writer.stdout is not None
    said = b"".join([await writer.stdout.readline() for _ in range(appends)])
    # The kill must come at no particular point of a write: this waits for nothing on purpose.
    await asyncio.sleep(after_s)
    writer.kill()
    said += await writer.stdout.read()
    await writer.wait()
    whole = [line for line in said.decode().splitlines(keepends=True) if line.endswith("\n")]
    assert len(whole) >= appends
    n, digest = whole[-1].split()
    return int(n), digest


@pytest.mark.process
@pytest.mark.unhurried
async def test_ten_kills_lose_no_acknowledged_append_and_leave_no_half_of_one(
    database: Database, database_url: str, visit: str
) -> None:
    chance = random.Random(20261122)
    journal = Journal(database)
    for _ in range(10):
        n, digest = await run_and_kill(database_url, chance.randint(1, 5), chance.uniform(0.1, 0.25))
        head = await journal.head(visit)
        assert head.n >= n
        links = await journal.links(visit)
        assert links[n - 1].hash == digest
        assert len(await outbox_ids(database)) == head.n
    assert (await verify_journal(database)).ok


async def outbox_ids(database: Database) -> list[str]:
    return [message.id for message in await outbox.of_session(database, "visit-1")]
