"""A cap only under congestion; it ends by itself, and its end is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rate.cap import FREE_BPS, Cap, CapTeller, RembRelay

MS = 1000
S = 1_000_000


def test_a_cap_is_held_then_grows_and_is_lifted() -> None:
    cap = Cap(release=1.0, lifted_bps=400_000, held_us=2 * S)
    assert cap.bps(5 * S) == FREE_BPS
    cap.lower(100_000, 5 * S)
    assert cap.bps(5 * S) == cap.bps(7 * S) == 100_000
    assert cap.bps(8 * S) == pytest.approx(200_000, abs=1), "it doubles in a second"
    assert cap.bps(8500 * MS) == pytest.approx(283_000, abs=1000)
    assert cap.bps(9 * S) == FREE_BPS


def test_a_cap_is_only_ever_lowered_and_held_anew() -> None:
    cap = Cap(release=1.0, lifted_bps=400_000, held_us=2 * S)
    cap.lower(100_000, 0)
    cap.lower(300_000, S)
    assert cap.bps(3 * S) == 100_000, "held from the second word on"
    cap.lower(0, 3 * S)
    assert cap.bps(3 * S) == 1, "nothing at all cannot be said"


def test_a_long_time_unasked_is_no_overflow() -> None:
    cap = Cap(release=1.0, lifted_bps=400_000)
    cap.lower(1, 0)
    assert cap.bps(10**12) == FREE_BPS


def test_without_congestion_there_is_no_cap() -> None:
    relay = RembRelay()
    for at in range(0, 10 * S, 200 * MS):
        relay.estimate(1_000_000, 1_050_000, at)
        relay.loss(0.10, at)
        assert relay.cap_bps(at) == FREE_BPS


def test_an_estimate_below_what_is_forwarded_caps_at_once() -> None:
    relay = RembRelay()
    relay.estimate(500_000, 2_500_000, 3000 * S)
    assert relay.cap_bps(3000 * S) == 500_000
    relay.estimate(400_000, 2_000_000, 3000 * S + 100 * MS)
    assert relay.cap_bps(3000 * S + 100 * MS) == 400_000
    relay.estimate(450_000, 2_000_000, 3000 * S + 100 * MS)
    assert relay.cap_bps(3000 * S + 100 * MS) == 400_000, "raised only by release"


def test_reported_loss_makes_the_estimate_a_cap() -> None:
    relay = RembRelay()
    relay.loss(0.2, 0)
    assert relay.cap_bps(0) == FREE_BPS, "nothing is known yet"
    relay.estimate(800_000, 500_000, S)
    assert relay.cap_bps(S) == 800_000
    later = RembRelay()
    later.estimate(800_000, 500_000, 0)
    later.loss(0.11, S)
    assert later.cap_bps(S) == 800_000


def test_a_cap_is_released_by_eight_percent_a_second_and_lifted_at_the_end() -> None:
    relay = RembRelay()
    relay.estimate(1_500_000, 2_000_000, 0)
    for at in range(0, 9 * S, 50 * MS):
        assert abs(relay.cap_bps(at) - 1_500_000 * 1.08 ** (at / S)) < 2
    assert relay.cap_bps(9100 * MS) == FREE_BPS, "1.08 ** 9 is 2"
    relay.estimate(300_000, 2_000_000, 10 * S)
    assert relay.cap_bps(10 * S) == 300_000


def test_an_estimate_of_nothing_still_caps() -> None:
    relay = RembRelay()
    relay.estimate(0, 100_000, 0)
    assert relay.cap_bps(0) == 1


@given(st.lists(st.tuples(st.integers(0, 400 * MS), st.integers(0, 5_000_000), st.integers(0, 5_000_000), st.floats(0, 1))))
def test_every_cap_ends(script: list[tuple[int, int, int, float]]) -> None:
    relay, now = RembRelay(), 0
    for passed, remb, forwarded, loss in script:
        now += passed
        relay.loss(loss, now)
        relay.estimate(remb, forwarded, now)
        assert 1 <= relay.cap_bps(now) <= FREE_BPS
    for _ in range(250):
        now += S
        last = relay.cap_bps(now)
    assert last == FREE_BPS


def told(teller: CapTeller, cap_bps: int, from_us: int, for_us: int) -> list[int]:
    return [at - from_us for at in range(from_us, from_us + for_us, 50 * MS) if teller.tell(cap_bps, at)]


def test_no_cap_is_not_said() -> None:
    assert told(CapTeller(), FREE_BPS, 0, 5 * S) == []


def test_a_cap_is_said_at_once_and_repeated_and_a_lower_one_at_once() -> None:
    teller = CapTeller()
    assert told(teller, 1_000_000, 0, 1 * S) == [0, 250 * MS, 500 * MS, 750 * MS]
    assert told(teller, 990_000, 1 * S - 50 * MS, 50 * MS) == [], "not for a trifle"
    assert told(teller, 500_000, 1 * S - 50 * MS, 50 * MS) == [0]
    assert told(teller, 600_000, 1 * S, 200 * MS) == [], "a higher one may wait"


def test_the_lifting_is_said_a_few_times() -> None:
    teller = CapTeller()
    assert teller.tell(1_000_000, 0)
    assert told(teller, FREE_BPS, 250 * MS, 5 * S) == [0, 250 * MS, 500 * MS]
    assert teller.tell(1_000_000, 10 * S)
