"""Visits as FHIR R4 for the hospital's own system: a visit's whole Bundle, each resource of it, and what can be read.

Everything is made anew at each reading, from the journal and the records; a visit that goes on gives what is there so far. What
is not in force any more (a former answer, a document that was taken back) is not there.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from server.calendar import day_of
from server.fhir import MEDIA_TYPE
from server.fhir.audit_event import AUDITED
from server.fhir.bundle import TYPES, Answered, Facts, Measured, of_visit, resources
from server.fhir.capability_statement import capability_statement
from server.fhir.composition import Written
from server.fhir.people import FurtherGuardian, Ids, People
from server.http.house import HOUSE, House
from server.http.problems import Problem
from server.http.v1.models import Given, Taken
from server.http.v1.operations import BASE, FHIR, Answer, Call, Operation, there
from server.letter.letter import Letter, compose
from server.questionnaires.measurements import read_back
from server.store import charts, details, guests, notes, preparation
from server.store.charts import Chart


class Resource(Given):
    """A FHIR R4 resource; its type says which. <https://hl7.org/fhir/R4/resourcelist.html>"""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    resourceType: str
    id: str | None = None


class Bundle(Resource):
    """A FHIR R4 Bundle of the type `collection`. Every reference in it leads to one of its entries."""

    resourceType: Literal["Bundle"]
    entry: list[dict[str, Any]] = Field(max_length=1000)


class Formatted(Taken):
    """FHIR clients may name the one format there is."""

    format: Literal["json", "application/json", "application/fhir+json"] = Field("json", alias="_format")


def base_of(house: House) -> str:
    """The address that resources are read below."""
    return f"{house.config.origin}{BASE}/fhir"


async def read_bundle(call: Call) -> Answer:
    facts = await _facts(call, call.path["visit"])
    return Answer(Bundle.model_validate(of_visit(facts, base_of(call.house), call.now)))


async def read_resource(call: Call) -> Answer:
    kind, id = call.path["type"], call.path["id"]
    visit = there(await call.read(lambda transaction: charts.visit_with(transaction, call.hospital, kind, id)))
    for resource in resources(await _facts(call, visit)):
        if (resource["resourceType"], resource["id"]) == (kind, id):
            return Answer(Resource.model_validate(resource))
    raise Problem("not_found")


async def metadata(request: web.Request) -> web.Response:
    """For anybody, as FHIR has it: it says nothing of anybody."""
    statement = capability_statement(base_of(request.app[HOUSE]), TYPES)
    return web.Response(body=json.dumps(statement, ensure_ascii=False).encode(), content_type=MEDIA_TYPE)


async def _facts(call: Call, visit: str) -> Facts:
    """Raises ``Problem`` not_found; ``Refused`` unavailable when the journal is damaged."""
    house = call.house
    chart = await _chart(call, visit)
    ledger, head = await house.consultations.ledger(visit, chart.booked.ends_at)
    if ledger.closed and chart.booked.state != "ended":  # it ended between the two readings
        chart = await _chart(call, visit)
    answered, measured = await _prepared(house, visit)
    return Facts(
        chart.booked,
        _people(chart),
        ledger,
        head.hash,
        chart.consents,
        answered,
        measured,
        chart.papers,
        await _letter(house, visit),
        chart.deeds,
        guests=await guests.names(house.database, visit),
        written=Written((await notes.of_visit(house.database, visit)).signed, house.texts.forms),
    )


async def _chart(call: Call, visit: str) -> Chart:
    chart = there(await call.read(lambda transaction: charts.chart(transaction, call.hospital, visit, AUDITED)))
    return chart


def _people(chart: Chart) -> People:
    """As the hospital booked them, and under the ids that it knows them by."""
    named, booked = chart.named, chart.booked
    return People(
        named.child,
        named.guardian,
        named.relation,
        named.physician,
        named.title,
        named.licence or "",
        named.hospital,
        named.hospital_en,
        named.sex,
        named.birth_date,
        named.proof,
        ids=Ids(booked.child, booked.guardian, booked.physician, booked.hospital, booked.id),
        further=tuple(FurtherGuardian(each.n, each.id, each.name, each.relation, each.proof) for each in chart.further),
    )


async def _prepared(house: House, visit: str) -> tuple[Answered | None, Measured | None]:
    told = await preparation.of_visit(house.database, visit)
    answered, measured = None, None
    if told is not None and (last := told.questionnaire) is not None:
        read = house.questionnaires.read_back(last.given.questionnaire, last.content, day_of(house.clock()))
        answered = None if read is None else Answered(last.given, *read)
    if told is not None and (last := told.measurements) is not None and last.content is not None:
        measured = Measured(last.given, read_back(last.content["measurements"]))
    return answered, measured


async def _letter(house: House, visit: str) -> Letter | None:
    record = await details.letter(house.database, visit)
    return None if record is None else compose(record, house.checklist)


OPERATIONS = (
    Operation(
        "read_bundle", "GET", "/visits/{visit}/bundle", "fhir:read", "Everything of one visit, as a FHIR Bundle", read_bundle,
        Bundle, query=Formatted, media=FHIR,
        description="A visit that goes on gives what is there so far; docs/fhir.md says what each resource holds.",
    ),
    Operation(
        "read_resource", "GET", "/fhir/{type}/{id}", "fhir:read", "One FHIR resource of a visit", read_resource, Resource,
        query=Formatted, media=FHIR,
        description=f"The types are those of `GET {BASE}/fhir/metadata`, which anybody may read: {', '.join(TYPES)}.",
    ),
)  # fmt: skip
