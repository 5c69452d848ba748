"""Documents over HTTP: resumable uploads by the family's device (tus 1.0.0), lists and downloads for both sides.

tus (https://tus.io/protocols/resumable-upload, core with creation, termination and expiration) and not the IETF's draft
that grows out of it: it is stable, has clients in every language, and works with what a browser's `fetch` can see; the
draft's interim answers (104) cannot be. A page that sends `Tus-Resumable` asks the browser's leave as one that sends JSON
does, so that header stands in for the content type; the exact Origin is asked for as everywhere.
"""

from __future__ import annotations

import base64

from aiohttp import web

from server.documents.kinds import MAX_BYTES, Kind
from server.http.crowd import Doorway
from server.http.house import HOUSE, Visitor, at_visit, check_consented, visitor
from server.http.problems import Problem
from server.http.tus import TUS, check_version, headers_of, key_of, number, piece_at, pieces
from server.session import Ended, Session, Waiting
from server.store.documents import EXAMINATION, MAX_DOCUMENTS, MAX_VISIT_BYTES, PURPOSES, Document
from server.visit_view import moment

UPLOADS_AT_ONCE = 16
UPLOADS: web.AppKey[Doorway] = web.AppKey("uploads", Doorway)
_ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"


def add_documents(app: web.Application) -> None:
    app[UPLOADS] = Doorway(UPLOADS_AT_ONCE)
    documents, document = "/api/visits/{visit}/documents", "/api/visits/{visit}/documents/{document}"
    app.router.add_get(documents, listed, allow_head=False)
    for method, path, handler in (
        ("OPTIONS", documents, options),
        ("POST", documents, begin),
        ("HEAD", document, standing),
        ("PATCH", document, receive),
        ("DELETE", document, remove),
    ):
        app.router.add_route(method, path, handler)
    app.router.add_get(document, read, allow_head=False)


async def options(request: web.Request) -> web.Response:
    """What this server's tus can do."""
    await visitor(request, "documents_add")
    headers = {"Tus-Version": TUS, "Tus-Extension": "creation,termination,expiration", "Tus-Max-Size": str(MAX_BYTES)}
    return web.Response(status=204, headers=headers | {"Tus-Resumable": TUS})


async def begin(request: web.Request) -> web.Response:
    check_version(request)
    who, _, consultation = await at_visit(request, "documents_add")
    _check_open(consultation.session, who)
    length, purpose, key = number(request, "Upload-Length"), _purpose(request), key_of(request)
    item = await request.app[HOUSE].cabinet.begin(who.visit, _device(who), length, purpose, key)
    return web.Response(status=201, headers=headers_of(item) | {"Location": _path(item)})


async def standing(request: web.Request) -> web.Response:
    check_version(request)
    who = await visitor(request, "documents_add")
    item = await request.app[HOUSE].cabinet.standing(who.visit, _device(who), request.match_info["document"])
    return web.Response(headers=headers_of(item) | {"Upload-Length": str(item.length)})


async def receive(request: web.Request) -> web.Response:
    check_version(request)
    who, _, consultation = await at_visit(request, "documents_add")
    _check_open(consultation.session, who)
    offset = piece_at(request)
    cabinet, document = request.app[HOUSE].cabinet, request.match_info["document"]
    with request.app[UPLOADS]:
        item = await cabinet.receive(who.visit, _device(who), document, offset, pieces(request))
    return web.Response(status=204, headers=headers_of(item))


async def remove(request: web.Request) -> web.Response:
    check_version(request)
    who, _, consultation = await at_visit(request, "documents_remove")
    session = consultation.session
    before = isinstance(session.state, Waiting) and not session.under_way
    cabinet, document = request.app[HOUSE].cabinet, request.match_info["document"]
    await cabinet.remove(who.visit, _device(who), document, before_the_visit=before)
    return web.Response(status=204, headers={"Tus-Resumable": TUS})


async def listed(request: web.Request) -> web.Response:
    who = await visitor(request, "documents_read")
    items = await request.app[HOUSE].cabinet.listed(who.visit, who.device)
    limits = {"documents": MAX_DOCUMENTS, "bytes": MAX_BYTES, "visit_bytes": MAX_VISIT_BYTES, "kinds": list(Kind)}
    return web.json_response({"documents": [_line(item) for item in items], "limits": limits})


def _line(item: Document) -> dict[str, object]:
    return {
        "id": item.id,
        "n": item.n,
        "state": item.state,
        "kind": item.kind,
        "bytes": item.size if item.state == "kept" else item.length,
        "received": item.received,
        "width": item.width,
        "height": item.height,
        "pages": item.pages,
        "purpose": item.purpose,
        "at": moment(item.touched_at),
        "url": _path(item),
    }


async def read(request: web.Request) -> web.Response:
    """A download under a name of ours: never a page, never anything that may run or load in this site's name."""
    who = await visitor(request, "documents_read")
    item, content = await request.app[HOUSE].cabinet.read(who.visit, request.match_info["document"], who.role)
    kind = Kind(item.kind or "")
    headers = {
        "Content-Disposition": f'attachment; filename="document-{item.n}.{kind.suffix}"',
        "Content-Security-Policy": _ALONE,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return web.Response(body=content, content_type=kind.value, headers=headers)


def _device(who: Visitor) -> str:
    """Whose upload it is: every guardian is here by a device."""
    if who.device is None:
        raise Problem("not_allowed")
    return who.device


def _path(item: Document) -> str:
    return f"/api/visits/{item.visit}/documents/{item.id}"


def _check_open(session: Session, who: Visitor) -> None:
    """That guardian agreed, and the visit is not over."""
    if isinstance(session.state, Ended):
        raise Problem("session_ended")
    check_consented(who, session)


def _purpose(request: web.Request) -> str:
    """What tus calls metadata: a key and its value in base64, of which ``purpose`` means something here."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, encoded = pair.strip().partition(" ")
        if key == "purpose":
            try:
                purpose = base64.b64decode(encoded, validate=True).decode("ascii")
            except ValueError:
                raise Problem("bad_request") from None
            if purpose not in PURPOSES:
                raise Problem("bad_request")
            return purpose
    return EXAMINATION
