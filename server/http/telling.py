"""Reads what somebody tells of a referral: the body `{"fact", "appointment_at": str | null, "words": str}`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from server.http.problems import Problem
from server.http.shell import body
from server.referrals.register import Saying
from server.referrals.track import Fact, Source


async def said(request: web.Request, source: Source) -> Saying:
    """What it says, with ``words`` if there are any; whether it may be told by this source the register decides.

    Raises ``Problem`` bad_request or too_large.
    """
    fact = (await body(request, fact=str))["fact"]
    document = await request.json()
    words = document.get("words", "")
    if fact not in set(Fact) or not isinstance(words, str):
        raise Problem("bad_request")
    return Saying(Fact(fact), source, _moment(document.get("appointment_at")), words)


def _moment(given: Any) -> float | None:
    """RFC 3339 with a zone, as seconds since 1970; None for null."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
        if at.tzinfo is not None:
            return at.timestamp()
    except (TypeError, ValueError, OverflowError):
        pass
    raise Problem("bad_request")
