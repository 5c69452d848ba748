"""Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): where each begins and ends, and reading in one."""

from __future__ import annotations

from dataclasses import dataclass

from server.documents.kinds import Unacceptable

_MAX_BOXES = 8192


def damaged(why: str) -> Unacceptable:
    return Unacceptable("document_damaged", why)


@dataclass(frozen=True, slots=True)
class Box:
    """A box from ``start`` to ``end``, its content from ``body`` on."""

    type: bytes
    start: int
    body: int
    end: int


def boxes(data: bytes, start: int, end: int) -> list[Box]:
    """The boxes that fill this stretch. Raises ``Unacceptable`` document_damaged."""
    found: list[Box] = []
    at = start
    while at < end:
        size, type, body = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0 and end == len(data):  # to the end of the file
            size = end - at
        if size < body - at or at + size > end or len(found) == _MAX_BOXES:
            raise damaged("a box is cut short, or there are too many")
        found.append(Box(type, at, body, at + size))
        at += size
    return found


class Reader:
    """Reads big-endian numbers and texts in one box; beyond its end is ``Unacceptable`` document_damaged."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data = data
        self._end = box.end
        self.at = box.body

    def take(self, length: int) -> bytes:
        if self.at + length > self._end:
            raise damaged("a box is cut short")
        self.at += length
        return self._data[self.at - length : self.at]

    def number(self, length: int) -> int:
        """Of no bytes: 0."""
        return int.from_bytes(self.take(length), "big")

    def count(self, length: int) -> int:
        """A number of entries, each of which needs a byte at least."""
        count = self.number(length)
        if count > self._end - self.at:
            raise damaged("more entries than a box holds")
        return count

    def text_end(self) -> int:
        """Where the text that begins here ends: at its NUL, or with the box."""
        found = self._data.find(b"\0", self.at, self._end)
        return found if found >= 0 else self._end
