"""The one thing of an Exif block that a picture is shown by: its orientation (Exif 2.32, 4.6.4; TIFF 6.0, section 2)."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT = 3
EMPTY = b"\0\0\0\0" + b"MM\0*\0\0\0\x08" + b"\0\0" + b"\0\0\0\0"
"""An Exif item of a HEIC file (ISO/IEC 23008-12, A.2.1) that says nothing: offset, TIFF header, a directory without entries."""


def orientation(tiff: bytes) -> int:
    """1 to 8, as the first directory says; 1 (upright) when it says nothing that makes sense."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return 1

    def number(at: int, length: int) -> int:
        return int.from_bytes(tiff[at : at + length], "little" if order == "little" else "big")

    directory = number(4, 4)
    for entry in range(directory + 2, directory + 2 + 12 * min(number(directory, 2), 512), 12):
        if len(tiff) >= entry + 12 and number(entry, 2) == _ORIENTATION and number(entry + 2, 2) == _SHORT:
            said = number(entry + 8, 2)
            return said if 1 <= said <= 8 else 1
    return 1


def with_orientation(said: int) -> bytes:
    """A TIFF block of this one entry."""
    entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, said, 0)
    return b"MM\0*\0\0\0\x08" + b"\0\x01" + entry + b"\0\0\0\0"
