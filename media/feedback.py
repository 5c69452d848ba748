"""What the relay tells senders about rate: transport-wide feedback for an uplink, and a cap when a downlink is congested.

Pure. ``FeedbackRecorder`` notes when each packet of an uplink arrived (retransmissions and padding too) so that the
browser's own estimator works; ``CapTeller`` says caps to sources. Where a receiver gives no transport-wide feedback,
``RembRelay`` makes its estimate a cap, but only while that receiver is congested: one always passed on stalls every start.
"""

from __future__ import annotations

from media import rtcp
from media.congestion import FREE_BPS

HISTORY_US = 500_000
MAX_REPORTED = 250
"""Arrivals in one feedback packet: with the longest span and two bytes each it stays below the path's packet size."""
MAX_SPAN = 2000
"""One report is about no more sequence numbers than this: a source that leaps further is reported on from there."""
_FORGIVEN = 14  # hundredths of a lost packet that each one received makes up for: 12 % of all
_FORGIVEN_AT_ONCE = 40 * 100
_LOSS_OVER = 300  # packets


class FeedbackRecorder:
    """The arrivals of one transport (a leg), to be reported every 50 to 60 ms (draft-holmer-rmcat-transport-wide-cc-01).

    A hole is left out of the reports, rather than told as lost, as long as at most an eighth is lost: this hop repairs it. A
    sender takes each loss that it is told of for one of its making and falls to a tenth of what the path bears. Of more loss
    than that it is told, and the delay it sees in what arrived. A hole must not be told as received either: the sender would
    forget the packet and could not send it again.

    ``discreet``: tell of no hole at all. Chromium sends again at once what is told as lost behind its stream's last arrival
    (``RtpVideoSender``), and so feeds a queue that runs over.
    """

    __slots__ = (
        "_arrivals", "_count", "_credit", "_first", "_fresh", "_highest", "_next", "_start", "came", "discreet", "loss",
        "octets",
    )  # fmt: skip

    def __init__(self) -> None:
        self.loss = 0.0  # 0..1, of late, before repair
        self.came = self.octets = 0  # packets that arrived, each once, and what they and their copies weighed
        self.discreet = False
        self._arrivals: dict[int, int] = {}
        self._first = self._highest = -1
        self._next = -1  # the 16-bit number after the highest
        self._start = -1  # the first index the next report is about
        self._fresh = False
        self._count = 0
        self._credit = _FORGIVEN_AT_ONCE

    @property
    def missing(self) -> int:
        """Packets that have not arrived, of all since the beginning or the last leap."""
        return self._highest - self._first + 1 - self.came if self._highest >= 0 else 0

    def received(self, sequence: int, arrival_us: int, octets: int = 0) -> None:
        """``sequence`` is the 16-bit transport-wide number; ``arrival_us`` best from the kernel; ``octets`` on the wire."""
        self.octets += octets
        if sequence == self._next:
            self._highest = index = self._highest + 1
        elif self._highest < 0:
            self._highest = self._first = self._start = index = sequence + 0x10000
        else:
            index = self._highest + (((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000)
            if index > self._highest:
                if index - self._start > MAX_SPAN:
                    self._arrivals.clear()
                    self._first = self._start = index
                    self.came = 0
                self._highest = index
            elif index in self._arrivals or self._highest - index > MAX_SPAN:
                return
            elif index < self._start:
                self._start = index
        self._next = (self._highest + 1) & 0xFFFF
        self._arrivals[index] = arrival_us
        self.came += 1
        self._fresh = True

    def take(self, sender_ssrc: int, media_ssrc: int, now_us: int) -> list[bytes]:
        """The feedback packets for what came since the last call; none when nothing came."""
        if not self._fresh:
            return []
        self._fresh = False
        known = self._arrivals
        out = []
        for start, run in self._runs():
            base, rest = start, run
            while rest:
                taken, packet = rtcp.transport_feedback(sender_ssrc, media_ssrc, base, rest[:MAX_REPORTED], self._count & 0xFF)
                out.append(packet)
                self._count += 1
                base = rest[taken - 1][0] + 1
                rest = rest[taken:]
        self._start = self._highest + 1
        while known and now_us - known[oldest := next(iter(known))] > HISTORY_US:
            del known[oldest]
        return out

    def _runs(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """(first index it is about, arrivals) of each stretch between two holes that are left out."""
        known = self._arrivals
        base = expected = self._start
        run: list[tuple[int, int]] = []
        runs = [(base, run)]
        for index in range(self._start, self._highest + 1):
            if index not in known:
                continue
            lost = 100 * (index - expected)
            if lost and (self.discreet or lost <= self._credit):
                self._credit = max(0, self._credit - lost)
                run = []
                runs.append((index, run))
            run.append((index, known[index]))
            self._credit = min(_FORGIVEN_AT_ONCE, self._credit + _FORGIVEN)
            self.loss += (min(0.5, index - expected) - self.loss) / _LOSS_OVER
            expected = index + 1
        return runs


class RembRelay:
    """What cap a receiver's estimates and loss reports call for; of use where it sends no transport-wide feedback."""

    __slots__ = ("_cap_bps", "_ended_bps", "_estimate_bps", "_lossy_until_us", "_updated_us")

    CONGESTED = 0.95
    LOSSY = 0.10
    RELEASE_PER_S = 0.08
    LOSS_HOLDS_US = 2_000_000

    def __init__(self, ceiling_bps: int = 3_000_000) -> None:
        """``ceiling_bps``: a cap released up to here is lifted."""
        self._ended_bps = ceiling_bps
        self._cap_bps = 0.0  # 0: no cap in force
        self._estimate_bps = 0
        self._lossy_until_us = -1
        self._updated_us = 0

    @property
    def estimate_bps(self) -> int:
        """What the receiver said last, 0 when it never did."""
        return self._estimate_bps

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
        cap_bps = self.cap_bps(now_us)
        self._cap_bps = max(1.0, float(min(bps, cap_bps)))

    def cap_bps(self, now_us: int) -> int:
        """The cap in force; ``FREE_BPS`` when there is none."""
        passed_s = max(0, now_us - self._updated_us) / 1e6
        self._updated_us = now_us
        if self._cap_bps:
            self._cap_bps *= (1 + self.RELEASE_PER_S) ** min(60.0, passed_s)
            if self._cap_bps >= self._ended_bps:
                self._cap_bps = 0.0
        return int(self._cap_bps) or FREE_BPS


class CapTeller:
    """When to tell a source its cap: a lower one at once, else every 250 ms, and the lifting a few times, as it may be lost.

    A browser holds on to the last REMB for good, so the lifting must be said.
    """

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
