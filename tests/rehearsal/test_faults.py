"""What happens to a live consultation when a process stops, dies or loses its database: real processes, real WebRTC.

Invariants 1 (gate), 4 (journal) and 7 (fail closed) of README.md.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.recorder.manifest import Finding, Level
from rehearsal.person import ATTESTATION, Person
from rehearsal.play import Play, Steps
from rehearsal.sealed import sealed
from server.journal import Journal
from server.opening import open_recording
from server.recordings import journals_head, verify
from server.store.audit import verify_journal
from server.store.database import Database
from signaling import messages as wire
from tests.rehearsal import losses
from tests.rehearsal.stage import Stage, comes_back, live, media_stops, running, send

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

ON_THE_WAY_S = 0.3
"""A frame is recorded when it was taken and seen when it was decoded: so much later at most, on a busy machine."""


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


async def test_what_the_physician_was_acknowledged_is_in_the_journal_whenever_the_app_is_killed(stage: Stage) -> None:
    chance = random.Random(20261122)
    play = Play(stage.access(), Steps(lambda step: None))
    former: list[Person] = []
    try:
        await play.arrive()
        acts = [
            (wire.Admit(names_match=True), "admitted", chance.uniform(0.0, 0.02)),
            (ATTESTATION, "attested", chance.uniform(0.0, 0.02)),
            (wire.Hold("technical"), "hold_placed", 10.0),  # at the very acknowledgement
        ]
        acknowledged = []
        for act, event, after_s in acts:
            await can_act(play, act)
            if await asked_and_killed(stage, play, act, after_s):
                acknowledged.append(event)
            journal = await types_in_journal(stage)
            assert set(acknowledged) <= set(journal)
            await stage.restart()
            former += [play.guardian, play.physician]
            play.guardian, play.physician = await comes_back(play.guardian), await comes_back(play.physician)
            if event not in journal:
                await can_act(play, act)
                await play.physician.ask(act)
                acknowledged.append(event)
        assert (await types_in_journal(stage)).count("server_restarted") == len(acts)
        await play.physician.until("held by hand", lambda: "physician_hold" in causes(play))
        assert {event for _, event, _ in acts} <= set(await types_in_journal(stage))
    finally:
        for person in (*former, play.guardian, play.physician):
            await person.close()
    await journal_is_whole(stage)


async def can_act(play: Play, act: wire.Intent) -> None:
    """Until the act is one that the session's state takes."""
    await play.physician.until("both to be present", lambda: present(play) == {"guardian", "physician"})
    wanted = {"admit": ("waiting",), "attest": ("verifying",), "hold": ("verifying", "live")}[act.type]
    await play.physician.until(f"{act.type} to be possible", lambda: state(play) in wanted)


async def asked_and_killed(stage: Stage, play: Play, act: wire.Intent, after_s: float) -> bool:
    """The app is killed so much later, or at the acknowledgement if that comes first; whether it came."""
    asking = asyncio.create_task(play.physician.ask(act))
    await asyncio.wait({asking}, timeout=after_s)
    send(stage.app, signal.SIGKILL)
    await stage.child.wait()
    await asyncio.wait({asking}, timeout=0.5)  # it may have been on its way
    acknowledged = asking.done() and asking.exception() is None
    asking.cancel()
    return acknowledged


async def types_in_journal(stage: Stage) -> list[str]:
    """Of every event that a new process finds, in order."""
    database = Database(f"sqlite+aiosqlite:///{stage.data / 'peitong.db'}")
    try:
        return [event.type for event, _ in await Journal(database).replay(stage.made["visit"])]
    finally:
        await database.close()


def causes(play: Play) -> set[str]:
    return {c.cause for c in play.physician.state.causes} if play.physician.state is not None else set()


def present(play: Play) -> set[str]:
    seats = play.physician.state.seats if play.physician.state is not None else ()
    return {seat.role.value for seat in seats if seat.presence != "absent"}


@pytest.mark.parametrize("which", ["media.recorder", "media.relay"])
async def test_a_killed_worker_process_holds_the_session_and_it_returns(stage: Stage, which: str, tmp_path: Path) -> None:
    async with live(stage) as play, losses.arrivals(play) as relayed:
        killed_at = time.time()
        send(stage.process(which), signal.SIGKILL)
        await play.physician.until("held", lambda: state(play) == "held", within_s=5)
        if which == "media.relay":
            await asyncio.gather(*(connects_anew(person) for person in (play.guardian, play.physician)))
        await play.physician.until("live again", lambda: state(play) in ("live", "verifying"), within_s=15)
        await everything_flows(play)
        await asyncio.sleep(1.5)  # some talk for the recording
        await play.physician.ask(wire.Refer("other", "within_30d", "演练", "", ""))
        await play.physician.until("ended", lambda: state(play) == "ended")
    await journal_is_whole(stage)
    lines = await sealed(stage.recording)
    assert await damage(stage) == []

    opened = tmp_path / "visit.mkv"
    assert open_recording(stage.recording, Path(stage.made["identity"]), opened) == []
    kept = losses.recorded(stage, opened)
    assert set(kept) == set(relayed) == losses.ALL
    lost = {key: losses.lost_s(relayed[key], kept[key], killed_at) for key in kept}
    declared_s = sum(line["to_us"] - line["from_us"] for line in lines if line["type"] == "gap") / 1e6
    assert 0 < declared_s <= 2.0
    assert max(lost.values()) <= min(2.0, declared_s + ON_THE_WAY_S)


async def connects_anew(person: Person) -> None:
    """As a page does when it is told that its relay is gone."""
    await person.until("a new relay", lambda: person.media_restarts > 0)
    await person.start_media()


async def everything_flows(play: Play) -> None:
    """Sound and picture arrive at both ends."""
    for person in (play.guardian, play.physician):
        await person.until("remote tracks", lambda person=person: bool(person.seen and person.heard))
        async with asyncio.timeout(10):
            for watcher in (person.seen, person.heard):
                assert watcher is not None
                await watcher.next_frame()


async def damage(stage: Stage) -> list[Finding]:
    """What the records officer is told, with the hospital's pinned key and the journal's newest head."""
    head = await journals_head(f"sqlite+aiosqlite:///{stage.data / 'peitong.db'}", stage.recording)
    findings = verify(stage.recording, stage.made["signer"], [head])
    return [finding for finding in findings if finding.level is Level.DAMAGE]


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
    findings = verify(stage.recording, stage.made["signer"])
    assert [f for f in findings if f.level is Level.DAMAGE] == []
    assert "unsigned_tail" not in {f.kind for f in findings}
