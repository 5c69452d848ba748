"""Every arrival once known is reported, and a hole only when there are many."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.rate.feedback import HISTORY_US, MAX_SPAN, FeedbackRecorder

MS = 1000
S = 1_000_000


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


def spent(recorder: FeedbackRecorder) -> FeedbackRecorder:
    """One that has left out as many holes as it may."""
    recorder.received(0, 0)
    recorder.received(41, 0)
    recorder.take(1, 2, 0)
    return recorder


def test_holes_up_to_an_eighth_are_left_out_for_this_hop_repairs_them() -> None:
    recorder = FeedbackRecorder()
    for sequence in range(5000):
        if sequence % 10 != 5:
            recorder.received(sequence, sequence * MS)
        if sequence % 60 == 0:
            came, lost, _ = read(recorder.take(1, 2, sequence * MS))
            assert came
            assert lost == set()


def test_one_that_does_not_forgive_tells_of_every_hole() -> None:
    recorder = FeedbackRecorder(forgiving=False)
    for sequence in (1, 2, 4):
        recorder.received(sequence, 0)
    assert read(recorder.take(1, 2, 0))[1] == {3}


def test_of_more_loss_the_sender_is_told() -> None:
    recorder, told = FeedbackRecorder(), set()
    for sequence in range(6000):
        if sequence % 4:
            recorder.received(sequence, sequence * MS)
        if sequence % 60 == 59:
            told |= read(recorder.take(1, 2, sequence * MS))[1]
    assert 750 <= len(told) <= 1000, "1500 were lost, and 4500 that came make up for 630"


def test_a_hole_is_never_told_as_received() -> None:
    """The sender would forget the packet and could not send it again."""
    recorder = FeedbackRecorder()
    for sequence in (1, 2, 5, 9):
        recorder.received(sequence, sequence * MS)
    assert set(read(recorder.take(1, 2, 10 * MS))[0]) == {1, 2, 5, 9}


def test_a_hole_between_two_reports_is_told_as_lost() -> None:
    recorder = spent(FeedbackRecorder())
    recorder.received(45, 5 * MS)
    assert read(recorder.take(1, 2, 5 * MS))[1] == {42, 43, 44}


def test_a_discreet_recorder_tells_of_no_hole_at_all() -> None:
    recorder = spent(FeedbackRecorder())
    recorder.discreet = True
    recorder.received(145, 5 * MS)
    assert read(recorder.take(1, 2, 5 * MS))[:2] == ({145: 5 * MS}, set())
    recorder.discreet = False
    recorder.received(147, 6 * MS)
    assert read(recorder.take(1, 2, 6 * MS))[1] == {146}, "and has nothing left to leave out"


def test_what_came_and_what_is_missing_is_counted() -> None:
    recorder = FeedbackRecorder()
    assert (recorder.came, recorder.missing, recorder.octets) == (0, 0, 0)
    for sequence in (65_530, 65_531, 65_534, 2, 65_534):
        recorder.received(sequence, MS, 1000)
    assert (recorder.came, recorder.missing, recorder.octets) == (4, 5, 5000)
    recorder.received(0, 2 * MS, 100)
    assert (recorder.came, recorder.missing, recorder.octets) == (5, 4, 5100)
    recorder.received(2 + MAX_SPAN + 10, 3 * MS)
    assert (recorder.came, recorder.missing) == (1, 0)


def test_numbers_go_round() -> None:
    recorder = FeedbackRecorder()
    recorder.received(65_534, 0)
    recorder.take(1, 2, 0)
    recorder.received(1, 5 * MS)
    assert read(recorder.take(1, 2, 5 * MS)) == ({1: 5 * MS}, set(), [1])


def test_one_that_comes_late_is_reported_again_with_what_is_remembered() -> None:
    recorder = spent(FeedbackRecorder())
    for sequence in (46, 47, 49):
        recorder.received(sequence, sequence * MS)
    assert 48 in read(recorder.take(1, 2, 55 * MS))[1]
    recorder.received(48, 61 * MS)
    came, lost, _ = read(recorder.take(1, 2, 80 * MS))
    assert came == {48: 61 * MS, 49: 49 * MS}, "49 is not taken back"
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
    came, lost, _ = read(recorder.take(1, 2, HISTORY_US + 2 * MS))
    assert came == {2: HISTORY_US + 2 * MS, 4: HISTORY_US}
    assert lost == set()


def test_a_burst_is_cut_into_packets_that_fit_the_path() -> None:
    recorder = FeedbackRecorder()
    left_out = 40 + 1333 * 14 // 100
    for n in range(2000):
        if n % 3:
            recorder.received(n, n * 40 * MS)
    came, lost, numbers = read(recorder.take(1, 2, 0))
    assert came == {n: n * 40 * MS for n in range(2000) if n % 3}
    assert lost < {n for n in range(1, 2000) if n % 3 == 0}
    assert abs(len(lost) - (666 - left_out)) < 10
    assert numbers == list(range(len(numbers)))


def test_the_worst_report_fits_the_path() -> None:
    recorder = FeedbackRecorder()
    for n in range(1000):  # each arrival in two bytes
        recorder.received(n, n * 64 * MS)
    packets = recorder.take(1, 2, 0)
    assert len(read(packets)[0]) == 1000
    assert max(map(len, packets)) > 500


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
