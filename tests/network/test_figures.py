"""From what pages noted to figures: what is a freeze, when a rate was reached, how late a beep was heard."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.network import figures
from tests.network.figures import Connection, Freezes, Line, Sample, State

FRAME_S = 1 / 30


def sample(at: float, connection: int = 0, **sent: float) -> Sample:
    """A page that sends one picture, SSRC 7, and receives one sound, SSRC 9."""
    received: Line = {"kind": "audio", "ssrc": 9, "bytesReceived": 10 * at}
    picture: Line = {"kind": "video", "ssrc": 7, **sent}
    return Sample(at, connection, "connected", None, (picture,), (received,))


def steady(start: float, end: float, frame_s: float = FRAME_S) -> list[float]:
    return [start + n * frame_s for n in range(round((end - start) / frame_s))]


# --- counters ----------------------------------------------------------------------------------------------------------------


def test_counters_go_on_over_a_new_connection() -> None:
    samples = [sample(0, bytesSent=100), sample(1, bytesSent=300), sample(2, connection=1, bytesSent=50)]
    assert figures.counter(samples, figures.sent("video"), ["bytesSent"]) == [(0, 100), (1, 300), (2, 350)]


def test_several_counters_are_added_and_those_that_are_missing_count_nothing() -> None:
    samples = [sample(0, bytesSent=100, headerBytesSent=10), sample(1, bytesSent=200)]
    assert figures.counter(samples, figures.sent(), figures.SENT_BYTES) == [(0, 110), (1, 200)]


def test_only_streams_of_the_kind_are_counted() -> None:
    assert figures.counter([sample(4, bytesSent=8)], figures.sent("audio"), ["bytesSent"]) == [(4, 0)]
    assert figures.counter([sample(4)], figures.received("audio"), ["bytesReceived"]) == [(4, 40)]
    assert figures.counter([sample(4)], figures.received("video"), ["bytesReceived"]) == [(4, 0)]


def test_two_connections_at_once_do_not_take_from_each_other() -> None:
    samples = [sample(0, bytesSent=100), sample(1, connection=1, bytesSent=30), sample(2, bytesSent=150)]
    assert [total for _, total in figures.counter(samples, figures.sent(), ["bytesSent"])] == [100, 130, 180]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), min_size=1))
def test_a_counter_is_what_every_connection_came_to(steps: list[tuple[int, int]]) -> None:
    sums = [0] * 4
    samples = []
    for at, (connection, more) in enumerate(steps):
        sums[connection] += more
        samples.append(sample(at, connection, bytesSent=sums[connection]))
    assert figures.counter(samples, figures.sent(), ["bytesSent"])[-1][1] == sum(sums)


# --- rates -------------------------------------------------------------------------------------------------------------------


def test_a_rate_is_the_average_of_the_second_before() -> None:
    total = [(0.0, 0.0), (0.5, 1000.0), (1.0, 1000.0), (1.5, 2000.0)]
    assert figures.rate_bps(total) == [(1.0, 8000.0), (1.5, 8000.0)]
    assert figures.rate_bps([]) == []


@given(st.lists(st.integers(0, 10_000), min_size=12, max_size=60))
def test_rates_add_up_to_what_was_sent(steps: list[int]) -> None:
    total = [(n / 10, float(value)) for n, value in enumerate(accumulate(steps))]
    for t, rate in figures.rate_bps(total):
        n = round(t * 10)
        assert rate == pytest.approx(8 * sum(steps[n - 9 : n + 1]), abs=1e-3)


def test_a_value_between_two_points_and_beyond_them() -> None:
    series = [(1.0, 10.0), (2.0, 20.0)]
    assert [figures.value_at(series, at) for at in (0, 1, 1.5, 2, 9)] == [10, 10, 15, 20, 20]
    assert figures.value_at([], 1) == 0


def test_how_soon_a_rate_is_reached() -> None:
    rates = [(0.0, 9.0), (1.0, 1.0), (2.0, 5.0), (3.0, 5.0)]
    assert figures.reached_s(rates, 5, since=0.5) == 1.5
    assert figures.reached_s(rates, 6, since=0.5) is None


def test_a_rate_has_adapted_when_it_stays_below() -> None:
    rates = [(float(t), rate) for t, rate in enumerate([9, 9, 4, 9, 5, 5, 4, 5, 5, 9])]
    assert figures.adapted_s(rates, 5, since=1) == 3
    assert figures.adapted_s(rates, 5, since=5) == 0
    assert figures.adapted_s(rates, 3, since=1) is None


# --- the picture -------------------------------------------------------------------------------------------------------------


def test_frames_that_a_busy_page_did_not_hear_of_were_shown_all_the_same() -> None:
    told = [(1.0, 10), (1.1, 11), (1.4, 14), (2.0, 1), (2.1, 2)]
    assert figures.shown(told) == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4, 2.0, 2.1])
    assert figures.shown([]) == []


def test_a_steady_picture_does_not_freeze() -> None:
    found = figures.freezes(steady(0, 10), 1, 9)
    assert found.total_s == 0
    assert found.longest_s == pytest.approx(FRAME_S)


def test_a_freeze_counts_as_long_as_the_gap_lasts() -> None:
    frames = steady(0, 5) + steady(7, 10)
    found = figures.freezes(frames, 1, 9)
    assert found.total_s == pytest.approx(2 + FRAME_S)
    assert found.longest_s == found.total_s


@pytest.mark.parametrize(("gap", "is_freeze"), [(FRAME_S + 0.14, False), (FRAME_S + 0.16, True)])
def test_a_freeze_is_150_ms_longer_than_the_average(gap: float, is_freeze: bool) -> None:
    before = steady(0, 5)
    after = [before[-1] + gap + t for t in steady(0, 5)]
    assert (figures.freezes([*before, *after], 1, 9).total_s > 0) is is_freeze


def test_a_slow_picture_freezes_only_beyond_three_times_its_pace() -> None:
    slow = steady(0, 10, frame_s=0.5)
    later = [slow[-1] + 1.4, slow[-1] + 1.9]
    assert figures.freezes([*slow, *later], 1, slow[-1] + 1.9).total_s == 0


def test_what_reaches_over_an_edge_counts_within_only() -> None:
    frames = steady(0, 3) + steady(6, 8)
    assert figures.freezes(frames, 5, 7).total_s == pytest.approx(1)
    assert figures.freezes(frames, 2, 4).total_s == pytest.approx(1 + FRAME_S)
    assert figures.freezes(frames, 7, 12).total_s == pytest.approx(4 + FRAME_S)


def test_no_picture_at_all_is_one_freeze() -> None:
    assert figures.freezes([], 3, 8) == Freezes(5, 5)
    assert figures.freezes([1.0], 3, 8) == Freezes(5, 5)
    assert figures.freezes(steady(9, 12), 3, 8) == Freezes(5, 5)


@given(st.lists(st.floats(0.02, 3), min_size=40, max_size=80))
def test_freezes_are_whole_gaps_and_never_longer_than_the_window(gaps: list[float]) -> None:
    frames = list(accumulate(gaps))
    found = figures.freezes(frames, frames[35], frames[-1])
    seen = [b - a for a, b in pairwise(frames[35:])]
    assert 0 <= found.total_s <= sum(seen) + 1e-6
    assert found.longest_s == pytest.approx(max(seen))
    assert found.total_s <= sum(gap for gap in seen if gap > figures.FREEZE_BEYOND_S) + 1e-6


def test_a_picture_is_back_when_it_goes_on() -> None:
    frames = [5.1, *steady(7, 9)]
    assert figures.back_s(frames, 5) == pytest.approx(2)
    assert figures.first_s(frames, 5) == pytest.approx(0.1)
    assert figures.back_s([5.1, 6.5], 5) is None
    assert figures.first_s([1.0], 5) is None


def test_frames_a_second() -> None:
    assert figures.fps([(0.0, 0.0), (10.0, 250.0)], 2, 6) == 25


# --- the sound ---------------------------------------------------------------------------------------------------------------


def test_a_share_of_nothing_is_not_known() -> None:
    part, whole = [(0.0, 0.0), (10.0, 5.0)], [(0.0, 0.0), (10.0, 100.0)]
    assert figures.ratio(part, whole, 0, 10) == 0.05
    assert figures.ratio(part, [(0.0, 7.0)], 0, 10) is None


PITCHES = (400.0, 600.0, 850.0)


def test_a_beep_is_as_late_as_the_last_one_of_its_pitch() -> None:
    spoken = [(0.0, 400), (0.5, 600), (1.0, 850), (1.5, 400)]
    heard = [(0.2, 402), (0.9, 590), (1.9, 395)]
    found = figures.delays(spoken, heard, PITCHES, within_s=1, start=0, end=5)
    assert [round(delay, 3) for _, delay in found] == [0.2, 0.4, 0.4]
    assert [at for at, _ in figures.delays(spoken, heard, PITCHES, within_s=1, start=0.5, end=1)] == [0.9]


@pytest.mark.parametrize(
    ("spoken", "heard"),
    [((0.0, 400.0), (0.2, 500.0)), ((0.0, 500.0), (0.2, 400.0)), ((1.0, 400.0), (0.5, 400.0)), ((0.0, 400.0), (1.2, 400.0))],
    ids=["heard as no beep", "spoken as no beep", "heard before", "a cycle ago"],
)
def test_a_beep_that_cannot_be_matched_is_left_out(spoken: tuple[float, float], heard: tuple[float, float]) -> None:
    assert figures.delays([spoken], [heard], PITCHES, within_s=1, start=0, end=5) == []


def test_one_misheard_beep_decides_nothing() -> None:
    delayed = [(t / 2, delay) for t, delay in enumerate([0.1, 0.1, 0.9, 0.1, 0.3, 0.4, 0.5])]
    assert figures.worst_delay_s(delayed) == 0.4
    assert figures.worst_delay_s(delayed[:2]) is None
    assert (figures.peak_delay_s(delayed), figures.peak_delay_s([])) == (0.9, None)


# --- the visit ---------------------------------------------------------------------------------------------------------------


def test_how_long_until_the_visit_is_so() -> None:
    states = [State(1, "live", True), State(4, "held", False), State(6, "live", True)]
    assert figures.entered_s(states, lambda state: state.state == "held", 2) == 2
    assert figures.entered_s(states, lambda state: state.gate, 2) == 0
    assert figures.entered_s(states, lambda state: state.gate, 5) == 1
    assert figures.entered_s(states, lambda state: state.state == "ended", 0) is None


def test_a_direction_that_is_not_named_is_at_full() -> None:
    way = ("guardian", "physician")
    state = State(1, "live", True, {way: "sound"})
    assert figures.at_rung(way, frozenset({"sound"}))(state)
    assert not figures.at_rung(way, frozenset({"full"}))(state)
    assert figures.at_rung(way[::-1], frozenset({"full"}))(state)


def test_connected_counts_from_the_first_attempt() -> None:
    assert figures.connected_s([Connection(1, None), Connection(5, 6.5)]) == 5.5
    assert figures.connected_s([Connection(1, None)]) is None
    assert figures.connected_s([]) is None


@pytest.mark.parametrize(
    ("values", "low_is_good", "high_is_good"),
    [
        ([3.0, 1.0, 2.0], 2, 2),
        ([3.0, 1.0, None], 3, 1),
        ([1.0, None, None], None, None),
        ([1.0, None], None, None),
        ([4.0], 4, 4),
        ([None], None, None),
        ([], None, None),
    ],
)
def test_what_did_not_come_about_is_the_worst_of_the_runs(
    values: list[float | None], low_is_good: float | None, high_is_good: float | None
) -> None:
    assert figures.middle(values, float("inf")) == low_is_good
    assert figures.middle(values, float("-inf")) == high_is_good
