"""The referral's letter and the summary, as data, PDF and FHIR."""

from __future__ import annotations

from aiohttp import web

from server.http.house import HOUSE, at_visit
from server.http.problems import Problem
from server.store import details
from server.visit_view import moment


def add_letter(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/summary", summary)


async def summary(request: web.Request) -> web.Response:
    _, record, _ = await at_visit(request, "summary_read")
    found = await details.summary(request.app[HOUSE].database, record.id)
    if found is None:
        raise Problem("not_found")
    return web.json_response(
        {
            "summary": found.content["summary"],
            "physician": found.physician.name,
            "hospital": found.hospital_name,
            "ended_at": moment(found.ended_at),
        }
    )
