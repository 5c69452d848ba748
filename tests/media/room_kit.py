"""A room without processes, sockets or clocks: legs whose inbound keys are open, a recorder that is always durable."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pylibsrtp import Policy

from media import control, quality, rtcp, sdp
from media.egress import Outgoing
from media.feed import Feed
from media.ice import Address, Credentials
from media.leg import Leg
from media.room import Room, Seat
from media.srtp import Outbound, PacketBuffer

CHROMIUM = (Path(__file__).parents[1] / "corpus/sdp/chromium.sdp").read_bytes().decode()
_HEAD, *_LINES = CHROMIUM.split("\r\nm=")
_MORE = (_LINES[2].replace("a=mid:2", "a=mid:4"), _LINES[3].replace("a=mid:3", "a=mid:5"))
TWO_PAIRS = "\r\nm=".join([_HEAD.replace("0 1 2 3", "0 1 2 3 4 5"), *(line.rstrip() for line in _LINES), *_MORE])
"""Chromium's offer with a second pair of receive-only lines."""
AUDIO_SSRC, VIDEO_SSRC, RTX_SSRC = 1001, 1002, 1003
OPUS, VP8, RTX, RED = 111, 96, 97, 63
KEYFRAME, DELTA = b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01", b"\x10\x01\x00"
ADDRESS: Address = ("198.51.100.7", 40000)


class OpenInbound:
    """Takes plaintext for authentic."""

    def unprotect(self, packet: PacketBuffer, size: int) -> int:
        return size

    def unprotect_rtcp(self, packet: PacketBuffer, size: int) -> int:
        return size

    def rtcp_index(self, packet: PacketBuffer, size: int) -> int:
        return 1


class WatchedOutbound:
    """The real session, watched: what it is asked to protect, by SSRC and 48-bit index (RFC 3711, 3.3.1)."""

    def __init__(self) -> None:
        self._session = Outbound(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, bytes(28))
        self._highest: dict[int, int] = {}
        self.indices: set[tuple[int, int]] = set()
        self.repeated: list[tuple[int, int]] = []
        self.rejected = 0
        self.packets: list[bytes] = []
        self.reports: list[bytes] = []

    def protect(self, packet: PacketBuffer, size: int) -> int:
        plain = bytes(packet.view[:size])
        (sequence,) = struct.unpack_from("!H", plain, 2)
        (ssrc,) = struct.unpack_from("!I", plain, 8)
        highest = self._highest.get(ssrc, sequence)
        index = highest + (((sequence - highest + 0x8000) & 0xFFFF) - 0x8000)
        self._highest[ssrc] = max(highest, index)
        if (ssrc, index) in self.indices:
            self.repeated.append((ssrc, index))
        self.indices.add((ssrc, index))
        self.packets.append(plain)
        sealed = self._session.protect(packet, size)
        self.rejected += sealed < 0
        return sealed

    def protect_rtcp(self, packet: PacketBuffer, size: int) -> int:
        self.reports.append(bytes(packet.view[:size]))
        return self._session.protect_rtcp(packet, size)


@dataclass
class Kit:
    """A room of two seats on a clock of the test's own."""

    now_us: int = 10_000_000
    said: list[control.Message] = field(default_factory=list)
    sent: list[tuple[bytes, Address]] = field(default_factory=list)
    legs: dict[str, Leg] = field(default_factory=dict)
    outbound: dict[str, WatchedOutbound] = field(default_factory=dict)
    retired: list[int] = field(default_factory=list)
    generation: int = 0
    numbers: int = 0

    def __post_init__(self) -> None:
        seats = {name: Seat(name) for name in ("guardian", "physician")}
        self.feed = Feed(Path("/nowhere"), lambda: self.now_us)
        self.frames: list[bytes] = []
        self.feed.write = self.frames.append  # type: ignore[method-assign]
        self.feed.has_room = lambda size: True  # type: ignore[method-assign]
        self.room = Room("r", seats, 3_000_000, self.feed, self.said.append, self._retire, lambda: self.now_us)
        self._packet = PacketBuffer()

    def _retire(self, leg: Leg) -> None:
        self.retired.append(leg.number)
        assert leg.close() is None

    def _send(self, data: bytes | memoryview, address: Address) -> None:
        self.sent.append((bytes(data), address))

    def join(self, seat: str, offer: str = CHROMIUM, first_sequence: int = 100) -> Leg:
        self.numbers += 1
        number = self.numbers
        counters = quality.Leg("r", seat, number, self.now_us)
        leg = Leg(seat, number, number, 9000 + number, counters, self.room, self._send)
        parsed = sdp.parse(offer)
        here = sdp.Here(Credentials("u", "p"), "00", (), 1, 1)
        self._negotiate(leg, parsed, here, first_sequence)
        leg.path.bound(ADDRESS, nominated=True)
        self.room.place(leg)
        outbound: Any = WatchedOutbound()
        inbound: Any = OpenInbound()
        self.legs[seat], self.outbound[seat] = leg, outbound
        leg.secured(inbound, outbound)
        return leg

    def widen(self, seat: str) -> None:
        """The seat's page offers a second pair on the leg that it has."""
        self._negotiate(self.legs[seat], sdp.parse(TWO_PAIRS), sdp.Here(Credentials("u", "p"), "00", (), 1, 2), 100)
        self.room.rewire()

    def _negotiate(self, leg: Leg, offer: sdp.Offer, here: sdp.Here, first_sequence: int) -> None:
        first = [100 * leg.number + 10 * pair for pair in range(offer.pairs)]
        ours = [sdp.PairNumbers(n + 1, n + 2, n + 3, "c") for n in first]
        answer = sdp.answer(offer, here, ("VP8", "H264"), ours)
        leg.negotiated(offer, answer)
        for downlink in answer.downlinks:
            if (downlink.pair, downlink.kind) not in leg.outgoing:
                leg.add(Outgoing(downlink, leg, PacketBuffer(), first_sequence, 5000))

    def both(self) -> tuple[Leg, Leg]:
        legs = self.join("guardian"), self.join("physician")
        for seat in self.legs:
            self.rtp(seat, OPUS, 1)
        return legs

    def open(self) -> None:
        """Records, and opens the gate with a fresh generation."""
        self.generation += 1
        self.room.record("rec")
        self.durable()
        self.room.gate_open(self.generation, 1000, ["guardian", "physician"])

    def durable(self) -> None:
        self.feed.attach("rec").durable_us = self.now_us

    def rtp(
        self,
        seat: str,
        payload_type: int,
        sequence: int,
        payload: bytes = b"sound",
        timestamp: int = 0,
        address: Address = ADDRESS,
    ) -> None:
        """A packet from the seat's browser."""
        ssrc = {OPUS: AUDIO_SSRC, RED: AUDIO_SSRC, VP8: VIDEO_SSRC, RTX: RTX_SSRC}.get(payload_type, 1)
        head = struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        self.srtp(seat, head + payload, address)

    def srtp(self, seat: str, data: bytes, address: Address = ADDRESS) -> None:
        self._packet.data[: len(data)] = data
        self.legs[seat].on_srtp(self._packet, len(data), address, self.now_us)

    def said_of(self, kind: type[control.Message]) -> list[Any]:
        return [message for message in self.said if type(message) is kind]

    def received(self, seat: str) -> list[tuple[int, int, int, int, bytes]]:
        """(payload type, sequence, timestamp, ssrc, payload) of what was sent to a seat."""
        out = []
        for packet in self.outbound[seat].packets:
            _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
            out.append((second & 0x7F, sequence, timestamp, ssrc, packet[20:]))
        return out

    def told(self, seat: str) -> list[rtcp.Message]:
        """The RTCP that was sent to a seat."""
        return [message for report in self.outbound[seat].reports for message in rtcp.parse(report)]

    def fed(self) -> list[bytes]:
        """The packets that went to the recorder."""
        reader = control.Reader()
        told = [message for frame in self.frames for message in reader.feed(frame)]
        return [packet.data for batch in told if isinstance(batch, control.Batch) for packet in batch.packets]
