"""PDF (ISO 32000-2): refused when it would do anything but show pages; its makings blanked where they lie, so that no
offset moves.

Refused: what runs, opens, sends or carries something else (`_ACTIVE`), what needs a password, and what cannot be looked
through. An action on opening passes only when it is a destination, which turns to a page. Blanked: the document
information, XMP metadata, comments between objects, and in JPEG pictures everything that `jpeg.blanked` takes out.

It is read token by token, with object streams unpacked, and the names that matter are searched for in every raw byte too.
Its limits: content streams are not read (they cannot run anything); private data of the program that made it
(``PieceInfo``), names in annotations and metadata in JPEG 2000 pictures stay; what the pages themselves show stays, of
course. It is a filter, no proof: a document is still served as a download into no page of ours.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from server.documents import jpeg
from server.documents.kinds import MAX_PAGES, Facts, Kind, Unacceptable, check_picture
from server.documents.pdf_tokens import MAX_TOKENS, Dictionary, Name, Reference, Tokens, Word

_ACTIVE = frozenset(
    {
        b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"AF", b"AA", b"RichMedia", b"XFA", b"SubmitForm",
        b"ImportData", b"GoToR", b"GoToE", b"Rendition", b"Movie", b"Sound", b"FileAttachment",
    }
)  # fmt: skip
_MAKINGS = frozenset({b"Author", b"Creator", b"Producer", b"CreationDate", b"ModDate", b"Keywords"})
_FLATE = frozenset({b"FlateDecode", b"Fl"})
_DCT = frozenset({b"DCTDecode", b"DCT"})
_PACKED = _FLATE | {b"LZWDecode", b"LZW"}
_MAX_UNPACKED = 128 << 20
_MAX_OBJECT_STREAM = 8 << 20
_PIECE = 1 << 20
_END_WITHIN = 1024
_NOTHING_DEFLATED = zlib.compress(b"")


def _anywhere(name: bytes) -> re.Pattern[bytes]:
    """The name in raw bytes, each letter as it is or escaped (7.3.5)."""
    letters = b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name)
    return re.compile(rb"/" + letters + rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])")


_HIDDEN = tuple(_anywhere(name) for name in sorted(_ACTIVE) if len(name) >= 6)
_COUNTED = {name: _anywhere(name) for name in (b"OpenAction", b"ObjStm", b"Encrypt")}


@dataclass(slots=True)
class _Reading:
    """What was found so far; ``out`` is the document being blanked."""

    out: bytearray
    pages: int = 0
    unpacked: int = 0
    left: int = MAX_TOKENS
    seen: dict[bytes, int] = field(default_factory=dict)
    """How often each name was read outside of streams; of ObjStm, how many were read as what they are."""


def clean(data: bytes) -> tuple[Facts, bytes]:
    """The facts and the bytes to keep, as many as there were. Raises ``Unacceptable``."""
    end = data.rfind(b"%%EOF", max(0, len(data) - _END_WITHIN))
    if not re.match(rb"%PDF-[12]\.[0-9][\r\n \t]", data[:9] + b"\n") or end < 0 or data[end + 5 :].strip(b"\0\t\n\f\r "):
        raise Unacceptable("document_damaged", "its first or last line")
    for hidden in _HIDDEN:
        if hidden.search(data):
            raise Unacceptable("document_active")
    reading = _Reading(bytearray(data))
    _read_file(reading, data)
    for name, pattern in _COUNTED.items():
        if sum(1 for _ in pattern.finditer(data)) != reading.seen.get(name, 0):
            raise Unacceptable("document_too_complex", "something stands where nothing was read")
    if not 1 <= reading.pages <= MAX_PAGES:
        raise Unacceptable("document_too_large" if reading.pages else "document_damaged", "pages")
    return Facts(Kind.PDF, 0, 0, reading.pages, len(data) + reading.unpacked), bytes(reading.out)


def _read_file(reading: _Reading, data: bytes) -> None:
    tokens = Tokens(data, left=reading.left)
    latest: Dictionary | None = None
    for found in tokens:
        match found:
            case Name(name):
                reading.seen[name] = reading.seen.get(name, 0) + (name != b"ObjStm")
                _check_name(name, tokens)
                continue
            case Dictionary():
                _note(reading, found, reading.out)
                latest = found
                continue
            case Word(b"stream", at) if latest is not None:
                tokens.at = _read_stream(reading, data, latest, at)
            case _:
                pass
        latest = None
    reading.left = tokens.left
    for comment in tokens.comments:
        body = data[comment.start : comment.end]
        binary = len(body) <= 16 and not body.isascii()  # the second line, which says that the file is not text (7.5.2)
        if not body.startswith((b"%PDF-", b"%%EOF")) and not binary:
            _blank(reading.out, comment.start + 1, comment.end)


def _check_name(name: bytes, tokens: Tokens) -> None:
    """Raises ``Unacceptable`` for a name that stands for more than showing pages."""
    if name == b"Encrypt":
        raise Unacceptable("document_locked")
    if name in _ACTIVE or (name == b"OpenAction" and tokens.next_byte() != b"["):
        raise Unacceptable("document_active")


def _note(reading: _Reading, found: Dictionary, out: bytearray) -> None:
    """Counts a page, checks a picture's size, blanks the document information (14.3.3)."""
    if found.name(b"Type") == b"Page":
        reading.pages += 1
    if found.name(b"Subtype") == b"Image" or (b"BitsPerComponent" in found.values and b"Width" in found.values):
        width, height = found.number(b"Width"), found.number(b"Height")
        if width is None or height is None:
            raise Unacceptable("document_too_complex", "a picture's size stands elsewhere")
        check_picture(width, height)
    if found.values.keys() & _MAKINGS:
        for text in found.texts:
            _blank(out, text.start, text.end)


def _read_stream(reading: _Reading, data: bytes, about: Dictionary, keyword_end: int) -> int:
    """Looks at a stream (7.3.8) and blanks what it says of its making; where it ends."""
    start = keyword_end + (2 if data[keyword_end : keyword_end + 2] == b"\r\n" else 1)
    end = _end_of(data, start, about.number(b"Length"))
    filters = about.names(b"Filter")
    if isinstance(about.values.get(b"Filter"), Reference):
        raise Unacceptable("document_too_complex", "a filter stands elsewhere")
    if sum(1 for each in filters if each in _PACKED) > 1:
        raise Unacceptable("document_bomb", "packed twice")
    is_picture = about.name(b"Subtype") == b"Image"
    holds_objects = about.values.keys() >= {b"First", b"N"}  # some readers do not ask for its type
    if about.name(b"Type") == b"ObjStm":
        reading.seen[b"ObjStm"] = reading.seen.get(b"ObjStm", 0) + holds_objects
    match about.name(b"Type"), about.name(b"Subtype"):
        case _ if holds_objects:
            _rewrite(reading, data, start, end, filters, lambda plain: _objects(reading, about, plain), _MAX_OBJECT_STREAM)
        case (b"Metadata", _) | (_, b"XML"):
            _empty(reading.out, start, end, packed=bool(filters))
        case _ if filters and filters[-1] in _DCT:
            _rewrite(reading, data, start, end, filters[:-1], jpeg.blanked, _MAX_UNPACKED)
        case _ if not is_picture and len(filters) == 1 and filters[0] in _FLATE:
            reading.unpacked += _unpacks_to(data[start:end], _MAX_UNPACKED - reading.unpacked)
    return end


def _end_of(data: bytes, start: int, length: int | None) -> int:
    """Where a stream's bytes end: as it says when that is true, else before the next ``endstream``."""
    if length is not None and data[start + length : start + length + 11].lstrip(b"\r\n").startswith(b"endstream"):
        return start + length
    end = data.find(b"endstream", start)
    if end < 0:
        raise Unacceptable("document_damaged", "a stream without an end")
    for line_end in (b"\r\n", b"\n", b"\r"):
        if data.endswith(line_end, start, end):
            return end - len(line_end)
    return end


def _rewrite(
    reading: _Reading, data: bytes, start: int, end: int, filters: list[bytes], change: Callable[[bytes], bytes], most: int
) -> None:
    """Puts the changed content of a stream in its place; packed anew it must not be longer than it was."""
    if not filters:
        reading.out[start:end] = change(data[start:end])
        return
    if len(filters) != 1 or filters[0] not in _FLATE:
        raise Unacceptable("document_too_complex", "a filter that is not looked behind")
    plain = _inflated(data[start:end], most)
    changed = change(plain)
    if changed != plain:
        packed = zlib.compress(changed, 9)
        if len(packed) > end - start:
            raise Unacceptable("document_too_complex", "what is blanked does not fit")
        reading.out[start:end] = packed.ljust(end - start, b"\0")


def _objects(reading: _Reading, about: Dictionary, plain: bytes) -> bytes:
    """An object stream's content (7.5.7), read like the file and blanked."""
    parameters = about.values.get(b"DecodeParms")
    if isinstance(parameters, Dictionary) and (parameters.number(b"Predictor") or 1) > 1:
        raise Unacceptable("document_too_complex", "an object stream with a predictor")
    out = bytearray(plain)
    tokens = Tokens(plain, left=reading.left)
    for found in tokens:
        match found:
            case Name(name):
                _check_name(name, tokens)
            case Dictionary():
                _note(reading, found, out)
            case _:
                pass
    reading.left = tokens.left
    return bytes(out)


def _inflated(packed: bytes, most: int) -> bytes:
    """Raises ``Unacceptable``: document_bomb beyond ``most`` bytes, document_damaged without an end."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, most)
    except zlib.error as error:
        raise Unacceptable("document_damaged", "a stream does not unpack") from error
    if unpacker.unconsumed_tail:
        raise Unacceptable("document_bomb", "a stream")
    if not unpacker.eof:
        raise Unacceptable("document_damaged", "a stream without an end")
    return plain


def _unpacks_to(packed: bytes, most: int) -> int:
    """How many bytes a content stream comes to, as far as it unpacks. Raises ``Unacceptable`` beyond ``most``."""
    unpacker, length = zlib.decompressobj(), 0
    try:
        while packed:
            length += len(unpacker.decompress(packed, _PIECE))
            packed = unpacker.unconsumed_tail
            if length > most:
                raise Unacceptable("document_bomb", "its streams")
    except zlib.error:
        pass  # a reader shows what came before
    return length


def _empty(out: bytearray, start: int, end: int, *, packed: bool) -> None:
    if packed and end - start >= len(_NOTHING_DEFLATED):
        out[start:end] = _NOTHING_DEFLATED.ljust(end - start, b"\0")
    else:
        _blank(out, start, end)


def _blank(out: bytearray, start: int, end: int) -> None:
    out[start:end] = b" " * (end - start)
