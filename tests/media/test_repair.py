"""Repair on one hop: the cache that answers NACKs, and the tracker that asks for what is missing."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from media.repair import CAPACITY, MAX_AGE_US, MAX_GAP, MAX_TRIES, REORDER_US, STOPPED_US, GapTracker, Patience, RepairCache

RTT_US = 50_000
MS = 1000


# --- the cache ------------------------------------------------------------------------------------


@given(st.integers(0, 1 << 40), st.lists(st.integers(1, 30), max_size=200), st.data())
def test_the_cache_gives_the_last_thousand_and_nothing_older(first: int, steps: list[int], data: st.DataObject) -> None:
    cache, model, index = RepairCache(), {}, first
    for step in [0, *steps]:
        index += step
        model[index] = index.to_bytes(8, "big")
        cache.store(index, model[index])
    asked = data.draw(st.integers(max(0, index - 2 * CAPACITY), index))
    expected = model.get(asked) if index - asked < CAPACITY else None
    found = cache.recall(asked % 65536, 0, 0)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found == model[max(i for i in model if i % 65536 == asked % 65536)]


def test_a_packet_is_repeated_once_a_round_trip() -> None:
    cache = RepairCache()
    cache.store(65_536 + 7, b"packet")
    assert cache.recall(7, 0, RTT_US) == b"packet"
    assert cache.recall(7, RTT_US - 1, RTT_US) is None
    assert cache.recall(7, RTT_US, RTT_US) == b"packet"
    cache.store(65_536 + 7 + CAPACITY, b"other")
    assert cache.recall(7, 10 * RTT_US, RTT_US) is None
    assert cache.recall(7 + CAPACITY, 0, RTT_US) == b"other", "a new packet in the same place waits for nothing"


def test_a_cleared_cache_repeats_nothing() -> None:
    cache = RepairCache()
    cache.store(7, b"packet")
    cache.clear()
    assert cache.recall(7, 0, 0) is None
    assert cache.recall(0, 0, 0) is None


# --- the tracker ----------------------------------------------------------------------------------


def tracker(*sequences: int) -> GapTracker:
    gaps = GapTracker()
    for sequence in sequences:
        gaps.received(sequence, 0)
    return gaps


def test_a_whole_stream_asks_for_nothing() -> None:
    gaps = tracker(65_534, 65_535, 0, 1)
    assert gaps.due(MAX_AGE_US, RTT_US) == []
    assert (gaps.missing, gaps.lost, gaps.recovered) == (0, 0, 0)


def test_a_hole_is_asked_for_when_it_is_no_reordering() -> None:
    gaps = tracker(65_533, 65_534, 2)
    assert gaps.due(REORDER_US - 1, RTT_US) == []
    assert gaps.due(REORDER_US, RTT_US) == [65_535, 0, 1]
    assert gaps.requests == 3


def test_a_late_packet_is_not_asked_for() -> None:
    gaps = tracker(1, 3)
    gaps.received(2, 1)
    gaps.received(2, 2)
    assert gaps.due(REORDER_US, RTT_US) == []
    assert (gaps.recovered, gaps.missing) == (1, 0)


def test_on_a_path_that_reorders_it_waits_longer_before_it_asks() -> None:
    gaps = tracker(1, 3)
    assert gaps.due(10 * MS, 80 * MS) == [2]
    gaps.received(2, 40 * MS)  # no answer can be here so soon
    gaps.received(5, 50 * MS)
    assert gaps.due(99 * MS, 80 * MS) == []
    assert gaps.due(100 * MS, 80 * MS) == [4]
    gaps.received(4, 190 * MS)  # an answer: no reordering; what was learned fades
    for n in range(40):
        gaps.received(7 + 2 * n, (200 + 200 * n) * MS)
        gaps.due((290 + 200 * n) * MS, 80 * MS)
        gaps.received(6 + 2 * n, (380 + 200 * n) * MS)
    gaps.received(100, 9000 * MS)
    assert gaps.due(9010 * MS, 80 * MS)


def test_it_asks_again_after_a_round_trip_and_a_quarter() -> None:
    gaps = tracker(1, 3)
    asked = [at for at in range(0, 200 * MS, MS) if gaps.due(at, 40 * MS)]
    assert asked == [10 * MS, 60 * MS, 110 * MS, 160 * MS]
    gaps = tracker(1, 3)
    assert [at for at in range(0, 200 * MS, MS) if gaps.due(at, 80 * MS)] == [10 * MS, 25 * MS, 110 * MS, 125 * MS], "twice"
    assert [at for at in range(210 * MS, 300 * MS, MS) if gaps.due(at, 0)] == [210 * MS, 240 * MS, 270 * MS]


def test_it_gives_up_after_some_tries() -> None:
    gaps = tracker(1, 3)
    asked = sum(len(gaps.due(at, 0)) for at in range(0, MAX_AGE_US, MS))
    assert asked == MAX_TRIES
    assert (gaps.missing, gaps.lost) == (0, 1)
    gaps.received(2, MAX_AGE_US)
    assert gaps.recovered == 0


def test_it_gives_up_on_what_is_too_old() -> None:
    gaps = tracker(1, 3)
    assert gaps.due(MAX_AGE_US + 1, RTT_US) == []
    assert (gaps.missing, gaps.lost) == (0, 1)


def test_a_repair_tells_how_long_the_way_is() -> None:
    gaps = tracker(1, 3)
    assert gaps.due(10 * MS, 50 * MS) == [2]
    assert gaps.answered_us == -1
    gaps.received(2, 70 * MS)
    assert gaps.answered_us == 60 * MS
    gaps.answered_us = -1
    gaps.received(5, 100 * MS)
    assert gaps.due(110 * MS, 50 * MS) == gaps.due(180 * MS, 50 * MS) == [4]
    gaps.received(4, 220 * MS)
    assert gaps.answered_us == -1, "nobody knows which request it answers"


def test_a_way_that_has_become_long_is_known_by_its_first_repair() -> None:
    """Reports come once a second; until then each packet would be asked for again and again."""
    gaps = tracker(1, 3)
    asked = [at for at in range(10, 170, 20) if gaps.due(at * MS, 2 * MS)]
    assert asked[:3] == [10, 50, 90]
    gaps.received(2, 170 * MS)
    assert gaps.answered_us == 160 * MS


def test_a_leap_is_not_repaired() -> None:
    gaps = tracker(1, 3, 4 + MAX_GAP + 1)
    assert (gaps.missing, gaps.lost) == (0, 1)
    gaps.received(4 + MAX_GAP + 3, 0)
    assert gaps.due(REORDER_US, RTT_US) == [4 + MAX_GAP + 2]


def test_the_longest_repaired_hole() -> None:
    gaps = tracker(0, MAX_GAP + 1)
    assert gaps.missing == MAX_GAP
    gaps.received(MAX_GAP + 3, 0)
    assert (gaps.missing, gaps.lost) == (MAX_GAP, 1), "the oldest makes room"


def test_repair_takes_a_bounded_part_of_the_path() -> None:
    """Half of all packets lost: what is asked for stays near the credit that received ones earn."""
    gaps = GapTracker()
    for n in range(5000):
        gaps.received(2 * n % 65536, n * 5 * MS)
        if n % 4 == 0:
            gaps.due(n * 5 * MS, RTT_US)
    assert gaps.requests <= 100 + 0.3 * 5000


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.floats(0, 0.3), st.integers(0, 40))
def test_what_was_lost_is_asked_for_and_nothing_else(seed: int, loss: float, spread: int) -> None:
    """Loss and reordering against a set: only packets that are missing at that moment are asked for."""
    chance = random.Random(seed)
    start = chance.randrange(65536)
    order = sorted(
        (n for n in range(800) if n == 0 or chance.random() >= loss), key=lambda n: n and n + chance.random() * spread
    )
    gaps, came = GapTracker(), set()
    for step, number in enumerate(order):
        gaps.received((start + number) % 65536, step * 5 * MS)
        came.add(number)
        newest = max(came)
        for sequence in gaps.due(step * 5 * MS, RTT_US):
            asked = (sequence - start) % 65536
            assert asked < newest
            assert asked not in came
    never = set(range(max(came))) - came
    assert gaps.missing + gaps.lost == len(never)


@given(st.lists(st.integers(0, 65_535), max_size=300))
def test_its_memory_is_bounded_whatever_comes(sequences: list[int]) -> None:
    gaps = GapTracker()
    for at, sequence in enumerate(sequences):
        gaps.received(sequence, at * MS)
        assert gaps.missing <= MAX_GAP
        assert len(gaps.due(at * MS, 0)) <= MAX_GAP


# --- patience -------------------------------------------------------------------------------------


def test_pictures_wait_for_two_tries_on_each_lossy_leg() -> None:
    assert Patience().heed([(0.0, 160 * MS), (0.01, 160 * MS)], 0) == 0
    assert Patience().heed([(0.05, 160 * MS), (0.0, 160 * MS)], 0) == 400
    assert Patience().heed([(0.05, 40 * MS), (0.05, 20 * MS)], 0) == 250
    assert Patience().heed([(0.05, -1)], 0) == 100
    assert Patience().heed([(0.1, 160 * MS), (0.1, 160 * MS)], 0) == Patience.MOST_MS


def test_patience_grows_at_once_and_is_lost_late() -> None:
    patience = Patience()
    assert patience.heed([(0.05, 40 * MS)], 0) == 150
    assert patience.heed([(0.05, 160 * MS)], MS) == 400
    assert patience.heed([(0.0, 160 * MS)], Patience.KEPT_US) == 400
    assert patience.heed([(0.0, 160 * MS)], Patience.KEPT_US + MS) == 0


def test_what_is_sent_twice_is_given_at_any_rate() -> None:
    cache = RepairCache()
    cache.store(5, b"x")
    assert cache.recall(5, 0, 80 * MS) == b"x"
    assert cache.recall(5, 20 * MS, 80 * MS) is None
    assert cache.recall(5, 20 * MS, -1) == b"x"
    assert cache.recall(5, 79 * MS, 80 * MS) is None
    assert cache.recall(5, 80 * MS, 80 * MS) == b"x"
    assert cache.recall(6, 80 * MS, -1) is None


def test_what_is_missing_of_a_stream_that_stopped_is_not_asked_for() -> None:
    gaps = GapTracker()
    assert not gaps.begun
    gaps.received(1, 0)
    gaps.received(3, 10_000)
    assert gaps.begun
    assert gaps.due(30_000, 20_000) == [2]
    assert gaps.due(10_000 + STOPPED_US + 1, 20_000) == []
    assert (gaps.missing, gaps.lost) == (0, 1)
    gaps.received(5, 600_000)
    assert gaps.due(620_000, 20_000) == [4]


def test_a_stream_that_stopped_with_holes_says_once_that_it_goes_on() -> None:
    gaps = GapTracker()
    gaps.received(1, 0)
    gaps.received(3, 10_000)
    assert not gaps.resumed(20_000), "it never stopped"
    gaps.due(10_000 + STOPPED_US + 1, 20_000)
    assert not gaps.resumed(10_000 + STOPPED_US + 1)
    gaps.received(4, 900_000)
    assert gaps.resumed(910_000)
    assert not gaps.resumed(920_000)
    assert not gaps.broken


def test_a_stream_that_stopped_whole_has_nothing_to_say() -> None:
    gaps = GapTracker()
    gaps.received(1, 0)
    assert gaps.due(STOPPED_US + 1, 20_000) == []
    gaps.received(2, 900_000)
    assert not gaps.resumed(910_000)


def test_what_is_given_up_is_not_asked_for_and_breaks_the_picture() -> None:
    gaps = GapTracker()
    gaps.received(1, 0)
    gaps.give_up()
    assert not gaps.broken, "nothing was missing"
    gaps.received(4, 0)
    gaps.give_up()
    assert gaps.broken
    assert (gaps.missing, gaps.lost) == (0, 2)
    assert gaps.due(30_000, 20_000) == []


def test_a_hole_that_stays_breaks_the_picture() -> None:
    gaps = GapTracker()
    gaps.received(1, 0)
    gaps.received(3, 0)
    for now_ms in range(0, MAX_AGE_US // MS + 100, 20):
        gaps.received(4 + now_ms // 20, now_ms * MS)
        gaps.due(now_ms * MS, RTT_US)
        assert gaps.broken == (gaps.missing == 0)
    assert gaps.broken
    gaps.broken = False
    gaps.received(5000, 2_000_000)
    assert gaps.broken
