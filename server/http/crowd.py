"""How many may knock at once at a door that needs no key; beyond that it is said at once, and costs nothing.

A crowd at the door must not take what the visits under way need: the database's writers and the processor.
"""

from __future__ import annotations

from types import TracebackType

from server.http.problems import Problem

RETRY_AFTER_S = 1


class Doorway:
    """``with doorway:`` while one is let in. Raises ``Problem`` unavailable while ``places`` are in."""

    def __init__(self, places: int) -> None:
        self._free = places

    def __enter__(self) -> None:
        if self._free == 0:
            raise Problem("unavailable", retry_after_s=RETRY_AFTER_S)
        self._free -= 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._free += 1
