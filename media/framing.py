"""Packets on a stream: each one behind its length in two bytes (RFC 4571, 2), as ICE over TCP has them (RFC 6544, 3).

However the network cuts the stream, the same frames come out. Whatever is longer than a datagram may be is no peer of ours
but another protocol or an attack: ``TooLong``, after which the stream has no more frames. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

_LENGTH: Final = struct.Struct("!H")
_pack = _LENGTH.pack


class TooLong(ValueError):
    """A frame that is longer than any datagram we take."""


class Frames:
    """One stream's frames. It holds back less than one of them: at most ``most`` + 1 bytes."""

    __slots__ = ("_held", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = b""

    def feed(self, data: memoryview) -> Iterator[memoryview]:
        """What ``data`` completes; each frame is good until the next is asked for. To be exhausted. Raises ``TooLong``."""
        if self._held:
            data = memoryview(self._held + bytes(data))
        at, end = 0, len(data)
        try:
            while end - at >= 2:
                size = data[at] << 8 | data[at + 1]
                if size > self._most:
                    end = at + 2
                    raise TooLong
                if end - at - 2 < size:
                    return
                at += 2 + size
                if size:  # an empty one says nothing (RFC 4571, 2)
                    yield data[at - size : at]
        finally:
            self._held = bytes(data[at:end])


def frame(packet: bytes | bytearray | memoryview) -> bytes:
    """``packet`` (at most 65535 bytes) as it goes on the stream."""
    return b"".join((_pack(len(packet)), packet))
