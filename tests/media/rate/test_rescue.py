from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from media.rate import rescue
from media.rate.ladder import Rung
from media.rate.rescue import DownlinkLadder, Stills

S = 1_000_000


@dataclass
class Rate:
    """What a ``DownlinkRate`` tells."""

    estimate_bps: int = -1
    constrained: bool = True
    loss: float = 0.0


@dataclass
class Watch:
    """Looks every 20 ms, as a room does."""

    rate: Any
    ladder: DownlinkLadder = field(default_factory=DownlinkLadder)
    now_us: int = 10 * S
    octets: int = 0

    def over(self, seconds: float, sent_bps: int, remb_bps: int = 0) -> Rung:
        until_us = self.now_us + int(seconds * S)
        while self.now_us < until_us:
            if self.ladder.due(self.now_us):
                self.ladder.look(self.rate, remb_bps, self.octets, self.now_us)
            self.now_us += 20_000
            self.octets += sent_bps // 400
        return self.ladder.rung


def test_a_path_that_bears_too_little_falls_to_sound_in_two_seconds_and_climbs_by_proof() -> None:
    watch = Watch(Rate(2_000_000))
    assert watch.over(8, sent_bps=2_000_000) is Rung.FULL
    watch.rate.estimate_bps = 130_000
    assert watch.over(2, sent_bps=150_000) is Rung.SOUND
    watch.rate.estimate_bps = 1_000_000
    assert watch.over(8, sent_bps=46_000) is Rung.FULL


def test_a_rate_that_limits_nothing_is_enough_however_little_is_sent() -> None:
    assert Watch(Rate(90_000, constrained=False)).over(20, sent_bps=90_000) is Rung.FULL


def test_an_estimate_that_nobody_uses_up_is_no_weakness() -> None:
    assert Watch(Rate(90_000)).over(20, sent_bps=30_000) is Rung.FULL


def test_without_the_browsers_feedback_its_own_estimate_counts() -> None:
    assert Watch(Rate()).over(6, sent_bps=300_000, remb_bps=320_000) is Rung.LOW


def test_with_neither_the_reports_on_sound_count_while_they_are_fresh() -> None:
    watch = Watch(Rate())
    watch.ladder.sound_lost(0.5, watch.now_us)
    assert watch.over(5, sent_bps=100_000) is Rung.STILLS
    stale = Watch(Rate())
    stale.ladder.sound_lost(0.5, stale.now_us - 9 * S)
    assert stale.over(20, sent_bps=100_000) is Rung.FULL


def test_a_new_leg_and_a_gate_that_opens_give_the_path_time_and_keep_the_rung() -> None:
    watch = Watch(Rate(100_000))
    assert watch.over(3.5, sent_bps=100_000) is Rung.FULL
    assert watch.over(3.5, sent_bps=100_000) is Rung.SOUND
    watch.rate.estimate_bps = 2_000_000
    assert watch.over(20, sent_bps=1_000_000) is Rung.FULL
    watch.rate.estimate_bps = 100_000
    watch.ladder.interrupted(watch.now_us)
    assert watch.over(3.5, sent_bps=100_000) is Rung.FULL
    assert watch.over(3.5, sent_bps=100_000) is Rung.SOUND


# --- stills ---------------------------------------------------------------------------------------


def drained(stills: Stills, now_us: int, seconds: float) -> list[tuple[int, bool, bytes]]:
    out, at_us = [], now_us
    while at_us < now_us + seconds * S:
        while (released := stills.release(at_us)) is not None:
            out.append((at_us - now_us, *released))
        at_us += 20_000
    return out


def test_a_still_is_one_whole_keyframe_sent_a_packet_at_a_time() -> None:
    stills = Stills()
    assert stills.wanted(0)
    assert not stills.take(1, 90, False, b"delta", 0)
    assert [stills.take(1, 180, n == 0, bytes([n]) * 1000, 0) for n in range(4)] == [True] * 4
    assert not stills.take(1, 270, False, b"delta", 0)
    sent = drained(stills, 0, 2)
    assert [(begins, packet[0]) for _, begins, packet in sent] == [(True, 0), (False, 1), (False, 2), (False, 3)]
    assert [at_us for at_us, _, _ in sent] == [0, 100_000, 200_000, 300_000]  # 1000 bytes at 80 kbit/s


def test_the_next_keyframe_passes_when_it_is_due_and_none_between() -> None:
    stills = Stills()
    assert stills.take(1, 90, True, b"one", 0)
    assert not stills.wanted(3 * S)
    assert not stills.take(1, 180, True, b"two", 3 * S)
    assert stills.take(1, 270, True, b"three", 4 * S)
    assert [packet for _, _, packet in drained(stills, 4 * S, 1)] == [b"three"]  # an unsent one is not sent late


def test_a_late_packet_of_the_still_belongs_to_it_and_one_of_another_source_does_not() -> None:
    stills = Stills()
    assert stills.take(1, 90, True, b"a", 0)
    assert not stills.take(1, 180, False, b"x", 0)
    assert stills.take(1, 90, False, b"late", 100_000)
    assert not stills.take(2, 90, False, b"other", 100_000)


def test_a_picture_that_is_too_large_is_given_up() -> None:
    stills = Stills()
    taken = [stills.take(1, 90, n == 0, b"x" * 1000, 0) for n in range(rescue.MAX_STILL + 5)]
    assert taken == [True] * rescue.MAX_STILL + [False] * 5
    assert stills.release(0) is None
    assert not stills.wanted(3 * S)


@given(st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 3), st.booleans(), st.integers(50, 1200)), max_size=200))
def test_whatever_comes_no_more_goes_out_than_the_pace_allows(coming: list[tuple[int, int, bool, int]]) -> None:
    stills, now_us, octets, first_us = Stills(), 0, 0, None
    for later_us, timestamp, starts, size in coming:
        now_us += later_us
        stills.take(1, timestamp, starts, bytes(size), now_us)
        while (released := stills.release(now_us)) is not None:
            first_us = now_us if first_us is None else first_us
            octets += len(released[1])
    if first_us is not None:
        assert octets <= (now_us - first_us) * rescue.STILL_BPS / (8 * S) + 1200
