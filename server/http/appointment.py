"""What a family does with its appointment through its own link: another time of the same specialist, or none at all.

Where the hospital lets families book by themselves, and as long as nobody was admitted; the rules and the events are those of
the hospital's own system (`server.bookings`).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from aiohttp import web

from server.booking.rules import Cancellation
from server.calendar import start_of
from server.http.book import id_of
from server.http.house import HOUSE, visitor
from server.http.problems import Problem
from server.http.shell import body
from server.store import bookings, people, public_booking
from server.store.bookings import Booked
from server.store.public_booking import Open
from server.store.throttle import Counted, Limit
from server.visit_view import moment

CHANGES: Final = Limit(free=10, first_s=60.0, longest_s=3_600.0, forgotten_after_s=86_400.0)
"""Of one visit: each is told to the hospital's systems, and takes a slot from others."""
_HERE = "/api/visits/{visit}/appointment"


def add_appointment(app: web.Application) -> None:
    app.router.add_get(_HERE, read)
    app.router.add_get(f"{_HERE}/slots", slots)
    app.router.add_post(f"{_HERE}/move", move)
    app.router.add_post(f"{_HERE}/cancel", cancel)


async def read(request: web.Request) -> web.Response:
    return await _answer(request, *await _found(request, "appointment_read"))


async def slots(request: web.Request) -> web.Response:
    """Free ones of the same physician, department and field; none for a visit that was booked outside slots."""
    house, now = request.app[HOUSE], request.app[HOUSE].clock()
    visit, of = await _found(request, "appointment_read")
    if of is None or visit.department is None:
        return web.json_response({"slots": [], "next": None})
    first = _first(request) if "from" in request.query else now
    who, hospital = (visit.physician, visit.department), of
    found = await house.database.read(lambda t: public_booking.free_days(t, hospital, visit.field, who, first, now))
    shown = [{"id": e.id, "starts_at": moment(e.starts_at), "ends_at": moment(e.ends_at)} for e in found.slots]
    return web.json_response({"slots": shown, "next": found.next})


async def move(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, slot=str, revision=int)
    visit, of = await _found(request, "appointment_move")
    await _may_change(request, visit, of)

    def match(revision: int) -> None:
        if revision != given["revision"]:
            raise Problem("precondition_failed")

    return await _answer(request, await house.bookings.move(visit.hospital, visit.id, id_of(given["slot"]), match), of)


async def cancel(request: web.Request) -> web.Response:
    """Told again it is the same answer."""
    visit, of = await _found(request, "appointment_cancel")
    await _may_change(request, visit, of)
    cancelled = await request.app[HOUSE].bookings.cancel(visit.hospital, visit.id, Cancellation.FAMILY, lambda revision: None)
    return await _answer(request, cancelled, of)


async def _found(request: web.Request, act: str) -> tuple[Booked, Open | None]:
    """The visit of the path, and its hospital if families book there by themselves. Raises ``Problem``."""
    who, database = await visitor(request, act), request.app[HOUSE].database
    found = await database.read(lambda t: bookings.by_id(t, who.visit))
    assert found is not None, "a device has its visit"
    hospital = found.hospital
    visit = await database.read(lambda t: bookings.one(t, hospital, who.visit))
    assert visit is not None, "it was there a moment ago"
    return visit, await database.read(lambda t: public_booking.hospital_open(t, hospital))


async def _may_change(request: web.Request, visit: Booked, of: Open | None) -> None:
    """Raises ``Problem`` not_allowed, ``TooManyAttempts``."""
    if of is None:
        raise Problem("not_allowed")
    await request.app[HOUSE].throttle.begin((Counted("appointment", visit.id, CHANGES),), request.app[HOUSE].clock())


async def _answer(request: web.Request, visit: Booked, of: Open | None) -> web.Response:
    database = request.app[HOUSE].database
    hospital = await database.read(lambda t: people.hospital_of(t, visit.hospital))
    physician = await database.read(lambda t: people.member(t, visit.hospital, visit.physician))
    assert hospital is not None, "a visit has its hospital"
    assert physician is not None, "a visit has its physician"
    admitted = await database.read(lambda t: bookings.admitted(t, visit.id))
    waits = of is not None and visit.state == "waiting" and not admitted
    return web.json_response(
        {
            "visit": visit.id,
            "field": visit.field,
            "hospital": {"name": hospital.name, "name_en": hospital.name_en},
            "physician": {"name": physician.name, "title": physician.title, "rank": physician.rank},
            "starts_at": moment(visit.starts_at),
            "ends_at": moment(visit.ends_at),
            "state": visit.state,
            "outcome": visit.outcome,
            "slot": visit.slot,
            "revision": visit.revision,
            "may": {"move": waits and visit.slot is not None, "cancel": waits},
        }
    )


def _first(request: web.Request) -> float:
    try:
        return start_of(date.fromisoformat(request.query["from"]))
    except ValueError as error:
        raise Problem("bad_request") from error
