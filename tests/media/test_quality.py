"""The counters of a leg against RFC 3550's own arithmetic, and the light they give."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.quality import MAX_RTT_US, Flow, Freezes, Interval, Leg, Reception, RoundTrip, light, mean_opinion

MS = 1000
S = 1_000_000


# --- reception ------------------------------------------------------------------------------------


def rfc_jitter(packets: list[tuple[int, int]], clock_rate: int) -> int:
    """RFC 3550, A.8, in the floating point form of section 6.4.1: (timestamp, arrival in us) in order of arrival."""
    jitter, before = 0.0, 0.0
    for timestamp, arrival_us in packets:
        transit = arrival_us * clock_rate / 1e6 - timestamp
        jitter += (abs(transit - before) - jitter) / 16
        before = transit
    return round(jitter)


@settings(max_examples=80)
@given(st.integers(0, 2**32), st.floats(0, 0.4), st.integers(0, 30))
def test_loss_is_expected_less_received(seed: int, loss: float, spread: int) -> None:
    chance = random.Random(seed)
    start = chance.randrange(65536)
    sent = [n for n in range(1000) if n == 0 or chance.random() >= loss]
    order = sorted(sent, key=lambda n: n and n + chance.random() * spread)
    reception = Reception(90_000)
    for number in order:
        reception.received(100, (start + number) % 65536, number * 3000, number * 33 * MS)
    assert reception.expected == max(order) + 1
    assert reception.lost == max(order) + 1 - len(order)
    assert (reception.packets, reception.octets) == (len(order), 100 * len(order))
    assert reception.highest == start + max(order)


@settings(max_examples=80)
@given(st.integers(0, 2**32), st.sampled_from([48_000, 90_000]), st.integers(0, 50_000))
def test_jitter_is_the_rfc_s(seed: int, clock_rate: int, wobble_us: int) -> None:
    chance = random.Random(seed)
    reception, packets = Reception(clock_rate), []
    for number in range(300):
        arrival_us = number * 20 * MS + chance.randint(0, wobble_us)
        packets.append((number * clock_rate // 50, arrival_us))
        reception.received(100, number, packets[-1][0], arrival_us)
    assert abs(reception.jitter - rfc_jitter(packets, clock_rate)) <= 2
    assert reception.jitter_ms == round(reception.jitter * 1000 / clock_rate, 1)


def test_before_the_first_packet_all_is_nought() -> None:
    reception = Reception(48_000)
    assert (reception.expected, reception.lost, reception.highest, reception.jitter_ms) == (0, 0, 0, 0.0)


def test_a_repaired_packet_is_received_but_tells_nothing_about_jitter() -> None:
    reception = Reception(48_000)
    for number in (0, 1, 3):
        reception.received(10, number, number * 960, number * 20 * MS)
    reception.received(10, 4, 4 * 960, 900 * MS, repaired=True)
    reception.received(10, 2, 2 * 960, 900 * MS, repaired=True)
    assert (reception.lost, reception.jitter) == (0, 0)


def test_duplicates_do_not_make_loss_negative() -> None:
    reception = Reception(48_000)
    for _ in range(3):
        reception.received(10, 7, 0, 0)
    assert reception.lost == 0


def test_a_source_that_begins_anew_keeps_what_was_counted() -> None:
    reception = Reception(48_000)
    for number in (0, 2, 40_000, 40_001, 40_003):
        reception.received(10, number, 0, 0)
    assert (reception.expected, reception.lost, reception.highest) == (7, 2, 40_003)


def test_a_leap_of_the_source_s_clock_is_not_jitter() -> None:
    reception = Reception(48_000)
    reception.received(10, 0, 3_000_000_000, 0)
    reception.received(10, 1, 5, 20 * MS)
    assert reception.jitter == 0


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.integers(0, 10**12))))
def test_whatever_comes_the_counts_stay_sane(packets: list[tuple[int, int, int]]) -> None:
    reception = Reception(90_000)
    for sequence, timestamp, arrival_us in packets:
        reception.received(1, sequence, timestamp, arrival_us)
        assert 0 <= reception.lost <= reception.expected
        assert 0 <= reception.jitter < 2**32
        assert 0 <= reception.highest < 2**32


# --- periods --------------------------------------------------------------------------------------


def test_the_loss_of_a_period_is_that_period_s_alone() -> None:
    interval = Interval()
    assert interval.loss(100, 10) == 0.1
    assert interval.loss(200, 10) == 0.0
    assert interval.loss(200, 15) == 0.0, "nothing was expected"
    assert interval.loss(300, 12) == 0.0, "repaired since"
    assert interval.loss(310, 99) == 1.0


def test_down_loss_is_what_the_reports_tell() -> None:
    flow = Flow(90_000)
    flow.reported(1, 1000, 5)
    flow.reported(2, 70_000, 0)
    flow.statistics(S)
    flow.reported(1, 1100, 15)
    flow.reported(2, 70_100, 0)
    figures = flow.statistics(S)
    assert (figures["down_lost"], figures["down_loss"]) == (15, 0.05)
    flow.reported(1, 900, 0)
    assert flow.statistics(S)["down_lost"] == 15, "a report from before changes nothing"
    flow.reported(1, 1000, 0)
    assert flow.statistics(S)["down_lost"] == 15
    flow.reported(1, 1100, -20)
    assert flow.statistics(S)["down_lost"] == 0, "more came than was sent: duplicates"


# --- the round trip -------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**12), st.integers(0, 9 * S), st.integers(0, S))
def test_a_round_trip_is_what_the_leg_did_not_hold(middle: int, sent_us: int, held_us: int, rtt_us: int) -> None:
    trip = RoundTrip()
    trip.sent(middle, sent_us)
    trip.answered(middle, held_us * 65536 // S, sent_us + held_us + rtt_us)
    assert 0 <= trip.rtt_us - rtt_us <= 17


def test_a_round_trip_is_smoothed_and_nonsense_ignored() -> None:
    trip = RoundTrip()
    trip.answered(1, 0, 100 * MS)
    assert trip.rtt_us == -1, "a report that never left"
    trip.sent(1, 0)
    trip.answered(1, 65536, 100 * MS)
    assert trip.rtt_us == -1, "held longer than it was away"
    trip.answered(1, 0, MAX_RTT_US + 1)
    assert trip.rtt_us == -1
    trip.answered(1, 0, 80 * MS)
    trip.answered(1, 0, 160 * MS)
    assert trip.rtt_us == 120 * MS, "up fast"
    trip.answered(1, 0, 40 * MS)
    assert trip.rtt_us == 110 * MS, "down slowly"


def test_a_repair_measures_the_round_trip_too() -> None:
    trip = RoundTrip()
    trip.measured(-1)
    trip.measured(MAX_RTT_US + 1)
    assert trip.rtt_us == -1
    trip.measured(80 * MS)
    trip.measured(100 * MS)
    assert trip.rtt_us == 90 * MS


def test_only_the_newest_reports_are_remembered() -> None:
    trip = RoundTrip()
    for middle in range(17):
        trip.sent(middle, 0)
    trip.answered(0, 0, 5)
    assert trip.rtt_us == -1
    trip.answered(1, 0, 5)
    assert trip.rtt_us == 5


# --- freezes --------------------------------------------------------------------------------------


def frames(freezes: Freezes, arrivals_ms: list[int]) -> None:
    for number, at in enumerate(arrivals_ms):
        freezes.packet(number * 3000 + at * 90_000, at * MS)
        freezes.packet(number * 3000 + at * 90_000, at * MS + 2)


def test_a_late_frame_is_a_freeze() -> None:
    freezes = Freezes()
    frames(freezes, [0, 33, 66, 99, 281])
    assert freezes.count == 0, "182 ms is not yet the mean and 150 ms"
    frames(freezes, [314, 347, 547])
    assert freezes.count == 1


def test_slow_pictures_are_not_frozen() -> None:
    freezes = Freezes()
    frames(freezes, [n * 200 for n in range(20)])
    assert freezes.count == 0
    frames(freezes, [3800 + 599])
    assert freezes.count == 0, "it takes three times the mean"
    frames(freezes, [4399 + 660])
    assert freezes.count == 1


def test_a_camera_that_turns_slow_is_not_frozen_for_ever() -> None:
    freezes = Freezes()
    frames(freezes, [n * 33 for n in range(30)] + [1000 + n * 1000 for n in range(60)])
    assert 1 <= freezes.count < 30


# --- the leg --------------------------------------------------------------------------------------

CONTROL_MD = {
    "up_packets", "up_bytes", "up_lost", "up_jitter_ms", "up_nacks", "up_freezes", "up_bps", "up_loss",
    "down_packets", "down_bytes", "down_lost", "down_nacks", "down_rtx", "down_bps", "down_loss", "keyframe_requests",
}  # fmt: skip


def test_statistics_are_exactly_those_of_the_contract() -> None:
    leg = Leg("room", "guardian", 3, 0)
    figures = leg.statistics(S)
    assert figures.keys() == {"room", "seat", "leg", "rtt_ms", "candidate", "down_estimate_bps", "audio", "video"}
    assert figures["audio"].keys() == figures["video"].keys() == CONTROL_MD
    assert (figures["room"], figures["seat"], figures["leg"], figures["candidate"]) == ("room", "guardian", 3, "udp")
    assert figures["rtt_ms"] == figures["down_estimate_bps"] == -1
    assert leg.statistics(2 * S, 640_000)["down_estimate_bps"] == 640_000


def test_rates_are_those_of_the_last_period() -> None:
    leg = Leg("room", "guardian", 3, 10 * S)
    for number in range(100):
        leg.video.reception.received(1000, number, number * 900, 10 * S + number * 10 * MS)
    leg.video.down_packets, leg.video.down_bytes, leg.audio.down_bytes = 7, 250_000, 4_000
    leg.round_trip.sent(1, 0)
    leg.round_trip.answered(1, 0, 42_900)
    figures = leg.statistics(12 * S)
    assert (figures["video"]["up_bps"], figures["video"]["down_bps"], figures["audio"]["down_bps"]) == (
        400_000,
        1_000_000,
        16_000,
    )
    assert (figures["video"]["up_packets"], figures["video"]["up_bytes"], figures["video"]["down_packets"]) == (100, 100_000, 7)
    assert figures["rtt_ms"] == 42
    later = leg.statistics(13 * S)
    assert (later["video"]["up_bps"], later["video"]["down_bps"]) == (0, 0)
    assert later["video"]["up_bytes"] == 100_000
    assert leg.statistics(13 * S)["video"]["up_bps"] == 0, "two looks at once divide by nothing"


# --- opinion and light ----------------------------------------------------------------------------


def test_a_clean_path_is_heard_as_toll_quality() -> None:
    assert mean_opinion(0, 0, 0) == pytest.approx(4.38, abs=0.02)
    assert mean_opinion(0, -1, 0) == mean_opinion(0, 0, 0), "unknown is not slow"


def test_published_points_of_the_model() -> None:
    """Cole and Rosenbluth: 177.3 ms is where delay begins to hurt; G.107: R 50 is an opinion of 2.58, R 0 of 1."""
    assert mean_opinion(0, 2 * (177.3 - 40), 0) == pytest.approx(1 + 0.035 * 88.94 + 7e-6 * 88.94 * 28.94 * 11.06, abs=0.01)
    assert mean_opinion(0.20095, 0, 0) == pytest.approx(2.58, abs=0.01)
    assert mean_opinion(1, 5000, 500) == 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 2000), st.floats(0, 2000), st.floats(0, 300))
def test_worse_is_never_heard_as_better(loss: float, more: float, rtt: float, longer: float, jitter: float) -> None:
    opinion = mean_opinion(loss, rtt, jitter)
    assert 1.0 <= opinion <= 4.5
    assert mean_opinion(min(1, loss + more), rtt + longer, jitter) <= opinion
    assert mean_opinion(loss, rtt, jitter + longer) <= opinion


def statistics(rtt_ms: int = 40, **worse: float) -> dict[str, Any]:
    """A good leg, with ``audio_…`` or ``video_…`` figures made worse."""
    figures: dict[str, Any] = Leg("room", "guardian", 1, 0).statistics(S)
    figures["rtt_ms"] = rtt_ms
    for name, value in worse.items():
        kind, _, figure = name.partition("_")
        figures[kind][figure] = value
    return figures


@pytest.mark.parametrize(
    ("leg", "expected"),
    [
        (statistics(), "good"),
        (statistics(-1), "good"),
        (statistics(video_up_loss=0.02), "good"),
        (statistics(video_up_loss=0.03), "fair"),
        (statistics(video_down_loss=0.03), "fair"),
        (statistics(video_down_loss=0.10), "poor"),
        (statistics(video_up_loss=0.10), "poor"),
        (statistics(audio_up_loss=0.02), "good"),
        (statistics(audio_up_loss=0.06), "fair"),
        (statistics(audio_down_loss=0.06), "fair"),
        (statistics(audio_down_loss=0.20), "poor"),
        (statistics(400), "good"),
        (statistics(500), "fair"),
        (statistics(900), "poor"),
        (statistics(audio_up_jitter_ms=100), "fair"),
    ],
)
def test_the_light_says_what_people_notice(leg: dict[str, Any], expected: str) -> None:
    assert light(leg) == expected
