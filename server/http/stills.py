"""Stills over HTTP: a picture out of the family's video, which the physician of the visit saves for the record.

It comes as a document does (tus 1.0.0) and is kept as one; the difference is who may, and when: `server.stills`. That is asked
at every request, and once more by the session itself, in the transaction that keeps the picture.
"""

from __future__ import annotations

from aiohttp import web

from server import stills
from server.http.documents import UPLOADS
from server.http.house import HOUSE, Visitor, at_visit
from server.http.problems import Problem
from server.http.tus import check_version, headers_of, key_of, number, piece_at, pieces
from server.store.documents import STILL, Document


def add_stills(app: web.Application) -> None:
    all_of_them, one = "/api/visits/{visit}/stills", "/api/visits/{visit}/stills/{document}"
    app.router.add_post(all_of_them, begin)
    app.router.add_route("HEAD", one, standing)
    app.router.add_patch(one, receive)


async def begin(request: web.Request) -> web.Response:
    check_version(request)
    who = await _allowed(request)
    cabinet, length = request.app[HOUSE].cabinet, number(request, "Upload-Length")
    item = await cabinet.begin(who.visit, _signed_in(who), length, STILL, key_of(request))
    return web.Response(status=201, headers=headers_of(item) | {"Location": f"/api/visits/{item.visit}/stills/{item.id}"})


async def standing(request: web.Request) -> web.Response:
    check_version(request)
    item = await _of(request, await _allowed(request))
    return web.Response(headers=headers_of(item) | {"Upload-Length": str(item.length)})


async def receive(request: web.Request) -> web.Response:
    check_version(request)
    who = await _allowed(request)
    offset = piece_at(request)
    item = await _of(request, who)
    with request.app[UPLOADS]:
        item = await request.app[HOUSE].cabinet.receive(who.visit, _signed_in(who), item.id, offset, pieces(request))
    return web.Response(status=204, headers=headers_of(item))


async def _allowed(request: web.Request) -> Visitor:
    """The physician of the visit, when a still may be kept now. Raises ``Problem`` or ``Refused``."""
    who, _, consultation = await at_visit(request, "still_take")
    stills.check(consultation.session)
    return who


async def _of(request: web.Request, who: Visitor) -> Document:
    """The still that this physician is saving or saved, and no document of the family. Raises ``Problem`` not_found."""
    item = await request.app[HOUSE].cabinet.standing(who.visit, _signed_in(who), request.match_info["document"])
    if item.purpose != STILL:
        raise Problem("not_found")
    return item


def _signed_in(who: Visitor) -> str:
    """Whose it is: every physician is here by a sign-in."""
    if who.staff_session is None:
        raise Problem("not_allowed")
    return who.staff_session
