"""Serves the gallery of page states with the real Content-Security-Policy: ``python …/preview/serve.py [port]``."""

from __future__ import annotations

import sys
from pathlib import Path

from aiohttp import web

HERE = Path(__file__).resolve().parent
WEB_CLIENT = HERE.parents[2] / "web_client"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def gallery() -> web.Application:
    """The application: pages of ``/preview/``, the web client under ``/web/``, the join page under ``/j/``."""
    app = web.Application()

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / "index.html")

    async def join(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(WEB_CLIENT / "join" / "index.html")

    async def redeem(request: web.Request) -> web.Response:
        token = (await request.json())["token"]
        status, code = {"used": (409, "link_used"), "expired": (410, "link_expired"), "often": (429, "too_many_attempts")}.get(
            token, (404, "link_unknown")
        )
        return web.json_response({"code": code}, status=status, content_type="application/problem+json")

    async def harden(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"

    app.on_response_prepare.append(harden)
    app.router.add_get("/preview/", page)
    app.router.add_get("/j/{token}", join)
    app.router.add_post("/api/join", redeem)
    app.router.add_static("/preview/", HERE)
    app.router.add_static("/web/", WEB_CLIENT)
    return app


if __name__ == "__main__":
    web.run_app(gallery(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
