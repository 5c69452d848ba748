"""The pages: files of `web_client`, served with strong ETags; a page's URL never tells whether what it names exists."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from aiohttp import web

from server.http.problems import Problem
from server.http.shell import Handler

WEB_CLIENT = Path(__file__).resolve().parents[2] / "web_client"
_SERVED = frozenset({".html", ".js", ".css", ".svg", ".json", ".woff2", ".png", ".txt", ".webmanifest"})
_PAGES = {
    "/": "index.html",
    "/j/{token}": "join/index.html",
    "/family/": "family/index.html",
    "/link/": "link/index.html",
    "/physician/": "physician/index.html",
    "/ops/": "ops/index.html",
    "/letter/": "letter/index.html",
    "/coordinator/": "coordinator/index.html",
    "/book/": "book/index.html",
    "/desk/": "desk/index.html",
    "/g/{token}": "guest/index.html",
    "/guest/": "guest/index.html",
    "/change/": "change/index.html",
    "/r/{token}": "receipt/index.html",
    "/doctor/{token}": "doctor/index.html",
}


class Files:
    """Answers with files below one folder, by a checked relative name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file's bytes, or 304. Raises ``Problem`` not_found for whatever is not a plain served file inside the folder."""
        path = (self._root / name).resolve()
        hidden = any(part.startswith(".") or part == "node_modules" for part in path.parts[len(self._root.parts) :])
        if not path.is_relative_to(self._root) or hidden or path.suffix not in _SERVED or not path.is_file():
            raise Problem("not_found")
        content = path.read_bytes()
        etag = hashlib.sha256(content).hexdigest()[:32]
        headers = {"Cache-Control": "no-cache"}
        if f'"{etag}"' in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers | {"ETag": f'"{etag}"'})
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        charset = "utf-8" if kind.startswith("text/") or kind == "image/svg+xml" else None
        answer = web.Response(body=content, content_type=kind, charset=charset, headers=headers)
        answer.etag = etag
        return answer


def add_pages(app: web.Application, root: Path = WEB_CLIENT) -> None:
    files = Files(root)

    async def static(request: web.Request) -> web.Response:
        return files.answer(request, request.match_info["name"])

    def page(name: str) -> None:
        async def show(request: web.Request) -> web.Response:
            return files.answer(request, _PAGES[name])

        app.router.add_get(name, show)

    app.router.add_get("/web/{name:.+}", static)
    for name in _PAGES:
        page(name)
        if name.endswith("/") and name != "/":
            app.router.add_get(name.rstrip("/"), _slash(name))


def _slash(name: str) -> Handler:
    async def redirect(request: web.Request) -> web.StreamResponse:
        raise web.HTTPPermanentRedirect(name + (f"?{request.query_string}" if request.query_string else ""))

    return redirect
