"""What a family may hand in before a visit: pictures and papers, told apart by their content and by nothing else.

A name, an extension or a header says nothing here. Four kinds are taken; each has a module that reads its container without
decoding a picture (`jpeg`, `png`, `heic`, `pdf`) and gives back the facts and the bytes to keep. This one holds what they
share: the facts, the limits, and the one error they may raise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_BYTES = 25 << 20
MAX_PIXELS = 1 << 26
"""Of one picture: 67 megapixels; the phones of today take 50."""
MAX_SIDE = 1 << 15
"""In pixels: a laboratory's report is often one very long screenshot."""
MAX_PAGES = 200
MAX_STILL_BYTES = 2 << 20
MAX_STILL_SIDE = 1920
"""Of a picture out of the call, in pixels."""


class Kind(StrEnum):
    """A kind's media type (RFC 2046; image/heic: IANA)."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    HEIC = "image/heic"
    PDF = "application/pdf"

    @property
    def suffix(self) -> str:
        return {"image/jpeg": "jpg", "image/png": "png", "image/heic": "heic", "application/pdf": "pdf"}[self.value]


@dataclass(frozen=True, slots=True)
class Facts:
    """What its container says: ``width`` and ``height`` in pixels (0 for a PDF), ``pages`` (1 for a picture), and
    ``decoded_bytes``, what a reader would need in memory, about."""

    kind: Kind
    width: int
    height: int
    pages: int
    decoded_bytes: int


class Unacceptable(Exception):
    """The document is not taken. ``code`` is one of ``CODES``; the message says more, without any of the document's content."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code}: {why}" if why else code)
        self.code = code


CODES = frozenset(
    {
        "document_kind",  # none of the four
        "document_damaged",  # cut short, contradicts itself, or says what its kind does not allow
        "document_too_large",  # bytes, pixels or pages
        "document_bomb",  # small as a file, immense once unpacked
        "document_active",  # would run, open or carry something else (PDF)
        "document_locked",  # needs a password (PDF)
        "document_too_complex",  # cannot be looked through within our limits (PDF)
        "still_too_large",  # bytes or pixels of a picture out of the call
    }
)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_HEVC_OR_ANY = frozenset({b"mif1", b"msf1", b"hevc", b"hevx"})


def kind_of(data: bytes) -> Kind:
    """The kind that the first bytes are of. Raises ``Unacceptable`` document_kind."""
    if data[:3] == b"\xff\xd8\xff":
        return Kind.JPEG
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return Kind.PNG
    if data[:5] == b"%PDF-":
        return Kind.PDF
    if data[4:8] == b"ftyp" and _is_heic(data):
        return Kind.HEIC
    raise Unacceptable("document_kind")


def _is_heic(data: bytes) -> bool:
    """ISO/IEC 23008-12, annex B: a brand that promises an HEVC still picture, first or among the compatible ones."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    major, compatible = data[8:12], {data[at : at + 4] for at in range(16, size - 3, 4)}
    return major in _HEIC_BRANDS or (major in _HEVC_OR_ANY and bool(compatible & _HEIC_BRANDS))


def check_picture(width: int, height: int) -> None:
    """Raises ``Unacceptable``."""
    if width < 1 or height < 1:
        raise Unacceptable("document_damaged", "a picture without pixels")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Unacceptable("document_too_large", "pixels")


def check_still(facts: Facts) -> None:
    """A picture out of the call is what our own page makes of it. Raises ``Unacceptable`` document_kind or still_too_large."""
    if facts.kind is not Kind.JPEG:
        raise Unacceptable("document_kind", "a still is a JPEG")
    if max(facts.width, facts.height) > MAX_STILL_SIDE:
        raise Unacceptable("still_too_large")
