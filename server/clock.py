"""The server's clock: monotonic, with a wall offset fixed when it was made, so that setting the system's clock ends nothing."""

from __future__ import annotations

import time


class Clock:
    """``clock()`` is seconds since 1970 as of the start, advanced by the monotonic clock only, in whole microseconds."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        return round(time.monotonic() + self._offset, 6)  # so that the journal's whole microseconds are the same number

    def monotonic_us(self, at: float) -> int:
        """The CLOCK_MONOTONIC microseconds of a time of this clock: what relay and recorder count in."""
        return round((at - self._offset) * 1_000_000)

    def stepped_by_ms(self) -> int:
        """How far the system's wall clock has moved against this one, in ms."""
        return round((time.time() - self()) * 1000)
