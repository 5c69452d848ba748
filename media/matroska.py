"""A streaming Matroska writer: tracks and frames in, bytes out, nothing ever patched afterwards.

Promises: the first bytes of a file (`header`) name every track; whole clusters (`cluster`) may follow in any number, each
valid by itself, so that a file cut between two of them plays to the cut. A track without frames delays nothing, because
nothing here waits. Times are milliseconds from the recording's origin (RFC 9559; Opus in Matroska: RFC 7845 for the head).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TRACK_ENTRY, _VIDEO, _AUDIO = 0xAE, 0xE0, 0xE1
_SIMPLE_BLOCK, _CLUSTER_TIMESTAMP = 0xA3, 0xE7
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


@dataclass(frozen=True, slots=True)
class Block:
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
    info = _unsigned(0x2AD7B1, _NS_PER_MS) + _text(0x4D80, _APPLICATION) + _text(0x5741, _APPLICATION)
    entries = b"".join(element(_TRACK_ENTRY, _track_entry(track)) for track in tracks)
    segment = _SEGMENT.to_bytes(4, "big") + _UNKNOWN_SIZE
    return element(_EBML, ebml) + segment + element(_INFO, info) + element(_TRACKS, entries)


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
    out = bytearray()
    run: list[Block] = []
    for block in sorted(blocks, key=lambda b: b.time_ms):
        if run and block.time_ms - run[0].time_ms > MAX_SPAN_MS:
            out += _cluster(run)
            run = []
        run.append(block)
    if run:
        out += _cluster(run)
    return bytes(out)


def _cluster(blocks: Sequence[Block]) -> bytes:
    base_ms = blocks[0].time_ms
    parts = [_unsigned(_CLUSTER_TIMESTAMP, base_ms)]
    for block in blocks:
        head = struct.pack(">BhB", 0x80 | block.track, block.time_ms - base_ms, 0x80 if block.keyframe else 0)
        parts += (b"\xa3", size_of(len(head) + len(block.data)), head, block.data)
    return element(_CLUSTER, b"".join(parts))
