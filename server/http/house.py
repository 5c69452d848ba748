"""What the HTTP handlers need of the server, and who is asking: the one place where a cookie becomes a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from server import access
from server.bookings import Bookings
from server.concerns.register import Concerns
from server.config import Config
from server.consultation import Consultation
from server.consultations import Consultations
from server.doctor.rooms import ProbeRooms
from server.documents.cabinet import Cabinet
from server.errors import Refused
from server.family_booking import FamilyBooking
from server.http.address import client_address
from server.http.pace import Pace
from server.http.problems import Problem
from server.http.shell import cookie
from server.notes import Texts
from server.passwords import Passwords
from server.questionnaires import Shelf
from server.referral import Checklist
from server.referrals.register import Register
from server.reminders.service import Reminders
from server.session import Session
from server.store.api_keys import ApiKeys
from server.store.database import Database
from server.store.details import VisitDetail, visit_detail
from server.store.doctor import DoctorLinks
from server.store.guests import GuestLinks
from server.store.links import Links, Redeemed
from server.store.staff import Member, SignIn
from server.store.throttle import Throttle
from server.store.tickets import Tickets
from server.visit_cookies import Pocket, cookie_name, secrets_of
from server.webhooks.secrets import Secrets
from server.workers import Worker
from signaling.seats import Role

DEVICE_COOKIE = "peitong_device"
GUEST_COOKIE = "peitong_guest"
"""What the names of these two begin with: there is one for each visit (`server.visit_cookies`)."""
STAFF_COOKIE = "peitong_staff"


@dataclass(frozen=True, slots=True)
class House:
    """Everything behind the handlers. ``ready`` names what does not answer now; nothing when all is well. ``receipt_token``
    is of a referral's id."""

    config: Config
    clock: Callable[[], float]
    new_id: Callable[[], str]
    new_nonce: Callable[[], bytes]
    database: Database
    links: Links
    guests: GuestLinks
    doctor: DoctorLinks
    probes: ProbeRooms
    tickets: Tickets
    sign_in: SignIn
    passwords: Passwords
    throttle: Throttle
    api_keys: ApiKeys
    webhook_secrets: Secrets
    checklist: Checklist
    questionnaires: Shelf
    texts: Texts
    consultations: Consultations
    cabinet: Cabinet
    bookings: Bookings
    family_booking: FamilyBooking
    workers: Sequence[Worker]
    ready: Callable[[], Awaitable[list[str]]]
    register: Register
    concerns: Concerns
    receipt_token: Callable[[str], str]
    reminders: Reminders


HOUSE: web.AppKey[House] = web.AppKey("house", House)


def asker(request: web.Request) -> str:
    """The address that this request counts for."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return client_address(request.remote or "", forwarded, request.app[HOUSE].config.trusted_proxies)


def check_pace(request: web.Request, key: web.AppKey[Pace]) -> None:
    """Raises ``Problem`` too_many_attempts when this request's address asks faster than that allows; else it is counted."""
    wait_s = request.app[key].wait_s(asker(request), request.app[HOUSE].clock())
    if wait_s:
        raise Problem("too_many_attempts", retry_after_s=wait_s)


def is_asked_here(request: web.Request) -> bool:
    """Whether the request comes from this machine itself, and no proxy says that it passes it on for somebody."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers or request.transport is None:
        return False
    ours, theirs = (request.transport.get_extra_info(name) for name in ("sockname", "peername"))
    return ours is not None and theirs is not None and bool(ours[0] == theirs[0])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at a visit: the role, and the device or sign-in that vouches for it; ``guardian`` is a further guardian's id,
    empty for anybody else. ``confirmed`` is false on a guardian's device until somebody said on it that the child is theirs;
    ``renewed_at`` is when its cookie was last given."""

    role: Role
    visit: str
    device: str | None = None
    staff_session: str | None = None
    guardian: str = ""
    confirmed: bool = True
    renewed_at: float = 0.0


async def visitor(request: web.Request, act: str) -> Visitor:
    """Who asks for this act at the visit of the route. Raises ``Problem``: not_signed_in, not_found for a foreign visit,
    not_allowed, or child_not_confirmed on a guardian's device that was not asked yet whose child it is."""
    house, visit = request.app[HOUSE], request.match_info["visit"]
    for who in await _claims(request, house, visit):
        try:
            access.check(access.Grant(who.visit, who.role, who.confirmed), visit, act)
        except Refused as refused:
            raise Problem(refused.code) from refused
        return who
    known = any(name.startswith((DEVICE_COOKIE, GUEST_COOKIE, STAFF_COOKIE)) for name in request.cookies)
    raise Problem("not_found" if known else "not_signed_in")


async def _claims(request: web.Request, house: House, visit: str) -> list[Visitor]:
    """The asker's hats at this visit: the device that redeemed its link, a guest's, or the physician it is booked with.

    One browser may hold several cookies (a demo on one machine): the page says by its header ``Peitong-Role`` which it is.
    """
    claims = []
    wanted = request.headers.get("Peitong-Role", "")
    cookie = request.cookies.get(cookie_name(DEVICE_COOKIE, visit))
    if cookie and wanted in ("", "guardian"):
        device = await house.links.device(cookie)
        if device is not None and device.visit == visit:
            whose = (device.guardian, device.confirmed, device.renewed_at)
            claims.append(Visitor(device.role, visit, device.id, None, *whose))
    cookie = request.cookies.get(cookie_name(GUEST_COOKIE, visit))
    if cookie and wanted in ("", "guest"):
        guest = await house.guests.device(cookie)
        if guest is not None and guest.visit == visit:
            claims.append(Visitor(guest.role, visit, device=guest.id))
    cookie = request.cookies.get(STAFF_COOKIE)
    if cookie and wanted in ("", "physician"):
        member = await house.sign_in.member(cookie, house.clock())
        record = await visit_detail(house.database, visit) if member is not None and member.role == "physician" else None
        if member is not None and record is not None and record.physician.id == member.id:
            claims.append(Visitor(Role.PHYSICIAN, visit, staff_session=member.session))
    return claims


async def pocket(request: web.Request, kind: str) -> Pocket:
    """What the asker's browser holds of DEVICE_COOKIE or GUEST_COOKIE, for one who is about to join."""
    secrets = secrets_of(request.cookies, kind)
    return Pocket(kind, secrets, await request.app[HOUSE].links.holdings(secrets))


def keep(answer: web.StreamResponse, holds: Pocket, redeemed: Redeemed, secure: bool, lasts_s: int) -> None:
    """The new device's cookie on the answer, if there is one; what became too many goes."""
    if redeemed.cookie is None:
        return
    cookie(answer, cookie_name(holds.kind, redeemed.visit), redeemed.cookie, secure, lasts_s)
    for visit in holds.surplus(redeemed.visit):
        answer.del_cookie(cookie_name(holds.kind, visit), path="/")


async def member(request: web.Request, *roles: str) -> Member:
    """The signed-in member of staff, if in one of these roles. Raises ``Problem``."""
    house = request.app[HOUSE]
    cookie = request.cookies.get(STAFF_COOKIE)
    found = await house.sign_in.member(cookie, house.clock()) if cookie else None
    if found is None:
        raise Problem("not_signed_in")
    if roles and found.role not in roles:
        raise Problem("not_allowed")
    return found


async def at_visit(request: web.Request, act: str) -> tuple[Visitor, VisitDetail, Consultation]:
    """The asker, the visit's records and its consultation."""
    who = await visitor(request, act)
    house = request.app[HOUSE]
    record = await visit_detail(house.database, who.visit)
    if record is None:
        raise Problem("not_found")
    return who, record, await house.consultations.session(who.visit)


def check_consented(who: Visitor, session: Session) -> None:
    """Before anything of the child is taken in, or shown in the room. Raises ``Problem`` consent_missing of that guardian."""
    if not session.agreement(who.guardian).complete:
        raise Problem("consent_missing")
