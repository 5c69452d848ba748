"""From RTP payloads in the sender's order to whole frames: VP8 (RFC 7741), H264 (RFC 6184), Opus (RFC 7587).

Promises: a frame comes out whole or not at all; whatever a hostile sender writes costs bounded memory and nothing but its own
frames, which are dropped and counted. Nothing is decoded: of a bitstream only the few header bits are read that say
keyframe and size, and, for H264, the parameter sets that a file needs in front. Pure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple, Protocol

MAX_FRAME = 1 << 21
_MAX_PARAMETER_SET = 256
_MAX_SIDE = 16_384
_SPS_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class Malformed(ValueError):
    """A packet or frame that is not what its RFC says."""


class Rtp(NamedTuple):
    """One packet as the recorder needs it; ``payload`` without padding, possibly empty."""

    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes
    arrival_us: int


class Frame(NamedTuple):
    """One whole frame. ``began_us`` and ``arrival_us``: when its first and its last packet came.

    ``width``, ``height`` and, for H264, ``private`` (avcC) only at keyframes of video; ``channels`` only with sound.
    ``fresh``: the first of a source (another SSRC, a jump); what came before says nothing about its time or references.
    """

    timestamp: int
    began_us: int
    arrival_us: int
    data: bytes
    keyframe: bool
    width: int = 0
    height: int = 0
    channels: int = 0
    private: bytes = b""
    fresh: bool = False


class Depacketiser(Protocol):
    dropped: int

    def take(self, packet: Rtp, *, after_loss: bool) -> list[Frame]:
        """The frames that this packet, which is not empty, completes; ``after_loss``: not every packet before it came."""

    def pending_us(self) -> int | None:
        """When the first packet of an unfinished frame came."""

    def reset(self) -> None:
        """Forgets an unfinished frame."""


def depacketiser(codec: str) -> Depacketiser:
    """For a codec's name as in `media.control.Tracks`; raises ``Malformed`` for any other."""
    match codec:
        case "VP8":
            return Vp8()
        case "H264":
            return H264()
        case "opus":
            return Opus()
    raise Malformed("unknown codec")


class Opus:
    """Every packet is a frame."""

    def __init__(self) -> None:
        self.dropped = 0

    def take(self, packet: Rtp, *, after_loss: bool) -> list[Frame]:
        channels = 2 if packet.payload[0] & 0x04 else 1  # the stereo bit of the TOC byte, RFC 6716, 3.1
        at_us = packet.arrival_us
        return [Frame(packet.timestamp, at_us, at_us, packet.payload, True, channels=channels)]

    def pending_us(self) -> int | None:
        return None

    def reset(self) -> None:
        pass


class _Pictures(ABC):
    """What VP8 and H264 share: a frame is the packets of one timestamp, up to the marker bit, none missing."""

    def __init__(self) -> None:
        self.dropped = 0
        self._timestamp = self._began_us = self._last_us = self._size = 0
        self._open = False

    def take(self, packet: Rtp, *, after_loss: bool) -> list[Frame]:
        frames: list[Frame] = []
        if self._open and after_loss:
            self._drop()
        if self._open and packet.timestamp != self._timestamp:
            frames += self._finish()  # a sender that sets no marker bit
        try:
            if not self._open:
                if not self._begins(packet.payload):
                    self.dropped += 1
                    return frames
                self._open, self._timestamp, self._began_us, self._size = True, packet.timestamp, packet.arrival_us, 0
            self._last_us = packet.arrival_us
            self._size += len(packet.payload)
            if self._size > MAX_FRAME:
                raise Malformed("frame too large")
            self._add(packet.payload)
        except Malformed:
            self._drop()
            return frames
        return frames + self._finish() if packet.marker else frames

    def pending_us(self) -> int | None:
        return self._began_us if self._open else None

    def reset(self) -> None:
        if self._open:
            self._drop()

    def _drop(self) -> None:
        self.dropped += 1
        self._open = False
        self._clear()

    def _finish(self) -> list[Frame]:
        try:
            return [self._frame()]
        except Malformed:
            self.dropped += 1
            return []
        finally:
            self._open = False
            self._clear()

    @abstractmethod
    def _begins(self, payload: bytes) -> bool:
        """Whether a frame can begin with this payload, which is not empty."""

    @abstractmethod
    def _add(self, payload: bytes) -> None:
        """One more payload of the frame; may raise ``Malformed``."""

    @abstractmethod
    def _frame(self) -> Frame:
        """The frame, now that all of it came; may raise ``Malformed``."""

    @abstractmethod
    def _clear(self) -> None:
        """Forgets the payloads."""


class Vp8(_Pictures):
    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def _begins(self, payload: bytes) -> bool:
        return payload[0] & 0x1F & ~0x08 == 0x10  # S set, partition 0 (RFC 7741, 4.2); the bit between is reserved

    def _add(self, payload: bytes) -> None:
        if self._chunks and self._begins(payload):
            raise Malformed("a second beginning in one frame")
        self._chunks.append(payload[_vp8_descriptor(payload) :])

    def _frame(self) -> Frame:
        data = b"".join(self._chunks)
        if len(data) < 3:
            raise Malformed("no frame tag")
        width = height = 0
        keyframe = not data[0] & 1  # RFC 6386, 9.1
        if keyframe:
            if len(data) < 10 or data[3:6] != b"\x9d\x01\x2a":
                raise Malformed("no start code")
            width = int.from_bytes(data[6:8], "little") & 0x3FFF
            height = int.from_bytes(data[8:10], "little") & 0x3FFF
            if not width or not height:
                raise Malformed("a picture without a size")
        return Frame(self._timestamp, self._began_us, self._last_us, data, keyframe, width, height)

    def _clear(self) -> None:
        self._chunks = []


def _vp8_descriptor(payload: bytes) -> int:
    """The length of the payload descriptor (RFC 7741, 4.2)."""
    if not payload[0] & 0x80:
        return 1
    try:
        flags, end = payload[1], 2
        if flags & 0x80:
            end += 2 if payload[2] & 0x80 else 1
    except IndexError:
        raise Malformed("descriptor cut short") from None
    end += (flags >> 6 & 1) + bool(flags & 0x30)
    if end > len(payload):
        raise Malformed("descriptor cut short")
    return end


_IDR, _SPS, _PPS, _STAP_A, _FU_A = 5, 7, 8, 24, 28
_UNWANTED = frozenset({9, 12})  # access unit delimiters and filler have no place in a file


class H264(_Pictures):
    """Gives AVCC frames (each NAL unit after its 32-bit length), parameter sets kept in place as well as in ``private``."""

    def __init__(self) -> None:
        super().__init__()
        self._units: list[bytes] = []
        self._fragments: list[bytes] = []
        self._sps = self._pps = b""
        self._width = self._height = 0

    def _begins(self, payload: bytes) -> bool:
        """A parameter set, SEI or delimiter, or a slice whose first macroblock is 0 (its ue(v) is then a single set bit)."""
        kind, first = payload[0] & 0x1F, payload[1:]
        if kind == _STAP_A:
            kind, first = (payload[3] & 0x1F, payload[4:]) if len(payload) > 3 else (0, b"")
        elif kind == _FU_A:
            if len(payload) < 3 or not payload[1] & 0x80:
                return False
            kind, first = payload[1] & 0x1F, payload[2:]
        return kind in (6, 7, 8, 9) or (kind in (1, _IDR) and bool(first) and first[0] & 0x80 != 0)

    def _add(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            self._add_fragment(payload)
            return
        if self._fragments:
            raise Malformed("a fragment without its end")
        if kind == _STAP_A:
            for unit in _stap_units(payload):
                self._add_unit(unit)
        elif 1 <= kind < _STAP_A:
            self._add_unit(payload)
        else:
            raise Malformed("not of packetization mode 1")

    def _add_fragment(self, payload: bytes) -> None:
        if len(payload) < 3:
            raise Malformed("fragment cut short")
        start, end = payload[1] & 0x80, payload[1] & 0x40
        if bool(start) == bool(self._fragments):
            raise Malformed("fragments out of order")
        if start:
            self._fragments.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
        self._fragments.append(payload[2:])
        if end:
            self._add_unit(b"".join(self._fragments))
            self._fragments = []

    def _add_unit(self, unit: bytes) -> None:
        kind = unit[0] & 0x1F
        if kind in _UNWANTED:
            return
        if kind in (_SPS, _PPS) and not 4 <= len(unit) + 2 * (kind == _PPS) <= _MAX_PARAMETER_SET:
            raise Malformed("a parameter set of that size")
        if kind == _SPS and unit != self._sps:
            self._width, self._height = sps_size(unit)
            self._sps = unit
        elif kind == _PPS:
            self._pps = unit
        self._units.append(unit)

    def _frame(self) -> Frame:
        if self._fragments or not self._units:
            raise Malformed("no whole unit")
        data = b"".join(part for unit in self._units for part in (len(unit).to_bytes(4, "big"), unit))
        if not any(unit[0] & 0x1F == _IDR for unit in self._units):
            return Frame(self._timestamp, self._began_us, self._last_us, data, False)
        if not self._sps or not self._pps:
            raise Malformed("a keyframe without parameter sets")
        private = avcc(self._sps, self._pps)
        width, height = self._width, self._height
        return Frame(self._timestamp, self._began_us, self._last_us, data, True, width, height, private=private)

    def _clear(self) -> None:
        self._units = []
        self._fragments = []


def _stap_units(payload: bytes) -> Iterator[bytes]:
    at = 1
    while at < len(payload):
        end = at + 2 + int.from_bytes(payload[at : at + 2], "big")
        if end > len(payload) or end < at + 3:
            raise Malformed("aggregate cut short")
        yield payload[at + 2 : end]
        at = end


def avcc(sps: bytes, pps: bytes) -> bytes:
    """AVCDecoderConfigurationRecord with one set of each kind and lengths of 4 octets (ISO 14496-15, 5.3.3.1)."""
    sets = b"\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    return b"\x01" + sps[1:4] + b"\xff" + sets


class _Bits:
    """Reads fixed and Exp-Golomb fields of an SPS (H.264, 7.2 and 9.1)."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise Malformed("parameter set cut short")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise Malformed("number too large")
        return (1 << zeros) - 1 + self.take(zeros)


def sps_size(sps: bytes) -> tuple[int, int]:
    """The picture's width and height in pixels (H.264, 7.3.2.1.1). Raises ``Malformed``."""
    bits = _Bits(sps[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    if profile in _SPS_WITH_CHROMA:
        if bits.golomb() != 1:
            raise Malformed("only 4:2:0")
        bits.golomb(), bits.golomb()
        if bits.take(2):  # lossless bypass, scaling matrix
            raise Malformed("no scaling matrices")
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1), bits.golomb(), bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    bits.golomb(), bits.take(1)
    columns, rows = bits.golomb() + 1, bits.golomb() + 1
    frame_only = bits.take(1)
    bits.take(1 if frame_only else 2)
    left, right, top, bottom = (bits.golomb() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    width = columns * 16 - 2 * (left + right)
    height = (2 - frame_only) * (rows * 16 - 2 * (top + bottom))
    if not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE:
        raise Malformed("a picture of that size")
    return width, height
