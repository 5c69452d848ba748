"""What a guardian's page asks over HTTP: link, child, consents, socket token; and the visit as both sides read it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import web

from server import events as ev
from server.consent_texts import ConsentText
from server.http.crowd import Doorway
from server.http.guests import check_guest
from server.http.house import DEVICE_COOKIE, HOUSE, Visitor, asker, at_visit, check_consented, keep, pocket
from server.http.problems import Problem, language
from server.http.shell import body, cookie
from server.kinship import DELEGATED
from server.session import Consent, Ended, Session, Waiting
from server.store import consents, guardians, links, outbox, visits
from server.store.database import Write
from server.store.errors import Unavailable
from server.store.referrals import Referral
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Counted
from server.store.tickets import LASTS_S, Ticket
from server.views import listed_state
from server.visit_cookies import cookie_name
from server.visit_view import before_confirmation, visit_view
from server.webhooks.events import Kind, fact
from signaling.messages import plain
from signaling.seats import GUESTS, Role

DEVICE_COOKIE_LASTS_S = 180 * 86_400
"""From when it was last given: beyond a visit that is booked as far ahead as most hospitals allow, and the longest referral."""
RENEWED_EVERY_S = 86_400.0
"""So often, at most, reading the visit gives the device's cookie anew."""
OPENS_BEFORE_S = 1_800.0
"""So long before the visit a family's page comes into the waiting room by itself; who asks may come earlier."""
JOINS: web.AppKey[Doorway] = web.AppKey("joins", Doorway)
JOINS_AT_ONCE = 8


def add_family(app: web.Application) -> None:
    app[JOINS] = Doorway(JOINS_AT_ONCE)
    app.router.add_post("/api/join", join)
    app.router.add_get("/api/visits/{visit}", read)
    app.router.add_get("/api/visits/{visit}/consent-texts", consent_texts)
    app.router.add_post("/api/visits/{visit}/child", confirm_child)
    app.router.add_post("/api/visits/{visit}/consents", answer_consent)
    app.router.add_post("/api/visits/{visit}/socket-token", socket_token)


async def join(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, token=str)
    if not 16 <= len(given["token"]) <= 128:
        raise Problem("link_unknown")
    subject, origin = Counted("link", given["token"], PER_SUBJECT), Counted("join", asker(request), PER_ADDRESS)
    with request.app[JOINS]:
        await house.throttle.begin((subject, origin), house.clock())
        holds = await pocket(request, DEVICE_COOKIE)
        redeemed = await house.links.redeem(given["token"], holds.secrets, house.clock())
        await house.throttle.forgive(subject, origin)
    answer = web.json_response({"visit": redeemed.visit, "next": f"/family/?visit={redeemed.visit}"})
    keep(answer, holds, redeemed, house.config.secure, DEVICE_COOKIE_LASTS_S)
    return answer


async def read(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "visit_read")
    session = consultation.session
    filed = record.referral
    said = session.agreement(who.guardian)
    names = await guardians.names(house.database, record.id)
    view = visit_view(record, who.role, language(request), house.checklist)
    if who.guardian:
        view = replace(view, guardian=names.get(who.guardian, ""))
    confirmed = who.confirmed if who.role is Role.GUARDIAN else said.child_confirmed
    if who.role is Role.GUARDIAN and not confirmed:
        view = before_confirmation(view)
        filed = None
    asked = await consents.kinds_for(house.database, record.id, house.clock())
    answer = web.json_response(
        {
            "visit": plain(view),
            "hospital_phone": record.hospital_phone,
            "role": who.role.value,
            "state": listed_state(session),
            "starts_in_ms": round((record.starts_at - house.clock()) * 1000),
            "opens_in_ms": _opens_in_ms(session, record.starts_at, house.clock()),
            "outcome": session.state.outcome.value if isinstance(session.state, Ended) else None,
            "child_confirmed": confirmed,
            "child_denied": said.child_denied,
            "consents": dict.fromkeys(asked, "open") | {kind: consent.value for kind, consent in said.consents.items()},
            "delegated": record.relation == DELEGATED and not who.guardian,
            "letter": filed and _letter(filed, record.id),
            "summary": record.has_summary,
            "with_child": _with_child(who, session, {"": record.guardian, **names}) if confirmed else None,
        }
    )
    await _renew(request, who, answer)
    return answer


async def _renew(request: web.Request, who: Visitor, answer: web.Response) -> None:
    """A family that comes keeps its cookie. It lasts long enough to leave it when the database takes nothing in just now."""
    house, now = request.app[HOUSE], request.app[HOUSE].clock()
    before = now - RENEWED_EVERY_S
    if who.role is not Role.GUARDIAN or who.device is None or who.renewed_at >= before:
        return
    with suppress(Unavailable):
        if await house.links.renew(who.device, before, now):
            name = cookie_name(DEVICE_COOKIE, who.visit)
            cookie(answer, name, request.cookies[name], house.config.secure, DEVICE_COOKIE_LASTS_S)


def _with_child(who: Visitor, session: Session, names: Mapping[str, str]) -> str | None:
    """To a guardian, the masked name of another one who has the seat now."""
    other = who.role is Role.GUARDIAN and session.guardian != who.guardian and session.seats[Role.GUARDIAN].connected
    return names.get(session.guardian) if other else None


def _letter(filed: Referral, visit: str) -> dict[str, str]:
    base = f"/api/visits/{visit}/letter"
    page = f"/letter/?visit={visit}"
    return {"receipt": filed.state, "referral": filed.id, "page": page, "pdf": f"{base}.pdf", "fhir": f"{base}.fhir.json"}


def _opens_in_ms(session: Session, starts_at: float, now: float) -> int:
    """How long the family's page counts down before it comes into the waiting room; nothing once the physician is there."""
    here = session.seats[Role.PHYSICIAN].connected
    if not isinstance(session.state, Waiting) or session.under_way or here:
        return 0
    return max(0, round((starts_at - OPENS_BEFORE_S - now) * 1000))


async def consent_texts(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, record, _ = await at_visit(request, "consent_texts_read")
    lang = "en" if request.query.get("language") == "en" else "zh"
    texts = await consents.texts_for(house.database, record.id, lang, house.clock())
    return web.json_response([_shown(text) for text in texts])


def _shown(text: ConsentText) -> dict[str, Any]:
    return {
        "kind": text.kind,
        "version": text.version,
        "language": text.language,
        "title": text.title,
        "paragraphs": list(text.paragraphs),
        "sha256": text.sha256,
    }


async def confirm_child(request: web.Request) -> web.Response:
    """Each device is asked. The journal has the first yes of that guardian; after the end the device's own answer is all."""
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "child_confirm")
    given = await body(request, confirmed=bool)
    session, now, whose = consultation.session, house.clock(), who.guardian
    said, over = session.agreement(whose), isinstance(session.state, Ended)
    assert who.device is not None, "a guardian comes on a device"
    if given["confirmed"]:
        here = links.confirmed(who.device, now)
        if said.child_confirmed or over:
            await house.database.write(here)
        else:
            kept = () if whose else (visits.child_confirmed(record.id, now),)
            await consultation.controller.post(ev.ChildConfirmed(whose), (here, *kept))
    else:
        here = links.doubted(record.id, whose) if isinstance(session.state, Waiting) else links.denied(who.device)
        if said.child_denied or over:
            await house.database.write(here)
        else:
            await consultation.controller.post(ev.ChildDenied(whose), (here, *_denied(house.new_id(), session, now, whose)))
    return web.json_response({"confirmed": given["confirmed"]})


def _denied(id: str, session: Session, now: float, whose: str) -> tuple[Write, ...]:
    """What is written with a denial: word for the hospital, and in the waiting room the booked guardian's confirmation is taken
    back."""
    denied = fact(Kind.VISIT_CHILD_DENIED)
    word = outbox.post(outbox.Outgoing(id, session.id, denied.kind, denied.data, now))
    taken_back = isinstance(session.state, Waiting) and not whose
    return (word, visits.child_confirmed(session.id, None)) if taken_back else (word,)


async def answer_consent(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "consent_give")
    given = await body(request, kind=str, version=str, language=str, sha256=str, agreed=bool)
    texts = await consents.texts_for(house.database, record.id, given["language"], house.clock())
    named = (given["kind"], given["version"], given["sha256"])
    text = next((text for text in texts if (text.kind, text.version, text.sha256) == named), None)
    if text is None:
        raise Problem("consent_changed")
    if isinstance(consultation.session.state, Ended):
        raise Problem("session_ended")
    agreed, whose = given["agreed"], who.guardian
    known = consultation.session.agreement(whose).consents.get(text.kind)
    if known is not (Consent.GIVEN if agreed else Consent.REFUSED):
        event: ev.Event = (
            ev.ConsentGiven(text.kind, text.version, text.language, text.sha256, whose)
            if agreed
            else ev.ConsentRefused(text.kind, text.version, whose, text.language, text.sha256)
        )
        said = consents.Answer(
            house.new_id(), record.id, text.kind, text.version, text.language, text.sha256,
            "given" if agreed else "refused", house.clock(), whose or None,
        )  # fmt: skip
        await consultation.controller.post(event, (consents.keep(said),))
    answers = consultation.session.agreement(whose).consents
    return web.json_response({"consents": {kind: c.value for kind, c in answers.items()}})


async def socket_token(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "socket_token")
    session = consultation.session
    if who.role is Role.GUARDIAN and not isinstance(session.state, Ended):
        check_consented(who, session)
    if who.role in GUESTS:
        check_guest(session, who.role)
    token = await house.tickets.issue(Ticket(record.id, who.role, who.device, who.staff_session), house.clock())
    return web.json_response({"token": token, "expires_in_s": LASTS_S})
