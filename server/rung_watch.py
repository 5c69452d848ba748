"""The rungs of one visit as it runs: what pages and relay say of their legs becomes changes in its journal, each at its time.

The bookkeeping is `server.rungs`; here are its clock and its timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from media.rate.ladder import Rung
from server import rungs
from server.controller import Controller
from server.session import Ended
from signaling.seats import Role


class RungWatch:
    """Posts each change between those who are here; what changes too often waits for its turn."""

    def __init__(self, controller: Controller, clock: Callable[[], float]) -> None:
        self._controller = controller
        self._clock = clock
        self._rungs = rungs.Rungs()
        self._again: asyncio.TimerHandle | None = None
        self._stopped = False

    def sending(self, role: Role, rung: Rung) -> None:
        """A page says what its uplink bears."""
        self._known(rungs.sending(self._rungs, role, rung))

    def bearing(self, role: Role, rung: Rung) -> None:
        """The relay says what the downlink of that seat's present leg bears."""
        self._known(rungs.bearing(self._rungs, role, rung))

    def begun_anew(self, role: Role) -> None:
        """A new connection has the seat."""
        self._known(rungs.begun_anew(self._rungs, role))

    def relay_lost(self) -> None:
        """There is no downlink any more."""
        self._known(rungs.relay_lost(self._rungs))

    def stop(self) -> None:
        self._stopped = True
        self._disarm()

    def _known(self, now_known: rungs.Rungs) -> None:
        self._rungs = now_known
        self._tell()

    def _tell(self) -> None:
        self._disarm()
        session = self._controller.session
        if isinstance(session.state, Ended) or self._stopped:
            return
        here = [role for role, seat in session.seats.items() if seat.connected]
        now = self._clock()
        self._rungs, due, again = rungs.changes(self._rungs, here, now)
        for changed in due:
            self._controller.post(changed)
        if again is not None:
            self._again = asyncio.get_running_loop().call_later(again - now, self._tell)

    def _disarm(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
