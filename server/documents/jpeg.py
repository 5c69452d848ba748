"""JPEG (ITU-T T.81): the segments that make the picture are kept, all others are left out.

Kept: quantisation and Huffman tables, restart interval, frame, scans, what names the colours (JFIF without its thumbnail,
Adobe's transform, an ICC profile), and the orientation, in an Exif block of that one entry. So no place, no device, no
time, no thumbnail of an uncropped picture, no comment, and nothing that was hung on behind the end (a moving picture,
another file) remains. The coded picture itself is not touched: what is decoded is the same, pixel for pixel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from server.documents import exif
from server.documents.kinds import Facts, Kind, Unacceptable, check_picture

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended and progressive, Huffman: what browsers show
_TABLES = frozenset({0xC4, 0xDB, 0xDD})  # DHT, DQT, DRI
_JFIF, _EXIF, _ICC, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"
_MAX_SEGMENTS = 4096
_MAX_SCANS = 100  # a picture has ten; thousands keep a decoder busy for hours
_MAX_ICC = 1 << 20
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class _Segment:
    """``payload`` without its length; of a scan ``coded`` is what follows its header."""

    marker: int
    payload: bytes
    coded: bytes = b""

    def __bytes__(self) -> bytes:
        return _written(self.marker, self.payload) + self.coded

    def is_app(self, n: int, name: bytes) -> bool:
        return self.marker == 0xE0 + n and self.payload.startswith(name)


def clean(data: bytes) -> tuple[Facts, bytes]:
    """The facts and the bytes to keep. Raises ``Unacceptable``."""
    segments = [segment for segment, _ in _segments(data)]
    picture = [segment for segment in segments if not _is_application(segment.marker)]
    facts = _facts(picture)
    kept = b"".join(map(bytes, (*_about_colour_and_place(segments), *picture)))
    return facts, b"\xff\xd8" + kept + b"\xff\xd9"


def blanked(data: bytes) -> bytes:
    """The same picture in the same number of bytes, every application segment and comment emptied: for pictures in a PDF.

    What names the colours stays. Raises ``Unacceptable``.
    """
    out = bytearray(data)
    end = 2
    for segment, (start, end) in _segments(data):
        names_colours = any(segment.is_app(n, name) for n, name in ((2, _ICC), (14, _ADOBE)))
        if _is_application(segment.marker) and not names_colours:
            out[start:end] = bytes(end - start)
    end = data.index(b"\xff\xd9", end) + 2
    out[end:] = bytes(len(data) - end)
    return bytes(out)


def _is_application(marker: int) -> bool:
    return 0xE0 <= marker <= 0xEF or marker == _COM


def _segments(data: bytes) -> Iterator[tuple[_Segment, tuple[int, int]]]:
    """Each segment up to the end of the picture, and where its payload (a scan: up to its last coded byte) lies."""
    if data[:2] != b"\xff\xd8":
        raise Unacceptable("document_damaged", "not a JPEG")
    at, scans = 2, 0
    for _ in range(_MAX_SEGMENTS):
        at, marker = _marker(data, at)
        if marker == _EOI:
            return
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise Unacceptable("document_damaged", "a segment is cut short")
        start, at = at + 2, at + length
        payload, coded = data[start:at], b""
        if marker == _SOS:
            scans += 1
            found = _MARKER.search(data, at)
            if found is None or scans > _MAX_SCANS:
                raise Unacceptable("document_damaged", "a scan without an end, or too many")
            coded, at = data[at : found.start()], found.start()
        yield _Segment(marker, payload, coded), (start, at)
    raise Unacceptable("document_damaged", "too many segments")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """(position after it, marker); fill bytes may stand before one (T.81, B.1.1.2)."""
    if data[at : at + 1] != b"\xff":
        raise Unacceptable("document_damaged", "no marker where one belongs")
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise Unacceptable("document_damaged", "it has no end")
    return at + 1, data[at]


def _facts(picture: list[_Segment]) -> Facts:
    markers = [segment.marker for segment in picture]
    if any(marker not in _FRAMES | _TABLES | {_SOS} for marker in markers):
        raise Unacceptable("document_damaged", "a coding that browsers do not show")
    frames = [segment for segment in picture if segment.marker in _FRAMES]
    if len(frames) != 1 or _SOS not in markers or markers.index(_SOS) < markers.index(frames[0].marker):
        raise Unacceptable("document_damaged", "not one frame followed by its scans")
    frame = frames[0].payload
    if len(frame) < 6 or frame[0] != 8 or frame[5] not in (1, 3, 4) or len(frame) != 6 + 3 * frame[5]:
        raise Unacceptable("document_damaged", "the frame's header")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    check_picture(width, height)
    if any(not 1 <= side <= 4 for sampling in frame[7::3] for side in (sampling >> 4, sampling & 15)):
        raise Unacceptable("document_damaged", "the frame's sampling")
    return Facts(Kind.JPEG, width, height, 1, width * height * frame[5])


def _about_colour_and_place(segments: list[_Segment]) -> list[_Segment]:
    """New application segments with what is kept of the old ones."""
    kept = []
    jfif = next((s.payload for s in segments if s.is_app(0, _JFIF) and len(s.payload) >= 12), None)
    if jfif is not None:
        kept.append(_Segment(0xE0, jfif[:12] + b"\0\0"))
    turned = next((exif.orientation(s.payload[6:]) for s in segments if s.is_app(1, _EXIF)), 1)
    if turned != 1:
        kept.append(_Segment(0xE1, _EXIF + exif.with_orientation(turned)))
    profile = [segment for segment in segments if segment.is_app(2, _ICC)]
    if sum(len(segment.payload) for segment in profile) <= _MAX_ICC:
        kept += profile
    adobe = next((s.payload for s in segments if s.is_app(14, _ADOBE) and len(s.payload) >= 12), None)
    if adobe is not None:
        kept.append(_Segment(0xEE, adobe[:12]))
    return kept


def _written(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (len(payload) + 2).to_bytes(2, "big") + payload
