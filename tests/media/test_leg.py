"""A leg that nobody takes up."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from media import leg, quality, rtcp
from media.leg import Leg
from tests.media.room_kit import CHROMIUM, DELTA, KEYFRAME, OPUS, RTX, VP8, Kit


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


class _Call:
    """A guardian's uplink in an open room, on a clock that goes with its packets."""

    def __init__(self) -> None:
        self.kit = Kit()
        self.kit.both()
        self.kit.open()
        self.leg = self.kit.legs["guardian"]
        self.sequence = 500
        self.send(KEYFRAME)

    def send(self, payload: bytes = DELTA) -> None:
        self.lose(1)
        self.kit.srtp("guardian", _numbered(VP8, PICTURE_SSRC, self.sequence, self.sequence, payload + bytes(900)))

    def lose(self, packets: int) -> None:
        self.sequence = (self.sequence + packets) & 0xFFFF

    def passes(self, ms: int, *, sending: bool = True, of_each: int = 1) -> None:
        """A packet every 5 ms, of which one in ``of_each`` arrives; the room is looked after as a relay does."""
        for _ in range(ms // 5):
            self.kit.now_us += 5_000
            if sending:
                self.lose(of_each - 1)
                self.send()
            if self.kit.now_us % 20_000 == 0:
                for seat in ("guardian", "physician"):
                    self.kit.rtp(seat, OPUS, self.kit.now_us // 20_000)
                self.kit.durable()
                self.kit.room.gate_renew(self.kit.generation, 1000)
                self.kit.room.tick()
            if self.kit.now_us % 60_000 == 0:
                self.kit.room.tick_feedback()

    def said(self) -> list[rtcp.Message]:
        """What the relay has told the guardian's browser since the last call."""
        reports = self.kit.outbound["guardian"].reports
        said = [message for each in reports for message in rtcp.parse(each)]
        reports.clear()
        return said


def _of(said: list[rtcp.Message], kind: type[rtcp.Message]) -> list[Any]:
    return [message for message in said if isinstance(message, kind)]


def test_an_uplink_that_runs_over_is_capped_and_not_asked_for_what_it_lost() -> None:
    call = _Call()
    call.passes(500)
    assert not _of(call.said(), rtcp.Remb)
    call.passes(300, of_each=4)
    assert call.leg.overflow.running_over
    said = call.said()
    assert _of(said, rtcp.Remb)[-1].bitrate_bps <= 1_700_000
    call.passes(150, of_each=4)
    call.kit.srtp("physician", rtcp.pli(1, call.kit.legs["physician"].outgoing[0, "video"].line.ssrc))  # a receiver asks, too
    call.passes(150, of_each=4)
    said = call.said()
    assert _of(said, rtcp.TransportFeedback)
    assert not _of(said, rtcp.Nack)
    assert not _of(said, rtcp.PictureLossIndication)
    assert all(at is not None for report in _of(said, rtcp.TransportFeedback) for at in report.arrivals_us), "no hole is told"
    call.passes(600)
    assert not call.leg.overflow.running_over
    said = call.said()
    assert not _of(said, rtcp.Nack), "a keyframe costs less"
    assert _of(said, rtcp.PictureLossIndication)


def test_a_repair_says_how_far_away_the_browser_is() -> None:
    call = _Call()
    call.passes(200)
    lost = call.sequence + 1
    call.lose(1)
    call.passes(100)
    assert {each.lost for each in _of(call.said(), rtcp.Nack)} == {(lost,)}
    call.kit.srtp("guardian", _numbered(VP8, PICTURE_SSRC, lost, lost, DELTA))
    call.passes(20)
    assert 60_000 <= call.leg.counters.round_trip.rtt_us <= 90_000


def test_a_picture_that_stopped_with_a_hole_and_goes_on_without_a_keyframe_is_asked_for_one() -> None:
    call = _Call()
    call.passes(200)
    call.lose(3)
    call.passes(5)
    call.passes(800, sending=False)
    call.said()
    call.passes(200)
    assert not _of(call.said(), rtcp.PictureLossIndication), "it should come by itself"
    call.passes(400)
    assert _of(call.said(), rtcp.PictureLossIndication)
    call.send(KEYFRAME)
    call.passes(1_000)
    assert not _of(call.said(), rtcp.PictureLossIndication)


def test_a_retransmission_of_what_nobody_announced_is_refused_until_there_is_a_picture() -> None:
    kit = Kit()
    guardian = kit.join("guardian", CHROMIUM.replace("a=ssrc-group:FID", "a=ssrc-group:SIM"))
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 7, 40, bytes(200)))
    assert _reported(kit) == []
    assert guardian.refused == 1
    kit.srtp("guardian", _numbered(VP8, PICTURE_SSRC, 500, 41, b"\x10\x00\x00\x00\x9d\x01\x2a"))
    kit.srtp("guardian", _numbered(RTX, RETRANSMISSION_SSRC, 8, 42, bytes(200)))
    assert _reported(kit) == [41, 42]
