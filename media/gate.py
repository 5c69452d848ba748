"""The gate of a room: whether media may pass between its seats now (CONTROL.md, sections 3 and 4).

Open only while all of this holds: the app's lease runs, every required seat's media is heard, and the recorder has said
lately that what it got is on disk. It promises to fail closed: ``open_until_us`` never lies later than any of these limits,
so a relay that stops ticking lets nothing pass either. A generation that was closed, or barred, never opens again.

Pure: every method takes ``now_us`` and gives the changes to report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DURABLE_WITHIN_US: Final = 2_000_000
MAX_LEASE_US: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    generation: int


@dataclass(frozen=True, slots=True)
class Closed:
    """``cause`` is CONTROL.md's; ``seat`` is the silent one, or ""."""

    generation: int
    cause: str
    seat: str = ""


Change = Opened | Closed


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the relay knows: when each seat's media was last heard (absent: never), through when the recorder is durable
    (-1: no recorder)."""

    heard_us: Mapping[str, int]
    durable_us: int


class Gate:
    """Closed at first. ``generation`` is that of the open gate, 0 when it is closed."""

    def __init__(self, silent_after_us: int) -> None:
        self.generation = 0
        self.open_until_us = 0
        self._silent_after_us = silent_after_us
        self._barred = 0
        self._lease_until_us = 0
        self._required: tuple[str, ...] = ()

    def open(
        self, generation: int, lease_ms: int, required: Sequence[str], evidence: Evidence, now_us: int
    ) -> tuple[Change, ...]:
        """Opens, or refuses and says so; a generation that is not newer than the open or the barred one is ignored."""
        if generation <= max(self._barred, self.generation):
            return ()
        fault = self._fault(required, evidence, now_us)
        if fault is not None:
            return (*self.shut(*fault), Closed(generation, "refused"))
        self.generation = generation
        self._required = tuple(required)
        self._lease(lease_ms, now_us)
        self._limit(evidence)
        return (Opened(generation),)

    def renew(self, generation: int, lease_ms: int, evidence: Evidence, now_us: int) -> tuple[Change, ...]:
        """Prolongs the open generation's lease. One that ran out before is not revived."""
        closed = self.check(evidence, now_us)
        if not closed and self.generation and generation == self.generation:
            self._lease(lease_ms, now_us)
            self._limit(evidence)
        return closed

    def close(self, generation: int) -> tuple[Change, ...]:
        """The app closes: this generation and all before it are barred."""
        closed = self.shut("app") if self.generation and generation >= self.generation else ()
        self._barred = max(self._barred, generation)
        return closed

    def check(self, evidence: Evidence, now_us: int) -> tuple[Change, ...]:
        """To be called often: closes when a limit has passed, else moves the limits on."""
        if not self.generation:
            return ()
        fault = ("lease", "") if now_us >= self._lease_until_us else self._fault(self._required, evidence, now_us)
        if fault is not None:
            return self.shut(*fault)
        self._limit(evidence)
        return ()

    def shut(self, cause: str, seat: str = "") -> tuple[Change, ...]:
        """Closes whatever is open."""
        if not self.generation:
            return ()
        closed = Closed(self.generation, cause, seat)
        self._barred = max(self._barred, self.generation)
        self.generation = 0
        self.open_until_us = 0
        return (closed,)

    def _lease(self, lease_ms: int, now_us: int) -> None:
        self._lease_until_us = now_us + min(max(lease_ms, 0) * 1000, MAX_LEASE_US)

    def _fault(self, required: Sequence[str], evidence: Evidence, now_us: int) -> tuple[str, str] | None:
        if evidence.durable_us < 0 or now_us - evidence.durable_us >= DURABLE_WITHIN_US:
            return "recorder", ""
        for seat in required:
            heard_us = evidence.heard_us.get(seat)
            if heard_us is None or now_us - heard_us >= self._silent_after_us:
                return "seat_silent", seat
        return None

    def _limit(self, evidence: Evidence) -> None:
        heard_until_us = [evidence.heard_us[seat] + self._silent_after_us for seat in self._required]
        self.open_until_us = min(self._lease_until_us, evidence.durable_us + DURABLE_WITHIN_US, *heard_until_us)
