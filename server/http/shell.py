"""What every HTTP answer has in common: security headers, exact Origin on POST, problem documents, a quiet access log.

Nothing is logged but method, route template, status, time and an API key's id: paths may hold a join token, queries and
bodies hold more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from server.errors import Refused
from server.fhir import MEDIA_TYPE
from server.http.outcomes import outcome
from server.http.problems import Problem, language, refused_as_problem, response
from server.store.errors import Unavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 64 * 1024
UNAVAILABLE_RETRY_S = 2
API_KEY: web.RequestKey[str] = web.RequestKey("api_key", str)
"""The id of the key that a request came with, for the log."""
MEDIA: web.RequestKey[str] = web.RequestKey("media", str)
"""The type of what a request is answered with, where its errors follow from it: FHIR's."""
UPLOAD = "Tus-Resumable"
"""A foreign page that sends this header must ask the browser's leave first, as for JSON: an upload may be of any type."""
KEYED = "/api/v1/"
"""Below it a bearer key alone says who asks, and no cookie is read: a foreign page has nothing to send unknowingly."""

log = logging.getLogger(__name__)


def security_headers(origin: str) -> dict[str, str]:
    """For every answer of the site at ``origin``. Some browsers' 'self' does not cover its WebSocket: that one is named."""
    site = urlsplit(origin)
    socket = f"{'wss' if site.scheme == 'https' else 'ws'}://{site.netloc}"
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
            f"connect-src 'self' {socket}; font-src 'self'; manifest-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(self), microphone=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if site.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def middlewares(origin: str) -> list[Any]:
    """In order: log and headers, problems, origin."""
    headers = security_headers(origin)

    @web.middleware
    async def quiet_log(request: web.Request, handler: Handler) -> web.StreamResponse:
        start = perf_counter()
        answer = await handler(request)
        if not answer.prepared:
            for name, value in headers.items():
                answer.headers.setdefault(name, value)  # a download's own policy is stricter
            if request.path.startswith("/api/"):
                answer.headers["Cache-Control"] = "no-store"
        resource = request.match_info.route.resource
        said: dict[str, object] = {
            "method": request.method,
            "route": resource.canonical if resource is not None else "unknown",
            "status": answer.status,
            "ms": round((perf_counter() - start) * 1000),
        }
        log.info("request", extra=said | ({"api_key": request[API_KEY]} if API_KEY in request else {}))
        return answer

    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        def told(problem: Problem) -> web.Response:
            tell = outcome if request.get(MEDIA) == MEDIA_TYPE else response
            return tell(problem, language(request))

        try:
            return await handler(request)
        except Problem as problem:
            return told(problem)
        except Refused as refused:
            return told(refused_as_problem(refused))
        except Unavailable:
            log.warning("the database did not answer a request")
            return told(Problem("unavailable", retry_after_s=UNAVAILABLE_RETRY_S))
        except web.HTTPRequestEntityTooLarge:
            return told(Problem("too_large"))
        except web.HTTPNotFound:
            return told(Problem("not_found"))
        except web.HTTPMethodNotAllowed as wrong:
            answer = told(Problem("method_not_allowed"))
            answer.headers["Allow"] = wrong.headers["Allow"]
            return answer
        except web.HTTPException:
            raise
        except Exception:
            log.exception("request failed")
            return told(Problem("internal"))

    @web.middleware
    async def exact_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD") and not request.path.startswith(KEYED):
            if request.headers.get("Origin") != origin:
                raise Problem("bad_origin")
            if request.content_type != "application/json" and UPLOAD not in request.headers and request.method != "OPTIONS":
                raise Problem("bad_request")
        return await handler(request)

    return [quiet_log, problems, exact_origin]


async def body(request: web.Request, **shape: type) -> dict[str, Any]:
    """The JSON object of a POST with exactly typed fields. Raises ``Problem`` bad_request or too_large."""
    raw = await request.read()
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Problem("bad_request") from error
    if not isinstance(document, dict) or any(type(document.get(name)) is not kind for name, kind in shape.items()):
        raise Problem("bad_request")
    return {name: document[name] for name in shape}


def cookie(answer: web.StreamResponse, name: str, value: str, secure: bool, max_age_s: int) -> None:
    """Sets an HttpOnly, SameSite=Lax cookie for the whole site."""
    answer.set_cookie(name, value, max_age=max_age_s, httponly=True, secure=secure, samesite="Lax", path="/")
