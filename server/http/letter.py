"""The referral's letter: as data, as PDF and as FHIR."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from aiohttp import web

from server import qr
from server.fhir import MEDIA_TYPE
from server.fhir.service_request import service_request
from server.http.house import HOUSE, House, at_visit
from server.http.problems import Problem
from server.letter.letter import Letter, compose, read_by
from server.letter.pdf import Printer
from server.referrals.tokens import receipt_link
from server.store import details, families
from server.store.referrals import Referral
from server.store.secrets import digest


class Press:
    """One printer in its own thread: setting a letter takes some tens of milliseconds that no call should wait for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="press")

    @cached_property
    def _printer(self) -> Printer:
        return Printer()

    def warm(self) -> None:
        """Reads the fonts ahead of the first letter."""
        self._thread.submit(lambda: self._printer)

    async def pdf(self, letter: Letter) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._printer.pdf(letter))

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)


PRESS: web.AppKey[Press] = web.AppKey("press", Press)


def add_letter(app: web.Application) -> None:
    app[PRESS] = Press()
    app.cleanup_ctx.append(_press)
    app.router.add_get("/api/visits/{visit}/letter", letter)
    app.router.add_get("/api/visits/{visit}/letter.pdf", letter_pdf)
    app.router.add_get("/api/visits/{visit}/letter.fhir.json", letter_fhir)
    app.router.add_get("/api/visits/{visit}/letter.qr.svg", letter_qr)


async def _press(app: web.Application) -> AsyncIterator[None]:
    app[PRESS].warm()
    yield
    app[PRESS].close()


async def _letter(request: web.Request) -> Letter:
    house = request.app[HOUSE]
    who, record, _ = await at_visit(request, "letter_read")
    found = await details.letter(house.database, record.id)
    if found is None:
        raise Problem("not_found")
    composed = compose(found, house.checklist, _receipt_link(house, found.referral))
    if not who.guardian:
        return composed
    own = await house.database.read(lambda t: families.guardian_of(t, record.hospital, who.guardian))
    return read_by(composed, own.phone if own is not None else "")


def _receipt_link(house: House, referral: Referral) -> str:
    """What its QR code holds; nothing when the token is not the one it was issued with (the installation's key was lost)."""
    token = house.receipt_token(referral.id)
    return receipt_link(house.config.origin, token) if digest(token) == referral.receipt_sha256 else ""


async def letter(request: web.Request) -> web.Response:
    return web.json_response((await _letter(request)).view())


async def letter_pdf(request: web.Request) -> web.Response:
    made = await _letter(request)
    headers = {"Content-Disposition": f'inline; filename="referral-{made.number}.pdf"'}
    return web.Response(body=await request.app[PRESS].pdf(made), content_type="application/pdf", headers=headers)


async def letter_qr(request: web.Request) -> web.Response:
    made = await _letter(request)
    if not made.receipt_link:
        raise Problem("not_found")
    return web.Response(body=qr.svg(made.receipt_link).encode(), content_type="image/svg+xml")


async def letter_fhir(request: web.Request) -> web.Response:
    return web.json_response(service_request(await _letter(request)), content_type=MEDIA_TYPE)
