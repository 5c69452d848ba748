"""A streaming Matroska writer: tracks and frames in, bytes out, nothing ever patched afterwards.

Promises: the first bytes of a file (`header`) name every track; whole clusters (`cluster`) may follow in any number, each
valid by itself, so that a file cut between two of them plays to the cut. A track without frames delays nothing, because
nothing here waits. Times are milliseconds from the recording's origin (RFC 9559; Opus in Matroska: RFC 7845 for the head).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_EBML, _SEGMENT, _INFO, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B
_CLUSTER, _CUES = 0x1F43B675, 0x1C53BB6B
_TRACK_ENTRY, _VIDEO, _AUDIO = 0xAE, 0xE0, 0xE1
_SIMPLE_BLOCK, _CLUSTER_TIMESTAMP = b"\xa3", 0xE7
_UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
_APPLICATION = "peitong"
_NS_PER_MS = 1_000_000
MAX_SPAN_MS = 30_000  # a block's time is a signed 16-bit distance from its cluster's
_CODEC_IDS = {"VP8": "V_VP8", "H264": "V_MPEG4/ISO/AVC", "opus": "A_OPUS"}


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a file. ``number`` 1..126, ``name`` the seat, ``codec`` as in `media.control.Tracks`.

    Video has ``width`` and ``height`` (of its first keyframe) and, for H264, ``private`` (avcC); sound has ``channels``.
    """

    number: int
    name: str
    codec: str
    width: int = 0
    height: int = 0
    channels: int = 0
    private: bytes = b""


class Block(NamedTuple):
    """One frame: its track's number, its time in ms from the origin, whether it can be decoded alone, its bytes."""

    track: int
    time_ms: int
    keyframe: bool
    data: bytes


def size_of(length: int) -> bytes:
    """An element's size as the shortest EBML variable-length integer (RFC 8794, 4); 0 <= length < 2**56 - 1."""
    for octets in range(1, 9):
        if length < (1 << 7 * octets) - 1:  # all ones means "unknown"
            return (length | 1 << 7 * octets).to_bytes(octets, "big")
    raise ValueError(f"{length} does not fit an EBML size")


def element(identifier: int, body: bytes) -> bytes:
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big") + size_of(len(body)) + body


def _unsigned(identifier: int, value: int) -> bytes:
    return element(identifier, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _text(identifier: int, value: str) -> bytes:
    return element(identifier, value.encode())


_INFO_FIELDS = _unsigned(0x2AD7B1, _NS_PER_MS) + _text(0x4D80, _APPLICATION) + _text(0x5741, _APPLICATION)


def opus_head(channels: int) -> bytes:
    """The identification header of RFC 7845, 5.1, which is the CodecPrivate of A_OPUS: version 1, no pre-skip, 48 kHz."""
    return struct.pack("<8sBBHIHB", b"OpusHead", 1, channels, 0, 48_000, 0, 0)


def header(tracks: Sequence[Track]) -> bytes:
    """What a file begins with: EBML header, a Segment of unknown size, Info, Tracks."""
    ebml = (
        _unsigned(0x4286, 1)  # EBMLVersion
        + _unsigned(0x42F7, 1)  # EBMLReadVersion
        + _unsigned(0x42F2, 4)  # EBMLMaxIDLength
        + _unsigned(0x42F3, 8)  # EBMLMaxSizeLength
        + _text(0x4282, "matroska")
        + _unsigned(0x4287, 4)  # DocTypeVersion: CodecDelay and SeekPreRoll are of version 4
        + _unsigned(0x4285, 2)  # DocTypeReadVersion
    )
    entries = b"".join(element(_TRACK_ENTRY, _track_entry(track)) for track in tracks)
    segment = _SEGMENT.to_bytes(4, "big") + _UNKNOWN_SIZE
    return element(_EBML, ebml) + segment + element(_INFO, _INFO_FIELDS) + element(_TRACKS, entries)


def _track_entry(track: Track) -> bytes:
    is_video = track.codec != "opus"
    private = track.private if is_video else opus_head(track.channels)
    entry = (
        _unsigned(0xD7, track.number)
        + _unsigned(0x73C5, track.number)  # TrackUID
        + _unsigned(0x83, 1 if is_video else 2)
        + _unsigned(0x9C, 0)  # FlagLacing
        + _text(0x22B59C, "und")
        + _text(0x536E, track.name)
        + _text(0x86, _CODEC_IDS[track.codec])
    )
    if private:
        entry += element(0x63A2, private)
    if is_video:
        return entry + element(_VIDEO, _unsigned(0xB0, track.width) + _unsigned(0xBA, track.height))
    seek_pre_roll = _unsigned(0x56BB, 80 * _NS_PER_MS)
    return entry + seek_pre_roll + element(_AUDIO, element(0xB5, struct.pack(">d", 48_000)) + _unsigned(0x9F, track.channels))


def clusters(blocks: Iterable[Block]) -> bytes:
    """The blocks, in order of time, as one cluster, or as several where they lie more than 30 s apart.

    Blocks of one track must come in rising time; tracks may be mixed in any order.
    """
    pieces: list[bytes] = []
    run: list[Block] = []
    for block in sorted(blocks, key=lambda b: b.time_ms):
        if run and block.time_ms - run[0].time_ms > MAX_SPAN_MS:
            pieces += _cluster(run)
            run = []
        run.append(block)
    if run:
        pieces += _cluster(run)
    return b"".join(pieces)


def _cluster(blocks: Sequence[Block]) -> list[bytes]:
    """In pieces, so that a second of media is copied once only."""
    base_ms = blocks[0].time_ms
    pieces = [_unsigned(_CLUSTER_TIMESTAMP, base_ms)]
    for block in blocks:
        head = struct.pack(">BhB", 0x80 | block.track, block.time_ms - base_ms, 0x80 if block.keyframe else 0)
        pieces += (_SIMPLE_BLOCK, size_of(len(head) + len(block.data)), head, block.data)
    return [_CLUSTER.to_bytes(4, "big"), size_of(sum(map(len, pieces))), *pieces]


class Index:
    """For a finished file that can be sought in: what stands in front, the cues behind, and what is written over at the end.

    ``front``, then clusters, each told with `cluster` before it is written, then `back`, then the `patches`.
    """

    _HEAD_BYTES = 96

    def __init__(self) -> None:
        self._segment_at = self._info_at = self._tracks_at = self._cues_at = self._duration_at = 0
        self._pictures: set[int] = set()
        self._cues: list[tuple[int, int, int]] = []  # ms, track, position in the segment
        self._duration_ms = 0

    def front(self, tracks: Sequence[Track]) -> bytes:
        self._pictures = {track.number for track in tracks if track.codec != "opus"}
        whole = header(tracks)
        self._segment_at = whole.index(_SEGMENT.to_bytes(4, "big") + _UNKNOWN_SIZE) + 12
        ebml, rest = whole[: self._segment_at], whole[self._segment_at :]
        tracks_at = rest.index(_TRACKS.to_bytes(4, "big"))
        info = element(_INFO, _INFO_FIELDS + element(0x4489, bytes(8)))  # Duration, a double
        self._info_at = self._HEAD_BYTES
        self._tracks_at = self._info_at + len(info)
        self._duration_at = self._segment_at + self._tracks_at - 8
        return ebml + _void(self._HEAD_BYTES) + info + rest[tracks_at:]

    def cluster(self, position: int, blocks: Sequence[Block]) -> None:
        """A cluster with these blocks will be written at ``position`` of the file."""
        keyframe = next((b for b in blocks if b.keyframe and b.track in self._pictures), None)
        if keyframe is None and not self._pictures and blocks:
            keyframe = blocks[0]
        if keyframe is not None:
            self._cues.append((keyframe.time_ms, keyframe.track, position - self._segment_at))

    def back(self, position: int, duration_ms: int) -> bytes:
        """The cues, to be written at ``position``."""
        self._cues_at, self._duration_ms = position - self._segment_at, duration_ms
        points = (
            element(0xBB, _unsigned(0xB3, ms) + element(0xB7, _unsigned(0xF7, track) + _unsigned(0xF1, at)))
            for ms, track, at in self._cues
        )
        return element(_CUES, b"".join(points)) if self._cues else b""

    def patches(self, size: int) -> list[tuple[int, bytes]]:
        """(position, bytes) to write over, now that the file has ``size`` bytes."""
        entries = [(_INFO, self._info_at), (_TRACKS, self._tracks_at)] + [(_CUES, self._cues_at)] * bool(self._cues)
        seeks = (element(0x4DBB, element(0x53AB, i.to_bytes(4, "big")) + _unsigned(0x53AC, at)) for i, at in entries)
        head = element(0x114D9B74, b"".join(seeks))
        return [
            (self._segment_at - 8, (1 << 56 | size - self._segment_at).to_bytes(8, "big")),
            (self._segment_at, head + _void(self._HEAD_BYTES - len(head))),
            (self._duration_at, struct.pack(">d", self._duration_ms)),
        ]


def _void(length: int) -> bytes:
    """An element of exactly ``length`` (2..128) bytes that says nothing."""
    return b"\xec" + size_of(length - 2) + bytes(length - 2)
