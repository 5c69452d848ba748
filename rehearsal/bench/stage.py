"""The bench's stage: a real relay and recorder as the server starts them, rooms with open gates, and the load generators.

Where the server would be there is a stand-in: the server's own ``Worker`` speaks with the processes and renews the leases,
every recording has a real session key, every manifest head is signed; but no visit, no database and no page stands behind
a room.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media import control
from media.recorder import sessionkey
from server.sealing import KeyMaker, Origin, SessionRecording, Signer
from server.workers import Lost, Received, Worker
from signaling.seats import Role

PATIENCE_S: Final = 60.0
_SILENT_AFTER_MS: Final = 3000
_SEATS: Final = (Role.GUARDIAN.value, Role.PHYSICIAN.value)
_CONSULTS_A_GENERATOR: Final = 30
_REOPEN_AFTER_S: Final = 0.5
_FOOTAGE_S: Final = 4.0
_LONGEST_LINE: Final = 1 << 26


class Broken(Exception):
    """The measurement is not one: what was to be measured did not run."""


@dataclass(slots=True)
class Generator:
    """One process of load.py."""

    child: asyncio.subprocess.Process
    offers: list[str] = field(default_factory=list)

    @classmethod
    async def start(cls, peers: int) -> Generator:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rehearsal.load.generator", "--peers", str(peers),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE,
        )  # fmt: skip
        generator = cls(child)
        generator.offers = (await generator.hears())["offers"]
        return generator

    async def hears(self) -> Any:
        assert self.child.stdout is not None
        line = await asyncio.wait_for(self.child.stdout.readline(), PATIENCE_S)
        if not line:
            raise Broken("the load generator ended; its error is above")
        return json.loads(line)

    def tell(self, what: Any) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(what).encode() + b"\n")

    async def stop(self) -> None:
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()


@dataclass(slots=True)
class Stage:
    """``consults`` rooms, each with two seats; ``worker`` is what is measured. ``holds`` counts gates that closed, by cause;
    ``heads`` the manifest heads that were signed."""

    folder: Path
    consults: int
    worker: Worker = field(init=False)
    recordings: dict[str, SessionRecording] = field(default_factory=dict)
    generators: list[Generator] = field(default_factory=list)
    _signer: Signer = field(default_factory=lambda: Signer(Ed25519PrivateKey.generate()))
    _keys: KeyMaker = field(default_factory=KeyMaker)
    _running: set[str] = field(default_factory=set)
    _alive: set[tuple[str, str]] = field(default_factory=set)
    _open: set[str] = field(default_factory=set)
    holds: Counter[str] = field(default_factory=Counter)
    heads: int = 0
    _broken: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.worker = Worker("1", self.folder, ("127.0.0.1", 0), ("127.0.0.1",), self._received, lambda: True)

    @property
    def public_hex(self) -> str:
        """Of the key that signs the manifests."""
        return self._signer.public_hex

    async def start(self) -> None:
        """Processes run, recordings are open, generators have made their offers; nothing flows yet."""
        await self.worker.start()
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        for number in range(self.consults):
            await self._record(f"visit-{number}", recipient)
        await self._until(lambda: len(self._running) == self.consults, "the recordings run")
        left = self.consults
        while left:
            taken = min(left, _CONSULTS_A_GENERATOR)
            self.generators.append(await Generator.start(2 * taken))
            left -= taken

    async def _record(self, room: str, recipient: str) -> None:
        folder = self.folder / room
        folder.mkdir(mode=0o700)
        # the server makes the key in a process of its own; that costs time here and changes nothing that is measured
        public = await asyncio.to_thread(sessionkey.make, folder / "session-key.age", [recipient])
        origin = Origin(time.time(), time.monotonic_ns() // 1000, datetime.now(UTC).isoformat(timespec="milliseconds"))

        async def recipients() -> tuple[str, ...]:
            return (recipient,)

        recording = self.recordings[room] = SessionRecording(room, folder, recipients, self._signer, lambda: origin, self._keys)
        recording.resume(public, origin)
        self.worker.recorder.send(recording.opening())

    async def join(self) -> None:
        """Everybody joins and sends; the gates open one after the other, so that their keyframes do not come in step."""
        rooms = list(self.recordings)
        peers = [(room, seat) for room in rooms for seat in _SEATS]
        for room in rooms:
            self.worker.open_room(room, _SILENT_AFTER_MS, ["guardian", "physician"])
            self.worker.relay.send(control.Record(room, room))
        for generator in self.generators:
            mine, peers = peers[: len(generator.offers)], peers[len(generator.offers) :]
            offers = [(room, seat, sdp) for (room, seat), sdp in zip(mine, generator.offers, strict=True)]
            answers = [await self.worker.offer(room, seat, 1 + _SEATS.index(seat), 1, sdp) for room, seat, sdp in offers]
            generator.tell({"answers": [answer.sdp for answer in answers]})
            await generator.hears()
        await self._until(lambda: len(self._alive) == 2 * self.consults, "every seat sends")
        for room in rooms:
            self.worker.open_gate(room, 1, list(_SEATS))
            await asyncio.sleep(_FOOTAGE_S / self.consults)
        await self._until(lambda: len(self._open) == self.consults, "every gate is open")

    async def sit(self, seconds: float) -> None:
        """Lets it run. Raises ``Broken`` when something stopped meanwhile."""
        await asyncio.sleep(seconds)
        self._check()

    def _check(self) -> None:
        if self._broken:
            raise Broken(self._broken)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for generator in self.generators:
            await generator.stop()
        await self.worker.stop()

    def _received(self, message: Received) -> None:
        match message:
            case control.Head(recording=name):
                self.heads += 1
                self.worker.recorder.send(self.recordings[name].signed(message))
            case control.RecordingState(recording=name, state="running"):
                self._running.add(name)
            case control.RecordingState(state="lost", why=why):
                self._broken = f"a recording was lost ({why})"
            case control.KeyframeWanted(recording=room, seat=seat):
                self.worker.relay.send(control.Keyframe(room, seat))
            case control.SeatMedia(room=room, seat=seat, alive=True):
                self._alive.add((room, seat))
            case control.GateOpened(room=room):
                self._open.add(room)
            case control.GateClosed(room=room, generation=generation, cause=cause):
                self._open.discard(room)
                self.holds[cause] += 1
                self._spawn(self._reopen(room, generation + 1))
            case Lost(which=which):
                self._broken = f"the {which} died"
            case _:
                pass
        self._news.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reopen(self, room: str, generation: int) -> None:
        """What closed a gate by itself was this machine's slowness; the server would hold and come back too."""
        await asyncio.sleep(_REOPEN_AFTER_S)
        self.worker.open_gate(room, generation, list(_SEATS))

    async def _until(self, holds: Any, what: str) -> None:
        async def look() -> None:
            while not holds():
                self._check()
                self._news.clear()
                await self._news.wait()

        try:
            await asyncio.wait_for(look(), PATIENCE_S)
        except TimeoutError:
            raise Broken(f"it did not come to this: {what}") from None


@asynccontextmanager
async def running(folder: Path, consults: int) -> AsyncIterator[Stage]:
    """A started stage, cleared away afterwards."""
    stage = Stage(folder, consults)
    try:
        await stage.start()
        yield stage
    finally:
        await stage.stop()
