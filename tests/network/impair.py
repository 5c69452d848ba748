"""What a bad network does to packets: one direction of a link, as a pure machine driven by a clock it is given.

A packet is dropped (protocol blocked, blackout, uniform or bursty loss), perhaps doubled, then waits its turn in a drop-tail
queue in front of the bottleneck, then travels. Without reordering packets arrive in the order in which they were sent.
The same seed, packets and times give the same arrivals.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

JITTER_HOLDS_S = 0.04
"""How long a drawn delay holds. Drawn anew for every packet, and kept in order, it would only stay at its greatest."""
OVERTAKEN_S = 0.03
"""How much later a reordered packet arrives: longer than the 20 ms between two packets of sound."""

_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}


@dataclass(frozen=True, slots=True)
class Impairments:
    """One direction of a link; the default is a perfect one. Probabilities are 0..1, per packet.

    Bursts (Gilbert-Elliott): ``burst_p`` leads from good to bad, ``burst_r`` from bad to good, and what comes while it is
    bad is lost. ``rate_bps`` counts whole IP packets; its queue holds ``queue_ms`` of them. The delay varies by up to
    ``jitter_ms`` to either side, never below zero.
    """

    loss: float = 0.0
    burst_p: float = 0.0
    burst_r: float = 1.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    rate_bps: float | None = None
    queue_ms: float = 200.0
    blocked: frozenset[str] = frozenset()
    blackout: bool = False

    def __post_init__(self) -> None:
        chances = (self.loss, self.burst_p, self.burst_r, self.reorder, self.duplicate)
        if not all(0 <= chance <= 1 for chance in chances):
            raise ValueError(f"probabilities are between 0 and 1: {self}")
        if self.burst_p > 0 and self.burst_r == 0:
            raise ValueError("a burst that never ends is a blackout")
        if min(self.delay_ms, self.jitter_ms, self.queue_ms) < 0 or (self.rate_bps is not None and self.rate_bps <= 0):
            raise ValueError(f"times are at least 0, rates more than 0: {self}")
        if not self.blocked <= set(_PROTOCOLS.values()):
            raise ValueError(f"protocols are {sorted(set(_PROTOCOLS.values()))}, not {sorted(self.blocked)}")


def bursts(mean_loss: float, mean_packets: float) -> dict[str, Any]:
    """Gilbert-Elliott's parameters for a loss of 0..1 in bursts of that many packets on average."""
    r = 1 / mean_packets
    return {"burst_p": mean_loss * r / (1 - mean_loss), "burst_r": r}


def protocol_of(packet: bytes) -> str | None:
    """Of an IPv4 or IPv6 packet without extension headers: ``udp``, ``tcp``, ``icmp``, or None."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        return _PROTOCOLS.get(packet[9])
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return _PROTOCOLS.get(packet[6])
    return None


@dataclass(slots=True)
class Tally:
    """What became of the packets: what was pushed or doubled is delivered, dropped, or still under way."""

    pushed: int = 0
    doubled: int = 0
    lost: int = 0
    overflowed: int = 0
    delivered: int = 0
    delivered_bytes: int = 0


@dataclass(slots=True)
class Link:
    """Feed it with ``push``, drain it with ``due``, look again at ``next_at``. ``now`` is in seconds and never goes back."""

    seed: int
    tally: Tally = field(default_factory=Tally)
    _now: Impairments = field(default_factory=Impairments)
    _chance: Random = field(init=False)
    _bad: bool = False
    _queue: deque[bytes] = field(default_factory=deque)
    _queued_bytes: int = 0
    _head_leaves_at: float = math.inf
    _jitter_s: float = 0.0
    _jitter_until: float = -math.inf
    _last_arrival: float = -math.inf
    _travelling: list[tuple[float, int, bytes]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)

    def set(self, impairments: Impairments, now: float) -> None:
        """From now on. What waits in the queue leaves at the new rate; what travels arrives as it would have."""
        self._leave(now)
        left = 0.0 if not self._queue else (self._head_leaves_at - now) * (self._now.rate_bps or 0.0)
        self._now = impairments
        self._jitter_until = -math.inf
        if impairments.burst_p == 0:
            self._bad = False
        if self._queue:
            self._head_leaves_at = now + (left / impairments.rate_bps if impairments.rate_bps else 0.0)
            self._leave(now)

    def push(self, packet: bytes, now: float) -> None:
        self.tally.pushed += 1
        if self._loses(packet):
            self.tally.lost += 1
            return
        self._enter(packet, now)
        if self._now.duplicate and self._chance.random() < self._now.duplicate:
            self.tally.doubled += 1
            self._enter(packet, now)

    def due(self, now: float) -> list[bytes]:
        """Everything that has arrived by now, in the order of arrival."""
        self._leave(now)
        travelling, arrived = self._travelling, []
        while travelling and travelling[0][0] <= now:
            packet = heapq.heappop(travelling)[2]
            self.tally.delivered += 1
            self.tally.delivered_bytes += len(packet)
            arrived.append(packet)
        return arrived

    @property
    def next_at(self) -> float:
        """When to ask ``due`` again; infinity when nothing is under way."""
        return min(self._travelling[0][0] if self._travelling else math.inf, self._head_leaves_at)

    @property
    def under_way(self) -> int:
        """Packets that wait or travel."""
        return len(self._queue) + len(self._travelling)

    @property
    def queued_bytes(self) -> int:
        return self._queued_bytes

    def _loses(self, packet: bytes) -> bool:
        now = self._now
        if now.blackout or (now.blocked and protocol_of(packet) in now.blocked):
            return True
        if now.burst_p:
            self._bad = self._chance.random() < (1 - now.burst_r if self._bad else now.burst_p)
            if self._bad:
                return True
        return now.loss > 0 and self._chance.random() < now.loss

    def _enter(self, packet: bytes, now: float) -> None:
        rate_bps = self._now.rate_bps
        if rate_bps is None:
            self._travel(packet, now)
            return
        self._leave(now)
        if self._queue and self._queued_bytes + len(packet) > rate_bps * self._now.queue_ms / 8000:
            self.tally.overflowed += 1
            return
        if not self._queue:
            self._head_leaves_at = now + len(packet) * 8 / rate_bps
        self._queue.append(packet)
        self._queued_bytes += len(packet)

    def _leave(self, now: float) -> None:
        """What the bottleneck has sent out by now."""
        while self._head_leaves_at <= now:
            packet, at = self._queue.popleft(), self._head_leaves_at
            self._queued_bytes -= len(packet)
            next_s = len(self._queue[0]) * 8 / self._now.rate_bps if self._queue and self._now.rate_bps else 0.0
            self._head_leaves_at = at + next_s if self._queue else math.inf
            self._travel(packet, at)

    def _travel(self, packet: bytes, at: float) -> None:
        arrival = at + max(0.0, self._now.delay_ms / 1000 + self._jitter(at))
        if self._now.reorder and self._chance.random() < self._now.reorder:
            arrival = max(arrival, self._last_arrival) + OVERTAKEN_S
        else:
            arrival = self._last_arrival = max(arrival, self._last_arrival)
        self._number += 1
        heapq.heappush(self._travelling, (arrival, self._number, packet))

    def _jitter(self, at: float) -> float:
        if not self._now.jitter_ms:
            return 0.0
        if at >= self._jitter_until:
            self._jitter_s = self._chance.uniform(-self._now.jitter_ms, self._now.jitter_ms) / 1000
            self._jitter_until = at + JITTER_HOLDS_S
        return self._jitter_s
