"""What the relay tells its recorder: plaintext packets in batches, tracks, clocks and gate marks (CONTROL.md, section 6).

One connection for all rooms, made again every 200 ms while the recorder is away. It never waits: what the recorder does not
take in time is dropped beyond a bound and declared with ``lost``, and so is what was under way when the connection broke.
``durable_us`` is the recorder's word on what is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from media import control

_RECONNECT_S: Final = 0.2
_FLUSH_BYTES: Final = 60 * 1024
_QUEUED_BYTES: Final = 8 << 20

log = logging.getLogger(__name__)

Track = tuple[int, str, str, str, int]
"""(number, seat, kind, codec, clock rate in Hz), as in ``control.Tracks``."""


class Recording:
    """One recording that the relay feeds."""

    __slots__ = ("_feed", "_first_us", "_gate", "_last_us", "_lost", "_pending", "durable_us", "name", "tracks")

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self.durable_us = -1
        self.tracks: list[Track] = []
        self._feed = feed
        self._pending = bytearray()
        self._first_us = self._last_us = 0
        self._lost: tuple[int, int] | None = None
        self._gate: control.Gate | None = None

    def packet(self, track: int, arrival_us: int, packet: memoryview) -> None:
        """A packet that passes the gate; the bytes are copied."""
        if not self._pending:
            self._first_us = arrival_us
        self._last_us = arrival_us
        pending = self._pending
        pending += control.batch_head(track, arrival_us, len(packet))
        pending += packet
        if len(pending) >= _FLUSH_BYTES:
            self.flush()

    def has_tracks(self, tracks: list[Track]) -> None:
        """The whole list, at each change."""
        self.tracks = list(tracks)
        self._say(control.Tracks(self.name, self.tracks))

    def clock(self, track: int, ntp: int, rtp: int, arrival_us: int) -> None:
        self._say(control.Clock(self.name, track, ntp, rtp, arrival_us))

    def gate(self, is_open: bool, at_us: int, cause: str) -> None:
        self._gate = control.Gate(self.name, is_open, at_us, cause)
        self._say(self._gate)

    def flush(self) -> None:
        """Sends the batch; or drops it when the queue is full, and says so once there is room."""
        if self._pending:
            if self._feed.has_room(len(self._pending)):
                self._declare()
                self._feed.write(control.encode_batch(self.name, self._pending))
            else:
                self.dropped(self._first_us, self._last_us)
            self._pending = bytearray()

    def dropped(self, from_us: int, to_us: int) -> None:
        self._lost = (self._lost[0] if self._lost else from_us, to_us)

    def connected(self) -> None:
        """A fresh connection: the recorder there knows nothing of this recording yet."""
        self._feed.write(control.encode(control.Attach(self.name)))
        self._feed.write(control.encode(control.Tracks(self.name, self.tracks)))
        if self._gate is not None and self._gate.open:
            self._feed.write(control.encode(self._gate))
        self._declare()

    def disconnected(self, now_us: int) -> None:
        """What was not yet durable may be gone."""
        self._pending = bytearray()
        if self._last_us > self.durable_us:
            self.dropped(max(self.durable_us, 0), now_us)

    def _declare(self) -> None:
        if self._lost is not None:
            self._feed.write(control.encode(control.Lost(self.name, *self._lost)))
            self._lost = None

    def _say(self, message: control.Message) -> None:
        self.flush()
        self._feed.write(control.encode(message))


class Feed:
    """The connection to the recorder."""

    def __init__(self, path: Path, clock_us: Callable[[], int]) -> None:
        self._path = path
        self._clock_us = clock_us
        self._writer: asyncio.StreamWriter | None = None
        self._recordings: dict[str, Recording] = {}

    def attach(self, name: str) -> Recording:
        recording = self._recordings.get(name)
        if recording is None:
            recording = self._recordings[name] = Recording(name, self)
            recording.connected()
        return recording

    def detach(self, recording: Recording) -> None:
        recording.flush()
        self._recordings.pop(recording.name, None)

    def flush(self) -> None:
        """To be called every 50 ms."""
        for recording in self._recordings.values():
            recording.flush()

    def has_room(self, size: int) -> bool:
        return self._writer is not None and self._writer.transport.get_write_buffer_size() + size <= _QUEUED_BYTES

    def write(self, frame: bytes) -> None:
        """Queues a frame; without a connection it is dropped, as a new one begins with the whole state."""
        if self._writer is not None:
            self._writer.write(frame)

    async def run(self) -> None:
        """Keeps the connection until cancelled."""
        while True:
            with contextlib.suppress(OSError, control.Malformed):
                reader, self._writer = await asyncio.open_unix_connection(self._path)
                await self._converse(reader)
            self._lost_connection()
            await asyncio.sleep(_RECONNECT_S)

    async def close(self) -> None:
        """Sends what is queued, for a second at most, and closes."""
        self.flush()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        log.info("feed connected")
        self.write(control.encode(control.Hello(control.VERSION, "relay")))
        for recording in self._recordings.values():
            recording.connected()
        frames = control.Reader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                if isinstance(message, control.Durable):
                    self._durable(message)

    def _durable(self, message: control.Durable) -> None:
        recording = self._recordings.get(message.recording)
        if recording is not None:
            recording.durable_us = max(recording.durable_us, min(message.through_us, self._clock_us()))

    def _lost_connection(self) -> None:
        if self._writer is None:
            return
        log.warning("feed lost")
        self._writer.close()
        self._writer = None
        now_us = self._clock_us()
        for recording in self._recordings.values():
            recording.disconnected(now_us)
