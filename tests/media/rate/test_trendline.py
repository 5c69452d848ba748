from __future__ import annotations

from media.rate.trendline import Trendline

MS = 1000


def drive(trend: Trendline, gaps_ms: list[tuple[int, int]]) -> tuple[bool, bool]:
    """Packets sent and arriving so much after the one before: whether overuse and underuse were ever told."""
    sent = came = 0
    over = under = False
    for sent_gap, arrival_gap in gaps_ms:
        sent, came = sent + sent_gap * MS, came + arrival_gap * MS
        trend.packet(sent, came)
        over, under = over or trend.overusing, under or trend.underusing
    return over, under


def test_a_steady_path_is_neither_over_nor_underused() -> None:
    assert drive(Trendline(), [(10, 10)] * 200) == (False, False)


def test_a_queue_that_grows_is_overuse_and_one_that_drains_underuse() -> None:
    grows = [(10, 10)] * 40 + [(10, 13)] * 40
    assert drive(Trendline(), grows) == (True, False)
    assert drive(Trendline(), grows + [(10, 7)] * 40) == (True, True)


def test_a_lump_behind_one_that_was_held_up_is_one_group() -> None:
    """All arrive at once: no gap is told of, and no line can be laid through points of one moment."""
    trend = Trendline()
    assert drive(trend, [(10, 10)] * 5 + [(10, 300)] + [(10, 0)] * 29 + [(10, 10)] * 60) == (False, False)
    assert drive(Trendline(), [(10, 0)] * 60) == (False, False)
    assert drive(Trendline(), [(20, -20), *[(20, 0)] * 60])[0] is False
