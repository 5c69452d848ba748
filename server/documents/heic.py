"""HEIC (ISO/IEC 23008-12 in ISO/IEC 14496-12 boxes): a file of the same length in which only the pictures are left.

Items are found by offsets into the file, so nothing moves; what is not kept is blanked where it lies. Kept is what an
allow-list names: the boxes and properties that place and colour a picture, and those bytes of ``mdat`` and ``idat`` that
items of picture types point to. Everything else becomes an empty ``free`` box or zeros: Exif and XMP, names of items,
tracks and films beside the still, descriptions, and bytes that nothing points to. The pictures are not touched.

The sizes are those that the container states (``ispe``, grids and overlays). What is inside the HEVC stream is not looked
at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.documents import exif
from server.documents.boxes import Box, Reader, boxes, damaged
from server.documents.items import Item, Span, read_items
from server.documents.kinds import MAX_PIXELS, Facts, Kind, Unacceptable, check_picture

_META = frozenset({b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf", b"grpl"})
_PROPERTIES = frozenset(
    {
        b"hvcC", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"clap", b"pasp", b"auxC", b"clli", b"mdcv", b"cclv", b"amve",
        b"rloc", b"lsel", b"reve", b"ndwt", b"tols",
    }
)  # fmt: skip
_CODED = frozenset({b"hvc1"})
_DERIVED = frozenset({b"grid", b"iovl", b"iden", b"tmap"})
_PICTURES = _CODED | _DERIVED
_MAX_TILES = 2048
_MOST_IN_ALL = 3 * MAX_PIXELS
"""Tiles, thumbnails, depth and alpha together."""


@dataclass(frozen=True, slots=True)
class _File:
    """What the boxes say; spans are of the whole file."""

    media: tuple[Span, ...]
    idat: Span | None
    items: dict[int, Item]
    primary: int
    sizes: dict[int, tuple[int, int]]
    """Of each item that has one: width and height in pixels."""


def clean(data: bytes) -> tuple[Facts, bytes]:
    """The facts and the bytes to keep, as many as there were. Raises ``Unacceptable``."""
    out = bytearray(data)
    top = boxes(data, 0, len(data))
    metas = [box for box in top if box.type == b"meta"]
    if not top or top[0].type != b"ftyp" or len(metas) != 1:
        raise damaged("not one file type and one description")
    for box in top:
        if box.type not in (b"ftyp", b"meta", b"mdat"):
            _freed(out, box)
    file = _described(data, out, metas[0], tuple(Span(box.body, box.end) for box in top if box.type == b"mdat"))
    facts = _facts(data, file)
    _blank_all_but(out, (*file.media, *((file.idat,) if file.idat else ())), _kept(file))
    for item in file.items.values():
        if item.type == b"Exif" and len(item.spans) == 1:
            _say_nothing(out, item.spans[0], file)
    return facts, bytes(out)


def _freed(out: bytearray, box: Box) -> None:
    """An unnamed box of the same size (14496-12, 8.1.2), empty; one that is told by a longer size keeps that."""
    out[box.start + 4 : box.start + 8] = b"free"
    out[box.body : box.end] = bytes(box.end - box.body)


def _described(data: bytes, out: bytearray, meta: Box, media: tuple[Span, ...]) -> _File:
    """Reads ``meta`` and blanks what it holds besides pictures."""
    inner: dict[bytes, Box] = {}
    for box in boxes(data, meta.body + 4, meta.end):
        if box.type not in _META:
            _freed(out, box)
        elif box.type in inner:
            raise damaged("a description twice")
        else:
            inner[box.type] = box
    if not inner.keys() >= {b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp"} or data[inner[b"hdlr"].body + 8 :][:4] != b"pict":
        raise damaged("no description of a picture")
    handler, idat = inner[b"hdlr"], inner.get(b"idat")
    out[min(handler.body + 24, handler.end) : handler.end] = bytes(max(0, handler.end - handler.body - 24))  # its name
    held = Span(idat.body, idat.end) if idat else None
    items, names = read_items(data, inner[b"iinf"], inner[b"iloc"], held)
    for name in names:
        out[name.start : name.end] = b" " * (name.end - name.start)
    pitm = Reader(data, inner[b"pitm"])
    version = pitm.number(1)
    pitm.number(3)
    primary = pitm.number(4 if version else 2)
    if primary not in items or items[primary].type not in _PICTURES:
        raise damaged("no primary picture")
    return _File(media, held, items, primary, _sizes(data, out, inner[b"iprp"]))


def _sizes(data: bytes, out: bytearray, iprp: Box) -> dict[int, tuple[int, int]]:
    """Each item's ``ispe``; properties that are not on the list are blanked, and keep their number."""
    parts = boxes(data, iprp.body, iprp.end)
    containers = [box for box in parts if box.type == b"ipco"]
    if len(containers) != 1 or any(box.type not in (b"ipco", b"ipma") for box in parts):
        raise damaged("the properties")
    stated: dict[int, tuple[int, int]] = {}
    for number, box in enumerate(boxes(data, containers[0].body, containers[0].end), start=1):
        if box.type not in _PROPERTIES:
            _freed(out, box)
        elif box.type == b"ispe":
            reader = Reader(data, box)
            reader.number(4)
            stated[number] = (reader.number(4), reader.number(4))
    sizes: dict[int, tuple[int, int]] = {}
    for box in parts:
        if box.type == b"ipma":
            for item, properties in _associations(Reader(data, box)):
                sizes.update((item, stated[number]) for number in properties if number in stated)
    return sizes


def _associations(reader: Reader) -> Iterable[tuple[int, list[int]]]:
    """(item, numbers of its properties), of an ``ipma`` box (23008-12, 9.3.2)."""
    version, flags = reader.number(1), reader.number(3)
    for _ in range(reader.count(4)):
        item = reader.number(4 if version else 2)
        wide = flags & 1
        yield item, [reader.number(2) & 0x7FFF if wide else reader.number(1) & 0x7F for _ in range(reader.number(1))]


def _facts(data: bytes, file: _File) -> Facts:
    """Every picture's size, stated or to be put together, is within the limits."""
    pixels = 0
    for number, item in file.items.items():
        if item.type in _CODED:
            if number not in file.sizes:
                raise damaged("a picture without its size")
            check_picture(*file.sizes[number])
            pixels += file.sizes[number][0] * file.sizes[number][1]
        elif item.type in (b"grid", b"iovl"):
            check_picture(*_canvas(b"".join(data[span.start : span.end] for span in item.spans), item.type))
    if pixels > _MOST_IN_ALL:
        raise Unacceptable("document_bomb", "more pictures than a picture has")
    if file.primary not in file.sizes:
        raise damaged("a picture without its size")
    width, height = file.sizes[file.primary]
    check_picture(width, height)
    return Facts(Kind.HEIC, width, height, 1, width * height * 3)


def _canvas(body: bytes, type: bytes) -> tuple[int, int]:
    """The size that a grid (23008-12, 6.6.2.3.2) or an overlay (6.6.2.2.2) says it comes to."""
    if len(body) < 2 or body[0] != 0:
        raise damaged("a picture put together")
    wide, at = 4 if body[1] & 1 else 2, 4 if type == b"grid" else 10
    if len(body) < at + 2 * wide or (type == b"grid" and (body[2] + 1) * (body[3] + 1) > _MAX_TILES):
        raise damaged("a picture put together")
    return int.from_bytes(body[at : at + wide], "big"), int.from_bytes(body[at + wide : at + 2 * wide], "big")


def _kept(file: _File) -> list[Span]:
    """Where the pictures lie: in the media or in ``idat``, nowhere else."""
    kept = [span for item in file.items.values() if item.type in _PICTURES for span in item.spans]
    homes = (*file.media, *((file.idat,) if file.idat else ()))
    if not all(any(home.start <= span.start and span.end <= home.end for home in homes) for span in kept):
        raise damaged("a picture outside the media")
    return sorted(kept)


def _blank_all_but(out: bytearray, homes: Iterable[Span], kept: list[Span]) -> None:
    for home in homes:
        at = home.start
        for span in kept:
            if home.start <= span.start < home.end:
                out[at : max(at, span.start)] = bytes(max(0, span.start - at))
                at = max(at, span.end)
        out[at : home.end] = bytes(home.end - at)


def _say_nothing(out: bytearray, span: Span, file: _File) -> None:
    """An Exif block without entries where one was, if no picture claims the place: the item stays what it says it is."""
    alone = all(span.end <= kept.start or kept.end <= span.start for kept in _kept(file))
    inside = any(home.start <= span.start and span.end <= home.end for home in file.media)
    if alone and inside and span.end - span.start >= len(exif.EMPTY):
        out[span.start : span.start + len(exif.EMPTY)] = exif.EMPTY
