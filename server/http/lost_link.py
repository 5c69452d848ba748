"""A lost link: a number is given, and if it is on the register with a coming visit, a new link goes to it.

Whether it is known makes no difference to whoever asks: the answer is given before anybody looks, the words are the same, and
tries are counted alike, for the address and for the number.
"""

from __future__ import annotations

from aiohttp import web

from server.http.house import HOUSE, asker
from server.http.problems import Fault, Invalid, Problem
from server.http.shell import body
from server.reminders.service import Busy
from server.store.throttle import Counted, Limit, Window
from server.telephone import read_phone

PER_NUMBER = Limit(free=3, first_s=120.0, longest_s=3_600.0, forgotten_after_s=86_400.0)
"""So many links a number in a row, then ever more slowly: a stranger who knows it can annoy a family no further."""

ASKED_PER_ADDRESS = Window(free=60, lasts_s=3_600.0)
"""Nobody is told whether a number was right, so no try is forgiven: a whole mobile network's families share these."""


def add_lost_link(app: web.Application) -> None:
    app.router.add_post("/api/lost-link", ask)


async def ask(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    given = await body(request, phone=str)
    phone = read_phone(given["phone"])
    if phone is None:
        raise Invalid(Fault("#/phone", "请填写 5 至 15 位的手机号码", "a telephone number of 5 to 15 digits belongs here"))
    if not house.reminders.on:
        raise Problem("recovery_off")
    number, origin = Counted("lost_link", phone, PER_NUMBER), Counted("lost_link_from", asker(request), ASKED_PER_ADDRESS)
    await house.throttle.begin((number, origin), house.clock())
    try:
        house.reminders.ask_for_link(phone)
    except Busy:
        raise Problem("unavailable", retry_after_s=5) from None
    return web.json_response({"ok": True}, status=202)
