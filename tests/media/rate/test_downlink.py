"""The downlink's controller over a simulated path with a clock of its own: a bottleneck with a queue, loss, jitter, rivals."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rate.cap import FREE_BPS
from media.rate.downlink import HISTORY, LEAST_BPS, DownlinkRate

MS = 1000
S = 1_000_000
CLOCKS_APART_US = 123_456_789


@dataclass
class Path:
    """One way: ``rate_bps`` behind a queue of ``queue_us`` (tail drop), then delay, jitter (in order) and chance loss."""

    rate_bps: int = 2_500_000
    queue_us: int = 300 * MS
    delay_us: int = 20 * MS
    jitter_us: int = 0
    loss: float = 0.0
    rival_bps: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    longest_us: int = 0
    free_us: float = 0
    last_us: int = 0
    rival_us: float = 0

    def arrival(self, size: int, now_us: int) -> int | None:
        while self.rival_bps and self.rival_us < now_us:  # packets of 1200 bytes at a steady rate
            self._queue(1200, self.rival_us)
            self.rival_us += 1200 * 8e6 / self.rival_bps
        leaves_us = self._queue(size, now_us)
        if leaves_us is None or self.chance.random() < self.loss:
            return None
        self.longest_us = max(self.longest_us, int(leaves_us - now_us))
        at_us = int(leaves_us) + self.delay_us + int(self.chance.random() * self.jitter_us)
        self.last_us = max(self.last_us, at_us)
        return self.last_us

    def _queue(self, size: int, now_us: float) -> float | None:
        if self.free_us - now_us > self.queue_us:
            return None
        self.free_us = max(self.free_us, now_us) + size * 8e6 / self.rate_bps
        return self.free_us


class Call:
    """A source of pictures that wants ``wants_bps`` and obeys the cap at once, sound at 40 kbit/s, reports every 50 ms."""

    def __init__(self, path: Path, wants_bps: int = 2_300_000) -> None:
        self.path, self.wants_bps = path, wants_bps
        self.rate = DownlinkRate()
        self.now_us = 10 * S
        self.reported = 0
        self.arrivals: dict[int, int] = {}
        self.sent = 0
        self.due: list[tuple[int, int, list[int | None]]] = []
        self.estimates: list[tuple[int, int]] = []
        self.blocked_us = 0
        self.delivered = 0
        self.reports_lost = 0.0
        self.silent = False

    def send(self, size: int) -> None:
        number = self.rate.sent(size, self.now_us)
        assert number == self.sent & 0xFFFF
        at_us = self.path.arrival(size, self.now_us)
        if at_us is not None:
            self.arrivals[self.sent] = at_us
            self.delivered += size
        self.sent += 1

    def report(self) -> None:
        came = [number for number, at in self.arrivals.items() if at <= self.now_us and number >= self.reported]
        if not came or self.silent:
            return
        last = max(came)
        known = set(came)
        arrivals = [
            self.arrivals[number] + CLOCKS_APART_US if number in known else None for number in range(self.reported, last + 1)
        ]
        if self.path.chance.random() >= self.reports_lost:
            heapq.heappush(self.due, (self.now_us + self.path.delay_us, self.reported & 0xFFFF, arrivals))
        for number in came:
            del self.arrivals[number]
        self.reported = last + 1

    def hear(self) -> None:
        while self.due and self.due[0][0] <= self.now_us:
            _, base, arrivals = heapq.heappop(self.due)
            self.rate.feedback(base, arrivals, self.now_us, 2 * self.path.delay_us)

    def run(self, for_us: int, each_tick: Callable[[], None] = lambda: None) -> Call:
        """Steps of 5 ms: a frame every 33 ms that is paced at 2.5 times the rate, sound every 20 ms, a tick every 20 ms."""
        backlog = 0.0
        for step in range(for_us // (5 * MS)):
            self.now_us += 5 * MS
            self.hear()
            bps = min(self.wants_bps, self.rate.cap_bps)
            if step % 7 == 0:
                backlog = min(backlog + bps * 0.035 / 8, 100_000)
            budget = bps * 2.5 * 0.005 / 8
            while backlog > 0 and budget > 0 and not self.rate.blocked:
                size = int(min(1200, max(200, backlog)))
                self.send(size)
                backlog, budget = backlog - size, budget - size
            if self.rate.blocked:
                backlog = 0
            if step % 4 == 0:
                self.send(120)
                octets = self.rate.probe(self.now_us)
                while octets > 0:
                    self.send(min(279, octets + 24))
                    octets -= 279
                each_tick()
            if step % 10 == 0:
                self.report()
            self.blocked_us += self.rate.blocked * 5 * MS
            self.estimates.append((self.now_us, self.rate.estimate_bps))
        return self

    def mean_bps(self, last_us: int) -> float:
        told = [bps for at, bps in self.estimates if at > self.now_us - last_us]
        return sum(told) / len(told)


def throughput(call: Call, for_us: int) -> float:
    before = call.delivered
    call.run(for_us)
    return (call.delivered - before) * 8e6 / for_us


# --- what must hold -------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_bps", [300_000, 700_000, 1_500_000])
def test_it_settles_close_below_what_the_path_bears(rate_bps: int) -> None:
    call = Call(Path(rate_bps=rate_bps)).run(20 * S)
    used = throughput(call, 20 * S)
    assert 0.80 * rate_bps < used < 1.01 * rate_bps
    assert call.rate.constrained


def test_a_path_with_room_is_never_capped() -> None:
    call = Call(Path(rate_bps=10_000_000)).run(20 * S)
    assert call.rate.cap_bps == FREE_BPS
    assert call.rate.estimate_bps > 2_300_000
    assert call.blocked_us == 0


@pytest.mark.parametrize("queue_ms", [150, 300, 1000])
def test_a_cliff_is_noticed_within_half_a_second_and_the_queue_drains(queue_ms: int) -> None:
    call = Call(Path(rate_bps=2_800_000, queue_us=queue_ms * MS)).run(10 * S)
    call.path.rate_bps = 500_000
    began = call.now_us
    call.run(500 * MS)
    assert call.rate.cap_bps < 700_000
    call.run(1500 * MS)
    call.path.longest_us = 0
    call.run(5 * S)
    assert call.path.longest_us < 300 * MS
    assert call.rate.cap_bps < 600_000
    assert min(bps for at, bps in call.estimates if at > began) > 150_000


def test_at_a_cliff_pictures_wait_until_the_queue_has_drained_and_no_longer() -> None:
    call = Call(Path(rate_bps=2_800_000, queue_us=600 * MS)).run(10 * S)
    assert call.blocked_us == 0
    call.path.rate_bps = 500_000
    call.run(3 * S)
    assert 100 * MS < call.blocked_us <= 1500 * MS
    assert not call.rate.blocked


def test_it_climbs_back_within_fifteen_seconds_of_relief() -> None:
    call = Call(Path(rate_bps=2_800_000)).run(10 * S)
    call.path.rate_bps = 150_000
    call.run(20 * S)
    assert call.rate.estimate_bps < 200_000
    call.path.rate_bps = 2_800_000
    call.run(12 * S)
    assert call.rate.estimate_bps > 2_000_000


def test_an_estimate_does_not_stick_low_while_nothing_uses_it() -> None:
    """Only sound passes, as when pictures are withheld: probes find out what the path bears."""
    call = Call(Path(rate_bps=2_800_000)).run(5 * S)
    call.path.rate_bps = 150_000
    call.run(5 * S)
    call.wants_bps = 0
    call.run(10 * S)
    assert call.rate.estimate_bps < 250_000
    call.path.rate_bps = 2_800_000
    call.run(12 * S)
    assert call.rate.estimate_bps > 1_500_000


@pytest.mark.parametrize("loss", [0.05, 0.10])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chance_loss_is_not_congestion(loss: float, seed: int) -> None:
    call = Call(Path(rate_bps=10_000_000, delay_us=80 * MS, loss=loss, chance=random.Random(seed)))
    call.reports_lost = loss
    call.run(30 * S)
    assert min(call.rate.cap_bps, call.wants_bps) > 1_800_000
    assert 0.5 * loss < call.rate.loss < 1.7 * loss


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loss_that_begins_mid_call_costs_little(seed: int) -> None:
    call = Call(Path(rate_bps=10_000_000, delay_us=80 * MS, chance=random.Random(seed))).run(10 * S)
    call.path.loss = 0.10
    call.run(20 * S)
    assert min(call.rate.cap_bps, call.wants_bps) > 1_500_000


def test_a_policer_without_a_queue_is_told_by_its_loss() -> None:
    call = Call(Path(rate_bps=2_800_000)).run(10 * S)
    call.path.rate_bps, call.path.queue_us = 600_000, 30 * MS
    call.run(5 * S)
    assert call.rate.cap_bps < 800_000
    assert call.rate.loss < 0.3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_jitter_is_not_overuse(seed: int) -> None:
    call = Call(Path(rate_bps=10_000_000, jitter_us=60 * MS, chance=random.Random(seed))).run(30 * S)
    assert min(call.rate.cap_bps, call.wants_bps) > 1_500_000
    assert call.blocked_us == 0


def test_with_a_rival_the_rest_is_used() -> None:
    call = Call(Path(rate_bps=2_000_000, rival_bps=1_000_000)).run(20 * S)
    assert 600_000 < throughput(call, 10 * S) < 1_100_000


def test_while_nothing_is_heard_pictures_wait() -> None:
    call = Call(Path()).run(5 * S)
    call.silent = True
    call.run(1500 * MS)
    assert call.rate.blocked
    call.silent = False
    call.run(1 * S)
    assert not call.rate.blocked


def test_a_pause_in_which_nothing_is_sent_is_no_silence() -> None:
    call = Call(Path()).run(2 * S)
    call.now_us += 5 * S
    call.rate.opened(call.now_us)
    call.send(1200)
    call.now_us += 20 * MS
    call.rate.probe(call.now_us)
    assert not call.rate.blocked
    call.now_us += DownlinkRate.SILENT_US
    call.send(1200)
    call.rate.probe(call.now_us)
    assert call.rate.blocked, "but this is"
    call.rate.opened(call.now_us)
    assert not call.rate.blocked, "a gate that opens tries the way anew"


def test_before_anything_was_heard_a_gate_that_opens_changes_nothing() -> None:
    rate = DownlinkRate()
    rate.opened(5 * S)
    rate.sent(1200, 9 * S)
    assert (rate.probe(10 * S), rate.blocked) == (0, False)


def test_a_receiver_whose_clock_stands_still_fills_no_memory() -> None:
    rate = DownlinkRate()
    for number in range(3 * HISTORY):
        rate.sent(1000, number * MS)
        rate.feedback(number & 0xFFFF, [500 * MS], number * MS + 60 * MS)
    assert len(rate._window) <= HISTORY
    assert rate._octets == sum(size for _, _, size in rate._window)


# --- reports of any kind --------------------------------------------------------------------------


def steady(numbers: int = 200, gap_us: int = 10 * MS) -> DownlinkRate:
    rate = DownlinkRate()
    for number in range(numbers):
        rate.sent(1000, number * gap_us)
        rate.feedback(number & 0xFFFF, [number * gap_us + 30 * MS], number * gap_us + 60 * MS)
    return rate


def test_what_is_delivered_is_measured() -> None:
    rate = steady()
    assert abs(rate.delivered_bps - 800_000) < 10_000
    assert rate.queue_us == 0
    assert rate.estimate_bps == rate.delivered_bps * 3 // 2 + 10_000


def test_a_report_before_anything_was_sent_or_about_nothing_says_nothing() -> None:
    rate = DownlinkRate()
    rate.feedback(0, [0], 0)
    rate.sent(1000, 0)
    rate.feedback(0, [], 0)
    rate.feedback(7, [1, 2, None], 0)
    rate.feedback(0, [None], 0)
    assert rate.estimate_bps == -1


def test_a_report_told_twice_counts_once_and_what_came_late_is_not_lost() -> None:
    rate = DownlinkRate()
    for number in range(100):
        rate.sent(1000, number * 10 * MS)
    rate.feedback(0, [None if number % 2 else number * 10 * MS for number in range(100)], S)
    assert rate.loss == 0.25, "half of half, as it is smoothed"
    again = steady(0)
    for number in range(30):
        again.sent(1000, number * 10 * MS)
    again.feedback(0, [None, *[number * 10 * MS for number in range(1, 30)]], S)
    again.feedback(0, [None, 5 * MS], S)
    again.feedback(0, [4 * MS], S)
    assert again.loss == 0.0


def half_reported() -> tuple[DownlinkRate, list[int]]:
    """140 packets sent, the first 100 of them reported on; and when each comes."""
    rate = steady(100)
    for number in range(100, 140):
        rate.sent(1000, number * 10 * MS)
    return rate, [number * 10 * MS + 30 * MS for number in range(140)]


def test_a_lost_report_does_not_look_like_a_slow_path() -> None:
    rate, came = half_reported()
    rate.feedback(120, came[120:140], 1500 * MS)
    assert rate.delivered_bps > 700_000
    rate.feedback(100, came[100:120], 1510 * MS)
    assert rate.loss == 0.0


def test_what_is_known_to_have_come_is_not_assumed_a_second_time() -> None:
    rate, came = half_reported()
    rate.feedback(110, came[110:120], 1300 * MS)
    delivered_bps = rate.delivered_bps
    rate.feedback(130, came[130:140], 1500 * MS)
    assert rate.delivered_bps == pytest.approx(delivered_bps, rel=0.1)


def test_the_receivers_clock_may_wrap() -> None:
    wraps_us, gap_us = 64_000 << 24, 10 * MS
    rate = DownlinkRate()
    for number in range(300):
        rate.sent(1000, number * gap_us)
        arrival = number * gap_us + wraps_us // 2 - 1500 * MS
        rate.feedback(number, [arrival if arrival < wraps_us // 2 else arrival - wraps_us], number * gap_us + 60 * MS)
    assert abs(rate.delivered_bps - 800_000) < 10_000
    assert rate.queue_us == 0


def test_a_route_that_becomes_longer_is_no_queue_for_ever() -> None:
    rate, now = steady(), 2 * S
    for number in range(200, 4000):
        now += 10 * MS
        rate.sent(1000, now)
        rate.feedback(number & 0xFFFF, [now + 400 * MS], now + 430 * MS)
    assert rate.queue_us == 0
    assert not rate.blocked


def test_several_pictures_share_and_repair_has_its_part() -> None:
    call = Call(Path(rate_bps=700_000)).run(20 * S)
    alone = call.rate.cap_bps
    call.rate.pictures = 2
    assert alone // 2 - 1 <= call.rate.cap_bps <= alone // 2
    call.rate.lossiness.fraction = 0.1
    assert call.rate.cap_bps < 0.46 * alone


def test_a_probe_of_which_nothing_is_heard_is_given_up() -> None:
    call = Call(Path(rate_bps=400_000)).run(10 * S)
    call.wants_bps = 100_000
    call.run(3 * S)
    at = call.now_us
    asked = [each for each in range(at, at + 12 * S, 20 * MS) if call.rate.probe(each)]
    assert DownlinkRate.PROBE_TICKS < len(asked) <= 3 * DownlinkRate.PROBE_TICKS, "and tried again"


def test_a_probe_that_went_out_in_one_moment_proves_nothing() -> None:
    call = Call(Path(rate_bps=400_000)).run(10 * S)
    before, asked = call.rate.estimate_bps, 0
    for step in range(1200):  # sound alone, on a path that has become wide: what a probe proves would be believed
        call.path.rate_bps = 5_000_000
        call.now_us += 5 * MS
        call.hear()
        if step % 4 == 0:
            call.send(120)
        while octets := call.rate.probe(call.now_us):
            asked += octets
            call.send(octets)
        if step % 10 == 0:
            call.report()
    assert asked > 4 * 250
    assert call.rate.estimate_bps == before


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(-5000, 70_000),
            st.lists(st.none() | st.integers(-(2**41), 2**41), max_size=30),
            st.integers(0, S),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_is_reported_the_estimate_keeps_its_bounds(
    script: list[tuple[int, int, list[int | None], int, bool]],
) -> None:
    rate, now, sent = DownlinkRate(), 0, 0
    for more, back, arrivals, passed, nonsense in script:
        now += passed
        for _ in range(more):
            assert rate.sent(1000, now) == sent & 0xFFFF
            sent += 1
        near = [None if at is None else now + at % (300 * MS) for at in arrivals]
        rate.feedback((sent - back) & 0xFFFF if nonsense else (sent - len(near)) & 0xFFFF, arrivals if nonsense else near, now)
        assert 0 <= rate.probe(now) < 100_000
        assert rate.estimate_bps == -1 or rate.estimate_bps >= min(LEAST_BPS, 10_000)
        assert LEAST_BPS <= rate.cap_bps <= FREE_BPS
        assert 0.0 <= rate.loss <= 1.0
    assert len(rate._sizes) == HISTORY
