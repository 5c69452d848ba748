"""PNG (ISO/IEC 15948, W3C PNG third edition): the critical chunks and those that name the colours are kept, all others left
out.

So no text, time, Exif, no thumbnail, no animation, and nothing behind the end remains; the compressed picture is not
touched. It is not inflated either: its size follows from the header, and a header that promises more than so few bytes can
unpack to is refused. The one thing inflated is a colour profile, up to its limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from server.documents.kinds import Facts, Kind, Unacceptable, check_picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_COLOUR = frozenset({b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_MAX_CHUNKS = 65536
_MAX_PROFILE = 1 << 20
_MOST_DEFLATE = 1032
"""Deflate unpacks a byte to at most so many (258 bytes for two bits)."""


def clean(data: bytes) -> tuple[Facts, bytes]:
    """The facts and the bytes to keep. Raises ``Unacceptable``."""
    kept, types, coded, facts = bytearray(_SIGNATURE), [], 0, None
    for type, body, whole in _chunks(data):
        if type not in _CRITICAL and not type[0] & 0x20:
            raise Unacceptable("document_damaged", "a critical chunk that nobody knows")
        if type not in _CRITICAL | _COLOUR:
            continue
        if type == b"IHDR":
            facts = _header(body)
        elif facts is None:
            raise Unacceptable("document_damaged", "it does not begin with its header")
        elif type == b"IDAT":
            coded += len(body)
        elif type == b"iCCP":
            _check_profile(body)
        types.append(type)
        kept += whole
    if facts is None or types.count(b"IHDR") != 1 or b"IDAT" not in types:
        raise Unacceptable("document_damaged", "no picture")
    first, last = types.index(b"IDAT"), len(types) - 1 - types[::-1].index(b"IDAT")
    if types.count(b"IDAT") != last - first + 1:
        raise Unacceptable("document_damaged", "the picture is in pieces")
    if facts.decoded_bytes > _MOST_DEFLATE * coded:
        raise Unacceptable("document_damaged", "the header promises more than there is")
    return facts, bytes(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(type, body, the whole chunk), up to and with IEND."""
    if data[:8] != _SIGNATURE:
        raise Unacceptable("document_damaged", "not a PNG")
    at = 8
    for _ in range(_MAX_CHUNKS):
        length = int.from_bytes(data[at : at + 4], "big")
        type, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or not (type.isascii() and type.isalpha()):
            raise Unacceptable("document_damaged", "a chunk is cut short")
        if int.from_bytes(data[end - 4 : end], "big") != zlib.crc32(data[at + 4 : end - 4]):
            raise Unacceptable("document_damaged", "a chunk was altered")
        yield type, data[at + 8 : end - 4], data[at:end]
        if type == b"IEND":
            return
        at = end
    raise Unacceptable("document_damaged", "too many chunks")


def _header(body: bytes) -> Facts:
    if len(body) != 13:
        raise Unacceptable("document_damaged", "the header's length")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    depth, colour, compression, filtering, interlace = body[8:]
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise Unacceptable("document_damaged", "the header")
    check_picture(width, height)
    row = 1 + (width * _CHANNELS[colour] * depth + 7) // 8
    return Facts(Kind.PNG, width, height, 1, row * height)


def _check_profile(body: bytes) -> None:
    """A profile is a name, NUL, the method 0, and deflated bytes. Raises ``Unacceptable``."""
    unpacker = zlib.decompressobj()
    try:
        name_end = body.index(0, 0, 80)
        unpacked = unpacker.decompress(body[name_end + 2 :], _MAX_PROFILE)
    except (ValueError, zlib.error) as error:
        raise Unacceptable("document_damaged", "the colour profile") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise Unacceptable("document_bomb" if len(unpacked) >= _MAX_PROFILE else "document_damaged", "the colour profile")
