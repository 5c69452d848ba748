"""A document made fit to keep: of a known kind, within the limits, and without what it says of its place and its making."""

from __future__ import annotations

from dataclasses import dataclass

from server.documents import heic, jpeg, pdf, png
from server.documents.kinds import MAX_BYTES, Facts, Kind, Unacceptable, kind_of

_CLEANERS = {Kind.JPEG: jpeg.clean, Kind.PNG: png.clean, Kind.HEIC: heic.clean, Kind.PDF: pdf.clean}


@dataclass(frozen=True, slots=True)
class Stripped:
    """What is kept of a document; ``data`` stripped again is itself."""

    facts: Facts
    data: bytes


def strip(data: bytes) -> Stripped:
    """Raises ``Unacceptable``, and nothing else whatever the bytes are."""
    if len(data) > MAX_BYTES:
        raise Unacceptable("document_too_large", "bytes")
    facts, kept = _CLEANERS[kind_of(data)](data)
    return Stripped(facts, kept)
