"""The items of a HEIF file (ISO/IEC 14496-12, 8.11): what each is, and where in the file it lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from server.documents.boxes import Box, Reader, boxes, damaged


class Span(NamedTuple):
    """Bytes of the file from ``start`` up to ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    type: bytes
    spans: tuple[Span, ...] = ()


_MAX_ITEMS = 4096
_MAX_EXTENTS = 16384


def read_items(data: bytes, iinf: Box, iloc: Box, idat: Span | None) -> tuple[dict[int, Item], list[Span]]:
    """Every item by its number, and where their names lie. Raises ``Unacceptable`` document_damaged."""
    items, names = _information(data, iinf)
    for number, spans in _locations(Reader(data, iloc), len(data), idat).items():
        if number in items:
            items[number] = replace(items[number], spans=spans)
    return items, names


def _information(data: bytes, iinf: Box) -> tuple[dict[int, Item], list[Span]]:
    """``iinf`` with its ``infe`` boxes of version 2 or 3 (8.11.6)."""
    reader = Reader(data, iinf)
    version = reader.number(1)
    reader.number(3)
    count = reader.count(4 if version else 2)
    entries = boxes(data, reader.at, iinf.end)
    if count != len(entries) or count > _MAX_ITEMS:
        raise damaged("the list of items")
    items, names = {}, []
    for entry in entries:
        reader = Reader(data, entry)
        version = reader.number(1)
        reader.number(3)
        if entry.type != b"infe" or version not in (2, 3):
            raise damaged("an item's information")
        number, protection, type = reader.number(version * 2 - 2), reader.number(2), reader.take(4)
        if protection or number in items:
            raise damaged("an item is protected, or there twice")
        items[number] = Item(type)
        names.append(Span(reader.at, reader.text_end()))
    return items, names


def _locations(reader: Reader, size: int, idat: Span | None) -> dict[int, tuple[Span, ...]]:
    """``iloc`` (8.11.3): offsets into the file (method 0) or into ``idat`` (method 1)."""
    version = reader.number(1)
    reader.number(3)
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if version > 2 or not {offset_size, length_size, base_size} <= {0, 4, 8} or length_size == 0:
        raise damaged("the places of items")
    found: dict[int, tuple[Span, ...]] = {}
    extents = 0
    for _ in range(reader.count(4 if version == 2 else 2)):
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        source, base = reader.number(2), reader.number(base_size)
        home = Span(0, size) if method == 0 else idat
        if source or method > 1 or home is None or number in found:
            raise damaged("an item in another file")
        spans = []
        for _ in range(reader.number(2)):
            reader.number(index_size if version else 0)
            start = home.start + base + reader.number(offset_size)
            end = start + reader.number(length_size)
            extents += 1
            if not start < end <= home.end or extents > _MAX_EXTENTS:
                raise damaged("an item's place")
            spans.append(Span(start, end))
        found[number] = tuple(spans)
    return found
