"""The HTTP application: every route, and what all answers have in common."""

from __future__ import annotations

from aiohttp import web

from server import descriptors
from server.http.aftercare import add_aftercare
from server.http.appointment import add_appointment
from server.http.attesting import add_attesting
from server.http.book import add_book
from server.http.concerns import add_concerns
from server.http.coordinator import add_coordinator
from server.http.desk import add_desk
from server.http.doctor import add_doctor
from server.http.documents import add_documents
from server.http.family import add_family
from server.http.guests import add_guests
from server.http.house import HOUSE, House, is_asked_here
from server.http.ledger import add_ledger
from server.http.letter import add_letter
from server.http.lost_link import add_lost_link
from server.http.notes import add_notes
from server.http.pages import add_pages
from server.http.preparation import add_preparation
from server.http.receipts import add_receipts
from server.http.refusals import add_refusals
from server.http.routing import add_routing
from server.http.shell import MAX_BODY, middlewares
from server.http.staff import add_staff
from server.http.stills import add_stills
from server.http.v1.api import add_v1


def build_app(house: House) -> web.Application:
    app = web.Application(middlewares=middlewares(house.config.origin), client_max_size=MAX_BODY)
    app[HOUSE] = house
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    add_family(app)
    add_lost_link(app)
    add_preparation(app)
    add_attesting(app)
    add_routing(app)
    add_refusals(app)
    add_book(app)
    add_appointment(app)
    add_staff(app)
    add_letter(app)
    add_documents(app)
    add_stills(app)
    add_guests(app)
    add_ledger(app)
    add_notes(app)
    add_aftercare(app)
    add_concerns(app)
    add_doctor(app)
    add_receipts(app)
    add_coordinator(app)
    add_desk(app)
    add_v1(app)
    add_pages(app)
    return app


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """Whoever asks on this machine, as the doctor does, is also told the server's limit of open files, and which hospitals
    have no key to seal to (ids): their visits cannot begin, the others' can."""
    missing = await request.app[HOUSE].ready()
    said: dict[str, object] = {"ok": not missing, "missing": missing}
    if is_asked_here(request):
        said["open_files"] = descriptors.allowed()
        if "database" not in missing:
            said["hospitals_without_key"] = await request.app[HOUSE].consultations.hospitals_without_key()
    return web.json_response(said, status=503 if missing else 200)
