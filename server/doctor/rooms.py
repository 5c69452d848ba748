"""Probe rooms: one leg on a relay, no gate, no recording, for the doctor's page. Nothing of it touches visits.

At most ``MOST`` at once on the whole server; a link holds one, its next offer takes its place; each is closed after
``LASTS_S``. Nothing is relayed from it and nothing is recorded: its gate is never opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from media import control
from server.errors import Refused
from server.workers import OfferRefused, Worker
from signaling.seats import Role

MOST: Final = 2
LASTS_S: Final = 60.0
PREFIX: Final = "doctor-"
_SILENT_AFTER_MS: Final = 3000


@dataclass(slots=True)
class _Room:
    name: str
    worker: Worker
    closing: asyncio.TimerHandle
    measured: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the relay counted of the leg's uplink so far: packets that came and that are missing."""

    packets: int
    lost: int


class ProbeRooms:
    """``holder`` is a link's hash. ``workers`` may be asked for only once they run."""

    def __init__(self, workers: Sequence[Worker], new_id: Callable[[], str]) -> None:
        self._workers = workers
        self._new_id = new_id
        self._rooms: dict[str, _Room] = {}

    async def offer(self, holder: str, worker: int, sdp: str) -> str:
        """The relay's answer to a page's offer, in a new room on that worker (0-based).

        Raises ``Refused``: ``doctor_busy``, ``bad_sdp``, ``no_common_codec``, ``media_unavailable``.
        """
        if not 0 <= worker < len(self._workers):
            raise Refused("media_unavailable")
        self.close(holder)
        if len(self._rooms) >= MOST:
            raise Refused("doctor_busy")
        room = _Room(
            PREFIX + self._new_id()[:16],
            self._workers[worker],
            asyncio.get_running_loop().call_later(LASTS_S, self.close, holder),
        )
        self._rooms[holder] = room
        room.worker.open_room(room.name, _SILENT_AFTER_MS, [Role.GUARDIAN.value])
        try:
            answer = await room.worker.offer(room.name, Role.GUARDIAN.value, 1, 1, sdp)
        except OfferRefused as refused:
            self._close(holder, room)
            known = refused.code in ("bad_sdp", "no_common_codec")
            raise Refused(refused.code if known else "media_unavailable") from refused
        return answer.sdp

    def measured(self, holder: str) -> Measured | None:
        """The newest count; None while the relay has not told one (it does once a second)."""
        room = self._rooms.get(holder)
        if room is None or room.measured is None:
            return None
        kinds = [room.measured.get(kind, {}) for kind in ("audio", "video")]
        packets, lost = (sum(int(kind.get(name, 0)) for kind in kinds) for name in ("up_packets", "up_lost"))
        return Measured(packets, lost)

    def close(self, holder: str) -> None:
        room = self._rooms.get(holder)
        if room is not None:
            self._close(holder, room)

    def received(self, message: object) -> None:
        """What a worker says; only the counts of these rooms matter here."""
        if not isinstance(message, control.LegStatistics) or not self._rooms:
            return
        by_name = {room.name: room for room in self._rooms.values()}
        for leg in message.legs:
            room = by_name.get(leg["room"])
            if room is not None:
                room.measured = leg

    def stop(self) -> None:
        for holder, room in list(self._rooms.items()):
            self._close(holder, room)

    def _close(self, holder: str, room: _Room) -> None:
        if self._rooms.get(holder) is room:
            del self._rooms[holder]
        room.closing.cancel()
        room.worker.close_room(room.name)
