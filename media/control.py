"""The messages of CONTROL.md: frames on a byte stream, and one flat dataclass a message.

Pure: bytes in, values out. Whatever is not exactly what CONTROL.md says is ``Malformed``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, get_args, get_origin, get_type_hints

import msgpack

VERSION = 1
MAX_FRAME = 1 << 20
_LENGTH = struct.Struct("!I")
_PACKET = struct.Struct("!BQH")
_KIND_MESSAGE, _KIND_BATCH = 0, 1


class Malformed(ValueError):
    """The peer spoke nonsense; its connection is to be closed."""


class Message:
    """Any control message; ``t`` is its name on the wire."""

    __slots__ = ()
    t: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Hello(Message):
    t: ClassVar[str] = "hello"
    version: int
    who: str


# --- app to relay ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomOpen(Message):
    t: ClassVar[str] = "room_open"
    room: str
    silent_after_ms: int
    seats: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RoomClose(Message):
    t: ClassVar[str] = "room_close"
    room: str


@dataclass(frozen=True, slots=True)
class LegOffer(Message):
    t: ClassVar[str] = "leg_offer"
    ref: int
    room: str
    seat: str
    leg: int
    revision: int
    sdp: str


@dataclass(frozen=True, slots=True)
class LegClose(Message):
    t: ClassVar[str] = "leg_close"
    room: str
    leg: int


@dataclass(frozen=True, slots=True)
class GateOpen(Message):
    t: ClassVar[str] = "gate_open"
    room: str
    generation: int
    lease_ms: int
    required: list[str]


@dataclass(frozen=True, slots=True)
class GateRenew(Message):
    t: ClassVar[str] = "gate_renew"
    rooms: list[tuple[str, int]]
    lease_ms: int


@dataclass(frozen=True, slots=True)
class GateClose(Message):
    t: ClassVar[str] = "gate_close"
    room: str
    generation: int


@dataclass(frozen=True, slots=True)
class Record(Message):
    t: ClassVar[str] = "record"
    room: str
    recording: str


@dataclass(frozen=True, slots=True)
class Keyframe(Message):
    t: ClassVar[str] = "keyframe"
    room: str
    seat: str


@dataclass(frozen=True, slots=True)
class Statistics(Message):
    t: ClassVar[str] = "statistics"
    every_ms: int


# --- relay to app ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegAnswer(Message):
    t: ClassVar[str] = "leg_answer"
    ref: int
    sdp: str
    tracks: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LegRefused(Message):
    t: ClassVar[str] = "leg_refused"
    ref: int
    code: str


@dataclass(frozen=True, slots=True)
class LegState(Message):
    t: ClassVar[str] = "leg_state"
    room: str
    seat: str
    leg: int
    state: str


@dataclass(frozen=True, slots=True)
class SeatMedia(Message):
    t: ClassVar[str] = "seat_media"
    room: str
    seat: str
    leg: int
    alive: bool
    last_us: int


@dataclass(frozen=True, slots=True)
class GateOpened(Message):
    t: ClassVar[str] = "gate_opened"
    room: str
    generation: int


@dataclass(frozen=True, slots=True)
class GateClosed(Message):
    t: ClassVar[str] = "gate_closed"
    room: str
    generation: int
    cause: str
    seat: str
    at_us: int


@dataclass(frozen=True, slots=True)
class LegRung(Message):
    """What the leg's downlink bears: a word of ``media.rate.ladder.Rung``."""

    t: ClassVar[str] = "leg_rung"
    room: str
    seat: str
    leg: int
    rung: str


@dataclass(frozen=True, slots=True)
class LegRestart(Message):
    """The leg's picture has a codec that a newer leg cannot receive; a new leg of that seat would send another."""

    t: ClassVar[str] = "leg_restart"
    room: str
    seat: str
    leg: int


@dataclass(frozen=True, slots=True)
class LegStatistics(Message):
    t: ClassVar[str] = "leg_statistics"
    legs: list[dict[str, Any]]


# --- app and recorder -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordingOpen(Message):
    t: ClassVar[str] = "recording_open"
    recording: str
    folder: str
    recipient: str
    origin_us: int
    origin_utc: str
    session: str


@dataclass(frozen=True, slots=True)
class RecordingClose(Message):
    t: ClassVar[str] = "recording_close"
    recording: str


@dataclass(frozen=True, slots=True)
class Signed(Message):
    t: ClassVar[str] = "signed"
    recording: str
    line: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class RecordingState(Message):
    t: ClassVar[str] = "recording_state"
    recording: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Head(Message):
    t: ClassVar[str] = "head"
    recording: str
    line: int
    hash: str
    durable_us: int
    seconds: int


@dataclass(frozen=True, slots=True)
class KeyframeWanted(Message):
    t: ClassVar[str] = "keyframe_wanted"
    recording: str
    seat: str


# --- relay and recorder: the feed -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attach(Message):
    t: ClassVar[str] = "attach"
    recording: str


@dataclass(frozen=True, slots=True)
class Tracks(Message):
    """``tracks``: (track number 0..255, seat, kind, codec, clock rate in Hz)."""

    t: ClassVar[str] = "tracks"
    recording: str
    tracks: list[tuple[int, str, str, str, int]]


@dataclass(frozen=True, slots=True)
class Clock(Message):
    """A sender report: ``ntp`` is the 32.32 fixed-point time of RTP time ``rtp`` (RFC 3550, 6.4.1)."""

    t: ClassVar[str] = "clock"
    recording: str
    track: int
    ntp: int
    rtp: int
    arrival_us: int


@dataclass(frozen=True, slots=True)
class Gate(Message):
    t: ClassVar[str] = "gate"
    recording: str
    open: bool
    at_us: int
    cause: str


@dataclass(frozen=True, slots=True)
class Lost(Message):
    t: ClassVar[str] = "lost"
    recording: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Durable(Message):
    t: ClassVar[str] = "durable"
    recording: str
    through_us: int


class Packet(NamedTuple):
    """One recorded packet: its track's number, arrival in us of CLOCK_MONOTONIC, the RTP bytes."""

    track: int
    arrival_us: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """The packets of one recording since the last batch (frame kind 1)."""

    recording: str
    packets: tuple[Packet, ...]


_MESSAGES: dict[str, type[Message]] = {
    cls.t: cls
    for cls in (
        Hello, RoomOpen, RoomClose, LegOffer, LegClose, GateOpen, GateRenew, GateClose, Record, Keyframe, Statistics,
        LegAnswer, LegRefused, LegState, SeatMedia, GateOpened, GateClosed, LegRung, LegRestart, LegStatistics,
        RecordingOpen, RecordingClose, Signed, RecordingState, Head, KeyframeWanted,
        Attach, Tracks, Clock, Gate, Lost, Durable,
    )
}  # fmt: skip
_SHAPES: dict[str, list[tuple[str, Any]]] = {
    name: [(f.name, get_type_hints(cls)[f.name]) for f in fields(cls)]  # type: ignore[arg-type]
    for name, cls in _MESSAGES.items()
}


def encode(message: Message) -> bytes:
    """The whole frame of a message, length included."""
    body = {"t": message.t}
    for name, _ in _SHAPES[message.t]:
        body[name] = getattr(message, name)
    return _frame(_KIND_MESSAGE, msgpack.packb(body))


batch_head = _PACKET.pack
"""``batch_head(track, arrival_us, size)``: what stands before each packet of a batch."""


def batch_entry(track: int, arrival_us: int, packet: bytes | bytearray | memoryview) -> bytes:
    """One packet's entry of a batch; ``encode_batch`` takes the entries joined."""
    return batch_head(track, arrival_us, len(packet)) + packet


def encode_batch(recording: str, entries: bytes | bytearray) -> bytes:
    name = recording.encode("ascii")
    return _frame(_KIND_BATCH, bytes((len(name),)) + name + entries)


def _frame(kind: int, body: bytes) -> bytes:
    if len(body) + 1 > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return _LENGTH.pack(len(body) + 1) + bytes((kind,)) + body


def decode(frame: bytes | memoryview) -> Message | Batch:
    """A frame without its length, that is kind and body. Raises ``Malformed``."""
    if not frame:
        raise Malformed("empty frame")
    if frame[0] == _KIND_MESSAGE:
        return _decode_message(bytes(frame[1:]))
    if frame[0] == _KIND_BATCH:
        return _decode_batch(bytes(frame[1:]))
    raise Malformed(f"unknown frame kind {frame[0]}")


def _decode_message(body: bytes) -> Message:
    try:
        raw = msgpack.unpackb(body)
    except Exception as error:  # msgpack raises a dozen kinds, RecursionError among them
        raise Malformed("not msgpack") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("t"), str):
        raise Malformed("not a message")
    shape = _SHAPES.get(raw["t"])
    if shape is None:
        raise Malformed("unknown message")
    try:
        values = {name: _checked(raw[name], hint) for name, hint in shape}
    except KeyError as missing:
        raise Malformed(f"{raw['t']} lacks {missing}") from None
    return _MESSAGES[raw["t"]](**values)


def _checked(value: Any, hint: Any) -> Any:
    """``value`` if it is of the annotated type (tuples may have arrived as lists), else ``Malformed``."""
    origin = get_origin(hint) or hint
    if origin is tuple:
        hints = get_args(hint)
        if not isinstance(value, list) or len(value) != len(hints):
            raise Malformed("wrong tuple")
        return tuple(_checked(v, h) for v, h in zip(value, hints, strict=True))
    if type(value) is not origin:
        raise Malformed(f"{type(value).__name__} where {origin.__name__} belongs")
    if origin is list:
        (inner,) = get_args(hint)
        return [_checked(v, inner) for v in value]
    return value


def _decode_batch(body: bytes) -> Batch:
    try:
        end = 1 + body[0]
        if end > len(body):
            raise Malformed("batch cut short")
        recording = body[1:end].decode("ascii")
        packets = []
        while end < len(body):
            track, arrival_us, size = _PACKET.unpack_from(body, end)
            start, end = end + _PACKET.size, end + _PACKET.size + size
            if end > len(body):
                raise Malformed("batch cut short")
            packets.append(Packet(track, arrival_us, body[start:end]))
    except (IndexError, UnicodeDecodeError, struct.error) as error:
        raise Malformed("bad batch") from error
    return Batch(recording, tuple(packets))


class Reader:
    """Cuts a byte stream into frames: ``feed`` bytes, get whole messages and batches."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterable[Message | Batch]:
        """Every message that ``data`` completes. Raises ``Malformed``, after which the stream is lost."""
        self._buffer += data
        out: list[Message | Batch] = []
        start = 0
        while len(self._buffer) - start >= 4:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if not 1 <= length <= MAX_FRAME:
                raise Malformed(f"a frame of {length} bytes")
            if len(self._buffer) - start - 4 < length:
                break
            out.append(decode(bytes(self._buffer[start + 4 : start + 4 + length])))
            start += 4 + length
        del self._buffer[:start]
        return out
