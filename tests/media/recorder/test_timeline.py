"""Where frames lie in time, before and after their senders' reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.recorder.depacketise import Frame
from media.recorder.timeline import SeatClock, TrackClock

NTP_S = 3_900_000_000


def frame(timestamp: int, began_us: int, *, fresh: bool = False) -> Frame:
    return Frame(timestamp & 0xFFFF_FFFF, began_us, began_us + 5_000, b"x", True, fresh=fresh)


def ntp(us: int) -> int:
    return (NTP_S << 32) + (us << 32) // 1_000_000


def test_without_reports_jitter_is_smoothed_and_the_quickest_frame_counts() -> None:
    clock = TrackClock(SeatClock(), 48_000)
    late = [40_000, 15_000, 0, 30_000, 10_000]
    times = [clock.time_us(frame(960 * i, 1_000_000 + 20_000 * i + late[i])) for i in range(5)]
    assert times == [1_040_000, 1_035_000, 1_040_000, 1_060_000, 1_080_000]


def test_timestamps_go_round() -> None:
    clock = TrackClock(SeatClock(), 90_000)
    times = [clock.time_us(frame(0xFFFF_FFFF + 3_000 * i, 33_334 * i)) for i in range(3)]
    assert times == [0, 33_333, 66_666]


def test_a_jump_in_a_sources_timestamps_falls_back_to_arrival() -> None:
    clock = TrackClock(SeatClock(), 90_000)
    assert clock.time_us(frame(0, 0)) == 0
    assert clock.time_us(frame(90_000 * 60, 20_000)) == 20_000
    assert clock.time_us(frame(90_000 * 61, 10_000_000)) == 10_000_000


def test_with_reports_sound_and_picture_of_a_seat_lie_together_whatever_their_delays() -> None:
    seat = SeatClock()
    sound, picture = TrackClock(seat, 48_000), TrackClock(seat, 90_000)
    sound.report(ntp(0), 1_000, 30_000)
    picture.report(ntp(0), 2_000, 60_000)
    assert abs(sound.time_us(frame(1_000 + 48_000, 1_030_000)) - 1_030_000) <= 1
    assert abs(picture.time_us(frame(2_000 + 90_000, 1_230_000)) - 1_030_000) <= 1


def test_no_frame_is_later_than_its_arrival() -> None:
    clock = TrackClock(SeatClock(), 48_000)
    clock.report(ntp(0), 0, 500_000)
    assert clock.time_us(frame(48_000, 1_100_000)) == 1_100_000


def test_a_report_that_contradicts_what_arrives_is_not_believed() -> None:
    clock = TrackClock(SeatClock(), 48_000)
    clock.report(ntp(0), 0, 0)
    assert clock.time_us(frame(48_000 * 100, 5_000_000)) == 5_000_000


def test_a_fresh_source_needs_its_own_report() -> None:
    clock = TrackClock(SeatClock(), 48_000)
    clock.report(ntp(0), 0, 0)
    assert clock.time_us(frame(48_000, 1_300_000)) in (999_999, 1_000_000)
    assert clock.time_us(frame(48_000, 1_300_000, fresh=True)) == 1_300_000


def test_a_seat_whose_clock_was_set_is_laid_anew() -> None:
    seat = SeatClock()
    seat.report(0, 1_000)
    seat.report(1_000_000, 1_000_500)
    assert seat.offset_us == 500
    seat.report(9_000_000, 2_000_000)
    assert seat.offset_us == -7_000_000


@given(st.lists(st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 32) - 1), st.integers(0, 1 << 40)), max_size=9))
def test_no_report_takes_a_frame_far_from_its_arrival(reports: list[tuple[int, int, int]]) -> None:
    clock = TrackClock(SeatClock(), 90_000)
    clock.time_us(frame(0, 0))
    for report in reports:
        clock.report(*report)
    assert 10_000_000 - 1_500_000 <= clock.time_us(frame(900_000, 10_000_000)) <= 10_000_000
