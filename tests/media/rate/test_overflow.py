"""An uplink that runs over: a sender over a simulated link with a clock of its own, watched as the relay watches it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rate.cap import FREE_BPS, PLENTY_BPS
from media.rate.feedback import FeedbackRecorder
from media.rate.overflow import HELD_US, LOSSY, Overflow
from tests.network.impair import Impairments, Link, bursts

OCTETS = 1100
LOOK_MS = 60


@dataclass
class Uplink:
    """A sender that always sends what it wants to, or its cap as soon as that has come back to it: packets of ``OCTETS``."""

    link: Link
    wanted_bps: float
    recorder: FeedbackRecorder = field(default_factory=FeedbackRecorder)
    overflow: Overflow = field(default_factory=Overflow)
    caps: list[tuple[int, int]] = field(default_factory=list)
    over: list[int] = field(default_factory=list)
    begun: int = 0
    least_queued: int = 1 << 30  # octets, since it first ran over
    now_ms: int = 0
    _sent: int = 0
    _due: float = 0.0

    def run(self, ms: int, impairments: Impairments) -> None:
        self.link.set(impairments, self.now_ms / 1000)
        for _ in range(ms):
            self.now_ms += 1
            self._send(self.caps[-1][1] if self.caps else FREE_BPS)
            for packet in self.link.due(self.now_ms / 1000):
                self.recorder.received(int.from_bytes(packet[:2], "big"), self.now_ms * 1000, len(packet))
            if self.now_ms % LOOK_MS == 0:
                self._look(self.now_ms * 1000)

    def _send(self, cap_bps: int) -> None:
        self._due += min(self.wanted_bps, cap_bps) / 8000
        while self._due >= OCTETS:
            self._due -= OCTETS
            self.link.push((self._sent & 0xFFFF).to_bytes(2, "big") + bytes(OCTETS - 2), self.now_ms / 1000)
            self._sent += 1

    def _look(self, now_us: int) -> None:
        before = self.overflow.running_over
        self.overflow.look(self.recorder.came, self.recorder.missing, self.recorder.octets, now_us)
        self.begun += self.overflow.running_over > before
        self.caps.append((self.now_ms, self.overflow.cap_bps(now_us)))
        if self.overflow.running_over:
            self.over.append(self.now_ms)
        if self.over:
            self.least_queued = min(self.least_queued, self.link.queued_bytes)

    def least_bps(self) -> int:
        return min(cap_bps for _, cap_bps in self.caps)


def uplink(wanted_bps: float = 2_500_000, seed: int = 1) -> Uplink:
    return Uplink(Link(seed), wanted_bps)


@pytest.mark.parametrize("narrow_bps", [150_000, 300_000, 500_000, 1_000_000])
@pytest.mark.parametrize("queue_ms", [60, 200, 400])
def test_a_path_that_becomes_too_narrow_is_known_by_what_arrives(narrow_bps: int, queue_ms: float) -> None:
    sender = uplink()
    sender.run(3_000, Impairments(delay_ms=20, rate_bps=2_600_000, queue_ms=queue_ms))
    assert sender.least_bps() == FREE_BPS
    sender.run(3_000, Impairments(delay_ms=20, rate_bps=narrow_bps, queue_ms=queue_ms))
    assert sender.begun == 1
    assert 0.5 * narrow_bps <= sender.least_bps() <= narrow_bps
    first_ms = sender.over[0] - 3_000
    assert first_ms <= 250 + queue_ms * (1 + narrow_bps / (2_500_000 - narrow_bps)), (
        "it fills, and what is lost shows behind it"
    )
    assert sender.over[-1] - sender.over[0] <= 1_500 + queue_ms, "it ends with the cap"
    assert sender.least_queued <= 2 * OCTETS, "the queue has drained"


def test_the_cap_is_held_then_released_and_lifted() -> None:
    sender = uplink()
    sender.run(1_000, Impairments(rate_bps=2_600_000))
    sender.run(1_000, Impairments(rate_bps=500_000))
    low_bps, last_ms = sender.least_bps(), sender.over[-1]
    sender.run(HELD_US // 1000 - 500, Impairments())
    assert sender.caps[-1][1] == low_bps
    sender.run(4_000, Impairments())
    assert 1.3 * low_bps < sender.caps[-1][1] < PLENTY_BPS
    sender.run(8_000, Impairments())
    assert sender.caps[-1][1] == FREE_BPS
    assert sender.over[-1] == last_ms


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate_bps", [300_000, 1_500_000, 2_500_000])
@pytest.mark.parametrize(
    "impairments",
    [
        Impairments(loss=0.05, delay_ms=80),
        Impairments(loss=0.1, delay_ms=80),
        Impairments(delay_ms=80, jitter_ms=60, reorder=0.01, duplicate=0.01),
        Impairments(delay_ms=40, rate_bps=2_600_000),
    ],
    ids=["5 % lost", "10 % lost", "jitter", "wide enough"],
)
def test_what_chance_loses_is_no_overflow(impairments: Impairments, rate_bps: float, seed: int) -> None:
    sender = uplink(rate_bps, seed)
    sender.run(30_000, impairments)
    assert len(sender.over) <= 2
    assert sender.least_bps() >= min(0.5 * rate_bps, FREE_BPS)


@pytest.mark.parametrize("seed", range(5))
def test_after_bursts_the_sender_is_free_again(seed: int) -> None:
    sender = uplink(1_500_000, seed)
    sender.run(30_000, Impairments(**bursts(0.02, 8), delay_ms=40))
    assert len(sender.over) <= 10
    sender.run(8_000, Impairments())
    assert sender.caps[-1][1] == FREE_BPS


def test_little_that_is_lost_of_little_tells_nothing() -> None:
    overflow = Overflow()
    for look in range(20):
        overflow.look(look, look, 100 * look, 60_000 * look)
        assert not overflow.running_over
    assert overflow.cap_bps(2_000_000) == FREE_BPS


def overrun() -> Overflow:
    """One that runs over since 120 ms, with a cap of 1.07 Mbit/s."""
    overflow = Overflow()
    for look in range(3):
        overflow.look(100 + 10 * look, 30 * look, 100_000 + 10_000 * look, 60_000 * look)
        assert overflow.running_over == (look == 2)
    return overflow


def test_that_less_comes_as_less_is_sent_lowers_nothing() -> None:
    overflow = overrun()
    cap_bps = overflow.cap_bps(120_000)
    overflow.look(121, 60, 120_500, 180_000)
    assert overflow.running_over, "what was lost is in the window still"
    assert overflow.cap_bps(180_000) == cap_bps
    overflow.look(140, 60, 140_000, 360_000)
    assert not overflow.running_over


def test_a_single_burst_that_stays_in_the_window_is_no_overflow() -> None:
    overflow = Overflow()
    overflow.look(100, 0, 100_000, 0)
    overflow.look(110, 30, 110_000, 60_000)
    overflow.look(125, 30, 125_000, 120_000)
    overflow.look(140, 30, 140_000, 180_000)
    assert not overflow.running_over
    assert overflow.cap_bps(180_000) == FREE_BPS


def test_what_is_lost_is_worth_its_repair_when_that_is_quick() -> None:
    assert Overflow().worth_repairing(500, 0)
    assert overrun().worth_repairing(15, 120_000)
    assert not overrun().worth_repairing(60, 120_000)


STEP = st.tuples(st.integers(0, 60), st.integers(-20, 60), st.integers(0, 90_000), st.integers(1, 500_000))


@settings(max_examples=200)
@given(st.lists(STEP, max_size=60))
def test_whatever_is_seen_it_needs_two_lossy_looks_and_a_lossy_window(steps: list[tuple[int, int, int, int]]) -> None:
    overflow, came, lost, octets, now_us, lossy = Overflow(), 0, 0, 0, 0, 0
    for more, missed, weight, passed_us in steps:
        came, lost, octets, now_us = came + more, lost + missed, octets + weight, now_us + passed_us
        before, before_bps = overflow.running_over, overflow.cap_bps(now_us)
        overflow.look(came, lost, octets, now_us)
        lossy = lossy + 1 if more + missed >= 1 and missed >= LOSSY * (more + missed) else lossy
        if overflow.running_over and not before:
            assert lossy >= 2
            lossy = 0
        assert 1 <= overflow.cap_bps(now_us) <= before_bps
