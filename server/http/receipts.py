"""What the destination's desk does with the QR code on a referral's letter: it sees which one it is, and says how far it is.

The token is the only key, opens one referral and shows no whole name; wrong ones are counted like any guess. It is the
letter's, so whoever holds the letter can use it: where a receipt came from is part of what is written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import web

from server.errors import Refused
from server.http.crowd import Doorway
from server.http.house import HOUSE, asker
from server.http.problems import Problem
from server.http.telling import said
from server.letter.letter import Letter, compose
from server.masking import mask_name
from server.referrals.track import Source
from server.store import details, referrals
from server.store.details import LetterRecord, age_years
from server.store.referrals import Followed
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Counted

DOORS: web.AppKey[Doorway] = web.AppKey("receipts", Doorway)
AT_ONCE = 8
RECEIPT_LASTS_S = 60 * 86_400.0
LONGEST_S = 400 * 86_400.0


def add_receipts(app: web.Application) -> None:
    app[DOORS] = Doorway(AT_ONCE)
    app.router.add_post("/api/receipts/{token}/open", open_it)
    app.router.add_post("/api/receipts/{token}/tell", tell)


async def open_it(request: web.Request) -> web.Response:
    found = await _referral(request)
    return web.json_response(await _shown(request, found))


async def tell(request: web.Request) -> web.Response:
    """Only what a desk says with taps: no words of its own. That the child was seen the page asks on a screen of its own."""
    saying = replace(await said(request, Source.QR), words="")
    found = await _referral(request)
    now_is = await request.app[HOUSE].register.tell(found.referral.id, saying)
    return web.json_response(await _shown(request, now_is))


async def _referral(request: web.Request) -> Followed:
    """The token's referral. Raises ``Problem`` or ``Refused``."""
    house, token = request.app[HOUSE], request.match_info["token"]
    if not 16 <= len(token) <= 128:
        raise Problem("link_unknown")
    subject, origin = Counted("receipt", token, PER_SUBJECT), Counted("receipt-from", asker(request), PER_ADDRESS)
    with request.app[DOORS]:
        await house.throttle.begin((subject, origin), house.clock())
        found = await referrals.by_receipt(house.database, token)
        if found is None:
            raise Refused("link_unknown")
        await house.throttle.forgive(subject, origin)
    seen_at, now = found.track.seen_at, house.clock()
    over = found.referral.issued_at + LONGEST_S if seen_at is None else seen_at + RECEIPT_LASTS_S
    if now > over:
        raise Problem("link_expired")
    return found


async def _shown(request: web.Request, found: Followed) -> dict[str, Any]:
    house = request.app[HOUSE]
    record = await details.letter(house.database, found.referral.visit)
    if record is None:
        raise Problem("not_found")
    return _view(record, compose(record, house.checklist))


def _view(record: LetterRecord, letter: Letter) -> dict[str, Any]:
    whole = letter.view()
    same = {name: whole[name] for name in ("number", "urgency", "by_when", "issued_at", "receipt", "receipts")}
    return {
        **same,
        **whole["destination"],
        "from": letter.hospital,
        "from_en": letter.hospital_en,
        "child": mask_name(record.child.name),
        "age_years": age_years(record.child.birth_date, record.referral.issued_at),
    }
