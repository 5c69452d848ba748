"""Who may go next: so many at once, in the order they came, except that an urgent one goes before all who wait.

Whoever took a place must give it back. Whoever stops waiting, even at the moment the place is handed over, leaves none lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """``places`` may be taken at once."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a place behind everyone who waits."""
        await self._take(self._waiting.append)

    async def take_first(self) -> None:
        """Wait for a place before everyone who waits; those who have one keep it."""
        await self._take(self._waiting.appendleft)

    def give(self) -> None:
        """The place is free, or the next one's at once: nobody who comes just now can slip in between."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    async def _take(self, queue: Callable[[asyncio.Future[None]], None]) -> None:
        if self._free > 0:  # then nobody waits
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue(place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif not place.cancelled():
                self.give()
            raise
