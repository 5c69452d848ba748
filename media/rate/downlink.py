"""What a leg's downlink bears, from the transport-wide feedback of the browser that receives.

Pure. Every packet sent to the leg gets a number over all its tracks; the browser reports which came and when. From that:
the delay gradient (``Trendline``) tells a queue that grows, the delay itself a queue that has grown suddenly (a cliff), and
loss counts only where it is more than the path loses anyhow and falls with the rate (``Loss``), so that a lossy radio is not
mistaken for a full one. The rate follows as in draft-ietf-rmcat-gcc-02, sections 4.4 to 5.5: multiplicative away from the
path's known limit, additive near it, and down to what arrived. ``probe`` says how many octets of padding to send so that a
path that has become better is noticed although nothing uses it.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from media.rate.cap import FREE_BPS, PLENTY_BPS
from media.rate.lossiness import Loss
from media.rate.trendline import Trendline

HISTORY = 2048
"""Packets remembered: some 8 s of a sharp picture. A power of two that divides 65536, so that a number finds its slot."""
LEAST_BPS = 50_000

_MASK = HISTORY - 1
_UNKNOWN, _LOST, _CAME = 0, 1, 2
_CLOCK_WRAPS_US = 64_000 << 24


@dataclass(slots=True)
class _Probe:
    """Packets sent faster than the estimate, to see whether they come as fast. ``last`` is -1 while they are being sent."""

    first: int
    target_bps: float
    ticks: int
    octets: int
    last: int = -1


@dataclass(slots=True)
class _Drain:
    """How fast a queue that was full of pictures runs empty is what the path bears."""

    until: int  # the numbers below were sent before the queue was noticed
    before_bps: int
    first_us: int = -1
    last_us: int = -1
    octets: int = 0

    def came(self, size: int, arrival_us: int) -> None:
        if self.first_us < 0:
            self.first_us = arrival_us
        else:
            self.octets += size
        self.last_us = arrival_us

    @property
    def bps(self) -> float:
        """-1 when too little came."""
        took_us = self.last_us - self.first_us
        return self.octets * 8e6 / took_us if took_us > 60_000 else -1.0


class DownlinkRate:
    """The controller of one leg: ``sent`` for each packet, ``feedback`` for each report, ``probe`` every 20 ms.

    ``estimate_bps``: what the downlink bears, all tracks and repair together; -1 while unknown (a browser that gives no
    transport-wide feedback never tells). ``loss``: 0..1, of late. ``queue_us``: how long the newest packets waited on the way.
    ``blocked``: the queue is so long, or nothing is heard, that pictures must wait, or sound would come late.
    ``constrained``: sources are to be capped at the estimate. ``pictures``: how many share the way.
    """

    __slots__ = (
        "_arrivals", "_base", "_base_since_us", "_blocked_us", "_capacity", "_clock_us", "_decreased_us", "_drain",
        "_heard_us", "_increased_us", "_next", "_octets", "_older_base", "_probe", "_probe_due_us", "_probe_wait_us",
        "_recent", "_sent_at_us", "_sent_us", "_settled", "_sizes", "_states", "_trend", "_window", "blocked", "constrained",
        "delivered_bps", "estimate_bps", "lossiness", "pictures", "queue_us",
    )  # fmt: skip

    BETA = 0.85
    LEAST_LEFT = 0.7
    GROWTH_PER_S = 1.08
    DELIVERED_OVER_US = 300_000
    BASE_FOR_US = 10_000_000
    CLIFF_US = 100_000
    LONG_US = 150_000
    FULL_US = 350_000
    DRAINED_US = 40_000
    BLOCKED_AT_MOST_US = 2_000_000
    REST_US = 700_000
    SILENT_US = 1_000_000
    PROBE_TICKS = 4
    TICK_US = 20_000
    PROBE_GAIN = 2.0
    PROBE_AFTER_US = 1_500_000
    PROBE_AGAIN_US = 500_000
    PROBE_EVERY_US = 4_000_000

    def __init__(self) -> None:
        self.pictures = 1
        self.estimate_bps = -1
        self.delivered_bps = 0
        self.constrained = self.blocked = False
        self.queue_us = 0
        self.lossiness = Loss()
        self._trend = Trendline()
        self._next = 0
        self._settled = 0  # every number below has been reported on, or never will be
        self._sent_us = array("q", bytes(8 * HISTORY))
        self._sizes = array("H", bytes(2 * HISTORY))
        self._arrivals = array("q", bytes(8 * HISTORY))
        self._states = bytearray(HISTORY)
        self._sent_at_us = self._heard_us = self._blocked_us = -1
        self._clock_us: int | None = None  # the newest arrival
        self._window: deque[tuple[int, int, int]] = deque()  # arrival, sent, size; HISTORY of them at most
        self._octets = 0  # in it
        self._recent: deque[int] = deque(maxlen=3)  # one-way delays, up to the difference of the clocks
        self._base = self._older_base = 0  # the least such delay of this period and the one before
        self._base_since_us = -1
        self._capacity = 0.0  # of the path, as met at its limit; 0 while unknown
        self._decreased_us = self._increased_us = -1
        self._drain: _Drain | None = None
        self._probe: _Probe | None = None
        self._probe_due_us, self._probe_wait_us = 0, self.PROBE_AFTER_US

    @property
    def loss(self) -> float:
        return self.lossiness.fraction

    @property
    def cap_bps(self) -> int:
        """What the source of each picture may send; ``FREE_BPS`` while nothing limits it. Repair needs its part as well."""
        if not self.constrained:
            return FREE_BPS
        return max(LEAST_BPS, int(self.estimate_bps * (1 - min(self.loss, 0.25)) / max(1, self.pictures)))

    # --- what is sent, what is reported -----------------------------------------------------------

    def sent(self, size: int, now_us: int) -> int:
        """The 16-bit transport-wide number of a packet of ``size`` bytes that goes out now."""
        number = self._next
        slot = number & _MASK
        self._sent_us[slot] = self._sent_at_us = now_us
        self._sizes[slot] = size
        self._states[slot] = _UNKNOWN
        self._next = number + 1
        return number & 0xFFFF

    def feedback(self, base: int, arrivals_us: Sequence[int | None], now_us: int, rtt_us: int = -1) -> None:
        """A report: when the numbers from ``base`` on came by the receiver's clock, None: they did not."""
        if not self._next:
            return
        self._heard_us = now_us
        first = self._next - 1 - ((self._next - 1 - base) & 0xFFFF)
        self._assume_came(first)
        oldest, newest, states = max(0, self._next - HISTORY), self._next, self._states
        wraps_us = self._wraps_us(arrivals_us)
        expected = lost = 0
        skipped = max(0, oldest - first)
        for number, arrival_us in enumerate(arrivals_us[skipped : max(skipped, newest - first)], first + skipped):
            slot = number & _MASK
            state = states[slot]
            if arrival_us is None:
                if state == _UNKNOWN:
                    states[slot] = _LOST
                    expected, lost = expected + 1, lost + 1
            elif state != _CAME:
                states[slot] = _CAME
                expected, lost = (expected, lost - 1) if state == _LOST else (expected + 1, lost)
                self._came(slot, arrival_us + wraps_us)
                if self._drain is not None and number < self._drain.until:
                    self._drain.came(self._sizes[slot], arrival_us + wraps_us)
        self._settled = max(self._settled, min(first + len(arrivals_us), self._next))
        while len(self._window) > HISTORY:
            self._octets -= self._window.popleft()[2]
        if self._window:
            self._control(expected, lost, now_us, max(rtt_us, 0))

    def _assume_came(self, first: int) -> None:
        """A report was lost: what it was about counts as delivered, or its loss would look like a slow path."""
        if self._window and first > self._settled:
            arrival_us = self._window[-1][0]
            for number in range(max(self._settled, self._next - HISTORY), first):
                slot = number & _MASK
                self._window.append((arrival_us, self._sent_us[slot], self._sizes[slot]))
                self._octets += self._sizes[slot]

    def _wraps_us(self, arrivals_us: Sequence[int | None]) -> int:
        """What to add to a report's times: the receiver's clock is told modulo 2**24 times 64 ms."""
        first_us = next((at for at in arrivals_us if at is not None), None)
        if self._clock_us is None or first_us is None:
            return 0
        return (self._clock_us - first_us + _CLOCK_WRAPS_US // 2) // _CLOCK_WRAPS_US * _CLOCK_WRAPS_US

    def _came(self, slot: int, arrival_us: int) -> None:
        sent_us, size = self._sent_us[slot], self._sizes[slot]
        delay_us = arrival_us - sent_us
        if self._base_since_us < 0:
            self._base = self._older_base = delay_us
            self._base_since_us = arrival_us
        elif arrival_us - self._base_since_us > self.BASE_FOR_US:
            self._older_base, self._base, self._base_since_us = self._base, delay_us, arrival_us
        elif delay_us < self._base:
            self._base = delay_us
        self._arrivals[slot] = self._clock_us = arrival_us
        self._recent.append(delay_us)
        self._window.append((arrival_us, sent_us, size))
        self._octets += size
        self._trend.packet(sent_us, arrival_us)

    # --- the rate ---------------------------------------------------------------------------------

    def _control(self, expected: int, lost: int, now_us: int, rtt_us: int) -> None:
        before_us = self.queue_us
        stretch = self._measure()
        queue_us = self.queue_us
        congestive = self.lossiness.packets(expected, lost)
        if self.blocked:
            if self._drain is not None and self._drain.bps > 0:
                self.estimate_bps = max(LEAST_BPS, min(self.estimate_bps, int(self.BETA * self._drain.bps)))
            if queue_us < self.DRAINED_US or now_us - self._blocked_us > self.BLOCKED_AT_MOST_US:
                self._unblock(now_us)
            return
        settled = now_us - self._decreased_us > max(rtt_us, 100_000) + 100_000 or self._decreased_us < 0
        grown = queue_us > self.CLIFF_US and before_us > self.DRAINED_US  # twice: it was no hiccup
        sudden = grown and (stretch > 1.6 or lost > 0.3 * max(expected, 5))
        gentle = queue_us < self.CLIFF_US  # then what was delivered may be little only because little was sent
        rested = now_us - self._blocked_us > self.REST_US or self._blocked_us < 0
        if (sudden or queue_us > self.FULL_US) and rested:
            self.blocked, self._blocked_us = True, now_us
            self._drain = _Drain(self._next, self.estimate_bps if self.constrained else FREE_BPS)
            self._decrease(self.BETA * self.delivered_bps, now_us)
        elif (queue_us > self.LONG_US or (self._trend.overusing and self._probe is None)) and settled:
            least_bps = self.LEAST_LEFT * self.estimate_bps if gentle else 0
            self._decrease(max(self.BETA * self.delivered_bps, least_bps), now_us)
        elif congestive and settled:
            self._decrease(self.delivered_bps / (1 - self.lossiness.inherent), now_us)
        elif not self._trend.overusing and not self._trend.underusing and queue_us < self.DRAINED_US:
            self._increase(now_us, rtt_us)
        self._judge_probe(now_us)

    def _unblock(self, now_us: int) -> None:
        """Pictures may go on, at the rate at which the queue ran empty: what sound alone delivered meanwhile tells nothing."""
        self.blocked, self._blocked_us = False, now_us
        drain, self._drain = self._drain, None
        if drain is not None and drain.bps > 0:
            self.estimate_bps = max(LEAST_BPS, min(drain.before_bps, int(self.BETA * drain.bps)))
            self._capacity = drain.bps
        self._decreased_us = self._increased_us = now_us
        self._window.clear()
        self._octets = 0

    def _measure(self) -> float:
        """Brings what is delivered and the queue up to date; by how much the way has stretched what was sent."""
        window = self._window
        newest_us = window[-1][0]
        while newest_us - window[0][0] > self.DELIVERED_OVER_US:
            self._octets -= window.popleft()[2]
        self.queue_us = max(0, min(self._recent) - min(self._base, self._older_base))
        arrived_us = newest_us - window[0][0]
        if arrived_us < self.DELIVERED_OVER_US // 3:
            return 1.0
        self.delivered_bps = (self._octets - window[0][2]) * 8_000_000 // arrived_us
        return arrived_us / max(1, window[-1][1] - window[0][1])

    def _decrease(self, bps: float, now_us: int) -> None:
        """To ``bps``, what gets through and a little less; near there it will later grow more slowly."""
        if self.delivered_bps:
            delivered = self.delivered_bps
            near = 0.5 * self._capacity < delivered < 1.5 * self._capacity
            self._capacity = 0.95 * self._capacity + 0.05 * delivered if near else delivered
        before_bps = self.estimate_bps if self.constrained else FREE_BPS
        self.estimate_bps = max(LEAST_BPS, min(before_bps, int(bps)))
        self.constrained = True
        self._decreased_us = self._increased_us = now_us
        self.lossiness.lowered()
        self._probe = None
        self._probe_wait_us = self.PROBE_AFTER_US
        self._probe_due_us = now_us + self._probe_wait_us

    def _increase(self, now_us: int, rtt_us: int) -> None:
        passed_s = min(1.0, (now_us - self._increased_us) / 1e6) if self._increased_us >= 0 else 0.0
        self._increased_us = now_us
        if not self.delivered_bps:
            return
        most_bps = self.delivered_bps + self.delivered_bps // 2 + 10_000
        if not self.constrained:
            self._raise(most_bps)
            return
        if 0.8 * self._capacity < self.estimate_bps < 1.2 * self._capacity:
            grown = self.estimate_bps + max(4_000.0, 9_600 / (rtt_us / 1e6 + 0.1)) * passed_s
        else:
            grown = self.estimate_bps * self.GROWTH_PER_S**passed_s + 1_000 * passed_s
        self._raise(min(math.ceil(grown), most_bps))

    def _raise(self, bps: int) -> None:
        self.estimate_bps = max(self.estimate_bps, bps)
        if self.estimate_bps >= PLENTY_BPS * max(1, self.pictures):
            self.constrained = False

    def opened(self, now_us: int) -> None:
        """The gate opens: nothing was heard because nothing was sent, and what the way bears shows itself anew."""
        if self._heard_us >= 0:
            self._heard_us = now_us
        if self.blocked:
            self._unblock(now_us)

    # --- probing ----------------------------------------------------------------------------------

    def probe(self, now_us: int) -> int:
        """Octets of padding to send in this tick, mostly 0; to be called every ``TICK_US``. Notes silence, too."""
        silent = self._heard_us >= 0 and self._sent_at_us - self._heard_us > self.SILENT_US
        if silent and not self.blocked:
            self.blocked, self._blocked_us = True, now_us
        probe = self._probe
        if probe is None:
            if not self.constrained or self.blocked or silent or now_us < self._probe_due_us or self.queue_us > self.DRAINED_US:
                return 0
            target_bps = min(self.PROBE_GAIN * self.estimate_bps, 1.2 * PLENTY_BPS * max(1, self.pictures))
            more_bps = max(0.25 * target_bps, target_bps - self.delivered_bps)
            octets = int(more_bps * self.TICK_US / 8e6)
            self._probe = probe = _Probe(self._next, target_bps, self.PROBE_TICKS, octets)
        if probe.last >= 0:
            if now_us > self._probe_due_us + self.PROBE_EVERY_US:  # nothing was heard of it
                self._probe, self._probe_due_us = None, now_us
            return 0
        if not probe.ticks:
            probe.last = self._next - 1
            self._probe_due_us = now_us
            return 0
        probe.ticks -= 1
        return probe.octets

    def _judge_probe(self, now_us: int) -> None:
        probe = self._probe
        if probe is None or probe.last < 0 or self._settled <= probe.last:
            return
        self._probe = None
        proven_bps = min(probe.target_bps, 0.95 * self._rate_of(probe))
        if proven_bps > 1.15 * self.estimate_bps:
            self._capacity = 0.0
            self._raise(int(proven_bps))
            self._probe_wait_us = self.PROBE_AFTER_US
            self._probe_due_us = now_us + self.PROBE_AGAIN_US
        else:
            self._probe_due_us = now_us + self._probe_wait_us
            self._probe_wait_us = min(self.PROBE_EVERY_US, 2 * self._probe_wait_us)

    def _rate_of(self, probe: _Probe) -> float:
        """How fast what was sent during the probe came: what followed its first burst, since that one's end."""
        slots = [number & _MASK for number in range(max(probe.first, self._next - HISTORY), probe.last + 1)]
        came = [slot for slot in slots if self._states[slot] == _CAME]
        if len(came) < 0.6 * len(slots) or not came:
            return 0.0
        first_us = self._sent_us[came[0]]
        burst = [slot for slot in came if self._sent_us[slot] - first_us < self.TICK_US // 2]
        rest = [slot for slot in came if self._sent_us[slot] - first_us >= self.TICK_US // 2]
        if not rest:
            return 0.0
        took_us = max(self._arrivals[slot] for slot in rest) - max(self._arrivals[slot] for slot in burst)
        octets = sum(self._sizes[slot] for slot in rest) * len(slots) / len(came)
        return octets * 8e6 / max(1, took_us)
