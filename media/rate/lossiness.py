"""What a path loses, and how much of it for being full. Pure."""

from __future__ import annotations

import math


class Loss:
    """Loss that a lower rate would mend, told from loss that the path has at any rate.

    ``inherent`` is what the path lost at its best of late, and what it went on losing after the rate had been lowered
    because of it. It is bounded: a path that loses more than that is full, or of no use for pictures.
    """

    __slots__ = ("_expected", "_lost", "_suspected", "fraction", "inherent")

    LEAST_PACKETS = 40
    SUSPICIOUS = 0.06
    MOST_INHERENT = 0.20

    def __init__(self) -> None:
        self.fraction = 0.0  # 0..1, smoothed
        self.inherent = -1.0
        self._expected = self._lost = 0
        self._suspected = -1.0  # the loss that the rate was lowered for, until it is known whether that helped

    def packets(self, expected: int, lost: int) -> bool:
        """What a feedback said; True when the rate should be lowered to what arrives."""
        self._expected += expected
        self._lost += lost
        if self._expected < self.LEAST_PACKETS:
            return False
        fraction = min(1.0, max(0, self._lost) / self._expected)
        noise = math.sqrt(max(self.inherent, 0.0) / self._expected)
        self._expected = self._lost = 0
        self.fraction += (fraction - self.fraction) / 2
        if self.inherent < 0:
            self.inherent = min(fraction, self.MOST_INHERENT)
            return False
        suspected, self._suspected = self._suspected, -1.0
        if fraction <= self.inherent + self.SUSPICIOUS + 2 * noise:
            self.inherent += (fraction - self.inherent) / (8 if fraction < self.inherent else 32)
            return False
        if suspected >= 0 and fraction > 0.6 * suspected:  # it was not the rate
            self.inherent = min(fraction, self.MOST_INHERENT)
            return False
        self._suspected = fraction
        return True

    def lowered(self) -> None:
        """The rate was lowered: what was sent before tells nothing about it."""
        self._expected = self._lost = 0
