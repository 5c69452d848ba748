"""What staff ask over HTTP: signing in and out, who they are, the physician's worklist, what operations may see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from server.calendar import CHINA
from server.consultation import Consultation
from server.http.crowd import Doorway
from server.http.house import HOUSE, STAFF_COOKIE, asker, member
from server.http.shell import body, cookie
from server.presence import presence
from server.quality import line
from server.session import Ended, Waiting
from server.store import listings
from server.store.staff import Member
from server.views import listed_state
from server.visit_view import moment
from signaling.seats import Role

SIGN_IN_LASTS_S = 12 * 3600
AROUND_S = 4 * 3600
SIGN_INS: web.AppKey[Doorway] = web.AppKey("sign_ins", Doorway)
SIGN_INS_AT_ONCE = 8


def add_staff(app: web.Application) -> None:
    app[SIGN_INS] = Doorway(SIGN_INS_AT_ONCE)
    app.router.add_post("/api/staff/sign-in", sign_in)
    app.router.add_post("/api/staff/sign-out", sign_out)
    app.router.add_get("/api/staff/me", me)
    app.router.add_get("/api/staff/worklist", worklist)
    app.router.add_get("/api/ops/sessions", ops_sessions)


async def sign_in(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, login=str, password=str)
    with request.app[SIGN_INS]:
        signed_in = await house.sign_in.sign_in(given["login"], given["password"], asker(request), house.clock())
    answer = web.json_response(_me(signed_in.member))
    cookie(answer, STAFF_COOKIE, signed_in.cookie, house.config.secure, SIGN_IN_LASTS_S)
    return answer


async def sign_out(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    if STAFF_COOKIE in request.cookies:
        await house.sign_in.sign_out(request.cookies[STAFF_COOKIE])
    answer = web.json_response({})
    answer.del_cookie(STAFF_COOKIE, path="/")
    return answer


async def me(request: web.Request) -> web.Response:
    return web.json_response(_me(await member(request)))


def _me(who: Member) -> dict[str, Any]:
    return {
        "id": who.id,
        "name": who.name,
        "role": who.role,
        "title": who.title,
        "hospital": who.hospital_name,
        "licence": who.credentials.licence,
    }


async def worklist(request: web.Request) -> web.Response:
    """The visits of the hospital's day, those of the hours around now, and whatever is under way."""
    house = request.app[HOUSE]
    physician = await member(request, "physician")
    now = house.clock()
    listed = await listings.worklist(house.database, physician.id, *span_of(now))
    return web.json_response({"visits": [_line(item, now) for item in listed]})


def span_of(now: float) -> tuple[float, float]:
    """From when until when a worklist reaches: the hospital's day, but near midnight not less than ``AROUND_S`` either way."""
    midnight = datetime.fromtimestamp(now, CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    next_midnight = midnight + timedelta(days=1)
    return min(midnight.timestamp(), now - AROUND_S), max(next_midnight.timestamp(), now + AROUND_S)


def _line(item: listings.Listed, now: float) -> dict[str, Any]:
    waiting = item.waiting_since_at
    return {
        "visit": item.visit,
        "child": item.child,
        "age_years": item.age_years,
        "field": item.field,
        "starts_at": moment(item.starts_at),
        "state": item.state,
        "outcome": item.outcome,
        "guardian_waiting": waiting is not None,
        "waiting_since_s": None if waiting is None else max(0, round(now - waiting)),
        "child_denied": item.child_denied,
    }


async def ops_sessions(request: web.Request) -> web.Response:
    """Live sessions by the first eight characters of their ids, without names; and the workers."""
    house = request.app[HOUSE]
    await member(request, "operations", "administrator")
    now = house.clock()
    shown = [c for c in house.consultations.all() if not isinstance(c.session.state, Ended) and not _untouched(c)]
    workers = [
        {
            "name": worker.name,
            "state": "running" if worker.relay.connected and worker.recorder.connected else "starting",
            "rooms": len(worker.rooms),
        }
        for worker in house.workers
    ]
    return web.json_response({"sessions": [_ops(consultation, now) for consultation in shown], "workers": workers})


def _untouched(consultation: Consultation) -> bool:
    return isinstance(consultation.session.state, Waiting) and not any(
        seat.connected for seat in consultation.session.seats.values()
    )


def _ops(consultation: Consultation, now: float) -> dict[str, Any]:
    session = consultation.session
    return {
        "session": session.id[:8],
        "state": listed_state(session),
        "gate": session.gate_open,
        "recording": session.recorder.value,
        "age_s": max(0, round(now - consultation.opened_at)),
        "legs": [
            {"seat": role.value, "presence": presence(seat.present, seat.doubts).value, **_leg(consultation, role)}
            for role, seat in session.seats.items()
        ],
    }


def _leg(consultation: Consultation, role: Role) -> dict[str, Any]:
    leg = consultation.statistics.get(role)
    if leg is None:
        return dict.fromkeys(("up_bps", "down_bps", "up_loss", "down_loss", "rtt_ms", "jitter_ms"))
    up, down = line(leg, "up"), line(leg, "down")
    return {
        "up_bps": up.bitrate_bps,
        "down_bps": down.bitrate_bps,
        "up_loss": up.loss,
        "down_loss": down.loss,
        "rtt_ms": leg["rtt_ms"] if leg["rtt_ms"] >= 0 else None,
        "jitter_ms": up.jitter_ms,
    }
