"""What the relay tells senders about rate: transport-wide feedback for an uplink, and a cap when a downlink is congested.

Pure. ``FeedbackRecorder`` notes when each packet of an uplink arrived (retransmissions and padding too) so that the
browser's own estimator works; ``RembRelay`` passes a receiver's estimate on only while that receiver is congested, because a
cap that is always passed on stalls every start.
"""

from __future__ import annotations

from media import rtcp

HISTORY_US = 500_000
MAX_REPORTED = 250
"""Arrivals in one feedback packet: with the longest span and two bytes each it stays below the path's packet size."""
MAX_SPAN = 2000
"""One report is about no more sequence numbers than this: a source that leaps further is reported on from there."""


class FeedbackRecorder:
    """The arrivals of one transport (a leg), to be reported every 50 to 60 ms (draft-holmer-rmcat-transport-wide-cc-01)."""

    __slots__ = ("_arrivals", "_count", "_fresh", "_highest", "_next", "_start")

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}
        self._highest = -1
        self._next = -1  # the 16-bit number after the highest
        self._start = -1  # the first index the next report is about
        self._fresh = False
        self._count = 0

    def received(self, sequence: int, arrival_us: int) -> None:
        """``sequence`` is the 16-bit transport-wide number; ``arrival_us`` best from the kernel."""
        if sequence == self._next:
            self._highest = index = self._highest + 1
        elif self._highest < 0:
            self._highest = self._start = index = sequence + 0x10000
        else:
            index = self._highest + (((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000)
            if index > self._highest:
                if index - self._start > MAX_SPAN:
                    self._arrivals.clear()
                    self._start = index
                self._highest = index
            elif index in self._arrivals or self._highest - index > MAX_SPAN:
                return
            elif index < self._start:
                self._start = index
        self._next = (self._highest + 1) & 0xFFFF
        self._arrivals[index] = arrival_us
        self._fresh = True

    def take(self, sender_ssrc: int, media_ssrc: int, now_us: int) -> list[bytes]:
        """The feedback packets for what came since the last call; none when nothing came."""
        if not self._fresh:
            return []
        self._fresh = False
        known = self._arrivals
        arrivals = [(index, known[index]) for index in range(self._start, self._highest + 1) if index in known]
        out = []
        base = self._start
        while arrivals:
            taken, packet = rtcp.transport_feedback(sender_ssrc, media_ssrc, base, arrivals[:MAX_REPORTED], self._count & 0xFF)
            out.append(packet)
            self._count += 1
            base = arrivals[taken - 1][0] + 1
            arrivals = arrivals[taken:]
        self._start = self._highest + 1
        while known and now_us - known[oldest := next(iter(known))] > HISTORY_US:
            del known[oldest]
        return out


class RembRelay:
    """What cap to send to a source, from the estimates and loss reports of the receiver it feeds."""

    __slots__ = ("_cap_bps", "_closing", "_due_us", "_ended_bps", "_estimate_bps", "_lossy_until_us", "_updated_us")

    CONGESTED = 0.95
    LOSSY = 0.10
    RELEASE_PER_S = 0.08
    EVERY_US = 250_000
    FREE_BPS = 20_000_000
    LAST_CALLS = 3
    LOSS_HOLDS_US = 2_000_000

    def __init__(self, ceiling_bps: int = 3_000_000) -> None:
        """``ceiling_bps``: a cap released up to here is lifted."""
        self._ended_bps = ceiling_bps
        self._cap_bps = 0.0  # 0: no cap in force
        self._closing = 0  # how often the lifting is still to be said
        self._estimate_bps = 0
        self._lossy_until_us = -1
        self._updated_us = 0
        self._due_us = 0

    @property
    def cap_bps(self) -> int:
        """The cap in force; ``FREE_BPS`` when there is none. A source with several receivers obeys the least of theirs."""
        return int(self._cap_bps) if self._cap_bps else self.FREE_BPS

    def estimate(self, remb_bps: int, forwarded_bps: int, now_us: int) -> None:
        """The receiver's REMB, and what is being forwarded to it."""
        self._estimate_bps = remb_bps
        if remb_bps < self.CONGESTED * forwarded_bps or now_us < self._lossy_until_us:
            self._cap(remb_bps, now_us)

    def loss(self, fraction: float, now_us: int) -> None:
        """The loss (0..1) of a receiver report."""
        if fraction > self.LOSSY:
            self._lossy_until_us = now_us + self.LOSS_HOLDS_US
            if self._estimate_bps:
                self._cap(self._estimate_bps, now_us)

    def _cap(self, bps: int, now_us: int) -> None:
        if not self._cap_bps or bps < self._cap_bps:
            self._cap_bps = max(1.0, float(bps))
            self._due_us = now_us
        self._closing = 0
        self._updated_us = now_us

    def tick(self, now_us: int) -> int | None:
        """The cap in bit/s to send to the source now, if any. Call it every 50 ms or so."""
        if now_us < self._due_us:
            return None
        if self._cap_bps:
            elapsed_s = max(0, now_us - self._updated_us) / 1e6
            self._updated_us = now_us
            self._cap_bps *= (1 + self.RELEASE_PER_S) ** elapsed_s
            self._due_us = now_us + self.EVERY_US
            if self._cap_bps < self._ended_bps:
                return int(self._cap_bps)
            self._cap_bps = 0.0
            self._closing = self.LAST_CALLS
        if not self._closing:
            return None
        self._closing -= 1
        self._due_us = now_us + self.EVERY_US
        return self.FREE_BPS
