"""What the care coordinator's page asks: referrals on their way, a family's number, what was agreed on the phone."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.http.house import HOUSE, House, member
from server.http.problems import Problem
from server.http.telling import said
from server.letter.letter import GONE, receipts
from server.referral import Urgency
from server.referrals.track import Source, booked_too_late, overdue, waited_for
from server.revealing import reveal_phone
from server.store import coordination
from server.store.coordination import Line
from server.visit_view import moment

CLOSED_SHOWN_S = 7 * 86_400.0
_URGENCIES = list(Urgency)


def add_coordinator(app: web.Application) -> None:
    app.router.add_get("/api/coordinator/referrals", listed)
    app.router.add_post("/api/coordinator/referrals/{referral}/phone", phone)
    app.router.add_post("/api/coordinator/referrals/{referral}/tell", tell)


async def listed(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    now = house.clock()
    lines, more = await coordination.on_their_way(house.database, who.hospital, now - CLOSED_SHOWN_S)
    lines.sort(key=lambda line: _order(line, now))
    return web.json_response({"now": moment(now), "referrals": [_view(house, line, now) for line in lines], "more": more})


async def phone(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    line = await _line(request, who.hospital)
    filed = line.followed.referral
    number = await reveal_phone(house.database, house.consultations, filed.visit, who.id, referral=filed.id)
    return web.json_response({"phone": number})


async def tell(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    saying = await said(request, Source.COORDINATOR)
    line = await _line(request, who.hospital)
    await house.register.tell(line.followed.referral.id, saying)
    return web.json_response(_view(house, await _line(request, who.hospital), house.clock()))


async def _line(request: web.Request, hospital: str) -> Line:
    found = await coordination.line(request.app[HOUSE].database, hospital, request.match_info["referral"])
    if found is None:
        raise Problem("not_found")
    return found


def _order(line: Line, now: float) -> tuple[Any, ...]:
    """What is overdue and nobody has spoken with the family about, then what is overdue, then what is due; each by urgency."""
    track, by = line.followed.track, line.followed.referral.by
    late = overdue(track, by, now)
    called = track.contacted_at is not None and late is not None and track.contacted_at >= late.at
    next_due = min((due.at for due in waited_for(track, by)), default=0.0)
    rank = 3 if not track.open else 0 if late and not called else 1 if late else 2
    return rank, _URGENCIES.index(track.urgency), next_due, line.followed.referral.id


def _view(house: House, line: Line, now: float) -> dict[str, Any]:
    """CoordinatorLine of API.md."""
    followed = line.followed
    filed, track, by = followed.referral, followed.track, followed.referral.by
    late = overdue(track, by, now)
    due = next((due for due in waited_for(track, by) if due.at > now), None)
    reason = house.checklist.reason(filed.reason)
    words = reason.letter if reason else GONE  # what the family reads, and no more
    return {
        "referral": filed.id,
        "number": filed.number,
        "urgency": filed.urgency,
        "issued_at": moment(filed.issued_at),
        "state": track.stage.value,
        "overdue": late and {"step": late.stage.value, "since": moment(late.at)},
        "due": due and {"step": due.stage.value, "at": moment(due.at)},
        "too_late": booked_too_late(track, by),
        "not_sent": 0 if track.sent_at is not None else track.failures,
        "child": line.child,
        "age_years": line.age_years,
        "guardian": line.guardian,
        "phone": line.phone,
        "hospital": filed.destination_hospital,
        "department": filed.department,
        "department_en": filed.department_en,
        "endpoint": filed.endpoint is not None,
        "reason": {"zh": words.zh, "en": words.en},
        "receipts": receipts(track),
        "contacted_at": None if track.contacted_at is None else moment(track.contacted_at),
        "notes": [{"fact": note.fact.value, "at": moment(note.at), "words": note.words} for note in line.notes],
    }
