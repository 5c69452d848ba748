"""Complaints and incidents over HTTP: a family's own, the physician's own, what operations record, the coordinator's list.

A family reads its own complaints and their answers; nobody else but the coordinator does, the visit's physician least of all.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.concerns.concern import Category, Fact, Kind, Source
from server.concerns.register import Filing
from server.http.house import HOUSE, at_visit, member
from server.http.problems import Problem
from server.http.shell import body
from server.revealing import reveal_phone
from server.store import concerns
from server.store.concerns import Concern, Line, Told
from server.visit_view import moment

CLOSED_SHOWN_S = 30 * 86_400.0
SESSION_SHOWN = 8
"""So many characters of a session's id operations are shown."""


def add_concerns(app: web.Application) -> None:
    visit = "/api/visits/{visit}"
    app.router.add_get(f"{visit}/complaints", complaints)
    app.router.add_post(f"{visit}/complaints", complain)
    app.router.add_post(f"{visit}/complaints/{{concern}}", tell_of_complaint)
    app.router.add_get(f"{visit}/incidents", incidents)
    app.router.add_post(f"{visit}/incidents", record)
    app.router.add_post(f"{visit}/incidents/{{concern}}", tell_of_incident)
    app.router.add_post("/api/ops/incidents", record_from_operations)
    app.router.add_get("/api/coordinator/concerns", listed)
    app.router.add_post("/api/coordinator/concerns/{concern}/phone", phone)
    app.router.add_post("/api/coordinator/concerns/{concern}/answer", answer)


# --- the family -----------------------------------------------------------------------------------


async def complaints(request: web.Request) -> web.Response:
    _, visit, _ = await at_visit(request, "complaint_file")
    found = await concerns.of_visit(request.app[HOUSE].database, visit.id, Source.GUARDIAN)
    return web.json_response({"complaints": [_view(each) for each in found]})


async def complain(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, visit, _ = await at_visit(request, "complaint_file")
    sent = await body(request, client_id=str, text=str)
    filing = Filing(Kind.COMPLAINT, Category.NONE, Source.GUARDIAN, sent["client_id"], sent["text"])
    return web.json_response(_view(await house.concerns.file(visit.id, filing)))


async def tell_of_complaint(request: web.Request) -> web.Response:
    return await _tell(request, "complaint_file", Source.GUARDIAN)


# --- the physician, operations --------------------------------------------------------------------


async def incidents(request: web.Request) -> web.Response:
    _, visit, _ = await at_visit(request, "incident_record")
    found = await concerns.of_visit(request.app[HOUSE].database, visit.id, Source.PHYSICIAN)
    return web.json_response({"incidents": [_view(each) for each in found]})


async def record(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, visit, _ = await at_visit(request, "incident_record")
    sent = await body(request, client_id=str, category=str, text=str)
    filing = Filing(Kind.INCIDENT, sent["category"], Source.PHYSICIAN, sent["client_id"], sent["text"])
    return web.json_response(_view(await house.concerns.file(visit.id, filing)))


async def tell_of_incident(request: web.Request) -> web.Response:
    return await _tell(request, "incident_record", Source.PHYSICIAN)


async def record_from_operations(request: web.Request) -> web.Response:
    """Of one of the own hospital's sessions, by the characters of its id that the page shows."""
    house, who = request.app[HOUSE], await member(request, "operations", "administrator")
    sent = await body(request, session=str, client_id=str, category=str, text=str)
    if len(sent["session"]) != SESSION_SHOWN:
        raise Problem("not_found")
    visit = await concerns.visit_of_session(house.database, who.hospital, sent["session"])
    if visit is None:
        raise Problem("not_found")
    filing = Filing(Kind.INCIDENT, sent["category"], Source.OPERATIONS, sent["client_id"], sent["text"])
    filed = (await house.concerns.file(visit, filing)).filed
    return web.json_response({"number": filed.number, "at": moment(filed.at)})


# --- the care coordinator -------------------------------------------------------------------------


async def listed(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    lines, more = await concerns.of_hospital(house.database, who.hospital, house.clock() - CLOSED_SHOWN_S)
    return web.json_response({"concerns": [_line(line) for line in lines], "more": more})


async def phone(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    filed = (await _of_hospital(request, who.hospital)).concern.filed
    number = await reveal_phone(house.database, house.consultations, filed.visit, who.id, concern=filed.id)
    return web.json_response({"phone": number})


async def answer(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "coordinator")
    sent = await body(request, text=str)
    line = await _of_hospital(request, who.hospital)
    await house.concerns.tell(line.concern, Fact.ANSWERED, Source.COORDINATOR, sent["text"])
    return web.json_response(_line(await _of_hospital(request, who.hospital)))


async def _of_hospital(request: web.Request, hospital: str) -> Line:
    found = await concerns.line(request.app[HOUSE].database, hospital, request.match_info["concern"])
    if found is None:
        raise Problem("not_found")
    return found


# --- all ------------------------------------------------------------------------------------------


async def _tell(request: web.Request, act: str, source: Source) -> web.Response:
    """More about one that this source filed at this visit; any other is not there."""
    house = request.app[HOUSE]
    _, visit, _ = await at_visit(request, act)
    sent = await body(request, fact=str, text=str)
    if sent["fact"] not in tuple(Fact):
        raise Problem("bad_request")
    found = await concerns.find(house.database, request.match_info["concern"])
    if found is None or (found.filed.visit, found.filed.source) != (visit.id, source):
        raise Problem("not_found")
    return web.json_response(_view(await house.concerns.tell(found, Fact(sent["fact"]), source, sent["text"])))


def _view(concern: Concern) -> dict[str, Any]:
    """ConcernView of API.md."""
    filed = concern.filed
    return {
        "id": filed.id,
        "number": filed.number,
        "category": filed.category.value,
        "at": moment(filed.at),
        "state": filed.state.value,
        "words": [_words(told) for told in concern.told if told.text],
    }


def _words(told: Told) -> dict[str, str]:
    return {"source": told.source.value, "at": moment(told.at), "text": told.text}


def _line(line: Line) -> dict[str, Any]:
    filed = line.concern.filed
    return _view(line.concern) | {
        "kind": filed.kind.value,
        "source": filed.source.value,
        "child": line.child,
        "guardian": line.guardian,
        "phone": line.phone,
        "field": line.field,
        "physician": line.physician,
        "starts_at": moment(line.starts_at),
    }
