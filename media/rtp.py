"""RTP headers read and set in place (RFC 3550, 8285, 4588), and where a picture can begin.

Pure, and on the path of every packet: functions take the relay's reused buffer and an explicit size, deal in plain ints
and make no object per packet. They never raise on any bytes: ``header_size`` says -1 for what is no RTP packet, and the
other functions may be called only on a buffer it has accepted. Offsets are from the start of the buffer, sizes in bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

ReadBuffer = bytes | bytearray | memoryview
WriteBuffer = bytearray | memoryview

FIXED_HEADER = 12
MAX_DROPOUT = 3000
"""A step in sequence numbers beyond this is a new beginning rather than a loss (RFC 3550, A.1)."""
MAX_SIZE = 1500

_HEADER = struct.Struct("!BBHII")
_U16 = struct.Struct("!H")
_U32 = struct.Struct("!I")

unpack_header = _HEADER.unpack_from
"""``unpack_header(buf)``: (flags, marker and payload type, sequence, timestamp, ssrc) in one call."""

pack_header = _HEADER.pack_into
"""``pack_header(buf, 0, flags, marker and payload type, sequence, timestamp, ssrc)``."""

_ONE_BYTE, _TWO_BYTE, _TWO_BYTE_MASK = 0xBEDE, 0x1000, 0xFFF0
_NAL_SPS, _NAL_STAP_A = 7, 24


class Malformed(ValueError):
    """The peer's datagram is nonsense; it is to be dropped and counted."""


# --- the fixed header -----------------------------------------------------------------------------


def payload_type(buf: ReadBuffer) -> int:
    return buf[1] & 0x7F


def marker(buf: ReadBuffer) -> bool:
    return buf[1] >= 0x80


def sequence(buf: ReadBuffer) -> int:
    return buf[2] << 8 | buf[3]


def timestamp(buf: ReadBuffer) -> int:
    value: int = _U32.unpack_from(buf, 4)[0]
    return value


def ssrc(buf: ReadBuffer) -> int:
    value: int = _U32.unpack_from(buf, 8)[0]
    return value


def header_size(buf: ReadBuffer, size: int) -> int:
    """Where the payload begins: past the CSRCs and the header extension. -1 when this is no RTP packet of ``size`` bytes."""
    if size < FIXED_HEADER or size > len(buf):
        return -1
    flags = buf[0]
    if flags >> 6 != 2:
        return -1
    end = FIXED_HEADER + ((flags & 0x0F) << 2)
    if flags & 0x10:
        if end + 4 > size:
            return -1
        end += 4 + ((buf[end + 2] << 8 | buf[end + 3]) << 2)
    if end > size or (flags & 0x20 and not 1 <= buf[size - 1] <= size - end):
        return -1
    return end


def padding_size(buf: ReadBuffer, size: int) -> int:
    """The padding at the packet's end, its count byte included; 0 without the P bit."""
    return buf[size - 1] if buf[0] & 0x20 else 0


# --- header extensions (RFC 8285) -----------------------------------------------------------------


def extensions(buf: ReadBuffer, header: int) -> Iterator[tuple[int, int, int]]:
    """(id, start of value, length) of each element, for slow paths; stops at the first broken one."""
    if not buf[0] & 0x10:
        return
    at = FIXED_HEADER + 4 + ((buf[0] & 0x0F) << 2)
    (profile,) = _U16.unpack_from(buf, at - 4)
    lead = 1 if profile == _ONE_BYTE else 2
    if lead == 2 and profile & _TWO_BYTE_MASK != _TWO_BYTE:
        return
    while at < header:
        if buf[at] == 0:
            at += 1
            continue
        if at + lead > header:
            return
        identifier, length = (buf[at] >> 4, (buf[at] & 0x0F) + 1) if lead == 1 else (buf[at], buf[at + 1])
        if at + lead + length > header or (lead == 1 and identifier in (0, 15)):
            return
        yield identifier, at + lead, length
        at += lead + length


def find_extension(buf: ReadBuffer, header: int, identifier: int, length: int) -> int:
    """Where the value of the element ``identifier`` begins if it has exactly ``length`` bytes, else 0."""
    if not buf[0] & 0x10:
        return 0
    at = FIXED_HEADER + 4 + ((buf[0] & 0x0F) << 2)
    if buf[at - 4] == 0xBE and buf[at - 3] == 0xDE:
        wanted = identifier << 4 | length - 1
        while at < header:
            first = buf[at]
            if first == wanted:
                return at + 1 if at + 1 + length <= header else 0
            if first == 0:
                at += 1
            elif first < 0x10 or first >= 0xF0:
                return 0
            else:
                at += 2 + (first & 0x0F)
        return 0
    for found, start, size in extensions(buf, header):
        if found == identifier and size == length:
            return start
    return 0


def transport_sequence(buf: ReadBuffer, header: int, identifier: int) -> int:
    """The transport-wide sequence number in the element ``identifier``, or -1."""
    # nearly always it comes first, behind a header without CSRCs
    if buf[0] & 0x1F == 0x10 and buf[12] == 0xBE and buf[13] == 0xDE and header >= 20 and buf[16] == identifier << 4 | 1:
        return buf[17] << 8 | buf[18]
    at = find_extension(buf, header, identifier, 2)
    return buf[at] << 8 | buf[at + 1] if at else -1


def abs_send_time(now_us: int) -> int:
    """24 bits of seconds in 6.18 fixed point (the abs-send-time extension)."""
    return (now_us << 18) // 1_000_000 & 0xFFFFFF


# --- retransmission (RFC 4588) --------------------------------------------------------------------


def unwrap_rtx(buf: WriteBuffer, size: int, header: int, payload_type: int, ssrc: int) -> int:
    """Turn a retransmission into the packet it repeats, in place; its size, or -1 for a probe (no original inside)."""
    if size - header - padding_size(buf, size) < 2:
        return -1
    original = buf[header] << 8 | buf[header + 1]
    buf[header : size - 2] = bytes(buf[header + 2 : size])
    _U16.pack_into(buf, 2, original)
    _U32.pack_into(buf, 8, ssrc)
    buf[1] = (buf[1] & 0x80) | payload_type
    return size - 2


def wrap_rtx(buf: WriteBuffer, size: int, header: int, payload_type: int, ssrc: int, sequence: int) -> int:
    """Turn a packet into a retransmission of it, in place; its size. The buffer needs two bytes of room beyond ``size``."""
    original = buf[2] << 8 | buf[3]
    buf[header + 2 : size + 2] = bytes(buf[header:size])
    _U16.pack_into(buf, header, original)
    _U16.pack_into(buf, 2, sequence)
    _U32.pack_into(buf, 8, ssrc)
    buf[1] = (buf[1] & 0x80) | payload_type
    return size + 2


# --- where a picture can begin --------------------------------------------------------------------


def is_vp8_keyframe(buf: ReadBuffer, start: int, end: int) -> bool:
    """True when the payload ``buf[start:end]`` begins a VP8 keyframe (RFC 7741, sections 4.2 and 4.3)."""
    if start >= end or buf[start] & 0x17 != 0x10:  # S set, partition 0
        return False
    at = start + 1
    if buf[start] & 0x80 and at < end:
        flags = buf[at]
        at += 1
        if flags & 0x80 and at < end:
            at += 2 if buf[at] & 0x80 else 1
        if flags & 0x40:
            at += 1
        if flags & 0x30:
            at += 1
    return at < end and buf[at] & 1 == 0


def is_h264_keyframe(buf: ReadBuffer, start: int, end: int) -> bool:
    """True when the payload ``buf[start:end]`` (RFC 6184) carries a sequence parameter set.

    In WebRTC one leads each keyframe; from an IDR slice without it a decoder that knows nothing cannot begin.
    """
    if start >= end:
        return False
    kind = buf[start] & 0x1F
    if kind != _NAL_STAP_A:
        return kind == _NAL_SPS
    at = start + 1
    while at + 2 < end:
        if buf[at + 2] & 0x1F == _NAL_SPS:
            return True
        at += 2 + (buf[at] << 8 | buf[at + 1])
    return False
