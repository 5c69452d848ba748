"""The media that the load generator sends: made once, before anything is measured, and of the shape of a real encoder's.

Sizes follow 720p30 VP8 at 1.5 Mbit/s (a keyframe of 45 kB every 4 s, frames of 3 to 10 packets between) and Opus at
40 kbit/s. The bytes behind the VP8 frame headers are noise: nobody in the path decodes. Each packet has room for a stamp.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import Final

FRAMES_PER_S: Final = 30
SOUNDS_PER_S: Final = 50
BITRATE_BPS: Final = 1_500_000
STAMP_AT: Final = 16
"""Where in an RTP payload 8 bytes are free for the time of sending: behind the longest header that is read there."""
PICTURE_ID_AT: Final = 2
"""Where in a VP8 payload the 16-bit picture id lies (RFC 7741, 4.2: X, I and M set)."""

_KEYFRAME_EVERY_S: Final = 4
_KEYFRAME_PART: Final = 0.06
"""Of all bytes: 45 kB at 1.5 Mbit/s."""
_LARGEST_PAYLOAD: Final = 1_150
_WIDTH, _HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class Footage:
    """``frames``: the packets' payloads of each frame, the first a keyframe; ``sounds``: Opus packets; the picture's rate."""

    frames: tuple[tuple[bytes, ...], ...]
    sounds: tuple[bytes, ...]
    bitrate_bps: int


def make(seed: int, bitrate_bps: int = BITRATE_BPS) -> Footage:
    chance = random.Random(seed)
    count = _KEYFRAME_EVERY_S * FRAMES_PER_S
    total = bitrate_bps // 8 * _KEYFRAME_EVERY_S
    keyframe = int(total * _KEYFRAME_PART)
    mean = (total - keyframe) / (count - 1)
    spread = [min(max(chance.lognormvariate(0.0, 0.25), 0.5), 1.6) for _ in range(count - 1)]
    scale = mean * len(spread) / sum(spread)
    sizes = [keyframe, *(int(scale * part) for part in spread)]
    frames = tuple(_packets(_frame(size, number == 0, chance)) for number, size in enumerate(sizes))
    sounds = tuple(b"\x78" + chance.randbytes(chance.randint(80, 120)) for _ in range(SOUNDS_PER_S))
    return Footage(frames, sounds, bitrate_bps)


def _frame(size: int, is_keyframe: bool, chance: random.Random) -> bytes:
    """RFC 6386, 9.1: the frame tag, and for a keyframe the start code and the size of the picture."""
    tag = (0 if is_keyframe else 1) | 1 << 4 | (size // 8) << 5
    head = tag.to_bytes(3, "little")
    if is_keyframe:
        head += b"\x9d\x01\x2a" + struct.pack("<HH", _WIDTH, _HEIGHT)
    return head + chance.randbytes(size - len(head))


def _packets(frame: bytes) -> tuple[bytes, ...]:
    """Parts of equal size, as Chrome cuts them, behind a payload descriptor with a picture id."""
    count = -(-len(frame) // _LARGEST_PAYLOAD)
    size = -(-len(frame) // count)
    parts = [frame[at : at + size] for at in range(0, len(frame), size)]
    return tuple((b"\x80" if number else b"\x90") + b"\x80\x80\x00" + part for number, part in enumerate(parts))
