"""Time-limited TURN credentials, as coturn's `use-auth-secret` checks them (draft-uberti-behave-turn-rest-00). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from server.config import Secret
from signaling.messages import IceServer

GOOD_FOR_S = 12 * 3600
"""Longer than a page stays: one that waits since the morning has its visit late in the day, and an ICE restart late in a call
needs them again. A page that takes its seat anew gets fresh ones with its `welcome`."""


def ice_servers(urls: Sequence[str], secret: Secret | None, seat: str, now: float) -> tuple[IceServer, ...]:
    """What a page is given; nothing when no TURN server is configured. ``seat`` only tells allocations apart."""
    if not urls or secret is None:
        return ()
    username = f"{int(now) + GOOD_FOR_S}:{seat}"
    credential = base64.b64encode(hmac.digest(secret.reveal().encode(), username.encode(), hashlib.sha1)).decode("ascii")
    return (IceServer(tuple(urls), username, credential),)
