"""What one connection could not take yet: little, for a short while, and sound before pictures.

A datagram that does not fit is lost; on a stream everything waits for what is before it, so what is put on it must still be
worth hearing when it comes out. Here large packets (pictures) wait in one lane, all else (sound, reports, handshakes,
binding replies) in another that goes first. Nothing waits longer than ``STALE_US``: what is later than that is repaired or
concealed sooner than it would come. Packets of one source (SSRC) stay in order. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

STALE_US: Final = 250_000
"""Sound may be late by 400 ms in all; the kernel and the path need some of that."""
MOST_LARGE: Final = 64 << 10
"""Bytes of pictures: ``STALE_US`` of 2 Mbit/s, or one key frame of 720p."""
MOST_SMALL: Final = 16 << 10
SMALL: Final = 400
"""Bytes of a frame. Opus at 48 kbit/s with one redundant copy stays under it."""

_SSRC = slice(10, 14)  # of an RTP packet behind two bytes of length


@dataclass(slots=True)
class _Lane:
    """First in, first out, at most ``most`` bytes."""

    most: int
    waiting: deque[tuple[int, bytes]] = field(default_factory=deque)
    size: int = 0

    def put(self, frame: bytes, now_us: int) -> bool:
        if self.size + len(frame) > self.most:
            return False
        self.waiting.append((now_us, frame))
        self.size += len(frame)
        return True

    def take(self) -> bytes:
        _, frame = self.waiting.popleft()
        self.size -= len(frame)
        return frame

    def forget(self, before_us: int) -> None:
        while self.waiting and self.waiting[0][0] < before_us:
            self.take()


class Backlog:
    """Frames (RFC 4571) of packets of at least 2 bytes."""

    __slots__ = ("_large", "_small")

    def __init__(self) -> None:
        self._small, self._large = _Lane(MOST_SMALL), _Lane(MOST_LARGE)

    def put(self, frame: bytes, now_us: int) -> bool:
        """False when there is no room for it: then it is lost."""
        lane = self._large if self._is_large(frame) else self._small
        lane.forget(now_us - STALE_US)
        return lane.put(frame, now_us)

    def take(self, now_us: int) -> bytes:
        """The next frame to send; empty when there is none."""
        for lane in (self._small, self._large):
            lane.forget(now_us - STALE_US)
            if lane.waiting:
                return lane.take()
        return b""

    def _is_large(self, frame: bytes) -> bool:
        """RTP that is large, or small but of a source whose packets wait among the large ones (RFC 7983; RFC 5761, 4)."""
        if not 128 <= frame[2] < 192 or 192 <= frame[3] <= 223:
            return False
        return len(frame) > SMALL or any(waiting[_SSRC] == frame[_SSRC] for _, waiting in self._large.waiting)
