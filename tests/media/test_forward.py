"""An outgoing line, against a slow model that keeps every packet, and against libsrtp, which refuses a repeated index."""

from __future__ import annotations

import itertools
import os
import random
import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from media import rtp
from media.forward import WINDOW, KeyframeRequests, Line
from media.rtp import MAX_DROPOUT
from media.srtp import Outbound, PacketBuffer

SSRC = 0xCAFE
SIZE = 20
RATE = 90_000
_NUMBERS = struct.Struct("!HII")  # sequence, timestamp, SSRC: a header's octets 2 to 11


def packet(sequence: int, timestamp: int = 0, payload: bytes = b"\x10\x01\0\0\0\0\0\0") -> bytearray:
    buf = bytearray(12) + payload
    buf[0], buf[1] = 0x80, 96
    _NUMBERS.pack_into(buf, 2, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 0xBEEF)
    return buf


def rewrite(line: Line, buf: bytearray, size: int, source: int, at_us: int) -> int:
    """Gives the packet in ``buf`` the line's numbers, as they would go out; the index, or -1 when it is refused."""
    timestamp = rtp.timestamp(buf)
    index = line.take(rtp.sequence(buf), timestamp, source, at_us, buf, rtp.header_size(buf, size), size)
    if index >= 0:
        _NUMBERS.pack_into(buf, 2, index & 0xFFFF, (timestamp + line.timestamp_offset) & 0xFFFFFFFF, line.ssrc)
    return index


def send(line: Line, source: int, sequence: int, timestamp: int = 0, at_us: int = 0) -> tuple[int, int, int]:
    """(index, sequence and timestamp on the wire) of a packet given to the line."""
    buf = packet(sequence, timestamp)
    index = rewrite(line, buf, len(buf), source, at_us)
    return index, rtp.sequence(buf), rtp.timestamp(buf)


KEY = b"\x10\x00\0\0\0\0\0\0"
keyframe, delta = (lambda sequence: packet(sequence, payload=KEY)), packet


# --- the model ------------------------------------------------------------------------------------


@dataclass
class Model:
    """What should come out, found by keeping everything: sources are endless lists of packets numbered 0, 1, 2 ..."""

    top: int
    source: int = -1
    spliced: bool = False
    shift: int = 0
    runs: dict[int, int] = field(default_factory=dict)  # source -> number of the run's first packet
    newest: dict[int, int] = field(default_factory=dict)
    sent: set[tuple[int, int]] = field(default_factory=set)

    def offer(self, source: int, number: int) -> int:
        if source < self.source:
            return -1
        if source > self.source or self.spliced:
            if number <= self.newest.get(source, -1):
                return -1
            self.source, self.spliced = source, False
            self.runs[source] = number
            self.shift = self.top + 1 - number
        newest = self.newest.get(source, -1)
        if number < self.runs[source] or (source, number) in self.sent or newest - number >= WINDOW:
            return -1
        self.sent.add((source, number))
        self.newest[source] = max(newest, number)
        self.top = max(self.top, number + self.shift)
        return number + self.shift


steps = st.lists(
    st.one_of(
        st.tuples(st.just("go"), st.integers(1, 30)),  # that many packets in order
        st.tuples(st.just("lose"), st.integers(1, 400)),
        st.tuples(st.just("late"), st.integers(1, 900)),  # the packet that many before the newest, maybe a duplicate
        st.tuples(st.just("splice"), st.just(0)),
        st.tuples(st.just("source"), st.integers(0, 3)),
    ),
    max_size=80,
)


@given(steps, st.integers(0, 0xFFFF), st.lists(st.integers(0, 0xFFFF), min_size=4, max_size=4))
def test_the_line_is_what_a_model_that_keeps_every_packet_says(
    script: list[tuple[str, int]], first: int, starts: list[int]
) -> None:
    line, model = Line(SSRC, RATE, first, 0), Model(first - 1)
    source, heads = 0, [0, 0, 0, 0]

    def offer(number: int) -> None:
        index, wire, _ = send(line, source, starts[source] + number)
        assert index == model.offer(source, number)
        if index >= 0:
            assert wire == index % 65536
            assert line.source_index(wire) == (starts[source] + model.runs[source]) % 65536 + number - model.runs[source]

    for what, amount in script:
        match what:
            case "go":
                for _ in range(amount):
                    offer(heads[source])
                    heads[source] += 1
            case "lose":
                if heads[source] + amount - model.newest.get(source, heads[source]) <= MAX_DROPOUT:
                    heads[source] += amount
            case "late":
                offer(max(0, heads[source] - amount))
                heads[source] = max(heads[source], 1)
            case "splice":
                line.splice()
                model.spliced = True
            case _:
                source = amount
    assert line.highest == model.top


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 0xFFFF))
def test_nothing_is_ever_protected_twice_whatever_comes(seed: int, first: int) -> None:
    """Hostile numbering, interleaved sources, splices at any moment: libsrtp sees no index a second time."""
    chance = random.Random(seed)
    line = Line(SSRC, RATE, first, 0)
    session = Outbound(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, os.urandom(28))
    buf = PacketBuffer()
    used: set[int] = set()
    heads = [chance.randrange(65536) for _ in range(3)]
    for _ in range(600):
        source = chance.choice((0, 0, 1, 1, 1, 2)) if len(used) > 100 else 0
        match chance.randrange(12):
            case 0:
                sequence = chance.randrange(65536)
            case 1:
                sequence = heads[source] - chance.randrange(2000)
            case 2:
                heads[source] += chance.choice((3, 200, 2990, 3010, 20_000, 32_768, 60_000))
                sequence = heads[source]
            case 3:
                line.splice()
                sequence = heads[source] - chance.randrange(3)
            case _:
                heads[source] += 1
                sequence = heads[source]
        buf.data[:SIZE] = packet(sequence, chance.randrange(2**32))
        before = line.highest
        index = rewrite(line, buf.data, SIZE, source, 0)
        if index < 0:
            continue
        assert index not in used
        assert before - WINDOW < index <= before + MAX_DROPOUT
        used.add(index)
        assert rtp.ssrc(buf.data) == SSRC
        assert session.protect(buf, SIZE) > 0, "libsrtp saw it before, or found it too old"
    assert line.highest == max(used)


# --- continuity -----------------------------------------------------------------------------------


def test_the_first_packet_gets_the_line_s_own_beginning() -> None:
    assert send(Line(SSRC, RATE, 65535, 2**32 - 1), 1, 100, 5000) == (65535, 65535, 2**32 - 1)


def test_sequence_goes_on_across_the_wrap() -> None:
    line = Line(SSRC, RATE, 65535, 0)
    assert [send(line, 1, 7 + n)[:2] for n in range(3)] == [(65535, 65535), (65536, 0), (65537, 1)]


@given(
    st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 600_000_000), st.booleans()
)
def test_a_splice_advances_the_timestamp_by_the_time_that_passed(
    first: int, old: int, new: int, hold_us: int, same_source: bool
) -> None:
    line = Line(SSRC, RATE, 0, first)
    send(line, 1, 10, old, 5_000_000)
    _, _, before = send(line, 1, 11, old + 3000, 5_033_333)
    assert before == (first + 3000) % 2**32
    line.splice()
    index, _, after = send(line, 1 if same_source else 2, 500, new, 5_033_333 + hold_us)
    assert index == 2
    assert (after - before) % 2**32 == max(1, hold_us * RATE // 1_000_000)
    assert (new + line.timestamp_offset) % 2**32 == after, "sender reports take the same offset"
    assert send(line, line.source, 501, new + 3000)[2] == (after + 3000) % 2**32


def test_a_new_leg_takes_over_and_the_old_one_is_refused() -> None:
    line = Line(SSRC, RATE, 1000, 0)
    send(line, 1, 10)
    assert send(line, 2, 40_000)[0] == 1001
    assert send(line, 1, 11)[0] == -1
    assert send(line, 2, 40_001)[0] == 1002
    assert line.source == 2


def test_what_is_late_from_before_a_splice_is_refused() -> None:
    line = Line(SSRC, RATE, 0, 0)
    for sequence in (10, 11, 13):
        send(line, 1, sequence)
    line.splice()
    assert send(line, 1, 12)[0] == -1
    assert send(line, 1, 13)[0] == -1
    assert send(line, 1, 50)[0] == 4
    assert send(line, 1, 49)[0] == -1
    assert send(line, 1, 12)[0] == -1


def test_a_leap_forward_leaves_no_hole() -> None:
    line = Line(SSRC, RATE, 0, 0)
    send(line, 1, 10)
    assert send(line, 1, 10 + MAX_DROPOUT)[0] == MAX_DROPOUT
    assert send(line, 1, 10 + 2 * MAX_DROPOUT + 1)[0] == MAX_DROPOUT + 1


def test_a_source_that_restarts_elsewhere_is_followed_from_its_second_packet() -> None:
    line = Line(SSRC, RATE, 0, 0)
    send(line, 1, 30_000)
    assert send(line, 1, 20_000)[0] == -1, "one stray packet changes nothing"
    assert send(line, 1, 30_001)[0] == 1
    assert send(line, 1, 10_000)[0] == -1
    assert send(line, 1, 10_001)[0] == 2
    assert send(line, 1, 10_002)[0] == 3


def test_an_output_sequence_finds_its_source_again() -> None:
    line = Line(SSRC, RATE, 0, 0)
    send(line, 1, 65_535)
    send(line, 1, 3)
    assert line.source_index(0) == 65_535
    assert line.source_index(1) == 65_536, "lost on the way here"
    assert line.source_index(4) == 65_539
    assert line.source_index(5) == -1, "not yet sent"
    send(line, 2, 9)
    assert line.source_index(5) == 9
    assert line.source_index(4) == -1, "of the source before"


# --- pictures -------------------------------------------------------------------------------------


def test_a_picture_line_begins_each_run_with_a_keyframe() -> None:
    line = Line(SSRC, RATE, 0, 0, rtp.is_vp8_keyframe)
    assert line.waiting
    assert rewrite(line, delta(1), SIZE, 1, 0) == -1
    assert rewrite(line, keyframe(2), SIZE, 1, 0) == 0
    assert not line.waiting
    assert rewrite(line, delta(3), SIZE, 1, 0) == 1
    line.splice()
    assert line.waiting
    assert rewrite(line, delta(4), SIZE, 1, 0) == -1
    assert rewrite(line, keyframe(5), SIZE, 1, 0) == 2


def test_a_new_source_s_first_packet_shows_that_a_keyframe_is_wanted() -> None:
    line = Line(SSRC, RATE, 0, 0, rtp.is_vp8_keyframe)
    rewrite(line, keyframe(1), SIZE, 1, 0)
    assert rewrite(line, delta(1), SIZE, 2, 0) == -1
    assert line.waiting
    assert line.source == 1
    assert rewrite(line, keyframe(2), SIZE, 2, 0) == 1
    assert line.source == 2


def test_a_leap_of_a_picture_source_waits_for_a_keyframe_too() -> None:
    line = Line(SSRC, RATE, 0, 0, rtp.is_vp8_keyframe)
    rewrite(line, keyframe(1), SIZE, 1, 0)
    assert rewrite(line, delta(10_000), SIZE, 1, 0) == -1
    assert rewrite(line, keyframe(10_001), SIZE, 1, 0) == 1


@pytest.mark.parametrize("size", [0, 11, 12])
def test_what_is_no_packet_begins_no_picture(size: int) -> None:
    assert rewrite(Line(SSRC, RATE, 0, 0, rtp.is_vp8_keyframe), keyframe(1), size, 1, 0) == -1


# --- keyframe requests ----------------------------------------------------------------------------


def test_many_wishes_become_one_request() -> None:
    requests = KeyframeRequests()
    assert requests.want(0)
    assert [requests.want(at) for at in (1, 100_000, 299_999)] == [False, False, False]
    assert requests.sent == 1


def test_a_request_is_repeated_until_a_keyframe_comes() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    assert [at for at in range(0, 1_000_000, 50_000) if requests.due(at)] == [300_000, 600_000, 900_000]
    requests.came()
    assert not requests.due(5_000_000)
    assert requests.want(5_000_000)
    assert requests.sent == 5


def test_a_keyframe_that_should_come_by_itself_is_asked_for_when_it_does_not() -> None:
    requests = KeyframeRequests()
    requests.expect(1_000_000)
    assert not requests.due(1_299_999)
    assert requests.due(1_300_000)
    requests.expect(1_400_000)
    assert requests.due(1_600_000), "what is asked for already is not put off"
    requests.came()
    requests.expect(3_000_000)
    requests.came()
    assert not requests.due(9_000_000)


def test_a_long_round_trip_spaces_the_requests() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    assert not requests.due(799_999, 800_000)
    assert requests.due(800_000, 800_000)


@given(st.lists(st.tuples(st.integers(0, 200_000), st.sampled_from(["want", "due", "came"])), max_size=60))
def test_requests_keep_their_distance(script: list[tuple[int, str]]) -> None:
    requests, now, asked, wanted = KeyframeRequests(), 0, [], False
    for passed, what in script:
        now += passed
        if what == "came":
            requests.came()
            wanted = False
            continue
        wanted = wanted or what == "want"
        if requests.want(now) if what == "want" else requests.due(now):
            assert wanted
            asked.append(now)
        else:
            assert not wanted or now - asked[-1] < 300_000
    assert all(later - earlier >= 300_000 for earlier, later in itertools.pairwise(asked))
