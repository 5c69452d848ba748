"""A real relay process with everything around it: the app's side of the control connection, a recorder that acknowledges, and
peers that are independent implementations (aiortc's RTCPeerConnection)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from media import control

M = TypeVar("M", bound=control.Message)
PATIENCE_S = 15.0


def now_us() -> int:
    return time.monotonic_ns() // 1000


class Inbox:
    """What arrived, in order; wait for what matters."""

    def __init__(self) -> None:
        self.messages: list[tuple[int, control.Message | control.Batch]] = []
        self._news = asyncio.Event()

    def put(self, message: control.Message | control.Batch) -> None:
        self.messages.append((now_us(), message))
        self._news.set()

    def all(self, kind: type[M]) -> list[M]:
        return [message for _, message in self.messages if isinstance(message, kind)]

    def when(self, wanted: control.Message) -> int:
        """When exactly this message came."""
        return next(at for at, message in self.messages if message is wanted)

    async def until(self, kind: type[M], holds: Callable[[M], bool] = lambda message: True, within_s: float = PATIENCE_S) -> M:
        async def look() -> M:
            while True:
                for message in self.all(kind):
                    if holds(message):
                        return message
                self._news.clear()
                await self._news.wait()

        return await asyncio.wait_for(look(), within_s)

    def forget(self) -> None:
        self.messages.clear()


class FakeRecorder:
    """Says that everything is durable, every 100 ms, until told to be silent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.inbox = Inbox()
        self.acknowledging = True
        self.acknowledged_us = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._recordings: set[str] = set()
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        self._task = asyncio.create_task(self._acknowledge())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        frames = control.Reader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                self.inbox.put(message)
                if isinstance(message, control.Attach):
                    self._recordings.add(message.recording)
        self._writers.discard(writer)

    async def _acknowledge(self) -> None:
        while True:
            if self.acknowledging:
                self.acknowledged_us = now_us()
                for recording in self._recordings:
                    for writer in self._writers:
                        writer.write(control.encode(control.Durable(recording, self.acknowledged_us)))
            await asyncio.sleep(0.1)

    @property
    def packets(self) -> list[control.Packet]:
        return [packet for _, batch in self.inbox.messages if isinstance(batch, control.Batch) for packet in batch.packets]


@dataclass
class Peer:
    """One participant's page: sends sound and picture, receives one of each."""

    # with its default policy aiortc 1.16 leaves the fourth line on a transport of its own
    pc: RTCPeerConnection = field(
        default_factory=lambda: RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    )
    frames: dict[str, int] = field(default_factory=lambda: {"audio": 0, "video": 0})
    last_frame_us: dict[str, int] = field(default_factory=lambda: {"audio": 0, "video": 0})
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def offer(self) -> str:
        for track in (AudioStreamTrack(), VideoStreamTrack()):
            self.pc.addTransceiver(track, direction="sendonly")
        for kind in ("audio", "video"):
            self.pc.addTransceiver(kind, direction="recvonly")
        self.pc.on("track", self._consume)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answered(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def _consume(self, track: MediaStreamTrack) -> None:
        self.tasks.append(asyncio.ensure_future(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):
            while True:
                await track.recv()
                self.frames[track.kind] += 1
                self.last_frame_us[track.kind] = now_us()
                self.came.set()

    async def sees(self, kind: str, more: int = 3, within_s: float = PATIENCE_S) -> None:
        """Waits for ``more`` frames from now on."""
        goal = self.frames[kind] + more

        async def look() -> None:
            while self.frames[kind] < goal:
                self.came.clear()
                await self.came.wait()

        await asyncio.wait_for(look(), within_s)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self.pc.close()

    def vanish(self) -> None:
        """As when the page's process is killed: nothing is sent any more, no goodbye."""
        for sender in self.pc.getSenders():
            sender.transport.transport._connection.send = _nothing  # type: ignore[method-assign]
            sender.transport.transport._connection.sendto = _nothing  # type: ignore[method-assign]


async def _nothing(*_: Any) -> None:
    return None


class Rig:
    """The app's side. ``renewing`` holds the gates whose lease is renewed every 100 ms."""

    def __init__(self, folder: Path, advertise: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.folder = folder
        self.advertise = advertise
        self.inbox = Inbox()
        self.recorder = FakeRecorder(folder / "recorder.sock")
        self.renewing: dict[str, int] = {}
        self.lease_ms = 1000
        self.peers: list[Peer] = []
        self.port = self.tcp_port = 0
        self.process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._refs = 0

    async def start(self) -> None:
        await self.recorder.start()
        listen = self.folder / "relay.sock"
        arguments = ["--listen", str(listen), "--feed", str(self.recorder.path), "--udp", "0.0.0.0:0", "--tcp", "0.0.0.0:0"]
        for address in self.advertise:
            arguments += ["--advertise", address]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media.relay", *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        word, port, tcp_port = (await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S)).split()
        assert word == b"ready"
        self.port, self.tcp_port = int(port), int(tcp_port)
        reader, self._writer = await asyncio.open_unix_connection(listen)
        self._tasks = [asyncio.create_task(self._read(reader)), asyncio.create_task(self._renew())]
        self.send(control.Hello(control.VERSION, "app"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for peer in self.peers:
            await peer.close()
        if self._writer is not None:
            self._writer.close()
        if self.process is not None:
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self.recorder.stop()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = control.Reader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                self.inbox.put(message)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            if self.renewing:
                self.send(control.GateRenew(sorted(self.renewing.items()), self.lease_ms))

    def send(self, message: control.Message) -> None:
        assert self._writer is not None
        self._writer.write(control.encode(message))

    def hang_up(self) -> None:
        """The app goes away."""
        assert self._writer is not None
        self._writer.close()

    def open_room(self, room: str = "r", silent_after_ms: int = 3000, recording: str = "rec") -> None:
        self.send(control.RoomOpen(room, silent_after_ms, ["guardian", "physician"]))
        if recording:
            self.send(control.Record(room, recording))

    async def offer(self, sdp: str, seat: str, leg: int, revision: int = 1, room: str = "r") -> control.Message:
        self._refs += 1
        ref = self._refs
        self.send(control.LegOffer(ref, room, seat, leg, revision, sdp))
        return await self.inbox.until(
            control.Message, lambda m: isinstance(m, control.LegAnswer | control.LegRefused) and m.ref == ref
        )

    async def join(self, seat: str, leg: int, room: str = "r") -> Peer:
        """A peer takes the seat and is heard."""
        peer = Peer()
        self.peers.append(peer)
        answer = await self.offer(await peer.offer(), seat, leg, room=room)
        assert isinstance(answer, control.LegAnswer), answer
        await peer.answered(answer.sdp)
        await self.inbox.until(control.LegState, lambda m: m.leg == leg and m.state == "connected")
        await self.inbox.until(control.SeatMedia, lambda m: m.leg == leg and m.alive)
        return peer

    async def open_gate(self, generation: int, room: str = "r", required: tuple[str, ...] = ("guardian", "physician")) -> None:
        """Opens and keeps renewing."""
        self.send(control.GateOpen(room, generation, self.lease_ms, list(required)))
        await self.inbox.until(control.GateOpened, lambda m: m.generation == generation)
        self.renewing[room] = generation

    async def closed(self, generation: int, within_s: float = PATIENCE_S) -> control.GateClosed:
        return await self.inbox.until(control.GateClosed, lambda m: m.generation == generation, within_s)


@contextlib.asynccontextmanager
async def running(folder: Path, advertise: tuple[str, ...] = ("127.0.0.1",)) -> AsyncIterator[Rig]:
    rig = Rig(folder, advertise)
    try:
        await rig.start()
        yield rig
    finally:
        await rig.stop()
