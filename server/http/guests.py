"""The third seat over HTTP: the physician's invitation, and what the guest's page asks before it enters the room."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server import events as ev
from server.errors import Refused
from server.http.crowd import Doorway
from server.http.house import GUEST_COOKIE, HOUSE, asker, at_visit, keep, pocket
from server.http.problems import Fault, Invalid, Problem, language
from server.http.shell import body
from server.session import Ended, Session
from server.store import bodies, guests
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Counted
from server.views import state_name
from server.visit_view import moment, visit_view
from signaling.messages import plain
from signaling.seats import GUESTS, Role

LINK_LASTS_S = 2 * 3600
"""The link is for now: a guest comes into a visit that goes on."""
COOKIE_LASTS_S = 12 * 3600
LONGEST_NAME = 40
GUEST_JOINS: web.AppKey[Doorway] = web.AppKey("guest_joins", Doorway)
JOINS_AT_ONCE = 4


def add_guests(app: web.Application) -> None:
    app[GUEST_JOINS] = Doorway(JOINS_AT_ONCE)
    app.router.add_post("/api/visits/{visit}/guest", invite)
    app.router.add_post("/api/visits/{visit}/guest/take-back", take_back)
    app.router.add_post("/api/guests/join", join)
    app.router.add_get("/api/visits/{visit}/guest", read)
    app.router.add_post("/api/visits/{visit}/guest/consent", answer)


def check_guest(session: Session, role: Role) -> None:
    """Raises ``Problem`` unless a guest in this role may enter the room now."""
    if isinstance(session.state, Ended):
        raise Problem("session_ended")
    if session.guest is None or session.guest.role is not role:
        raise Problem("link_expired")
    if not session.guest.agreed:
        raise Problem("guest_not_agreed")


# --- the physician --------------------------------------------------------------------------------


async def invite(request: web.Request) -> web.Response:
    """The link is told this once."""
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "guest_invite")
    given = await body(request, role=str, name=str)
    role, name = _role(given["role"]), _name(given["name"])
    id, token, now = house.new_id(), house.guests.new_secret(), house.clock()
    words = bodies.make(id, record.id, guests.BODY, now, house.new_nonce(), {"name": name})
    kept = (guests.invite(id, record.id, role, token, now, now + LINK_LASTS_S), bodies.keep(words))
    consultation.guest_names[id] = name  # shown to all as soon as the event counts
    try:
        await consultation.controller.post(ev.GuestInvited(role, id, words.sha256), kept)
    except Refused as refused:
        if refused.code != "unavailable":  # what was not answered in time may count yet
            del consultation.guest_names[id]
        raise
    said = {"invitation": id, "link": f"{house.config.origin}/g/{token}", "expires_at": moment(now + LINK_LASTS_S)}
    return web.json_response(said, status=201)


async def take_back(request: web.Request) -> web.Response:
    """Whoever was invited is out within the second, and stays out; nothing to take back is no error."""
    house = request.app[HOUSE]
    _, _, consultation = await at_visit(request, "guest_take_back")
    guest = consultation.session.guest
    if guest is not None:
        over = guests.end(guest.invitation, house.clock())
        await consultation.controller.post(ev.InvitationTakenBack(guest.invitation), (over,))
    return web.json_response({})


def _role(given: str) -> Role:
    if given not in GUESTS:
        raise Invalid(Fault("#/role", "只能邀请当地医生或翻译。", "Only a local doctor or an interpreter can be invited."))
    return Role(given)


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(Fault("#/name", f"请填写 1 至 {LONGEST_NAME} 个字的姓名。", f"A name of 1 to {LONGEST_NAME} characters."))
    return name


# --- the guest ------------------------------------------------------------------------------------


async def join(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, token=str)
    if not 16 <= len(given["token"]) <= 128:
        raise Problem("link_unknown")
    subject, origin = Counted("guest", given["token"], PER_SUBJECT), Counted("join", asker(request), PER_ADDRESS)
    with request.app[GUEST_JOINS]:
        await house.throttle.begin((subject, origin), house.clock())
        holds = await pocket(request, GUEST_COOKIE)
        redeemed = await house.guests.redeem(given["token"], holds.secrets, house.clock())
        await house.throttle.forgive(subject, origin)
    said = web.json_response({"visit": redeemed.visit, "next": f"/guest/?visit={redeemed.visit}"})
    keep(said, holds, redeemed, house.config.secure, COOKIE_LASTS_S)
    return said


async def read(request: web.Request) -> web.Response:
    """GuestView of API.md: who invites, as whom, and the text to agree to; of the visit nothing but its state."""
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "guest_read")
    session = consultation.session
    guest = session.guest
    if guest is None or guest.role is not who.role:
        raise Problem("link_expired")
    lang = language(request)
    text = await guests.text_for(house.database, record.id, lang, house.clock())
    shown: dict[str, Any] = {name: getattr(text, name) for name in ("version", "language", "title", "sha256")}
    return web.json_response(
        {
            "visit": record.id,
            "role": who.role.value,
            "name": consultation.guest_names.get(guest.invitation, ""),
            "physician": plain(visit_view(record, who.role, lang, house.checklist).physician),
            "state": state_name(session.state),
            "agreed": guest.agreed,
            "text": shown | {"paragraphs": list(text.paragraphs)},
        }
    )


async def answer(request: web.Request) -> web.Response:
    """To agree is asked before entering; not to agree, or to take it back later, ends the invitation."""
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "guest_agree")
    given = await body(request, version=str, language=str, sha256=str, agreed=bool)
    guest = consultation.session.guest
    if guest is None or guest.role is not who.role:
        raise Problem("link_expired")
    lang = "en" if given["language"] == "en" else "zh"
    text = await guests.text_for(house.database, record.id, lang, house.clock())
    if (given["version"], given["sha256"]) != (text.version, text.sha256):
        raise Problem("consent_changed")
    if not given["agreed"]:
        over = guests.end(guest.invitation, house.clock())
        await consultation.controller.post(ev.GuestDeclined(guest.invitation, text.version), (over,))
    elif not guest.agreed:
        await consultation.controller.post(ev.GuestAgreed(guest.invitation, text.version, text.language, text.sha256))
    return web.json_response({"agreed": given["agreed"]})
