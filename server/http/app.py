"""The HTTP application: every route, and what all answers have in common."""

from __future__ import annotations

from aiohttp import web

from server.http.doctor import add_doctor
from server.http.family import add_family
from server.http.house import HOUSE, House
from server.http.letter import add_letter
from server.http.pages import add_pages
from server.http.shell import MAX_BODY, middlewares
from server.http.staff import add_staff


def build_app(house: House) -> web.Application:
    app = web.Application(middlewares=middlewares(house.config.origin), client_max_size=MAX_BODY)
    app[HOUSE] = house
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    add_family(app)
    add_staff(app)
    add_letter(app)
    add_doctor(app)
    add_pages(app)
    return app


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    missing = await request.app[HOUSE].ready()
    return web.json_response({"ok": not missing, "missing": missing}, status=503 if missing else 200)
