"""One direction of a bad link: what is conserved, in which order, how fast, and how much is lost."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.network.impair import JITTER_HOLDS_S, OVERTAKEN_S, Impairments, Link, bursts, protocol_of

UDP = bytes([0x45]) + bytes(8) + b"\x11" + bytes(30)
TCP = bytes([0x45]) + bytes(8) + b"\x06" + bytes(30)
UDP6 = bytes([0x60]) + bytes(5) + b"\x11" + bytes(60)

traffic = st.lists(st.tuples(st.floats(0, 0.05), st.integers(20, 1500)), min_size=1, max_size=80)
"""The gap before each packet in seconds, and its size."""
chances = st.floats(0, 1)
lossless = st.builds(
    Impairments,
    delay_ms=st.floats(0, 300),
    jitter_ms=st.floats(0, 100),
    reorder=st.sampled_from([0.0, 0.3]),
    rate_bps=st.none() | st.floats(50_000, 5_000_000),
    queue_ms=st.just(1e9),
)
anything = st.builds(
    Impairments,
    loss=chances,
    burst_p=chances,
    burst_r=st.floats(0.05, 1),
    delay_ms=st.floats(0, 300),
    jitter_ms=st.floats(0, 100),
    reorder=chances,
    duplicate=chances,
    rate_bps=st.none() | st.floats(50_000, 5_000_000),
    queue_ms=st.floats(0, 500),
    blocked=st.sampled_from([frozenset(), frozenset({"udp"})]),
    blackout=st.booleans(),
)


def packet(number: int, size: int = 200) -> bytes:
    """Its number and its size, told by itself."""
    return struct.pack("!I", number).ljust(size, b"\0")


def play(link: Link, sent: list[tuple[float, int]]) -> list[tuple[float, bytes]]:
    """Packets pushed at their times, then drained whenever ``next_at`` says so: when each arrived."""
    arrived: list[tuple[float, bytes]] = []
    now = 0.0

    def drain(until: float) -> None:
        while (at := link.next_at) <= until and at < math.inf:
            arrived.extend((at, each) for each in link.due(at))

    for number, (gap_s, size) in enumerate(sent):
        now += gap_s
        drain(now)
        link.push(packet(number, size), now)
    drain(math.inf)
    return arrived


def made(impairments: Impairments, seed: int = 1) -> Link:
    link = Link(seed)
    link.set(impairments, 0.0)
    return link


def numbers(arrived: list[tuple[float, bytes]]) -> list[int]:
    return [int.from_bytes(each[:4], "big") for _, each in arrived]


@given(traffic, lossless)
def test_without_loss_every_packet_arrives_once_and_unaltered(sent: list[tuple[float, int]], impairments: Impairments) -> None:
    arrived = play(made(impairments), sent)
    assert sorted(each for _, each in arrived) == [packet(n, size) for n, (_, size) in enumerate(sent)]


@given(traffic, anything)
def test_what_is_pushed_or_doubled_is_delivered_or_counted(sent: list[tuple[float, int]], impairments: Impairments) -> None:
    link = made(impairments)
    arrived = play(link, sent)
    tally = link.tally
    assert tally.pushed == len(sent)
    assert tally.pushed + tally.doubled == tally.delivered + tally.lost + tally.overflowed
    assert tally.delivered == len(arrived)
    assert tally.delivered_bytes == sum(len(each) for _, each in arrived)
    assert link.under_way == 0


@given(traffic, anything)
def test_without_reordering_the_order_is_kept(sent: list[tuple[float, int]], impairments: Impairments) -> None:
    order = numbers(play(made(replace(impairments, reorder=0.0)), sent))
    assert order == sorted(order)


@given(traffic, anything, st.integers(0, 5))
def test_the_same_seed_gives_the_same_arrivals(sent: list[tuple[float, int]], impairments: Impairments, seed: int) -> None:
    assert play(made(impairments, seed), sent) == play(made(impairments, seed), sent)


@given(traffic, st.floats(50_000, 2_000_000), st.floats(0, 500))
def test_the_rate_is_never_exceeded(sent: list[tuple[float, int]], rate_bps: float, queue_ms: float) -> None:
    """Independent oracle: over any span, no more bits leave than fit in it, but for the packet that was leaving before."""
    arrived = play(made(Impairments(rate_bps=rate_bps, queue_ms=queue_ms, delay_ms=50)), sent)
    for first in range(len(arrived)):
        bits = 0
        for at, each in arrived[first + 1 :]:
            bits += len(each) * 8
            assert bits <= rate_bps * (at - arrived[first][0]) * (1 + 1e-9) + 1e-3


@given(traffic, st.floats(50_000, 2_000_000), st.floats(0, 500))
def test_the_queue_is_bounded_and_drops_only_when_full(sent: list[tuple[float, int]], rate_bps: float, queue_ms: float) -> None:
    link = made(Impairments(rate_bps=rate_bps, queue_ms=queue_ms))
    limit, now = rate_bps * queue_ms / 8000, 0.0
    for gap_s, size in sent:
        now += gap_s
        link.due(now)
        before, dropped = link.queued_bytes, link.tally.overflowed
        link.push(packet(0, size), now)
        assert link.queued_bytes <= max(limit, 1500)
        if link.tally.overflowed > dropped:
            assert before > 0
            assert before + size > limit


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1])
def test_mean_loss_is_as_asked(loss: float) -> None:
    link = made(Impairments(loss=loss))
    play(link, [(0.001, 100)] * 20_000)
    assert link.tally.lost / 20_000 == pytest.approx(loss, rel=0.1)


def test_bursts_have_the_mean_loss_and_the_mean_length_asked_for() -> None:
    link = made(Impairments(**bursts(0.02, mean_packets=8)))
    kept = set(numbers(play(link, [(0.001, 100)] * 100_000)))
    lost = [number not in kept for number in range(100_000)]
    begun = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / 100_000 == pytest.approx(0.02, rel=0.15)
    assert sum(lost) / begun == pytest.approx(8, rel=0.15)


def test_a_burst_ends_when_the_network_is_good_again() -> None:
    link = made(Impairments(burst_p=1.0, burst_r=0.01))
    link.push(packet(0), 0.0)
    link.set(Impairments(), 0.0)
    link.set(Impairments(burst_p=1e-12, burst_r=0.01), 0.0)
    link.push(packet(1), 0.0)
    assert (link.tally.lost, link.tally.pushed) == (1, 2)


def test_duplicates_and_reordering_come_as_often_as_asked() -> None:
    link = made(Impairments(duplicate=0.01, reorder=0.01))
    order = numbers(play(link, [(0.02, 100)] * 20_000))
    assert link.tally.doubled / 20_000 == pytest.approx(0.01, rel=0.2)
    backwards = sum(later < earlier for earlier, later in pairwise(order))
    assert backwards / 20_000 == pytest.approx(0.01, rel=0.2)
    assert OVERTAKEN_S > 0.02


def test_the_delay_varies_by_the_jitter_to_either_side() -> None:
    arrived = play(made(Impairments(delay_ms=80, jitter_ms=60)), [(JITTER_HOLDS_S / 2, 100)] * 4000)
    delays = [at - (number + 1) * JITTER_HOLDS_S / 2 for number, (at, _) in enumerate(arrived)]
    assert 0.019 < min(delays) < 0.03
    assert 0.13 < max(delays) < 0.1401
    assert 0.08 < sum(delays) / len(delays) < 0.11  # kept in order, a short delay after a long one has to wait


def test_a_delay_is_never_negative() -> None:
    link = made(Impairments(jitter_ms=50))
    for number in range(500):
        link.push(packet(number), number * 0.1)
        assert link.next_at >= number * 0.1
        link.due(number * 0.1 + 0.05)


def test_a_blackout_and_a_blocked_protocol_let_nothing_of_theirs_pass() -> None:
    link = made(Impairments(blackout=True))
    link.push(TCP, 0.0)
    assert link.next_at == math.inf
    link.set(Impairments(blocked=frozenset({"udp"})), 0.0)
    for each in (UDP, TCP, UDP6, b"", b"\x45", b"\x60" * 30):
        link.push(each, 0.0)
    assert link.due(0.0) == [TCP, b"", b"\x45", b"\x60" * 30]


def test_the_protocol_is_read_from_the_header() -> None:
    assert [protocol_of(each) for each in (UDP, TCP, UDP6, b"", bytes(40))] == ["udp", "tcp", "udp", None, None]


def test_what_waits_leaves_at_the_new_rate() -> None:
    link = made(Impairments(rate_bps=80_000, queue_ms=1000))
    for number in range(3):
        link.push(packet(number, 1000), 0.0)  # 0.1 s each
    link.set(Impairments(rate_bps=8_000), 0.05)  # half of the first one has left
    assert [link.next_at, link.due(0.5)] == [pytest.approx(0.55), []]
    assert numbers([(0.0, each) for each in link.due(0.56)]) == [0]
    assert link.next_at == pytest.approx(1.55)
    link.set(Impairments(), 1.0)
    assert numbers([(0.0, each) for each in link.due(1.0)]) == [1, 2]


def test_what_travels_arrives_as_it_would_have() -> None:
    link = made(Impairments(delay_ms=100))
    link.push(packet(0), 0.0)
    link.set(Impairments(), 0.02)
    link.push(packet(1), 0.02)
    assert link.due(0.099) == []
    assert numbers([(0.0, each) for each in link.due(0.1)]) == [0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.1}, {"duplicate": -0.1}, {"burst_p": 0.1, "burst_r": 0.0}, {"delay_ms": -1}, {"jitter_ms": -1},
        {"queue_ms": -1}, {"rate_bps": 0}, {"blocked": frozenset({"quic"})},
    ],
)  # fmt: skip
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the one error of an immutable value
        Impairments(**wrong)


def test_chance_is_the_links_own() -> None:
    random.seed(1)
    first = random.random()
    random.seed(1)
    play(made(Impairments(loss=0.5)), [(0.0, 100)] * 10)
    assert random.random() == first
