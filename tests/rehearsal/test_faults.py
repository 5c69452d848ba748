"""What happens to a live consultation when a process stops, dies or loses its database: real processes, real WebRTC.

Invariants 1 (gate), 4 (journal) and 7 (fail closed) of README.md.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rehearsal.play import Play
from server.store.audit import verify_journal
from server.store.database import Database
from tests.rehearsal.stage import Stage, comes_back, live, media_stops, running, send

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running(tmp_path / "data") as stage:
        yield stage


def state(play: Play) -> str:
    return play.physician.state.state if play.physician.state is not None else ""


async def journal_is_whole(stage: Stage) -> None:
    database = Database(f"sqlite+aiosqlite:///{stage.data / 'peitong.db'}")
    try:
        report = await verify_journal(database)
        assert report.ok
        assert report.events > 10
    finally:
        await database.close()


async def test_a_stopped_app_closes_the_gate_within_a_second_and_a_half(stage: Stage) -> None:
    async with live(stage) as play:
        stopped_at = send(stage.app, signal.SIGSTOP)
        for person in (play.guardian, play.physician):
            last = await media_stops(person, quiet_s=1.0, within_s=5.0)
            assert last - stopped_at <= 1.5
        send(stage.app, signal.SIGCONT)
        assert play.physician.seen is not None
        async with asyncio.timeout(10):
            await play.physician.seen.next_frame()


async def test_without_its_database_the_gate_closes_and_opens_again_only_with_it(stage: Stage) -> None:
    async with live(stage) as play:
        connection = sqlite3.connect(stage.data / "peitong.db", isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        locked_at = time.monotonic()
        last = await media_stops(play.physician, quiet_s=1.0, within_s=8.0)
        assert last - locked_at <= 3.0
        quiet_from = time.monotonic()
        await asyncio.sleep(2.0)
        assert play.physician.last_media_at < quiet_from
        connection.execute("ROLLBACK")
        connection.close()
        assert play.physician.seen is not None
        async with asyncio.timeout(10):
            await play.physician.seen.next_frame()
    await journal_is_whole(stage)


async def test_a_killed_app_comes_back_held_and_resumes_when_both_return(stage: Stage) -> None:
    async with live(stage) as play:
        killed_at = send(stage.app, signal.SIGKILL)
        last = await media_stops(play.physician, quiet_s=1.0, within_s=6.0)
        assert last - killed_at <= 1.5
        await stage.restart()
        play.guardian, old_guardian = await comes_back(play.guardian), play.guardian
        await play.guardian.until("held", lambda: play.guardian.state is not None and play.guardian.state.state == "held")
        play.physician, old_physician = await comes_back(play.physician), play.physician
        await play.physician.until("live or verifying", lambda: state(play) in ("live", "verifying"))
        await play.physician.until("a picture's track", lambda: play.physician.seen is not None)
        assert play.physician.seen is not None
        async with asyncio.timeout(10):
            await play.physician.seen.next_frame()
        await old_guardian.close()
        await old_physician.close()
    await journal_is_whole(stage)


@pytest.mark.parametrize("which", ["media.recorder", "media.relay"])
async def test_a_killed_worker_process_holds_the_session_and_it_returns(stage: Stage, which: str) -> None:
    async with live(stage) as play:
        send(stage.process(which), signal.SIGKILL)
        await play.physician.until("held", lambda: state(play) == "held", within_s=5)
        if which == "media.relay":
            await asyncio.gather(play.guardian.start_media(), play.physician.start_media())
        await play.physician.until("live again", lambda: state(play) in ("live", "verifying"), within_s=15)
        assert play.physician.seen is not None
        async with asyncio.timeout(10):
            await play.physician.seen.next_frame()
    await journal_is_whole(stage)


async def test_a_recorder_that_hangs_holds_the_session_within_three_seconds(stage: Stage) -> None:
    async with live(stage) as play:
        recorder = stage.process("media.recorder")
        hung_at = send(recorder, signal.SIGSTOP)
        held_at = await play.physician.until("held", lambda: state(play) == "held", within_s=6)
        assert held_at - hung_at <= 3.0
        assert play.physician.state is not None
        assert [c.cause for c in play.physician.state.causes] == ["recording_lost"]
        send(recorder, signal.SIGCONT)
        await play.physician.until("live again", lambda: state(play) == "live", within_s=10)


async def test_control_c_tells_the_pages_and_seals_the_recording(stage: Stage) -> None:
    async with live(stage) as play:
        send(stage.app, signal.SIGINT)
        await play.guardian.until("closing", lambda: play.guardian.closing_retry_s is not None)
        assert await stage.child.wait() == 0
    manifest = (stage.recording / "manifest.jsonl").read_text("utf-8").splitlines()
    assert '"type":"segment"' in "".join(manifest)
    assert not list(stage.recording.rglob(".seg-*"))
