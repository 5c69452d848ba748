"""The rescue ladder at work on one leg's downlink: what it is fed with, and the stills that a weak path gets.

Pure. ``DownlinkLadder`` turns what the leg measures into looks at the ladder. ``Stills`` lets one whole keyframe pass every few
seconds and nothing between, a packet at a time, so that sound never waits behind a picture.
"""

from __future__ import annotations

from collections import deque

from media.rate import ladder
from media.rate.cap import FREE_BPS
from media.rate.downlink import DownlinkRate
from media.rate.ladder import Evidence, Rung

LOOK_EVERY_US = 250_000
SENT_OVER_US = 1_000_000
REPORT_GOOD_US = 8_000_000
"""Browsers report on sound every 5 s or so."""

THINNED = (Rung.STILLS, Rung.SOUND, Rung.CHAT)
"""Where a receiver gets less than the whole picture."""

STILL_EVERY_US = 4_000_000
STILL_BPS = 80_000
"""How fast a still goes out. A packet then takes about as long as the weakest path that is given stills needs for it."""
MAX_STILL = 64
"""Packets. A larger picture is given up: it would not be through before the next."""


class DownlinkLadder:
    """What one leg's downlink carries, from what is known of it. ``rung`` is what the relay acts on."""

    __slots__ = ("_ladder", "_looked_us", "_loss", "_loss_us", "_measured_us", "_octets", "_sent_bps")

    def __init__(self) -> None:
        self._ladder = ladder.begin(0)
        self._looked_us = -1
        self._measured_us = self._octets = self._sent_bps = 0
        self._loss, self._loss_us = 0.0, -1

    @property
    def rung(self) -> Rung:
        return self._ladder.rung

    def interrupted(self, now_us: int) -> None:
        """The gate opens or closes: what was measured before is of no use."""
        self._ladder = ladder.interrupted(self._ladder, now_us // 1000)
        self._looked_us = now_us
        self._measured_us, self._octets, self._sent_bps = 0, 0, 0
        self._loss_us = -1

    def sound_lost(self, fraction: float, now_us: int) -> None:
        """A receiver report on sound: the part (0..1) that did not come since the one before."""
        self._loss, self._loss_us = fraction, now_us

    def due(self, now_us: int) -> bool:
        """Whether it is time to look again."""
        return now_us - self._looked_us >= LOOK_EVERY_US

    def look(self, rate: DownlinkRate, remb_bps: int, octets: int, now_us: int) -> bool:
        """True when the rung changed. ``remb_bps``: the receiver's own estimate, 0 for none; ``octets``: sent so far, all."""
        if self._looked_us < 0:
            self._ladder = ladder.begin(now_us // 1000)
        self._looked_us = now_us
        self._measure(octets, now_us)
        before = self._ladder.rung
        evidence = Evidence(_estimate(rate, remb_bps), self._sent_bps, self._lost(rate, now_us))
        self._ladder = ladder.look(self._ladder, evidence, now_us // 1000)
        return self._ladder.rung is not before

    def _measure(self, octets: int, now_us: int) -> None:
        passed_us = now_us - self._measured_us
        if not self._measured_us:
            self._measured_us, self._octets = now_us, octets
        elif passed_us >= SENT_OVER_US:
            self._sent_bps = (octets - self._octets) * 8_000_000 // passed_us
            self._measured_us, self._octets = now_us, octets

    def _lost(self, rate: DownlinkRate, now_us: int) -> float | None:
        if rate.estimate_bps >= 0:
            return rate.loss
        return self._loss if self._loss_us >= 0 and now_us - self._loss_us < REPORT_GOOD_US else None


def _estimate(rate: DownlinkRate, remb_bps: int) -> int | None:
    if rate.estimate_bps >= 0:
        return rate.estimate_bps if rate.constrained else FREE_BPS
    return remb_bps or None


class Stills:
    """One picture every ``STILL_EVERY_US`` out of a source's stream, sent at ``STILL_BPS``."""

    __slots__ = ("_due_us", "_free_us", "_queue", "_source", "_timestamp")

    def __init__(self) -> None:
        self._due_us = 0
        self._free_us = 0  # when the next packet may go
        self._source = self._timestamp = -1  # of the present still
        self._queue: deque[tuple[bool, bytes]] = deque()

    def wanted(self, now_us: int) -> bool:
        """Whether the source should begin a new picture for us."""
        return now_us >= self._due_us

    def take(self, source: int, timestamp: int, starts: bool, packet: bytes | memoryview, now_us: int) -> bool:
        """Whether the packet is part of a still; it is kept to be sent. ``starts``: it begins a picture on its own."""
        first = source != self._source or timestamp != self._timestamp
        if first:
            if not starts or not self.wanted(now_us):
                return False
            self._source, self._timestamp, self._due_us = source, timestamp, now_us + STILL_EVERY_US
            self._queue.clear()
        elif len(self._queue) >= MAX_STILL:
            self.clear()
            return False
        self._queue.append((first, bytes(packet)))
        return True

    def release(self, now_us: int) -> tuple[bool, bytes] | None:
        """The next packet when it may go: whether it begins a picture, and its bytes."""
        if not self._queue or now_us < self._free_us:
            return None
        first, packet = self._queue.popleft()
        self._free_us = now_us + len(packet) * 8_000_000 // STILL_BPS
        return first, packet

    def clear(self) -> None:
        """Gives the present still up; what else comes of it goes nowhere."""
        self._source = self._timestamp = -1
        self._queue.clear()
