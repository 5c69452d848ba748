"""A real server process on its own data folder, and two synthetic people whom the play has brought to Live."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.person import Person
from rehearsal.play import GUARDIAN_COLOUR, GUARDIAN_HZ, Access, Play, Steps

START_WITHIN_S = 60.0


@dataclass
class Stage:
    """The running demo; ``made`` is what it printed."""

    data: Path
    made: dict[str, Any]
    child: asyncio.subprocess.Process

    @property
    def app(self) -> int:
        return self.child.pid

    @property
    def recording(self) -> Path:
        return self.data / "recordings" / self.made["visit"]

    def process(self, module: str) -> int:
        """The process id of the app's child that runs ``module`` (media.relay, media.recorder)."""
        found = [pid for pid in children_of(self.app) if f"-m {module} " in command_of(pid)]
        assert len(found) == 1, f"{len(found)} processes run {module}"
        return found[0]

    def access(self) -> Access:
        made = self.made
        return Access(made["origin"], made["guardian_link"], made["physician_login"], made["physician_password"])

    async def restart(self) -> None:
        """Starts the app again on the same folder and port, after it ended."""
        await self.child.wait()
        self.child = await start(self.data)
        await first_line(self.child)

    async def stop(self) -> None:
        if self.child.returncode is None:
            with suppress(ProcessLookupError):
                self.child.send_signal(signal.SIGCONT)
                self.child.terminate()
        await self.child.wait()


async def start(data: Path) -> asyncio.subprocess.Process:
    arguments = ["-m", "server", "demo", "--json", "--port", "0", "--data", str(data)]
    log = (data.parent / "server.log").open("ab")
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=log)


async def first_line(child: asyncio.subprocess.Process) -> dict[str, Any]:
    assert child.stdout is not None
    made: dict[str, Any] = json.loads(await asyncio.wait_for(child.stdout.readline(), START_WITHIN_S))
    return made


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Stage]:
    child = await start(data)
    stage = Stage(data, await first_line(child), child)
    try:
        yield stage
    finally:
        await stage.stop()


@asynccontextmanager
async def live(stage: Stage) -> AsyncIterator[Play]:
    """Both people in a Live session with media flowing; they are gone at the end."""
    play = Play(stage.access(), Steps(lambda step: None))
    try:
        await play.arrive()
        await play.meet()
        yield play
    finally:
        await play.leave()


async def media_stops(person: Person, quiet_s: float, within_s: float) -> float:
    """When the last frame came before ``quiet_s`` without any; on the monotonic clock."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        last = person.last_media_at
        if time.monotonic() - last >= quiet_s:
            return last
        await asyncio.sleep(0.02)
    raise AssertionError(f"media went on for {within_s} s")


async def comes_back(old: Person) -> Person:
    """The same device opens the page again: same cookies, a new page."""
    person = Person(old.server, GUARDIAN_COLOUR, GUARDIAN_HZ, cookies=old.cookies)
    person.visit = old.visit
    await person.connect()
    await person.start_media()
    return person


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                stat = (entry / "stat").read_text("ascii")
                if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry.name))
    return found


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def send(pid: int, number: signal.Signals) -> float:
    os.kill(pid, number)
    return time.monotonic()
