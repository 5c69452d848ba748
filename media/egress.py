"""One outgoing track of a leg: a source's packets, made fit for this receiver, protected and sent.

The receiver sees one stream for the life of its leg, whoever feeds it: the ``Line`` numbers it, the payload type is the
receiver's own, and of the source's header extensions nothing passes: a transport-wide number, or abs-send-time, is our own.
What was sent can be sent again: as a retransmission with its own numbers where that is negotiated, else the same ciphertext
byte for byte. No (SSRC, index) is ever protected twice.
"""

from __future__ import annotations

import struct
from typing import Protocol

from media import quality, rtcp, rtp
from media.forward import Line, StartsPicture
from media.rate.cap import RembRelay
from media.rate.downlink import DownlinkRate
from media.rate.ladder import Rung
from media.rate.rescue import Stills
from media.red import Redundancy
from media.repair import LONG_RTT_US, UNKNOWN_RTT_US, Patience, RepairCache
from media.rtp import abs_send_time, wrap_rtx
from media.sdp import Downlink
from media.srtp import PacketBuffer

_HEADER = struct.Struct("!BBHII")
_STAMPED_HEADER = struct.Struct("!BBHIIHHI")
_WAITING_HEADER = struct.Struct("!BBHIIHHII")
_EXTENSION = struct.Struct("!HHI")
_EXTENSION_AT = rtp.FIXED_HEADER
_ELEMENT_AT = rtp.FIXED_HEADER + 4
_NOTHING_YET = _EXTENSION.pack(0xBEDE, 1, 0)
_NO_LIMIT = 0xFFF  # of the wait, in 10 ms
_MAX_PADDING = 255
_MAX_RESENT = 200
_RESENT_SHARE = 0.4  # of what is forwarded may be sent again
_RESENT_AT_ONCE = 150
_LOSSY = 0.03
_LEAST_REPEAT_US = 20_000

_MEASURED_OVER_US = 500_000


class Protector(Protocol):
    """What protects outgoing packets: ``media.srtp.Outbound``."""

    def protect(self, packet: PacketBuffer, size: int) -> int: ...


class Receiver(Protocol):
    """The leg that a track goes to."""

    counters: quality.Leg
    downlink: DownlinkRate

    def transmit(self, data: rtp.ReadBuffer) -> None:
        """One finished datagram."""

    def send_rtcp(self, message: bytes) -> None: ...


def starts_picture(codec: str) -> StartsPicture | None:
    """How to know where a picture of ``codec`` can begin; None for sound."""
    return {"VP8": rtp.is_vp8_keyframe, "H264": rtp.is_h264_keyframe}.get(codec)


class Outgoing:
    """``packet`` is a buffer to build in, which all tracks may share."""

    __slots__ = (
        "_again", "_cache", "_credit", "_credited", "_first", "_measured", "_number", "_numbers", "_outbound", "_packet",
        "_receiver", "_redundancy", "_rtx_sequence", "_rtx_ssrc", "_send_time", "_start", "_wait", "bitrate_bps", "downlink",
        "flow", "held", "line", "octets", "packets", "patience", "payload_type", "remb", "stills",
    )  # fmt: skip

    def __init__(
        self,
        downlink: Downlink,
        receiver: Receiver,
        packet: PacketBuffer,
        first_sequence: int,
        first_timestamp: int,
    ) -> None:
        """The first numbers are random; sequences begin low, so that both sides agree on the rollover (RFC 3711, 3.3.1)."""
        self.flow = receiver.counters.audio if downlink.kind == "audio" else receiver.counters.video
        self.payload_type = -1
        self.packets = self.octets = self.bitrate_bps = 0
        self.held = False
        self.stills: Stills | None = None
        self.remb = RembRelay()
        self.line = Line(downlink.ssrc, quality.CLOCK_RATES[downlink.kind], first_sequence & 0x7FFF, first_timestamp)
        self.patience = Patience()
        self._again: list[int] = []  # sent again a moment ago, and to be once more
        self._cache = RepairCache()
        self._credit, self._credited = float(_RESENT_AT_ONCE), 0
        self._wait = 0
        self._redundancy: Redundancy | None = None
        self._measured = (0, 0)
        self._packet = packet
        self._receiver = receiver
        self._rtx_sequence = (first_sequence >> 8 ^ first_timestamp) & 0x7FFF
        self._outbound: Protector | None = None
        self.negotiated(downlink)

    def negotiated(self, downlink: Downlink) -> None:
        """The answer's terms for this line; after a renegotiation the numbers go on."""
        self.downlink = downlink
        self._rtx_ssrc = downlink.rtx_ssrc
        self._numbers = downlink.transport_cc != 0
        self._number = downlink.transport_cc << 28 | 1 << 24
        self._send_time = downlink.send_time << 28 | 2 << 24
        self._wait = 0
        extended = downlink.transport_cc or downlink.send_time
        self._start = rtp.FIXED_HEADER + (_EXTENSION.size if extended else 0)
        self._first = 0x90 if extended else 0x80
        self._cache.clear()  # what was sent on other terms cannot be sent again on these
        if downlink.red < 0:
            self._redundancy = None
        elif self._redundancy is None:
            self._redundancy = Redundancy()

    def secured(self, outbound: Protector) -> None:
        self._outbound = outbound

    def feed_from(self, codec: str) -> bool:
        """A source with ``codec`` is to feed this track; False when this receiver cannot have it."""
        self.payload_type = self.downlink.payload_types.get(codec, -1)
        self.line.starts_picture = starts_picture(codec)
        return self.payload_type >= 0

    def forward(self, source: PacketBuffer, size: int, header: int, number: int, now_us: int) -> bool:
        """Sends the plaintext packet of source ``number`` on; True when it was the first since the line was spliced."""
        outbound = self._outbound
        start = self._start
        end = start + size - header
        if outbound is None or self.held or end > rtp.MAX_SIZE:
            return False
        incoming, packet, line = source.data, self._packet, self.line
        flags, second, sequence, timestamp, _ = rtp.unpack_header(incoming)
        spliced = line.running != number
        index = line.take(sequence, timestamp, number, now_us, incoming, header, size)
        if index < 0:
            return False
        data, view = packet.data, packet.view
        flags, second = self._first | flags & 0x20, second & 0x80 | self.payload_type
        timestamp = (timestamp + line.timestamp_offset) & 0xFFFFFFFF
        wrapped = b""
        if self._redundancy is not None and not flags & 0x20:
            payload = bytes(incoming[header:size])
            wrapped = self._redundancy.wrap(payload, index, timestamp, self.payload_type, now_us)
            if wrapped:
                end, second = start + len(wrapped), second & 0x80 | self.downlink.red
        if start == 12:
            _HEADER.pack_into(data, 0, flags, second, index & 0xFFFF, timestamp, line.ssrc)
        elif self._wait:
            _WAITING_HEADER.pack_into(
                data, 0, flags, second, index & 0xFFFF, timestamp, line.ssrc, 0xBEDE, 2,
                self._element(end, now_us) | self.downlink.playout_delay << 4 | 2, self._wait,
            )  # fmt: skip
        else:
            _STAMPED_HEADER.pack_into(
                data, 0, flags, second, index & 0xFFFF, timestamp, line.ssrc, 0xBEDE, 1, self._element(end, now_us)
            )
        # from bytearray to bytearray: of a memoryview Python would make another copy first
        data[start:end] = wrapped or incoming[header:size]
        if self._rtx_ssrc:
            self._cache.store(index, data[:end])
        sealed = outbound.protect(packet, end)
        if sealed < 0:
            return False
        sent = view[:sealed]
        if not self._rtx_ssrc:
            self._cache.store(index, data[:sealed])
        self._receiver.transmit(sent)
        self.packets += 1
        self.octets += end - start
        flow = self.flow
        flow.down_packets += 1
        flow.down_bytes += end
        return spliced

    def reported(self, loss: float, now_us: int) -> None:
        """The share (0..1) of this line's packets that the receiver missed since its last report."""
        self.remb.loss(loss, now_us)
        if self._redundancy is not None:
            self._redundancy.reported(loss, now_us)

    def hold(self, held: bool) -> None:
        """While held nothing passes, nor is sent again; then the line goes on where the source can begin, without a hole."""
        if self.held and not held:
            self.line.splice()
            self._cache.clear()
        self.held = held

    def carry(self, rung: Rung) -> None:
        """The rung of the way to the receiver: of a picture all, stills or nothing goes. The line goes on behind a splice."""
        self.stills = Stills() if rung is Rung.STILLS and self.downlink.kind == "video" else None
        self.line.splice()

    def keep_still(self, source: PacketBuffer, size: int, header: int, number: int, now_us: int) -> bool:
        """Whether the plaintext packet of source ``number`` is part of a still; ``send_stills`` then sends it in its turn."""
        stills, begins = self.stills, self.line.starts_picture
        if stills is None or begins is None or self.held:
            return False
        timestamp = rtp.unpack_header(source.data)[3]
        return stills.take(number, timestamp, begins(source.data, header, size), source.view[:size], now_us)

    def send_stills(self, number: int, now_us: int) -> bool:
        """What is due of a still; to be called every 20 ms. True when one began: the line is spliced."""
        spliced = False
        while self.stills is not None and (kept := self.stills.release(now_us)) is not None:
            begins, data = kept
            if begins:
                self.line.splice()
            buffer = PacketBuffer()
            buffer.data[: len(data)] = data
            spliced |= self.forward(buffer, len(data), rtp.header_size(buffer.data, len(data)), number, now_us)
        return spliced

    def cap_bps(self, now_us: int) -> int:
        """What the source may send at most, for the sake of this receiver; ``FREE_BPS`` when nothing limits it."""
        rate = self._receiver.downlink
        return rate.cap_bps if rate.estimate_bps >= 0 else self.remb.cap_bps(now_us)

    def measure(self, now_us: int) -> None:
        """Brings ``bitrate_bps``, what is being forwarded, up to date; to be called often."""
        at_us, octets = self._measured
        if now_us - at_us >= _MEASURED_OVER_US:
            self.bitrate_bps = (self.octets - octets) * 8_000_000 // (now_us - at_us)
            self._measured = (now_us, self.octets)

    def report(self, ntp: int, source_rtp: int, now_us: int) -> None:
        """A sender report for this line: the source's clock, with the line's own times and counts."""
        mapped = rtcp.SenderReport(self.line.ssrc, ntp, source_rtp, 0, 0)
        self._receiver.counters.round_trip.sent(mapped.middle, now_us)
        self._receiver.send_rtcp(
            rtcp.map_sender_report(mapped, self.line.ssrc, self.line.timestamp_offset, self.packets, self.octets)
        )

    def wait(self, wait_ms: int) -> None:
        """The receiver should show pictures no sooner than ``wait_ms`` after they came (the playout-delay extension)."""
        if (wait_ms or self._wait) and self.downlink.playout_delay and self._numbers:
            self._wait = wait_ms // 10 << 20 | _NO_LIMIT << 8
            self._start = _WAITING_HEADER.size

    def resend(self, lost: tuple[int, ...], rtt_us: int, now_us: int) -> None:
        """Answers a NACK from the cache, within bounds; over a long lossy way twice, 20 ms apart."""
        wait_us = max(rtt_us, _LEAST_REPEAT_US) if rtt_us >= 0 else UNKNOWN_RTT_US
        twice = rtt_us >= LONG_RTT_US and self._receiver.downlink.loss >= _LOSSY
        self.flow.down_nacks += len(lost)
        self._credit = min(_RESENT_AT_ONCE, self._credit + _RESENT_SHARE * (self.packets - self._credited))
        self._credited = self.packets
        if self.held:
            return
        for sequence in lost[:_MAX_RESENT]:
            packet = self._cache.recall(sequence, now_us, wait_us) if self._credit >= 1 else None
            if packet is None:
                continue
            self._send_again(packet, now_us)
            if twice and self.downlink.rtx_ssrc:
                self._again.append(sequence)

    def resend_late(self, now_us: int) -> None:
        """What is to be sent twice; to be called every 20 ms."""
        if self._again:
            again, self._again = self._again, []
            for sequence in again:
                packet = self._cache.recall(sequence, now_us, -1)
                if packet is not None and not self.held and self._credit >= 1:
                    self._send_again(packet, now_us)

    def _send_again(self, packet: rtp.ReadBuffer, now_us: int) -> None:
        self._credit -= 1
        if self.downlink.rtx_ssrc:
            self._retransmit(packet, now_us)
        else:
            self._receiver.transmit(packet)
        self.flow.down_rtx += 1

    def _retransmit(self, original: rtp.ReadBuffer, now_us: int) -> None:
        packet, size = self._packet, len(original)
        data = packet.data
        payload_type = self.downlink.rtx.get(original[1] & 0x7F)
        if self._outbound is None or payload_type is None:
            return
        data[:size] = original
        start = rtp.FIXED_HEADER
        if original[0] & 0x10:
            start += 4 + (original[15] << 2)
            self._stamp(data, size + 2, now_us)
        size = wrap_rtx(data, size, start, payload_type, self.downlink.rtx_ssrc, self._rtx_sequence)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        sealed = self._outbound.protect(packet, size)
        if sealed >= 0:
            self._receiver.transmit(packet.view[:sealed])

    def pad(self, octets: int, now_us: int) -> int:
        """Sends about ``octets`` of padding as retransmissions of nothing, to probe the path; what was sent, 0 if it cannot.

        A probe has numbers of its own like any retransmission. Receivers count it and drop it (RFC 4588 wants two bytes of
        payload at least).
        """
        payload_type = self.downlink.rtx.get(self.payload_type)
        if self._outbound is None or payload_type is None or not self._numbers:
            return 0
        packet, sent, start = self._packet, 0, rtp.FIXED_HEADER + _EXTENSION.size
        data = packet.data
        while sent < octets:
            padding = min(_MAX_PADDING, max(1, octets - sent - start))
            end = start + padding
            _HEADER.pack_into(data, 0, self._first | 0x20, payload_type, self._rtx_sequence, 0, self.downlink.rtx_ssrc)
            self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            data[_EXTENSION_AT:start] = _NOTHING_YET
            self._stamp(data, end, now_us)
            data[start:end] = bytes(padding - 1) + bytes((padding,))
            sealed = self._outbound.protect(packet, end)
            if sealed < 0:
                break
            self._receiver.transmit(packet.view[:sealed])
            sent += end
        return sent

    def _element(self, size: int, now_us: int) -> int:
        """The one one-byte element (RFC 8285, 4.2) of a packet of ``size`` bytes: a transport-wide number, or abs-send-time."""
        if self._numbers:
            return self._number | self._receiver.downlink.sent(size, now_us) << 8
        return self._send_time | abs_send_time(now_us)

    def _stamp(self, data: bytearray, size: int, now_us: int) -> None:
        """Sets the first element anew; what follows it (the fourth byte may begin another) stays."""
        at = _ELEMENT_AT
        data[at : at + 4] = (self._element(size, now_us) | (data[at + 3] if self._numbers else 0)).to_bytes(4, "big")
