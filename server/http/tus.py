"""What every upload by tus 1.0.0 has in common (https://tus.io/protocols/resumable-upload): its headers, and how it comes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import ClientError, web

from server.documents.cabinet import ABANDONED_S
from server.documents.kinds import MAX_BYTES
from server.http.problems import Problem
from server.store.documents import Document

TUS = "1.0.0"
CHUNK_TYPE = "application/offset+octet-stream"
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def check_version(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != TUS:
        problem = Problem("upload_version")
        problem.headers["Tus-Version"] = TUS
        raise problem


def number(request: web.Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) <= 12):
        raise Problem("bad_request")
    return int(said)


def key_of(request: web.Request) -> str | None:
    """Under which the same upload is begun only once; a tus client that knows nothing of it sends none."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem("idempotency_key_required")
    return key


def headers_of(item: Document) -> dict[str, str]:
    headers = {"Tus-Resumable": TUS, "Upload-Offset": str(item.received)}
    if item.state == "uploading":
        until = datetime.fromtimestamp(item.touched_at + ABANDONED_S, UTC)
        headers["Upload-Expires"] = format_datetime(until, usegmt=True)
    return headers


async def pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes; a connection that is lost ends it."""
    try:
        async for piece in request.content.iter_any():
            yield piece
    except (ClientError, web.RequestPayloadError, OSError):
        return


def piece_at(request: web.Request) -> int:
    """The offset at which the piece of this PATCH begins. Raises ``Problem`` bad_request, upload_type or too_large."""
    if request.content_type != CHUNK_TYPE:
        raise Problem("upload_type")
    offset = number(request, "Upload-Offset")
    if request.content_length is None or request.content_length > MAX_BYTES:
        raise Problem("too_large")
    return offset
