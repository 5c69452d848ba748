"""What a family does with its appointment through its own link: another time of the same specialist, or none at all.

Where the hospital lets families book by themselves, and as long as nobody was admitted; the rules and the events are those of
the hospital's own system (`server.bookings`).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from aiohttp import web

from server.booking.refusals import Place
from server.booking.rules import Cancellation
from server.calendar import start_of
from server.events import by_family
from server.http.book import id_of, shown
from server.http.house import HOUSE, visitor
from server.http.problems import Problem
from server.http.shell import body
from server.store import bookings, people, public_booking
from server.store.bookings import Booked
from server.store.database import Transaction
from server.store.public_booking import Days, Open
from server.store.throttle import Counted, Limit
from server.store.visits import Hospital, Staff
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
    visit, of, _ = await _found(request, "appointment_read")
    return await _answer(request, visit, of)


async def slots(request: web.Request) -> web.Response:
    """Free ones of the same physician, department and field; none for a visit that was booked outside slots."""
    house, now = request.app[HOUSE], request.app[HOUSE].clock()
    visit, of, _ = await _found(request, "appointment_read")
    if of is None or visit.department is None:
        return shown(Days([], None))
    first = _first(request) if "from" in request.query else now
    who, hospital = (visit.physician, visit.department), of
    found = await house.database.read(lambda t: public_booking.free_days(t, hospital, visit.field, who, first, now))
    return shown(found)


async def move(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, slot=str, revision=int)
    visit, of, by = await _found(request, "appointment_move")
    await _may_change(request, visit, of)

    def match(revision: int) -> None:
        if revision != given["revision"]:
            raise Problem("precondition_failed")

    moved = await house.bookings.move(visit.hospital, visit.id, id_of(given["slot"]), match, Place.FAMILY, by)
    return await _answer(request, moved, of)


async def cancel(request: web.Request) -> web.Response:
    """Told again it is the same answer."""
    visit, of, by = await _found(request, "appointment_cancel")
    await _may_change(request, visit, of)
    rooms, why = request.app[HOUSE].bookings, Cancellation.FAMILY
    cancelled = await rooms.cancel(visit.hospital, visit.id, why, lambda revision: None, by)
    return await _answer(request, cancelled, of)


async def _found(request: web.Request, act: str) -> tuple[Booked, Open | None, str]:
    """The visit of the path, its hospital if families book there by themselves, and who asks. Raises ``Problem``."""
    who = await visitor(request, act)

    async def work(transaction: Transaction) -> tuple[Booked, Open | None, str]:
        asked = await bookings.by_id(transaction, who.visit)
        assert asked is not None, "a device has its visit"
        visit = await bookings.one(transaction, asked.hospital, asked.id)
        assert visit is not None, "it is one view of the database"
        return visit, await public_booking.hospital_open(transaction, asked.hospital), by_family(who.guardian)

    return await request.app[HOUSE].database.read(work)


async def _may_change(request: web.Request, visit: Booked, of: Open | None) -> None:
    """Raises ``Problem`` not_allowed, ``TooManyAttempts``."""
    if of is None:
        raise Problem("not_allowed")
    await request.app[HOUSE].throttle.begin((Counted("appointment", visit.id, CHANGES),), request.app[HOUSE].clock())


async def _answer(request: web.Request, visit: Booked, of: Open | None) -> web.Response:
    async def work(transaction: Transaction) -> tuple[Hospital | None, Staff | None, bool]:
        hospital = await people.hospital_of(transaction, visit.hospital)
        physician = await people.member(transaction, visit.hospital, visit.physician)
        return hospital, physician, await bookings.admitted(transaction, visit.id)

    hospital, physician, admitted = await request.app[HOUSE].database.read(work)
    assert hospital is not None, "a visit has its hospital"
    assert physician is not None, "a visit has its physician"
    waits = of is not None and visit.state == "waiting" and not admitted
    return web.json_response(
        {
            "visit": visit.id,
            "field": visit.field,
            "hospital": {"name": hospital.name, "name_en": hospital.name_en, "phone": hospital.phone},
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
