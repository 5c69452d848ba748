"""What a family without a link asks: which hospitals and specialists there are, when, and a visit for its child.

Anybody may ask; each address at a measured pace, kept in memory. Bookings are counted for their address and their telephone
number in the database, also the good ones: they take slots from others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import segno
from aiohttp import web

from server.booking import details
from server.booking.details import Details, InvalidDetails, Why
from server.booking.refusals import Place, Refusal
from server.calendar import day_of, start_of
from server.family_booking import Made, Wish
from server.http.answers import Unfit, sent_answers
from server.http.crowd import Doorway
from server.http.house import HOUSE, House, asker, check_pace
from server.http.pace import BURST, PER_S, Pace
from server.http.problems import Problem, language
from server.http.shell import body
from server.questionnaires.reading import ROUTING
from server.referral import FIELDS
from server.store import limits, people, public_booking
from server.store.public_booking import Days, Open, Specialist
from server.store.throttle import Counted, Window
from server.telephone import read_phone
from server.visit_view import moment

AT_ONCE: Final = 8
DOOR: web.AppKey[Doorway] = web.AppKey("public booking", Doorway)
PACE: web.AppKey[Pace] = web.AppKey("public booking's pace", Pace)
BOOKINGS_PER_ADDRESS = Window(free=60, lasts_s=3_600.0)
"""A whole mobile network may come from one address: they are let through at this rate for as long as it takes."""
BOOKINGS_PER_NUMBER = Window(free=12, lasts_s=3_600.0)
"""Also those that were refused: slots are lost to others meanwhile. How many may be open is `server.family_booking`'s."""
REPLAYED: Final = "Idempotent-Replayed"
_KEY = re.compile(r"[A-Za-z0-9_-]{22,128}", re.ASCII)
"""128 random bits as base64url, or more: whoever knows it can have the visit's link told again."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_HERE = "/api/book/hospitals"


def add_book(app: web.Application) -> None:
    app[DOOR] = Doorway(AT_ONCE)
    app[PACE] = Pace(BURST, PER_S)
    app.router.add_get(_HERE, hospitals)
    app.router.add_get(f"{_HERE}/{{hospital}}/specialists", specialists)
    app.router.add_get(f"{_HERE}/{{hospital}}/slots", slots)
    app.router.add_post(f"{_HERE}/{{hospital}}/visits", book)


async def hospitals(request: web.Request) -> web.Response:
    with _let_in(request) as house:
        found = await house.database.read(public_booking.hospitals)
    return web.json_response({"hospitals": [_hospital(each) for each in found]})


async def specialists(request: web.Request) -> web.Response:
    field, now = _field(request), request.app[HOUSE].clock()
    with _let_in(request) as house:
        of = await _open(request)
        found = await house.database.read(lambda t: public_booking.specialists(t, of, field, now))
    return web.json_response({"hospital": _hospital(of), "specialists": [_specialist(each) for each in found]})


async def slots(request: web.Request) -> web.Response:
    field, now = _field(request), request.app[HOUSE].clock()
    who = (id_of(request.query.get("physician", "")), id_of(request.query.get("department", "")))
    first = start_of(_day(request)) if "from" in request.query else now
    with _let_in(request) as house:
        of = await _open(request)
        found = await house.database.read(lambda t: public_booking.free_days(t, of, field, who, first, now))
    return shown(found)


def shown(found: Days) -> web.Response:
    """Free slots as families read them, and the day from which there are more."""
    free = [{"id": e.id, "starts_at": moment(e.starts_at), "ends_at": moment(e.ends_at)} for e in found.slots]
    return web.json_response({"slots": free, "next": found.next})


async def book(request: web.Request) -> web.Response:
    house, now = request.app[HOUSE], request.app[HOUSE].clock()
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise Problem("idempotency_key_required")
    given = await body(request, slot=str, **dict.fromkeys(details.FIELDS, str))
    with request.app[DOOR]:
        await house.throttle.begin((Counted("public-booking", asker(request), BOOKINGS_PER_ADDRESS),), now)
        of = await _open(request)
        sent = await sent_answers(request, house.questionnaires.in_force[ROUTING])
        if not sent.complete or sent.route is None:
            raise Problem("bad_request")
        said = await _details(house, of, given, now)
        number = Counted("public-booking-number", read_phone(said.phone) or said.phone, BOOKINGS_PER_NUMBER)
        await house.throttle.begin((number,), now)
        request_hash = await _hash(request, of, key)
        wish = Wish(of.hospital.id, id_of(given["slot"]), said, sent.route, key, request_hash, language(request))
        made = await house.family_booking.book(wish, now)
        answer = await _told(house, of, made)
    return web.json_response(answer, status=201, headers={REPLAYED: "true"} if made.again else {})


@contextmanager
def _let_in(request: web.Request) -> Iterator[House]:
    """The house, while one has a place in its doorway. Raises ``Problem`` too_many_attempts, or unavailable."""
    check_pace(request, PACE)
    with request.app[DOOR]:
        yield request.app[HOUSE]


async def _open(request: web.Request) -> Open:
    """The path's hospital. One that is not open to families is not there."""
    id = id_of(request.match_info["hospital"])
    found = await request.app[HOUSE].database.read(lambda t: public_booking.hospital_open(t, id))
    if found is None:
        raise Problem("not_found")
    return found


def id_of(text: str) -> str:
    """What may be an id; of nothing, where it is none: no database can even be asked for it (NUL, half a surrogate pair)."""
    return text if _ID.fullmatch(text) else ""


def _field(request: web.Request) -> str:
    field = request.query.get("field", "")
    if field not in FIELDS:
        raise Problem("bad_request")
    return field


def _day(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.query["from"])
    except ValueError as error:
        raise Problem("bad_request") from error


async def _details(house: House, of: Open, given: dict[str, Any], now: float) -> Details:
    """Raises ``Unfit``; a child who is grown up is one of the refusals that are counted."""
    try:
        return details.read(given, day_of(now))
    except InvalidDetails as invalid:
        if any(fault.why is Why.GROWN_UP for fault in invalid.faults):
            too_old = limits.count(of.hospital.id, day_of(now), Place.FAMILY, [Refusal.CHILD_TOO_OLD])
            await house.database.write(too_old)
        raise Unfit([(f"#/{fault.field}", fault.why.value, False, _WORDS[fault.why]) for fault in invalid.faults]) from None


async def _hash(request: web.Request, of: Open, key: str) -> str:
    """Of all that is asked for; the key in it keeps what was typed from being guessed."""
    asked = [key, of.hospital.id, json.loads(await request.read())]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


async def _told(house: House, of: Open, made: Made) -> dict[str, Any]:
    visit = made.visit
    physician = await house.database.read(lambda t: people.member(t, visit.hospital, visit.physician))
    assert physician is not None, "a visit has its physician"
    link = None if made.token is None else f"{house.config.origin}/j/{made.token}"
    return {
        "visit": visit.id,
        "hospital": {"name": of.hospital.name, "name_en": of.hospital.name_en, "phone": of.hospital.phone},
        "department": visit.department_name,
        "field": visit.field,
        "physician": {"name": physician.name, "title": physician.title, "rank": physician.rank, "licence": physician.licence},
        "starts_at": moment(visit.starts_at),
        "ends_at": moment(visit.ends_at),
        "link": link,
        "link_expires_at": None if link is None else moment(made.link_expires_at),
        "qr": None if link is None else _code(link),
    }


def _code(link: str) -> str:
    """A PNG as a data URL: in-app browsers keep such a picture with a long press, which they do not with SVG."""
    return str(segno.make(link, error="m").png_data_uri(scale=6, border=4))


def _hospital(of: Open) -> dict[str, Any]:
    return {
        "id": of.hospital.id,
        "name": of.hospital.name,
        "name_en": of.hospital.name_en,
        "phone": of.hospital.phone,
        "fields": list(of.fields),
        "youngest_years": of.limits.youngest_years,
        "oldest_years": of.limits.oldest_years,
    }


def _specialist(each: Specialist) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "title": each.title,
        "rank": each.rank,
        "licence": each.licence,
        "department": {"id": each.department, "name": each.department_name, "name_en": each.department_name_en},
        "next_at": moment(each.next_at),
    }


_WORDS: dict[Why, tuple[str, str]] = {
    Why.REQUIRED: ("请填写这一项。", "Please fill this in."),
    Why.TOO_LONG: ("内容过长。", "This is too long."),
    Why.NOT_A_NAME: ("请填写姓名，不要包含数字。", "A name belongs here, without digits."),
    Why.NOT_A_CHOICE: ("请选择一项。", "Please choose one."),
    Why.NOT_A_DAY: ("请填写日期。", "A date belongs here."),
    Why.IN_FUTURE: ("日期不能晚于今天。", "The date cannot be after today."),
    Why.GROWN_UP: ("已满 18 周岁，不能预约儿童线上首诊。", "These visits are for children under 18."),
    Why.NOT_A_PHONE: ("请检查手机号码。", "Please check the telephone number."),
    Why.NOT_AN_EMAIL: ("请检查电子邮箱，没有可以不填。", "Please check the e-mail address, or leave it empty."),
}
