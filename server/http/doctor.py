"""What the doctor's page asks: which ways there are, an answer on a probe room, the relay's count, keeping the report.

The link in the address is the only key, and opens nothing else. Wrong ones are counted like any guess.
"""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web

from server.doctor import report as reports
from server.http.crowd import Doorway
from server.http.house import HOUSE, asker
from server.http.problems import Problem
from server.http.shell import body
from server.store.secrets import digest
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Counted
from server.turn import ice_servers
from signaling.messages import plain

DOORS: web.AppKey[Doorway] = web.AppKey("doctors", Doorway)
AT_ONCE = 4
MOST_SDP = 32 * 1024
TURN_NAME = "doctor"

log = logging.getLogger(__name__)


def add_doctor(app: web.Application) -> None:
    app[DOORS] = Doorway(AT_ONCE)
    app.router.add_post("/api/doctor/{token}/begin", begin)
    app.router.add_post("/api/doctor/{token}/offer", offer)
    app.router.add_post("/api/doctor/{token}/figures", figures)
    app.router.add_post("/api/doctor/{token}/close", close)
    app.router.add_post("/api/doctor/{token}/report", report)


async def begin(request: web.Request) -> web.Response:
    """Whether the link is still good, and what the page needs to try each way."""
    house = request.app[HOUSE]
    await _use(request)
    config = house.config
    servers = ice_servers(config.turn_urls, config.turn_secret, TURN_NAME, house.clock())
    return web.json_response(
        {
            "workers": len(house.workers),
            "ice_policy": config.turn_policy,
            "ice_servers": [plain(server) for server in servers],
        }
    )


async def offer(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, worker=int, sdp=str)
    if len(given["sdp"]) > MOST_SDP:
        raise Problem("too_large")
    await _use(request)
    return web.json_response({"sdp": await house.probes.offer(_holder(request), given["worker"], given["sdp"])})


async def figures(request: web.Request) -> web.Response:
    """The relay's count of the link's present room: of memory only, so it counts as no use. Nothing for whoever has no room."""
    measured = request.app[HOUSE].probes.measured(_holder(request))
    packets, lost = (0, 0) if measured is None else (measured.packets, measured.lost)
    return web.json_response({"packets": packets, "lost": lost})


async def close(request: web.Request) -> web.Response:
    request.app[HOUSE].probes.close(_holder(request))
    return web.json_response({})


async def report(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    if (request.content_length or 0) > reports.MOST_BYTES:
        raise Problem("too_large")
    given: dict[str, Any] = await body(request, report=dict)
    try:
        found = reports.read(given["report"])
    except reports.Malformed:
        raise Problem("bad_request") from None
    subject, origin = _counted(request)
    with request.app[DOORS]:
        await house.throttle.begin((subject, origin), house.clock())
        await house.doctor.report(_token(request), reports.write(found), house.clock())
        await house.throttle.forgive(subject, origin)
    house.probes.close(_holder(request))
    log.info("a browser's way was examined", extra={"kind": found.device, "outcome": found.overall})
    return web.json_response({"kept": True})


async def _use(request: web.Request) -> None:
    """Counts one use of the link. Raises ``Problem`` or ``Refused``."""
    house = request.app[HOUSE]
    subject, origin = _counted(request)
    with request.app[DOORS]:
        await house.throttle.begin((subject, origin), house.clock())
        await house.doctor.use(_token(request), house.clock())
        await house.throttle.forgive(subject, origin)


def _token(request: web.Request) -> str:
    token = request.match_info["token"]
    if not 16 <= len(token) <= 128:
        raise Problem("link_unknown")
    return token


def _holder(request: web.Request) -> str:
    return digest(_token(request))


def _counted(request: web.Request) -> tuple[Counted, Counted]:
    return Counted("doctor", _token(request), PER_SUBJECT), Counted("doctor-from", asker(request), PER_ADDRESS)
