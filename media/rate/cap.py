"""What a sender is held to, and how it is told and let go.

Pure. A relay may only lower what a browser sends, and a browser holds on to the last word for good: so each cap here ends by
itself, and its lifting is said.
"""

from __future__ import annotations

from typing import Final

FREE_BPS: Final = 20_000_000
"""The cap where there is none."""
PLENTY_BPS: Final = 3_000_000
"""From there on a picture needs no cap."""
_RELEASED_OVER_S: Final = 60.0


class Cap:
    """A bound that grows by ``release`` of itself a second, ``held_us`` after it was set, and is gone at ``lifted_bps``."""

    __slots__ = ("_bps", "_from_us", "_held_us", "_lifted_bps", "_release")

    def __init__(self, release: float, lifted_bps: int, held_us: int = 0) -> None:
        self._release, self._lifted_bps, self._held_us = release, lifted_bps, held_us
        self._bps = 0.0  # 0: none
        self._from_us = 0  # what is given here has been released up to then

    def lower(self, bps: float, now_us: int) -> None:
        """To ``bps``, or to what it is, if that is less."""
        self._bps = max(1.0, min(bps, self.bps(now_us)))
        self._from_us = now_us + self._held_us

    def bps(self, now_us: int) -> int:
        """``FREE_BPS`` when there is none."""
        if self._bps and now_us > self._from_us:
            self._bps *= (1 + self._release) ** min(_RELEASED_OVER_S, (now_us - self._from_us) / 1e6)
            self._from_us = now_us
            if self._bps >= self._lifted_bps:
                self._bps = 0.0
        return int(self._bps) or FREE_BPS


class RembRelay:
    """What cap a receiver's estimates and loss reports call for, where it sends no transport-wide feedback.

    Only while that receiver is congested: an estimate that is always passed on stalls every start.
    """

    __slots__ = ("_cap", "_lossy_until_us", "estimate_bps")

    CONGESTED = 0.95
    LOSSY = 0.10
    RELEASE_PER_S = 0.08
    LOSS_HOLDS_US = 2_000_000

    def __init__(self) -> None:
        self.estimate_bps = 0  # what the receiver said last; 0: nothing yet
        self._cap = Cap(self.RELEASE_PER_S, PLENTY_BPS)
        self._lossy_until_us = -1

    def estimate(self, remb_bps: int, forwarded_bps: int, now_us: int) -> None:
        """The receiver's REMB, and what is being forwarded to it."""
        self.estimate_bps = remb_bps
        if remb_bps < self.CONGESTED * forwarded_bps or now_us < self._lossy_until_us:
            self._cap.lower(remb_bps, now_us)

    def loss(self, fraction: float, now_us: int) -> None:
        """The loss (0..1) of a receiver report."""
        if fraction > self.LOSSY:
            self._lossy_until_us = now_us + self.LOSS_HOLDS_US
            if self.estimate_bps:
                self._cap.lower(self.estimate_bps, now_us)

    def cap_bps(self, now_us: int) -> int:
        """The cap in force; ``FREE_BPS`` when there is none."""
        return self._cap.bps(now_us)


class CapTeller:
    """When to tell a source its cap: a lower one at once, else every 250 ms, and the lifting a few times, as it may be lost."""

    __slots__ = ("_closing", "_due_us", "_told_bps")

    EVERY_US = 250_000
    LAST_CALLS = 3

    def __init__(self) -> None:
        self._told_bps = FREE_BPS
        self._closing = 0
        self._due_us = 0

    def tell(self, cap_bps: int, now_us: int) -> bool:
        """True when the source is to be told ``cap_bps`` now; call it every 50 ms or so."""
        if cap_bps >= self._told_bps * 0.97 and now_us < self._due_us:
            return False
        if cap_bps < FREE_BPS:
            self._closing = self.LAST_CALLS
        elif not self._closing:
            return False
        else:
            self._closing -= 1
        self._told_bps, self._due_us = cap_bps, now_us + self.EVERY_US
        return True
