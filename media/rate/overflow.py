"""The queue in front of an uplink that has become too narrow runs over, and most of what is sent is lost.

Pure. The far side's own estimator learns of it late: a queue that stays full shows no growing delay, and what this hop
repairs is left out of the reports (``feedback.py``). Meanwhile the repairs of what overflowed fill the path. The relay sees it
within two looks, and knows what the path bears: what arrives.
"""

from __future__ import annotations

from collections import deque

from media.rate.cap import PLENTY_BPS, Cap

LOSSY = 0.25
"""Of all packets. Chance loses fewer: of 30 packets on a path that loses a tenth it is so many once in a hundred windows, and
not in two looks in a row."""
WINDOW_US = 200_000
FEWEST = 12
"""Packets, came or lost: fewer in a window tell nothing."""
DRAIN = 0.8
"""The sender gets so much of what arrives, and in ``HELD_US`` even a queue of 400 ms empties."""
HELD_US = 2_000_000
RELEASE_PER_S = 0.25
REPAIRED_WITHIN_S = 0.3
_PACKET_BITS = 9600


class Overflow:
    """``running_over``: it does so now, and to ask for what was lost, or for a keyframe, would feed it."""

    __slots__ = ("_cap", "_looks", "_lossy_looks", "running_over")

    def __init__(self) -> None:
        self.running_over = False
        self._cap = Cap(RELEASE_PER_S, PLENTY_BPS, HELD_US)
        self._looks: deque[tuple[int, int, int, int]] = deque()  # time, and the totals then
        self._lossy_looks = 0  # in a row

    def look(self, came: int, lost: int, octets: int, now_us: int) -> None:
        """``came``, ``lost`` (packets) and ``octets``: totals; only a leap sets them back. To be called every 60 ms or so."""
        looks = self._looks
        _, came_before, lost_before, _ = looks[-1] if looks else (0, came, lost, 0)
        looks.append((now_us, came, lost, octets))
        while len(looks) > 2 and now_us - looks[1][0] >= WINDOW_US:
            looks.popleft()
        at_us, came_then, lost_then, octets_then = looks[0]
        if not _lossy(came - came_then, lost - lost_then, FEWEST):
            self._lossy_looks, self.running_over = 0, False
        elif _lossy(came - came_before, lost - lost_before, 1):
            self._lossy_looks += 1
            if self._lossy_looks >= 2:
                self.running_over = True
                self._cap.lower(DRAIN * (octets - octets_then) * 8e6 / (now_us - at_us), now_us)
        # else nothing was lost of late: when less comes then, less is sent

    def worth_repairing(self, missing: int, now_us: int) -> bool:
        """After it has run over: whether so many packets should be asked for, or a keyframe costs less."""
        return missing * _PACKET_BITS <= REPAIRED_WITHIN_S * self.cap_bps(now_us)

    def cap_bps(self, now_us: int) -> int:
        """What the sender may send; ``FREE_BPS`` when it may send what it likes."""
        return self._cap.bps(now_us)


def _lossy(came: int, lost: int, fewest: int) -> bool:
    return came + lost >= fewest and lost >= LOSSY * (came + lost)
