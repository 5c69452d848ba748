"""How often visits were refused, for operations: by day, place and code, of the own hospital and of nobody."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from server.calendar import day_of
from server.http.house import HOUSE, member
from server.http.problems import Problem
from server.store import limits

MOST_DAYS: Final = 31
USUAL_DAYS: Final = 7


def add_refusals(app: web.Application) -> None:
    app.router.add_get("/api/ops/refusals", refusals)


async def refusals(request: web.Request) -> web.Response:
    house, who = request.app[HOUSE], await member(request, "operations", "administrator")
    until = _day(request, "until") or day_of(house.clock())
    since = _day(request, "since") or until - timedelta(days=USUAL_DAYS - 1)
    if not timedelta() <= until - since < timedelta(days=MOST_DAYS):
        raise Problem("bad_request")
    rows = await house.database.read(lambda transaction: limits.counts_by_place(transaction, who.hospital, since, until))
    shown = {"since": since.isoformat(), "until": until.isoformat(), "counts": [asdict(row) for row in rows]}
    return web.json_response(shown)


def _day(request: web.Request, name: str) -> date | None:
    """A day of the query, of the years that have a day before and after. Raises ``Problem`` bad_request."""
    if name not in request.query:
        return None
    try:
        day = date.fromisoformat(request.query[name])
    except ValueError as error:
        raise Problem("bad_request") from error
    if not date(1970, 1, 1) < day < date(9998, 12, 31):
        raise Problem("bad_request")
    return day
