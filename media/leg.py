"""One peer connection: its path, its keys, what it sends us (streams) and what we send it (outgoing tracks).

A leg authenticates and counts; what passes to whom is its room's affair (``Switchboard``). It promises that only authentic,
fresh packets leave it, each once, retransmissions unwrapped; and that its media goes to a new address only after such a
packet came from there.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable
from typing import Protocol

from media import quality, red, rtcp, rtp
from media.dtls import Handshake
from media.egress import Outgoing, starts_picture
from media.forward import KeyframeRequests
from media.ice import Address, Path
from media.rate.cap import CapTeller
from media.rate.downlink import DownlinkRate
from media.rate.feedback import FeedbackRecorder
from media.rate.overflow import Overflow
from media.rate.rescue import THINNED, DownlinkLadder
from media.repair import UNKNOWN_RTT_US, GapTracker
from media.sdp import Answer, Offer, Uplink
from media.srtp import Inbound, Outbound, PacketBuffer

_MAX_STREAMS = 8
_HANDSHAKE_S = 30.0
"""From the answer to the keys. A page that could not connect has made another leg long before."""
_MAX_COMPOUND = 1100
_WRAPPING = 44
"""Octets around an RTP packet on the way: its tag, UDP and IPv4."""
_MENDED_EVERY_US = 1_500_000
"""A hole that stays is mended by a keyframe: its receivers would wait for seconds before they ask. Not more often than this, as
a keyframe is large and the path may be full."""
_REMEMBERED = 1024
_REMEMBERED_MASK = _REMEMBERED - 1


class Stream:
    """One SSRC that the peer sends. A retransmission stream repairs its ``repairs``."""

    __slots__ = (
        "clock", "codec", "flow", "gaps", "highest", "keyframes", "kind", "mended_us", "payload_type", "redundant_type",
        "repairs", "seen", "ssrc", "starts_picture", "track", "transport_cc", "wants_repair",
    )  # fmt: skip

    def __init__(self, ssrc: int, uplink: Uplink, flow: quality.Flow, repairs: Stream | None = None) -> None:
        self.ssrc, self.kind, self.flow, self.repairs = ssrc, uplink.kind, flow, repairs
        ((self.payload_type, self.codec),) = uplink.codecs.items()
        self.redundant_type = uplink.red
        self.track = -1  # its number in the recording
        self.transport_cc = uplink.transport_cc
        self.wants_repair = uplink.nack
        self.starts_picture = starts_picture(self.codec)
        self.keyframes = KeyframeRequests()
        self.gaps = GapTracker()
        self.highest = -1
        self.mended_us = -_MENDED_EVERY_US
        self.clock: tuple[int, int, int] | None = None  # the last sender report: NTP time, RTP time, arrival
        self.seen = array("i", [-1]) * _REMEMBERED  # the 16-bit sequences that came last, each in its slot


class Switchboard(Protocol):
    """What a leg tells its room."""

    def connected(self, leg: Leg) -> None: ...

    def ended(self, leg: Leg) -> None: ...

    def media(self, leg: Leg, stream: Stream, packet: PacketBuffer, size: int, header: int, arrival_us: int) -> None:
        """A plaintext RTP packet, in a buffer that is reused."""

    def control(self, leg: Leg, messages: list[rtcp.Message], arrival_us: int) -> None: ...


class Leg:
    """``number`` is the app's, ``owner`` the plane's. ``last_rtp_us`` is -1 until the first authentic RTP packet.

    ``refused`` counts media that was not authentic, not fresh or not agreed on, ``records`` the DTLS that came with the keys
    agreed already.
    ``downlink`` knows what the way to the peer bears: ``estimate_bps`` (-1: unknown), ``loss`` (0..1), ``queue_us``.
    """

    def __init__(
        self, seat: str, number: int, owner: int, ssrc: int, counters: quality.Leg, room: Switchboard, send: Callable[..., None]
    ) -> None:
        self.seat, self.number, self.owner, self.ssrc = seat, number, owner, ssrc
        self.path = Path()
        self.counters = counters
        self.last_rtp_us = -1
        self.running = False
        self.closed = False
        self.refused = self.records = 0
        self.streams: dict[int, Stream] = {}
        self.outgoing: dict[tuple[int, str], Outgoing] = {}
        self.by_ssrc: dict[int, Outgoing] = {}
        self.active: set[tuple[int, str]] = set()
        self.feeds: dict[str, list[Outgoing]] = {"audio": [], "video": []}
        self.feedback = FeedbackRecorder()
        self.overflow = Overflow()
        self.downlink = DownlinkRate()
        self.ladder = DownlinkLadder()
        self.thinned: list[Outgoing] = []  # what its picture feeds to receivers that get stills or none
        self.cap = CapTeller()
        self.offer: Offer | None = None
        self.uplinks: dict[str, Uplink] = {}
        self._room = room
        self._transmit = send
        self._scratch = PacketBuffer()
        self._recovered = PacketBuffer()
        self._inbound: Inbound | None = None
        self._outbound: Outbound | None = None
        self._rtcp_index = -1
        self._handshake: Handshake | None = None
        self._task: asyncio.Task[None] | None = None

    # --- its life ---------------------------------------------------------------------------------

    def negotiated(self, offer: Offer, answer: Answer) -> None:
        """The terms of an offer and its answer, the first or a later one."""
        self.offer = offer
        self.uplinks = {uplink.kind: uplink for uplink in answer.uplinks}
        self.active = {(downlink.pair, downlink.kind) for downlink in answer.downlinks}
        self.streams = {
            ssrc: stream
            for ssrc, stream in self.streams.items()
            if stream.kind in self.uplinks and stream.payload_type in self.uplinks[stream.kind].codecs
        }

    def start(self, handshake: Handshake) -> None:
        self._handshake = handshake
        self._task = asyncio.create_task(self._secure(handshake), name=f"leg {self.number}")

    async def _secure(self, handshake: Handshake) -> None:
        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                sessions = await handshake.run()
        except TimeoutError:
            sessions = None
        if sessions is None:
            self._room.ended(self)
            return
        if not self.closed:
            self.secured(*sessions)

    def secured(self, inbound: Inbound, outbound: Outbound) -> None:
        self._inbound, self._outbound = inbound, outbound
        self.path.started()
        self.running = True
        for outgoing in self.outgoing.values():
            outgoing.secured(outbound)
        self._room.connected(self)

    def add(self, outgoing: Outgoing) -> None:
        self.outgoing[outgoing.downlink.pair, outgoing.downlink.kind] = outgoing
        self.by_ssrc[outgoing.downlink.ssrc] = outgoing
        if self._outbound is not None:
            outgoing.secured(self._outbound)

    def close(self) -> Awaitable[None] | None:
        """Stops at once; what is returned says goodbye to the peer."""
        self.closed = True
        self.running = False
        self._inbound = self._outbound = None
        # what points back at us lets go: the repair caches weigh too much to wait for the garbage collector
        self.feeds, self.thinned = {"audio": [], "video": []}, []
        self.outgoing.clear()
        self.by_ssrc.clear()
        self.streams.clear()
        handshake, self._handshake = self._handshake, None
        return None if handshake is None else handshake.close()

    # --- what the plane gives it ------------------------------------------------------------------

    def on_bound(self, address: Address, *, nominated: bool) -> None:
        self.path.bound(address, nominated=nominated)

    def on_dtls(self, record: bytes, address: Address) -> None:
        if self._handshake is not None and not self.closed:
            self.records += self.running
            self.path.handshaking(address)
            self._handshake.carrier.feed(record)

    def on_srtp(self, packet: PacketBuffer, size: int, address: Address, arrival_us: int) -> None:
        inbound = self._inbound
        if inbound is None:
            return
        data = packet.data
        if 192 <= data[1] <= 223:
            self._on_srtcp(inbound, packet, size, address, arrival_us)
            return
        size = inbound.unprotect(packet, size)
        header = rtp.header_size(data, size)
        if header < 0:
            self.refused += 1
            return
        _, second, sequence, timestamp, ssrc = rtp.unpack_header(data)
        stream = self.streams.get(ssrc) or self._learn(ssrc, second & 0x7F)
        if stream is None:
            self.refused += 1
            return
        if 0 < (sequence - stream.highest) & 0xFFFF < 0x8000 or stream.highest < 0:
            # newer than all before it, so no earlier packet sent again from elsewhere
            stream.highest = sequence
            if address != self.path.address:
                self.path.authenticated(address)
        self.last_rtp_us = arrival_us
        if stream.transport_cc:
            number = rtp.transport_sequence(data, header, stream.transport_cc)
            if number >= 0:
                self.feedback.received(number, arrival_us, size + _WRAPPING)
        repaired = stream.repairs is not None
        if stream.repairs is not None:
            stream = stream.repairs
            size = rtp.unwrap_rtx(data, size, header, stream.payload_type, stream.ssrc)
            if size < 0:
                return  # a probe
            sequence = rtp.sequence(data)
        elif second & 0x7F != stream.payload_type:
            size = self._once(stream, packet, size, header, arrival_us)
            if size < 0:
                self.refused += 1
                return
        self._accept(stream, packet, size, header, sequence, timestamp, arrival_us, repaired)

    def _once(self, stream: Stream, packet: PacketBuffer, size: int, header: int, arrival_us: int) -> int:
        """Unwraps redundant sound: what was lost before takes its place first. The packet's new size, -1 for nonsense."""
        data = packet.data
        if data[1] & 0x7F != stream.redundant_type:
            return -1
        try:
            size, blocks = red.unwrap(data, size, header, stream.payload_type)
        except red.Malformed:
            return -1
        sequence, timestamp = rtp.sequence(data), rtp.timestamp(data)
        for block in blocks:
            before = (sequence - block.back) & 0xFFFF
            if stream.gaps.begun and stream.seen[before & _REMEMBERED_MASK] != before:
                lost = self._recovered
                end = rtp.FIXED_HEADER + len(block.payload)
                earlier = (timestamp - block.earlier) & 0xFFFFFFFF
                rtp.pack_header(lost.data, 0, 0x80, stream.payload_type, before, earlier, stream.ssrc)
                lost.data[rtp.FIXED_HEADER : end] = block.payload
                self._accept(stream, lost, end, rtp.FIXED_HEADER, before, earlier, arrival_us, True)
        return size

    def _accept(
        self,
        stream: Stream,
        packet: PacketBuffer,
        size: int,
        header: int,
        sequence: int,
        timestamp: int,
        arrival_us: int,
        repaired: bool,
    ) -> None:
        """A media packet as its sender numbered it, once: counted, and given to the room."""
        data = packet.data
        slot = sequence & _REMEMBERED_MASK
        if stream.seen[slot] == sequence:  # an original and its retransmission count once
            return
        stream.seen[slot] = sequence
        stream.gaps.received(sequence, arrival_us)
        flow = stream.flow
        flow.reception.received(size, sequence, timestamp, arrival_us, repaired)
        if stream.starts_picture:
            if not repaired:
                flow.freezes.packet(timestamp, arrival_us)
            if stream.keyframes.pending and stream.starts_picture(data, header, size):
                stream.keyframes.came()
        self._room.media(self, stream, packet, size, header, arrival_us)

    def _learn(self, ssrc: int, payload_type: int) -> Stream | None:
        """A new SSRC: whose it is tells the offer, or its payload type."""
        if len(self.streams) >= _MAX_STREAMS:
            return None
        for uplink in self.uplinks.values():
            flow = self.counters.audio if uplink.kind == "audio" else self.counters.video
            if payload_type in uplink.codecs or payload_type == uplink.red:
                self.streams[ssrc] = Stream(ssrc, uplink, flow)
                return self.streams[ssrc]
            if payload_type in uplink.rtx:
                media = self._repaired_by(ssrc, uplink, flow)
                if media is not None:
                    self.streams[ssrc] = Stream(ssrc, uplink, flow, repairs=media)
                    return self.streams[ssrc]
        return None

    def _repaired_by(self, ssrc: int, uplink: Uplink, flow: quality.Flow) -> Stream | None:
        """The media stream of a retransmission stream. A browser's first probes come as retransmissions before any picture:
        they must be reported on like all others, or its estimate stays where it began.
        """
        known = uplink.rtx_of.get(ssrc, -1)
        if known >= 0 and known not in self.streams:
            self.streams[known] = Stream(known, uplink, flow)
        return self.streams.get(known) or self.stream(uplink.kind)

    def stream(self, kind: str) -> Stream | None:
        """The newest media stream of a kind."""
        found = [stream for stream in self.streams.values() if stream.kind == kind and stream.repairs is None]
        return found[-1] if found else None

    def _on_srtcp(self, inbound: Inbound, packet: PacketBuffer, size: int, address: Address, arrival_us: int) -> None:
        index = inbound.rtcp_index(packet, size)
        size = inbound.unprotect_rtcp(packet, size)
        if size < 0:
            self.refused += 1
            return
        if index > self._rtcp_index:
            self._rtcp_index = index
            self.path.authenticated(address)
        try:
            messages = rtcp.parse(packet.view[:size])
        except rtcp.Malformed:
            self.refused += 1
            return
        self._room.control(self, messages, arrival_us)

    # --- what it sends ----------------------------------------------------------------------------

    def transmit(self, data: rtp.ReadBuffer) -> None:
        """A finished datagram, to wherever the leg is now."""
        address = self.path.address
        if address is not None:
            self._transmit(data, address)

    def send_rtcp(self, message: bytes) -> None:
        outbound = self._outbound
        if outbound is None:
            return
        if self.offer is None or not self.offer.reduced_size:
            message = rtcp.receiver_report(self.ssrc) + message  # a compound begins with a report (RFC 3550, 6.1)
        packet = self._scratch
        packet.data[: len(message)] = message
        size = outbound.protect_rtcp(packet, len(message))
        if size >= 0:
            self.transmit(packet.view[:size])

    def heed_downlink(self, now_us: int) -> None:
        """Holds pictures back while the way to the peer is blocked, and probes it; to be called every 20 ms."""
        octets = self.downlink.probe(now_us)
        for outgoing in self.outgoing.values():
            if outgoing.downlink.kind == "video":
                outgoing.hold(self.downlink.blocked)
                outgoing.resend_late(now_us)
                if octets > 0:
                    octets -= outgoing.pad(octets, now_us)

    def look_down(self, now_us: int) -> bool:
        """Judges what the way to the peer still carries; True when that changed. To be called often while the gate is open."""
        if not self.ladder.due(now_us):
            return False
        pictures = [outgoing for outgoing in self.outgoing.values() if outgoing.downlink.kind == "video"]
        octets = self.counters.audio.down_bytes + self.counters.video.down_bytes
        remb_bps = sum(outgoing.remb.estimate_bps for outgoing in pictures)
        before = self.ladder.rung
        if not self.ladder.look(self.downlink, remb_bps, octets, now_us):
            return False
        if before in THINNED or self.ladder.rung in THINNED:
            for outgoing in pictures:
                outgoing.carry(self.ladder.rung)
        return True

    def arrived(self, report: rtcp.TransportFeedback, now_us: int) -> None:
        """The peer's word on when what was sent to it came."""
        self.downlink.feedback(report.base, report.arrivals_us, now_us, self.counters.round_trip.rtt_us)
        if self.downlink.blocked:
            self.heed_downlink(now_us)

    def ask_for_keyframe(self, now_us: int) -> None:
        """Wants one from the peer's picture; many wishes make few requests, and none while the uplink runs over."""
        stream = self.stream("video")
        if stream is not None and self.overflow.running_over:
            stream.keyframes.pending = True
        elif stream is not None and stream.keyframes.want(now_us, self.counters.round_trip.rtt_us):
            self._send_request(stream)

    def _send_request(self, stream: Stream) -> None:
        stream.flow.keyframe_requests += 1
        self.send_rtcp(rtcp.pli(self.ssrc, stream.ssrc))

    def repair(self, now_us: int) -> None:
        """Asks for what is missing; to be called every 20 ms while the gate is open."""
        if self.overflow.running_over:
            return
        for stream in self.streams.values():
            if stream.gaps.answered_us >= 0:
                self.counters.round_trip.measured(stream.gaps.answered_us)
                stream.gaps.answered_us = -1
        rtt_us = self.counters.round_trip.rtt_us
        for stream in self.streams.values():
            if stream.keyframes.pending and stream.keyframes.due(now_us, rtt_us):
                self._send_request(stream)
            if stream.gaps.resumed(now_us) and stream.starts_picture:
                stream.keyframes.expect(now_us)
            if stream.gaps.broken and now_us - stream.mended_us >= _MENDED_EVERY_US:
                stream.gaps.broken, stream.mended_us = False, now_us
                if stream.starts_picture:
                    self.ask_for_keyframe(now_us)
            if stream.repairs is None and stream.wants_repair and stream.gaps.missing:
                lost = stream.gaps.due(now_us, rtt_us if rtt_us >= 0 else UNKNOWN_RTT_US)
                if lost:
                    stream.flow.up_nacks += len(lost)
                    self.send_rtcp(rtcp.nack(self.ssrc, stream.ssrc, lost))

    def report_arrivals(self, now_us: int) -> None:
        """Transport-wide feedback; to be called every 60 ms."""
        arrived = self.feedback
        ran_over = self.overflow.running_over
        self.overflow.look(arrived.came, arrived.missing, arrived.octets, now_us)
        arrived.discreet = self.overflow.running_over
        if ran_over and not self.overflow.running_over:
            self._take_stock(now_us)
        media = next(iter(self.streams), 0)
        compound = b""
        for message in arrived.take(self.ssrc, media, now_us):
            if compound and len(compound) + len(message) > _MAX_COMPOUND:
                self.send_rtcp(compound)
                compound = b""
            compound += message
        if compound:
            self.send_rtcp(compound)

    def _take_stock(self, now_us: int) -> None:
        """The uplink has run over: what was lost is asked for where that is little, else given up for a keyframe."""
        if not self.overflow.worth_repairing(sum(stream.gaps.missing for stream in self.streams.values()), now_us):
            for stream in self.streams.values():
                stream.gaps.give_up()
