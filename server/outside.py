"""What the hospital tells a session from outside its room: waited for, but not for ever."""

from __future__ import annotations

import asyncio
from typing import Protocol

from server.errors import Refused
from server.events import Event
from server.session import Session
from server.store.database import Write
from server.store.errors import Unavailable

PATIENCE_S = 5.0


class Sessions(Protocol):
    """What is needed of `server.consultations.Consultations`."""

    async def from_outside(self, session_id: str, event: Event, also: tuple[Write, ...] = ()) -> Session: ...


async def post(sessions: Sessions, session: str, event: Event, also: tuple[Write, ...] = ()) -> None:
    """The event on the session's chain, with ``also`` in its transaction. Raises ``Refused``, or ``Unavailable``."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await sessions.from_outside(session, event, also)
    except TimeoutError as error:
        raise Unavailable("the session's journal did not answer in time") from error
    except Refused as refused:
        if refused.code != "unavailable":
            raise
        raise Unavailable("the session was put away meanwhile") from refused
