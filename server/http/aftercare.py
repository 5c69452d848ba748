"""What a family reads after its visit, however that ended: the physician's words for it, and what to watch for.

The words are those of the completed visit, and after it what the signed note and its amendments say to the family.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.events import Outcome
from server.http.house import HOUSE, House, at_visit
from server.http.problems import Problem
from server.notes.aftercare import Aftercare
from server.session import Ended
from server.store import details, notes
from server.store.details import SummaryRecord
from server.visit_view import moment


def add_aftercare(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/summary", summary)


async def summary(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "summary_read")
    state = consultation.session.state
    if not isinstance(state, Ended):
        raise Problem("not_found")
    completed = await details.summary(house.database, record.id)
    care = _in_force(house, completed)
    whole = state.outcome in (Outcome.COMPLETED, Outcome.REFERRED)
    return web.json_response(
        {
            "outcome": state.outcome.value,
            "told": await _told(house, record.id, completed),
            "safety_net": [{"zh": words.zh, "en": words.en} for words in care.safety_net(record.field, completed=whole)],
            "physician": record.physician.name,
            "hospital": record.hospital_name,
            "ended_at": moment(state.at),
        }
    )


def _in_force(house: House, completed: SummaryRecord | None) -> Aftercare:
    """The version that the record of a completed visit names: the family goes on reading what it was shown."""
    named = None if completed is None else completed.content.get("aftercare")
    return house.texts.aftercares.get(str(named), house.texts.aftercare)


async def _told(house: House, visit: str, completed: SummaryRecord | None) -> list[dict[str, Any]]:
    """The oldest first; the same words are said once."""
    told = [] if completed is None else [("summary", completed.content["summary"], completed.ended_at)]
    signed = (await notes.of_visit(house.database, visit)).signed
    told += [(entry.kind.value, entry.for_family, entry.at) for entry in signed if entry.for_family]
    said: list[dict[str, Any]] = []
    for source, text, at in told:
        if text not in [each["text"] for each in said]:
            said.append({"source": source, "text": text, "at": moment(at)})
    return said
