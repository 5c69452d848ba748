"""What a synthetic participant shows and says (one colour with a moving bar, and a tone), and what it sees and hears."""

from __future__ import annotations

import asyncio
import fractions
import math
import struct
import time
from typing import cast

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame
from av.frame import Frame

WIDTH, HEIGHT, FRAMES_PER_S = 320, 240, 15
SAMPLE_RATE, SAMPLES = 48_000, 960
_VIDEO_CLOCK = 90_000


class Picture(MediaStreamTrack):
    """A plain colour (luma, two chromas: 0..255) with a bar that moves, so that a frozen picture shows."""

    kind = "video"

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        self._colour = colour
        self._started: float | None = None
        self._number = 0

    async def recv(self) -> Frame:
        now = time.monotonic()
        if self._started is None:
            self._started = now
        self._number = max(self._number + 1, int((now - self._started) * FRAMES_PER_S))
        await asyncio.sleep(max(0.0, self._started + self._number / FRAMES_PER_S - now))
        frame = VideoFrame(width=WIDTH, height=HEIGHT, format="yuv420p")
        for plane, value in zip(frame.planes, self._colour, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        luma = bytearray(bytes(frame.planes[0]))
        bar = self._number * 4 % HEIGHT
        stride = frame.planes[0].line_size
        luma[bar * stride : (bar + 1) * stride] = b"\xeb" * stride
        frame.planes[0].update(bytes(luma))
        frame.pts = self._number * _VIDEO_CLOCK // FRAMES_PER_S
        frame.time_base = fractions.Fraction(1, _VIDEO_CLOCK)
        return frame


class Tone(MediaStreamTrack):
    """A sine of one frequency, in Hz."""

    kind = "audio"

    def __init__(self, frequency_hz: int) -> None:
        super().__init__()
        self._frequency = frequency_hz
        self._started: float | None = None
        self._at = 0

    async def recv(self) -> Frame:
        now = time.monotonic()
        if self._started is None:
            self._started = now
        self._at = max(self._at + SAMPLES, int((now - self._started) * SAMPLE_RATE) // SAMPLES * SAMPLES)
        await asyncio.sleep(max(0.0, self._started + self._at / SAMPLE_RATE - now))
        step = 2 * math.pi * self._frequency / SAMPLE_RATE
        samples = [round(9000 * math.sin(step * (self._at + n))) for n in range(SAMPLES)]
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(struct.pack(f"<{SAMPLES}h", *samples))
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._at
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        return frame


class Watcher:
    """Takes in one remote track to its end: how many frames came, when the last did, and a picture's mean colour."""

    def __init__(self, track: MediaStreamTrack) -> None:
        self.kind = track.kind
        self.frames = 0
        self.last_at = 0.0
        self.colour = (0, 0, 0)
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(self._watch(track))

    async def next_frame(self) -> float:
        """Waits for a frame that arrives after now; its time on the monotonic clock."""
        self._arrived.clear()
        await self._arrived.wait()
        return self.last_at

    def stop(self) -> None:
        self._task.cancel()

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.frames += 1
            self.last_at = time.monotonic()
            if self.kind == "video" and self.frames % 5 == 1:
                self.colour = _mean(cast(VideoFrame, frame))
            self._arrived.set()


def _mean(frame: VideoFrame) -> tuple[int, int, int]:
    """Each plane's mean along its middle row."""
    means = []
    for plane, divided in zip(frame.planes, (1, 2, 2), strict=True):
        width, start = frame.width // divided, plane.line_size * (plane.height // 2)
        row = bytes(plane)[start : start + width]
        means.append(sum(row) // max(1, len(row)))
    return means[0], means[1], means[2]
