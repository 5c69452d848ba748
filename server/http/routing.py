"""The questionnaire before anybody knows the field: signs in, a way out. Anybody may ask, each address at a measured
pace, and nothing is kept."""

from __future__ import annotations

from aiohttp import web

from server.http.answers import sent_answers
from server.http.house import HOUSE, check_pace
from server.http.pace import BURST, PER_S, Pace
from server.questionnaires import views
from server.questionnaires.reading import ROUTING

PACE: web.AppKey[Pace] = web.AppKey("routing's pace", Pace)


def add_routing(app: web.Application) -> None:
    app[PACE] = Pace(BURST, PER_S)
    app.router.add_get("/api/routing", form)
    app.router.add_post("/api/routing", routed)


async def form(request: web.Request) -> web.Response:
    check_pace(request, PACE)
    asked = request.app[HOUSE].questionnaires.in_force[ROUTING]
    return web.json_response({"questionnaire": views.form(asked, "en" if request.query.get("language") == "en" else "zh")})


async def routed(request: web.Request) -> web.Response:
    """With ``complete: false`` what was said so far is routed already: a sign need not wait for the last question."""
    check_pace(request, PACE)
    sent = await sent_answers(request, request.app[HOUSE].questionnaires.in_force[ROUTING])
    return web.json_response({"route": sent.family_route()})
