"""Real pictures and papers, made by code: each with a place, a device and a name in it that must not be kept."""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT = 96, 64
SECRETS = (b"GPSHERE-31.2304N-121.4737E", b"PhoneOfLiLei", b"2026:03:01 12:00:00", b"<x:xmpmeta>")
PLACE, DEVICE, TIME, XMP = SECRETS


def frame(width: int = WIDTH, height: int = HEIGHT, format: str = "yuvj420p") -> av.VideoFrame:
    """A picture with something everywhere in it."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([(x * 3) % 256, (y * 4) % 256, (x * y) % 256], axis=2).astype(np.uint8)
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=format)


def encoded(codec: str, format: str, **options: str) -> bytes:
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt, context.time_base = WIDTH, HEIGHT, format, Fraction(1, 25)
    context.options = options
    return b"".join(bytes(packet) for packet in [*context.encode(frame(format=format)), *context.encode(None)])


def pixels(data: bytes, format: str | None = None) -> bytes:
    """What a decoder makes of it."""
    with av.open(io.BytesIO(data), format=format) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").tobytes()


def tiff(orientation: int = 1) -> bytes:
    """An Exif block: orientation, device and time, and a directory of a place (latitude, and the place in words)."""
    return _directory(
        8,
        [
            (0x010F, 2, DEVICE + b"\0"),
            (0x0112, 3, struct.pack(">H", orientation)),
            (0x0132, 2, TIME + b"\0"),
            (0x8825, 4, b""),
        ],
        [(1, 2, b"N\0"), (2, 5, struct.pack(">IIIIII", 31, 1, 13, 1, 494, 100)), (0x1C, 7, b"ASCII\0\0\0" + PLACE)],
    )


def _directory(at: int, entries: list[tuple[int, int, bytes]], place: list[tuple[int, int, bytes]]) -> bytes:
    """A TIFF block whose first directory begins at ``at`` and points (tag 0x8825) to that of the place."""
    length = sum(2 + 12 * len(each) + 4 for each in (entries, place))
    values, out = b"", b""
    first_value, second = at + length, at + 2 + 12 * len(entries) + 4
    for each in (entries, place):
        out += struct.pack(">H", len(each))
        for tag, type, value in each:
            size = {2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[type]
            held = struct.pack(">I", second) if tag == 0x8825 else value.ljust(4, b"\0")
            if len(value) > 4:
                held, values = struct.pack(">I", first_value + len(values)), values + value + bytes(len(value) % 2)
            out += struct.pack(">HHI", tag, type, max(1, len(value) // size)) + held
        out += bytes(4)
    return b"MM\0*" + struct.pack(">I", at) + out + values


def segment(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def plain_jpeg() -> bytes:
    return encoded("mjpeg", "yuvj420p")


def jpeg(orientation: int = 1) -> bytes:
    """As a phone makes it: Exif, XMP, a comment, a colour profile, and a film hung on behind the end."""
    picture = plain_jpeg()
    about = segment(0xE1, b"Exif\0\0" + tiff(orientation)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    about += (
        segment(0xFE, DEVICE) + segment(0xE2, b"ICC_PROFILE\0\1\1" + b"colours") + segment(0xED, b"Photoshop 3.0\0" + PLACE)
    )
    return picture[:2] + about + picture[2:] + b"ftypmp42" + PLACE


def chunk(type: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + type + body + struct.pack(">I", zlib.crc32(type + body))


def png() -> bytes:
    made = encoded("png", "rgb24")
    about = (
        chunk(b"tEXt", b"Author\0" + DEVICE) + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PLACE)) + chunk(b"eXIf", tiff())
    )
    about += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) + chunk(b"iCCP", b"P3\0\0" + zlib.compress(b"colours" * 50))
    return made[:33] + about + made[33:] + PLACE


def box(type: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + type + body


def full(type: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(type, struct.pack(">I", version << 24 | flags), *parts)


def _hevc() -> tuple[bytes, bytes]:
    """(hvcC, the picture's length-prefixed NAL units)."""
    raw = encoded("libx265", "yuv420p", **{"x265-params": "log-level=none:info=0:keyint=1:repeat-headers=1:pools=1"})
    units = [unit.rstrip(b"\0") for unit in raw.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    sets = {kind: next(unit for unit in units if unit[0] >> 1 & 63 == kind) for kind in (32, 33, 34)}
    level = sets[33][3:15].replace(b"\0\0\3", b"\0\0")[:12].ljust(12, b"\0")
    arrays = b"".join(bytes([0x80 | kind]) + struct.pack(">HH", 1, len(unit)) + unit for kind, unit in sets.items())
    config = b"\1" + level + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(sets)]) + arrays
    picture = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] >> 1 & 63 < 32)
    return config, picture


def heic(
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    more_items: tuple[tuple[bytes, bytes], ...] = (),
    more_properties: bytes = b"",
    method: int = 0,
) -> bytes:
    """One HEVC picture with an Exif and an XMP item, a name, a description, a film box, and bytes that nobody points to."""
    config, picture = _hevc()
    items = [(b"hvc1", picture), (b"Exif", bytes(4) + tiff()), (b"mime", XMP), *more_items]
    infos = [
        full(
            b"infe", 2, 0, struct.pack(">HH", n, 0), type, DEVICE + b"\0", b"application/rdf+xml\0" if type == b"mime" else b""
        )
        for n, (type, _) in enumerate(items, start=1)
    ]
    ispe = full(b"ispe", 0, 0, struct.pack(">II", *size))
    ipco = box(b"ipco", box(b"hvcC", config), ispe, full(b"udes", 0, 0, b"zh\0", DEVICE + b"\0\0\0"), more_properties)
    ipma = full(b"ipma", 0, 0, struct.pack(">IHB", 1, 1, 3), bytes([0x81, 2, 3]))
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    stuff = PLACE + b"".join(body for _, body in items) + PLACE

    def whole(base: int) -> bytes:
        at, places = base + len(PLACE), []
        for n, (_, body) in enumerate(items, start=1):
            places.append(struct.pack(">HHHHII", n, method, 0, 1, at, len(body)))
            at += len(body)
        meta = full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(12), DEVICE + b"\0"),
            full(b"pitm", 0, 0, struct.pack(">H", 1)),
            full(b"iinf", 0, 0, struct.pack(">H", len(items)), *infos),
            full(b"iloc", 1, 0, b"\x44\0", struct.pack(">H", len(items)), *places),
            box(b"iprp", ipco, ipma),
            full(b"iref", 0, 0, box(b"cdsc", struct.pack(">HHH", 2, 1, 1))),
            box(b"uuid", bytes(16), PLACE),
            *((box(b"idat", stuff),) if method else ()),
        )  # fmt: skip
        return ftyp + meta

    front = len(whole(0))
    return (
        whole(0 if method else front + 8)
        + box(b"mdat", PLACE if method else stuff)
        + box(b"free", PLACE)
        + box(b"moov", DEVICE)
    )


def stream(about: bytes, body: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n" % (about, len(body)) + body + b"\nendstream"


def pdf(*more: bytes, catalog: bytes = b"", trailer: bytes = b"", pages: int = 1) -> bytes:
    """Pages with text on them, document information and XMP; ``more`` are further objects."""
    kids = b" ".join(b"%d 0 R" % (10 + n) for n in range(pages))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R %s >>" % catalog,
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        3: b"<< /Author (%s) /CreationDate <%s> /Title (a \\) \\( (b)) /Producer (x) >>" % (DEVICE, TIME.hex().encode()),
        4: stream(b"/Filter /FlateDecode", zlib.compress(b"BT /F1 12 Tf (Hello) Tj ET")),
        5: stream(b"/Type /Metadata /Subtype /XML", XMP),
    }
    sheet = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 200 200] >>"
    objects |= dict.fromkeys(range(10, 10 + pages), sheet)
    objects |= {100 + n: body for n, body in enumerate(more)}
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n% " + PLACE + b"\n"
    table = b"".join(b"%d 1\n%010d 00000 n \n" % (number, at) for number, at in places.items())
    start = len(out)
    tail = b"trailer\n<< /Size 200 /Root 1 0 R /Info 3 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, start)
    return out + b"xref\n0 1\n0000000000 65535 f \n" + table + tail


def object_stream(*objects: bytes, first_number: int = 50) -> bytes:
    """Objects as PDF 1.5 packs them."""
    places, at = [], 0
    for n, body in enumerate(objects):
        places.append(b"%d %d" % (first_number + n, at))
        at += len(body) + 1
    head = b" ".join(places) + b" "
    packed = zlib.compress(head + b" ".join(objects))
    return stream(b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(objects), len(head)), packed)
