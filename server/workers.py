"""Workers: each one relay process and its recorder process, started, connected, supervised and replaced.

A worker owns the two control connections (media/CONTROL.md), renews the leases of open gates every 300 ms while `may_renew()`
says that the rules can still be checked, and hands every message it receives to one callback. When a process dies it is
started again and `Lost` is reported; what that means for a session is the controller's affair.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from media import control

LEASE_MS = 1000
RENEW_EVERY_S = 0.3
SILENT_RELAY_S = 5.0
_READY_WITHIN_S = 20.0
_ANSWER_WITHIN_S = 5.0
_STOP_WITHIN_S = 5.0

log = logging.getLogger(__name__)


class OfferRefused(Exception):
    """The relay did not take the offer; ``code`` is CONTROL.md's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker's process went away: ``which`` is "relay" or "recorder"."""

    worker: str
    which: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A new process runs in the place of the one that was lost; it knows nothing yet."""

    worker: str
    which: str


Received = control.Message | Lost | Restored


class Process:
    """One child process and the control connection to it. `run` keeps both alive until `stop`."""

    def __init__(
        self,
        which: str,
        arguments: list[str],
        socket_path: Path,
        received: Callable[[control.Message], None],
        lost: Callable[[], None],
        restored: Callable[[], None],
    ) -> None:
        self.which = which
        self.heard_at = 0.0
        self.ready_line = ""
        self.connected = False
        self._arguments = arguments
        self._path = socket_path
        self._received = received
        self._lost = lost
        self._restored = restored
        self._writer: asyncio.StreamWriter | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The child's process id, 0 while there is none."""
        return self._child.pid if self._child is not None and self._child.returncode is None else 0

    async def start(self) -> None:
        """Starts the child and connects; raises ``TimeoutError`` or ``OSError`` when it does not come up."""
        reader = await self._spawn()
        self._task = asyncio.create_task(self._supervise(reader), name=f"supervise {self.which}")

    async def stop(self) -> None:
        self._stopping = True
        if self._writer is not None:
            self._writer.close()
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.terminate()
            try:
                await asyncio.wait_for(self._child.wait(), _STOP_WITHIN_S)
            except TimeoutError:
                self._child.kill()
                await self._child.wait()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def send(self, message: control.Message) -> None:
        """Queues a message; without a connection it is dropped, as its effect is gone with the process."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(control.encode(message))

    async def _spawn(self) -> asyncio.StreamReader:
        self._path.unlink(missing_ok=True)
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._child.stdout is not None
        line = await asyncio.wait_for(self._child.stdout.readline(), _READY_WITHIN_S)
        self.ready_line = line.decode("ascii", "replace").strip()
        if not self.ready_line.startswith("ready"):
            raise OSError(f"the {self.which} did not start (see its log)")
        reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        self.send(control.Hello(control.VERSION, "app"))
        self.heard_at = time.monotonic()
        self.connected = True
        return reader

    async def _supervise(self, reader: asyncio.StreamReader) -> None:
        while True:
            await self._read(reader)
            self.connected = False
            if self._stopping:
                return
            log.error("process lost", extra={"which": self.which})
            self._lost()
            while True:
                await self._end_child()
                try:
                    reader = await self._spawn()
                    break
                except (OSError, TimeoutError):
                    log.exception("process does not start", extra={"which": self.which})
                    await asyncio.sleep(1.0)
            self._restored()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = control.Reader()
        try:
            while data := await reader.read(65536):
                self.heard_at = time.monotonic()
                for message in frames.feed(data):
                    if isinstance(message, control.Message):
                        self._take(message)
        except (control.Malformed, ConnectionError):
            log.exception("control connection broken", extra={"which": self.which})

    def _take(self, message: control.Message) -> None:
        try:
            self._received(message)
        except Exception:  # a bug over one message must not silence the whole worker
            log.exception("a message could not be taken in", extra={"which": self.which, "kind": message.t})

    def replace_if_silent(self, limit_s: float) -> None:
        """Kills a child that has not spoken for so long; the supervisor starts another."""
        if self.connected and self._child is not None and time.monotonic() - self.heard_at > limit_s:
            log.error("process hangs", extra={"which": self.which})
            self.connected = False
            with suppress(ProcessLookupError):
                self._child.kill()

    async def _end_child(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()


def _written(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(slots=True)
class _Gate:
    """A gate that is to be open; ``opened`` once the relay was told."""

    generation: int
    required: list[str]
    opened: bool = False


class Worker:
    """One relay and its recorder."""

    def __init__(
        self,
        name: str,
        runtime: Path,
        udp: tuple[str, int],
        advertise: tuple[str, ...],
        received: Callable[[Received], None],
        may_renew: Callable[[], bool],
        tcp: tuple[str, int] | None = None,
    ) -> None:
        self.name = name
        self._gates: dict[str, _Gate] = {}
        self.rooms: set[str] = set()
        self._received = received
        self._may_renew = may_renew
        self._refs = itertools.count(1)
        self._offers: dict[int, asyncio.Future[control.LegAnswer]] = {}
        self._renewing: asyncio.Task[None] | None = None
        relay, feed = runtime / f"relay-{name}.sock", runtime / f"recorder-{name}.sock"
        arguments = ["-m", "media.relay", "--listen", str(relay), "--feed", str(feed), "--udp", _written(udp)]
        if tcp is not None:
            arguments += ["--tcp", _written(tcp)]
        for address in advertise:
            arguments += ["--advertise", address]
        recorder = ["-m", "media.recorder", "--listen", str(feed)]
        self.recorder = Process("recorder", recorder, feed, received, *self._told("recorder"))
        self.relay = Process("relay", arguments, relay, self._from_relay, *self._told("relay"))

    async def start(self) -> None:
        await self.recorder.start()
        await self.relay.start()
        self._renewing = asyncio.create_task(self._renew(), name=f"renew leases {self.name}")

    async def stop(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        await self.relay.stop()
        await self.recorder.stop()

    def open_room(self, room: str, silent_after_ms: int, seats: Sequence[str]) -> None:
        """Opens it for these, named now so that whoever comes first knows whose media a line will carry. Again: adds seats."""
        self.rooms.add(room)
        self.relay.send(control.RoomOpen(room, silent_after_ms, list(seats)))

    def close_room(self, room: str) -> None:
        self.rooms.discard(room)
        self._gates.pop(room, None)
        self.relay.send(control.RoomClose(room))

    def open_gate(self, room: str, generation: int, required: list[str]) -> None:
        """Opens it now, or as soon as the rules can be checked again; a newer generation or a closing takes its place."""
        self._gates[room] = _Gate(generation, required)
        self._lease()

    def close_gate(self, room: str, generation: int) -> None:
        self._forget_gate(room, generation)
        self.relay.send(control.GateClose(room, generation))

    async def offer(self, room: str, seat: str, leg: int, revision: int, sdp: str) -> control.LegAnswer:
        """The relay's answer. Raises ``OfferRefused``; ``media_unavailable`` when it does not answer in time."""
        ref = next(self._refs)
        future: asyncio.Future[control.LegAnswer] = asyncio.get_running_loop().create_future()
        self._offers[ref] = future
        self.relay.send(control.LegOffer(ref, room, seat, leg, revision, sdp))
        try:
            return await asyncio.wait_for(future, _ANSWER_WITHIN_S)
        except TimeoutError:
            raise OfferRefused("media_unavailable") from None
        finally:
            del self._offers[ref]

    def _from_relay(self, message: control.Message) -> None:
        match message:
            case control.LegAnswer(ref=ref):
                if (future := self._offers.get(ref)) and not future.done():
                    future.set_result(message)
            case control.LegRefused(ref=ref, code=code):
                if (future := self._offers.get(ref)) and not future.done():
                    future.set_exception(OfferRefused(code))
            case control.GateClosed(room=room, generation=generation):
                self._forget_gate(room, generation)
                self._received(message)
            case _:
                self._received(message)

    def _told(self, which: str) -> tuple[Callable[[], None], Callable[[], None]]:
        """What a process calls when it is lost and when it is restored."""

        def lost() -> None:
            if which == "relay":
                self._gates.clear()
            self._received(Lost(self.name, which))

        return lost, lambda: self._received(Restored(self.name, which))

    def _forget_gate(self, room: str, generation: int) -> None:
        gate = self._gates.get(room)
        if gate is not None and gate.generation <= generation:
            del self._gates[room]

    async def _renew(self) -> None:
        while True:
            slept_from = time.monotonic()
            await asyncio.sleep(RENEW_EVERY_S)
            if time.monotonic() - slept_from < 2 * RENEW_EVERY_S:  # else it was we who stood still
                self.relay.replace_if_silent(SILENT_RELAY_S)
            self._lease()

    def _lease(self) -> None:
        """Renews every open gate and opens those that wait for it, unless the rules cannot be checked now."""
        if not self._gates or not self._may_renew():
            return
        opened = [(room, gate.generation) for room, gate in self._gates.items() if gate.opened]
        if opened:
            self.relay.send(control.GateRenew(opened, LEASE_MS))
        for room, gate in self._gates.items():
            if not gate.opened:
                gate.opened = True
                self.relay.send(control.GateOpen(room, gate.generation, LEASE_MS, gate.required))
