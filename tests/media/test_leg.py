"""A leg that nobody takes up."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from media import leg, quality, rtcp
from media.leg import Leg
from tests.media.room_kit import CHROMIUM, RTX, VP8, Kit


class Room:
    """A switchboard that remembers."""

    def __init__(self) -> None:
        self.over: list[Leg] = []

    def ended(self, leg: Leg) -> None:
        self.over.append(leg)


class NeverAnswered:
    """A handshake whose peer never comes."""

    async def run(self) -> None:
        await asyncio.Event().wait()


async def test_a_leg_whose_handshake_never_ends_is_over_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg, "_HANDSHAKE_S", 0.05)
    room: Any = Room()
    handshake: Any = NeverAnswered()
    waiting = Leg("guardian", 1, 1, 7, quality.Leg("r", "guardian", 1, 0), room, lambda data, address: None)
    waiting.start(handshake)
    await asyncio.sleep(0.01)
    assert room.over == []
    async with asyncio.timeout(2):
        while not room.over:
            await asyncio.sleep(0.01)
    assert room.over == [waiting]
    assert not waiting.running


PICTURE_SSRC, RETRANSMISSION_SSRC = 310334857, 2356618623
"""As CHROMIUM groups them (RFC 5576, 4.2)."""
_TRANSPORT_CC = 3


def _numbered(payload_type: int, ssrc: int, sequence: int, transport: int, payload: bytes) -> bytes:
    """An RTP packet with its transport-wide number (RFC 8285, 4.2)."""
    extension = struct.pack("!HHBHx", 0xBEDE, 1, _TRANSPORT_CC << 4 | 1, transport)
    return struct.pack("!BBHII", 0x90, payload_type, sequence, 0, ssrc) + extension + payload


def _reported(kit: Kit) -> list[int]:
    """The transport-wide numbers that the guardian's leg reports on."""
    taken = [rtcp.parse(each) for each in kit.legs["guardian"].feedback.take(1, 2, kit.now_us)]
    return [number for messages in taken for message in messages for number, _ in _arrivals(message)]


def _arrivals(message: rtcp.Message) -> list[tuple[int, int]]:
    assert isinstance(message, rtcp.TransportFeedback)
    return [(message.base + n, at) for n, at in enumerate(message.arrivals_us) if at is not None]


def test_probes_that_come_before_the_first_picture_are_reported_on() -> None:
    """Chromium fills its first probes with retransmissions: without reports its estimate stays at 300 kbit/s for seconds."""
    kit = Kit()
    guardian = kit.join("guardian")
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 7, 40, bytes(200)))
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 8, 41, bytes(200)))
    assert _reported(kit) == [40, 41]
    assert guardian.refused == 0
    kit.srtp("guardian", _numbered(VP8, PICTURE_SSRC, 500, 42, b"\x10\x00\x00\x00\x9d\x01\x2a"))
    assert _reported(kit) == [42]
    assert guardian.streams[RETRANSMISSION_SSRC].repairs is guardian.streams[PICTURE_SSRC]
    assert guardian.stream("video") is guardian.streams[PICTURE_SSRC]


def test_a_retransmission_of_what_nobody_announced_is_refused_until_there_is_a_picture() -> None:
    kit = Kit()
    guardian = kit.join("guardian", CHROMIUM.replace("a=ssrc-group:FID", "a=ssrc-group:SIM"))
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 7, 40, bytes(200)))
    assert _reported(kit) == []
    assert guardian.refused == 1
    kit.srtp("guardian", _numbered(VP8, PICTURE_SSRC, 500, 41, b"\x10\x00\x00\x00\x9d\x01\x2a"))
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 8, 42, bytes(200)))
    assert _reported(kit) == [41, 42]
