"""How often one address may ask what needs no key: a token bucket each, in memory, so that asking costs no write. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict

BURST, PER_S = 60, 2.0
"""Of what anybody may ask: a whole ward, or a whole mobile network, may come from one address."""
MOST: int = 10_000
"""How many addresses are remembered; beyond that the one that asked longest ago is forgotten."""


class Pace:
    """``burst`` at once, and ``per_s`` from then on. One for each app process."""

    def __init__(self, burst: int, per_s: float, most: int = MOST) -> None:
        self._burst = burst
        self._per_s = per_s
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str, now: float) -> int:
        """0 when it may ask now, which is counted; else in how many whole seconds it may."""
        left, at = self._left.pop(address, (float(self._burst), now))
        left = min(self._burst, left + max(0.0, now - at) * self._per_s)
        wait_s = 0 if left >= 1 else math.ceil((1 - left) / self._per_s)
        self._left[address] = (left - (wait_s == 0), now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait_s
