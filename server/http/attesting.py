"""Whom the physician is about to meet, and where they are, over HTTP.

The guardian tells beforehand where the child is and under which number the family is reached now; the physician reads it
with the masked names, the relation and its proof, confirms it on camera (PROTOCOL.md, ``attest``), and has it at hand in an
emergency. The number that was booked is told back to the guardian's page masked only: whoever holds a wrong link learns none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from server import attestation
from server import events as ev
from server.attestation import Whereabouts, whereabouts
from server.booking.delegation import Paper
from server.http.house import HOUSE, House, at_visit, check_consented
from server.http.problems import Problem
from server.http.shell import body
from server.kinship import DELEGATED
from server.masking import mask_name, mask_phone
from server.session import Consent, Ended, Session
from server.store import bodies, guardians
from server.store.bodies import Body
from server.store.bookings import paper
from server.store.details import VisitDetail
from server.visit_view import moment
from signaling.seats import Role

MOST_TURNS = 50
"""So often a family may tell it again with other words."""


def add_attesting(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/whereabouts", read)
    app.router.add_post("/api/visits/{visit}/whereabouts", tell)
    app.router.add_get("/api/visits/{visit}/family", family)


async def read(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "whereabouts_read")
    check_consented(who, consultation.session)
    told = _last(await _told(house, record))
    return web.json_response(_to_family(await _number(house, record, who.guardian), told))


async def tell(request: web.Request) -> web.Response:
    """An empty ``call_back`` is the number that was told last, or else that guardian's on the register."""
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "whereabouts_tell")
    sent = await body(request, call_back=str, location=str)
    if isinstance(consultation.session.state, Ended):
        raise Problem("session_ended")
    check_consented(who, consultation.session)
    earlier = await _told(house, record)
    known = _last(earlier)
    registered = await _number(house, record, who.guardian)
    number = sent["call_back"].strip() or (known.call_back if known is not None else registered)
    told = whereabouts(number, sent["location"])
    if told != known:
        if len(earlier) >= MOST_TURNS:
            raise Problem("too_many_attempts")
        words = bodies.make(
            house.new_id(), record.id, attestation.BODY, house.clock(), house.new_nonce(), told.content(Role.GUARDIAN)
        )
        await consultation.controller.post(ev.WhereaboutsTold(words.id, words.sha256, who.guardian), (bodies.keep(words),))
    return web.json_response(_to_family(registered, told))


async def family(request: web.Request) -> web.Response:
    """FamilyView of API.md."""
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "family_read")
    told = await _told(house, record)
    delegation = await _paper(house, record)
    registered = await _number(house, record, consultation.session.guardian)
    return web.json_response(
        {
            "child": {"name": record.child, "age_years": record.age_years, "sex": record.sex},
            "guardians": await _guardians(house, record, consultation.session.guardian),
            "denied": consultation.session.family_denied,
            "delegation": None if delegation is None else delegation.value,
            "stills": _here(consultation.session).get("stills", Consent.OPEN).value,
            "whereabouts": _to_physician(registered, told[-1] if told else None),
        }
    )


def _here(session: Session) -> Mapping[str, Consent]:
    """What the guardian who holds the seat answered."""
    return session.agreement(session.guardian).consents


async def _guardians(house: House, record: VisitDetail, seated: str) -> list[dict[str, Any]]:
    """The guardian of the visit and the further ones; ``seated`` holds the seat, or held it last."""
    further = await house.database.read(lambda transaction: guardians.of_visit(transaction, record.id))
    booked = {"name": record.guardian, "relation": record.relation, "proof": record.proof, "seated": not seated}
    return [booked] + [
        {"name": mask_name(each.name), "relation": each.relation, "proof": each.proof, "seated": each.id == seated}
        for each in further
    ]


async def _number(house: House, record: VisitDetail, guardian: str) -> str:
    """Under which that guardian (a further one's id, or empty) is reached, by the register."""
    further = await house.database.read(lambda transaction: guardians.ever_of_visit(transaction, record.id)) if guardian else []
    return next((each.phone for each in further if each.id == guardian), record.guardian_phone)


async def _paper(house: House, record: VisitDetail) -> Paper | None:
    """The written delegation of a delegated adult; nobody else needs one."""
    if record.relation != DELEGATED:
        return None
    return await house.database.read(lambda transaction: paper(transaction, record.id))


async def _told(house: House, record: VisitDetail) -> list[Body]:
    return await bodies.of_session(house.database, record.id, attestation.BODY)


def _last(told: list[Body]) -> Whereabouts | None:
    return attestation.from_content(told[-1].content) if told else None


def _to_family(registered: str, told: Whereabouts | None) -> dict[str, Any]:
    known = told or Whereabouts(registered, "")
    return {"call_back": mask_phone(known.call_back), "location": known.location, "told": told is not None}


def _to_physician(registered: str, told: Body | None) -> dict[str, Any]:
    if told is None:
        return {"call_back": registered, "location": "", "by": None, "at": None}
    known = attestation.from_content(told.content)
    return {"call_back": known.call_back, "location": known.location, "by": told.content["by"], "at": moment(told.at)}
