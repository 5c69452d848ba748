"""RTCP: reports and feedback as values (RFC 3550, 4585, 5104, 5506, REMB, transport-wide feedback), read and written.

Pure. ``parse`` takes a decrypted datagram from an authenticated but untrusted peer and gives what it understood, skipping
packet types it does not know; nonsense raises ``Malformed`` and nothing else. The builders give the bytes of one RTCP
packet each; joined they make a compound datagram.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from media.rtp import MAX_SIZE, Malformed

__all__ = [
    "Bye", "FullIntraRequest", "Malformed", "Message", "Nack", "PictureLossIndication", "ReceiverReport", "Remb",
    "ReportBlock", "SenderReport", "TransportFeedback", "bye", "fir", "map_block", "map_sender_report", "nack", "parse",
    "pli", "receiver_report", "remb", "sender_report", "transport_feedback",
]  # fmt: skip

_SR, _RR, _BYE, _RTPFB, _PSFB = 200, 201, 203, 205, 206
_NACK, _TRANSPORT = 1, 15  # formats of RTPFB
_PLI, _FIR, _APPLICATION = 1, 4, 15  # formats of PSFB
_MAX_STATUSES = 8192  # of transport-wide feedback in one datagram; a peer could otherwise make 65,535 of 30 bytes

_COMMON = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_TWO_SSRC = struct.Struct("!II")
_U32 = struct.Struct("!I")
_I16 = struct.Struct("!h")
_PID_BLP = struct.Struct("!HH")
_FIR_ENTRY = struct.Struct("!IB3x")
_TRANSPORT_HEAD = struct.Struct("!HHI")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one source. ``fraction_lost``: 1/256; ``lost``: signed; ``jitter``: timestamp units;
    ``last_sr``: middle 32 bits of that report's NTP time; ``delay``: since then, in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """``ntp`` (32.32 fixed point) is the wall time of RTP time ``rtp``."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    @property
    def middle(self) -> int:
        """The middle 32 bits of ``ntp``, as a receiver will give them back in ``last_sr``."""
        return self.ntp >> 16 & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Nack:
    sender: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLossIndication:
    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """``entries``: (media SSRC, command sequence number) each."""

    sender: int
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Remb:
    sender: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """``arrivals_us[n]``: when transport-wide sequence ``base + n`` came on the receiver's clock; None: not received."""

    sender: int
    media: int
    base: int
    count: int
    arrivals_us: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


Message = (
    SenderReport | ReceiverReport | Nack | PictureLossIndication | FullIntraRequest | Remb | TransportFeedback | Bye
)  # fmt: skip


# --- reading --------------------------------------------------------------------------------------


def parse(datagram: bytes | bytearray | memoryview) -> list[Message]:
    """Every message of a compound or reduced-size datagram that is known here. Raises ``Malformed``."""
    data = bytes(datagram)
    if not 4 <= len(data) <= MAX_SIZE:
        raise Malformed(f"an RTCP datagram of {len(data)} bytes")
    out: list[Message] = []
    at = statuses = 0
    try:
        while at < len(data):
            flags, kind, words = _COMMON.unpack_from(data, at)
            start, at = at + 4, at + 4 + 4 * words
            if flags >> 6 != 2 or at > len(data):
                raise Malformed("no RTCP packet")
            message = _parse_one(flags & 0x1F, kind, _without_padding(data[start:at]) if flags & 0x20 else data[start:at])
            if message is not None:
                out.append(message)
            if isinstance(message, TransportFeedback):
                statuses += len(message.arrivals_us)
                if statuses > _MAX_STATUSES:
                    raise Malformed("feedback about too many packets")
    except struct.error as error:
        raise Malformed("RTCP cut short") from error
    return out


def _without_padding(body: bytes) -> bytes:
    if not body or not 1 <= body[-1] <= len(body):
        raise Malformed("bad RTCP padding")
    return body[: -body[-1]]


def _parse_one(count: int, kind: int, body: bytes) -> Message | None:
    match kind:
        case 200:
            ssrc, ntp, rtp, packets, octets = _SENDER_INFO.unpack_from(body)
            return SenderReport(ssrc, ntp, rtp, packets, octets, _blocks(body, 24, count))
        case 201:
            return ReceiverReport(_U32.unpack_from(body)[0], _blocks(body, 4, count))
        case 203:
            return Bye(tuple(_U32.unpack_from(body, 4 * n)[0] for n in range(count)))
        case 205:
            return _rtp_feedback(count, body)
        case 206:
            return _payload_feedback(count, body)
    return None


def _blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for n in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at + 24 * n)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, loss >> 24, lost - 0x1000000 if lost & 0x800000 else lost, highest, jitter, last_sr, delay)
        )
    return tuple(blocks)


def _rtp_feedback(form: int, body: bytes) -> Message | None:
    sender, media = _TWO_SSRC.unpack_from(body)
    if form == _NACK:
        lost: list[int] = []
        for at in range(8, len(body), 4):
            first, bits = _PID_BLP.unpack_from(body, at)
            lost.append(first)
            lost += [(first + n + 1) & 0xFFFF for n in range(16) if bits >> n & 1]
        return Nack(sender, media, tuple(lost))
    if form == _TRANSPORT:
        return _transport(sender, media, body)
    return None


def _payload_feedback(form: int, body: bytes) -> Message | None:
    sender, media = _TWO_SSRC.unpack_from(body)
    if form == _PLI:
        return PictureLossIndication(sender, media)
    if form == _FIR:
        entries = [_FIR_ENTRY.unpack_from(body, at) for at in range(8, len(body), 8)]
        return FullIntraRequest(sender, tuple((ssrc, number) for ssrc, number in entries))
    if form == _APPLICATION and body[8:12] == b"REMB":
        (head,) = _U32.unpack_from(body, 12)
        bitrate = (head & 0x3FFFF) << (head >> 18 & 0x3F)
        return Remb(sender, bitrate, tuple(_U32.unpack_from(body, 16 + 4 * n)[0] for n in range(head >> 24)))
    return None


def _transport(sender: int, media: int, body: bytes) -> TransportFeedback:
    base, total, head = _TRANSPORT_HEAD.unpack_from(body, 8)
    if total > _MAX_STATUSES:
        raise Malformed(f"feedback about {total} packets")
    at = 16
    statuses: list[int] = []
    while len(statuses) < total:
        (chunk,) = struct.unpack_from("!H", body, at)
        at += 2
        if not chunk & 0x8000:
            statuses += [chunk >> 13 & 3] * min(chunk & 0x1FFF, total - len(statuses))
            if not chunk & 0x1FFF:
                raise Malformed("a run of no packets")
        elif chunk & 0x4000:
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    del statuses[total:]
    reference = head >> 8
    clock_us = (reference - 0x1000000 if reference & 0x800000 else reference) * 64_000
    arrivals: list[int | None] = []
    end = len(body)
    for status in statuses:
        if status == 0:
            arrivals.append(None)
            continue
        if status == 1:
            if at >= end:
                raise Malformed("feedback cut short")
            clock_us += body[at] * 250
        elif status == 2:
            clock_us += _I16.unpack_from(body, at)[0] * 250
        else:
            raise Malformed("a reserved packet status")
        at += status
        arrivals.append(clock_us)
    return TransportFeedback(sender, media, base, head & 0xFF, tuple(arrivals))


# --- writing --------------------------------------------------------------------------------------


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return _COMMON.pack(0x80 | count, kind, len(body) >> 2) + body


def _pack_blocks(blocks: Iterable[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF,
            block.highest,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in blocks
    )


def sender_report(report: SenderReport) -> bytes:
    body = _SENDER_INFO.pack(report.ssrc, report.ntp, report.rtp, report.packets, report.octets)
    return _packet(len(report.blocks), _SR, body + _pack_blocks(report.blocks))


def map_sender_report(report: SenderReport, ssrc: int, timestamp_offset: int, packets: int, octets: int) -> bytes:
    """A source's report for a line fed by it: the line's SSRC, times and counts, and no blocks."""
    rtp = (report.rtp + timestamp_offset) & 0xFFFFFFFF
    return sender_report(SenderReport(ssrc, report.ntp, rtp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF))


def receiver_report(sender: int, blocks: Sequence[ReportBlock] = ()) -> bytes:
    """At most 31 blocks."""
    return _packet(len(blocks), _RR, _U32.pack(sender) + _pack_blocks(blocks))


def map_block(block: ReportBlock, ssrc: int, highest: int) -> ReportBlock:
    """A receiver's block about a line, told to the source that feeds it (``highest`` from ``Line.source_index``)."""
    return replace(block, ssrc=ssrc, highest=highest & 0xFFFFFFFF)


def bye(*ssrcs: int) -> bytes:
    return _packet(len(ssrcs), _BYE, b"".join(_U32.pack(ssrc) for ssrc in ssrcs))


def nack(sender: int, media: int, lost: Sequence[int]) -> bytes:
    """``lost``: 16-bit sequences, oldest first (RFC 4585, 6.2.1)."""
    body = bytearray(_TWO_SSRC.pack(sender, media))
    first, bits = lost[0], 0
    for sequence in lost[1:]:
        distance = (sequence - first - 1) & 0xFFFF
        if distance < 16:
            bits |= 1 << distance
        else:
            body += _PID_BLP.pack(first, bits)
            first, bits = sequence, 0
    body += _PID_BLP.pack(first, bits)
    return _packet(_NACK, _RTPFB, bytes(body))


def pli(sender: int, media: int) -> bytes:
    return _packet(_PLI, _PSFB, _TWO_SSRC.pack(sender, media))


def fir(sender: int, media: int, number: int) -> bytes:
    """``number`` rises by one with each new request, and stays for a repetition (RFC 5104, 4.3.1)."""
    return _packet(_FIR, _PSFB, _TWO_SSRC.pack(sender, 0) + _FIR_ENTRY.pack(media, number & 0xFF))


def remb(sender: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """The receiver's estimate, rounded down to 18 bits (draft-alvestrand-rmcat-remb)."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    head = len(ssrcs) << 24 | exponent << 18 | bitrate_bps >> exponent
    body = _TWO_SSRC.pack(sender, 0) + b"REMB" + _U32.pack(head) + b"".join(_U32.pack(ssrc) for ssrc in ssrcs)
    return _packet(_APPLICATION, _PSFB, body)


def transport_feedback(
    sender: int, media: int, base: int, arrivals: Sequence[tuple[int, int]], count: int
) -> tuple[int, bytes]:
    """Feedback from index ``base`` on about ``arrivals``: (index, arrival in us), indices rising and at least ``base``.

    Gives how many of ``arrivals`` it holds and the packet: it ends early where a delta is over 16 bits of 250 us, the
    packets would be too many, or the time of arrival wraps.
    """
    reference = arrivals[0][1] // 64_000
    ticks = reference * 256
    statuses: list[int] = []
    deltas = bytearray()
    expected = base
    taken = 0
    for index, arrival_us in arrivals:
        delta = arrival_us // 250 - ticks
        if not -0x8000 <= delta <= 0x7FFF or index - base >= _MAX_STATUSES:
            break
        if index != expected:
            statuses += [0] * (index - expected)
        if 0 <= delta <= 0xFF:
            statuses.append(1)
            deltas.append(delta)
        else:
            statuses.append(2)
            deltas += struct.pack("!h", delta)
        ticks += delta
        expected = index + 1
        taken += 1
    head = _TRANSPORT_HEAD.pack(base & 0xFFFF, len(statuses), (reference & 0xFFFFFF) << 8 | count)
    body = _TWO_SSRC.pack(sender, media) + head + _chunks(statuses) + deltas
    short = -len(body) % 4
    if not short:
        return taken, _packet(_TRANSPORT, _RTPFB, body)
    padded = body + bytes(short - 1) + bytes((short,))
    return taken, _COMMON.pack(0xA0 | _TRANSPORT, _RTPFB, len(padded) >> 2) + padded


def _chunks(statuses: list[int]) -> bytes:
    """Runs where they pay, else vectors of 14 one-bit or 7 two-bit statuses."""
    out = bytearray()
    at, total = 0, len(statuses)
    while at < total:
        status = statuses[at]
        run = 1
        while at + run < total and run < 0x1FFF and statuses[at + run] == status:
            run += 1
        if run >= 14 or (run >= 7 and status == 2) or at + run == total:
            out += (status << 13 | run).to_bytes(2, "big")
            at += run
            continue
        vector = statuses[at : at + 14]
        if 2 in vector:
            vector = vector[:7]
            chunk = 0xC000
            for n, symbol in enumerate(vector):
                chunk |= symbol << (12 - 2 * n)
        else:
            chunk = 0x8000
            for n, symbol in enumerate(vector):
                chunk |= symbol << (13 - n)
        out += chunk.to_bytes(2, "big")
        at += len(vector)
    return bytes(out)
