"""What senders are told about rate: every arrival once known is reported, and a cap only under congestion."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.feedback import HISTORY_US, MAX_SPAN, FeedbackRecorder, RembRelay

MS = 1000
S = 1_000_000


# --- transport-wide feedback ----------------------------------------------------------------------


def read(packets: list[bytes]) -> tuple[dict[int, int], set[int], list[int]]:
    """(arrivals by sequence, what is told as lost, the feedback numbers)."""
    came: dict[int, int] = {}
    lost: set[int] = set()
    numbers = []
    for packet in packets:
        assert len(packet) <= 1200
        (message,) = rtcp.parse(packet)
        assert isinstance(message, rtcp.TransportFeedback)
        assert (message.sender, message.media) == (1, 2)
        numbers.append(message.count)
        for n, at in enumerate(message.arrivals_us):
            sequence = (message.base + n) % 65536
            if at is None:
                lost.add(sequence)
            else:
                came[sequence] = at
    return came, lost, numbers


def test_nothing_new_is_not_reported() -> None:
    recorder = FeedbackRecorder()
    assert recorder.take(1, 2, 0) == []
    recorder.received(5, 10 * MS)
    assert read(recorder.take(1, 2, 50 * MS))[0] == {5: 10 * MS}
    assert recorder.take(1, 2, 100 * MS) == []


def test_a_hole_between_two_reports_is_told_as_lost() -> None:
    recorder = FeedbackRecorder()
    recorder.received(65_534, 0)
    recorder.take(1, 2, 0)
    recorder.received(1, 5 * MS)
    assert read(recorder.take(1, 2, 5 * MS)) == ({1: 5 * MS}, {65_535, 0}, [1])


def test_one_that_comes_late_is_reported_again_with_what_is_remembered() -> None:
    recorder = FeedbackRecorder()
    for sequence in (1, 2, 4):
        recorder.received(sequence, sequence * MS)
    assert read(recorder.take(1, 2, 10 * MS))[1] == {3}
    recorder.received(3, 11 * MS)
    came, lost, _ = read(recorder.take(1, 2, 60 * MS))
    assert came == {3: 11 * MS, 4: 4 * MS}, "4 is not taken back"
    assert lost == set()


def test_a_duplicate_does_not_change_the_first_arrival() -> None:
    recorder = FeedbackRecorder()
    recorder.received(1, MS)
    recorder.received(1, 9 * MS)
    assert read(recorder.take(1, 2, 10 * MS))[0] == {1: MS}


def test_a_leap_is_not_told_as_thousands_lost() -> None:
    recorder = FeedbackRecorder()
    recorder.received(0, 0)
    recorder.received(MAX_SPAN + 1, MS)
    assert read(recorder.take(1, 2, MS)) == ({MAX_SPAN + 1: MS}, set(), [0])
    recorder.received(0, 2 * MS)
    assert recorder.take(1, 2, 2 * MS) == [], "far behind: not ours any more"


def test_arrivals_are_forgotten_after_half_a_second() -> None:
    recorder = FeedbackRecorder()
    recorder.received(1, 0)
    recorder.received(4, HISTORY_US)
    recorder.take(1, 2, HISTORY_US + MS)
    recorder.received(2, HISTORY_US + 2 * MS)
    assert read(recorder.take(1, 2, HISTORY_US + 2 * MS)) == (
        {2: HISTORY_US + 2 * MS, 4: HISTORY_US}, {3}, [1],
    )  # fmt: skip


def test_a_burst_is_cut_into_packets_that_fit_the_path() -> None:
    recorder = FeedbackRecorder()
    for n in range(2000):
        if n % 3:
            recorder.received(n, n * 40 * MS)
    came, lost, numbers = read(recorder.take(1, 2, 0))
    assert came == {n: n * 40 * MS for n in range(2000) if n % 3}
    assert lost == {n for n in range(1, 2000) if n % 3 == 0}
    assert numbers == list(range(len(numbers)))


def test_the_worst_report_fits_the_path() -> None:
    recorder = FeedbackRecorder()
    for n in range(0, 2000, 8):
        recorder.received(n, n * 100 * MS)
        recorder.received(n + 1, (n + 1) * 100 * MS)
    packets = recorder.take(1, 2, 0)
    assert len(read(packets)[0]) == 500
    assert max(map(len, packets)) > 700


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.floats(0, 0.5), st.integers(0, 60))
def test_every_arrival_is_reported_whatever_the_order(seed: int, loss: float, spread: int) -> None:
    chance = random.Random(seed)
    start = chance.randrange(65536)
    order = sorted((n for n in range(600) if chance.random() >= loss), key=lambda n: n + chance.random() * spread)
    recorder, told, truth, now = FeedbackRecorder(), {}, {}, 10 * S
    for step, number in enumerate(order):
        now += chance.randrange(4 * MS)
        sequence = (start + number) % 65536
        recorder.received(sequence, now)
        truth[sequence] = now - now % 250
        if step % 40 == 39:
            told.update(read(recorder.take(1, 2, now))[0])
    told.update(read(recorder.take(1, 2, now))[0])
    assert told == truth


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 10 * S), st.booleans()), max_size=100))
def test_whatever_comes_its_reports_can_be_read(script: list[tuple[int, int, bool]]) -> None:
    recorder, now = FeedbackRecorder(), 0
    for sequence, passed, take in script:
        now += passed
        recorder.received(sequence, now)
        if take:
            assert sequence in read(recorder.take(1, 2, now))[0] or recorder.take(1, 2, now) == []
    read(recorder.take(1, 2, now))


# --- the cap --------------------------------------------------------------------------------------


def run(relay: RembRelay, start_us: int, for_us: int) -> list[tuple[int, int]]:
    return [(at, cap) for at in range(start_us, start_us + for_us, 50 * MS) if (cap := relay.tick(at)) is not None]


def test_without_congestion_nothing_is_said() -> None:
    relay = RembRelay()
    for at in range(0, 10 * S, 200 * MS):
        relay.estimate(1_000_000, 1_050_000, at)
        relay.loss(0.10, at)
    assert run(relay, 0, 10 * S) == []
    assert relay.cap_bps == RembRelay.FREE_BPS


def test_an_estimate_below_what_is_forwarded_caps_at_once_and_is_repeated() -> None:
    relay = RembRelay()
    relay.estimate(500_000, 2_500_000, 0)
    assert relay.tick(0) == relay.cap_bps == 500_000
    relay.estimate(400_000, 2_000_000, 100 * MS)
    assert relay.tick(100 * MS) == 400_000, "a lower one goes out at once"
    relay.estimate(450_000, 2_000_000, 200 * MS)
    assert relay.tick(200 * MS) is None
    assert relay.tick(350 * MS) is not None


def test_reported_loss_makes_the_estimate_a_cap() -> None:
    relay = RembRelay()
    relay.loss(0.2, 0)
    assert relay.tick(0) is None, "nothing is known yet"
    relay.estimate(800_000, 500_000, S)
    assert relay.tick(S) == 800_000
    later = RembRelay()
    later.estimate(800_000, 500_000, 0)
    later.loss(0.11, S)
    assert later.tick(S) == 800_000


def test_a_cap_is_released_by_eight_percent_a_second_and_lifted_at_the_end() -> None:
    relay = RembRelay(ceiling_bps=1_000_000)
    relay.estimate(500_000, 2_000_000, 0)
    said = run(relay, 0, 20 * S)
    for at, cap in said[:-3]:
        assert abs(cap - 500_000 * 1.08 ** (at / S)) < 2
    assert [cap for _, cap in said[-3:]] == [RembRelay.FREE_BPS] * 3
    assert 9 * S <= said[-3][0] <= 9.5 * S, "1.08 ** 9 is 2"
    assert relay.cap_bps == RembRelay.FREE_BPS
    assert run(relay, 20 * S, S) == []


def test_congestion_during_the_release_caps_again() -> None:
    relay = RembRelay(ceiling_bps=600_000)
    relay.estimate(500_000, 2_000_000, 0)
    assert run(relay, 0, 3 * S)[-1][1] == RembRelay.FREE_BPS
    relay.estimate(300_000, 2_000_000, 3 * S)
    assert relay.tick(3 * S) == 300_000


def test_an_estimate_of_nothing_still_caps() -> None:
    relay = RembRelay()
    relay.estimate(0, 100_000, 0)
    assert relay.tick(0) == 1


@given(st.lists(st.tuples(st.integers(0, 400 * MS), st.integers(0, 5_000_000), st.integers(0, 5_000_000), st.floats(0, 1))))
def test_every_cap_is_followed_by_its_lifting(script: list[tuple[int, int, int, float]]) -> None:
    relay, now, said = RembRelay(), 0, []
    for passed, remb, forwarded, loss in script:
        now += passed
        relay.loss(loss, now)
        relay.estimate(remb, forwarded, now)
        cap = relay.tick(now)
        if cap is not None:
            said.append(cap)
    said += [cap for _, cap in run(relay, now, 250 * S)]
    assert relay.cap_bps == RembRelay.FREE_BPS
    assert said == [] or said[-1] == RembRelay.FREE_BPS
