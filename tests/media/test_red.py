"""Redundant sound: what a hop wraps the next hop unwraps, and nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import red, rtp
from media.red import Block, Redundancy, unwrap

OPUS = 111
HEADER = bytes([0x80, 0x80 | 63]) + bytes(10)


def packet(payload: bytes, padding: int = 0) -> tuple[bytearray, int]:
    """A redundant RTP packet in a buffer with room behind it."""
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    data = bytearray(HEADER + payload + tail)
    if padding:
        data[0] |= 0x20
    return data + bytes(50), len(HEADER + payload + tail)


def block(kind: int, earlier: int, length: int) -> bytes:
    return ((0x80 | kind) << 24 | earlier << 10 | length).to_bytes(4, "big")


def test_a_packet_of_a_browser() -> None:
    data, size = packet(block(OPUS, 960, 3) + bytes([OPUS]) + b"old" + b"newer")
    size, blocks = unwrap(data, size, 12, OPUS)
    assert bytes(data[12:size]) == b"newer"
    assert blocks == [Block(1, 960, b"old")]
    assert data[1] == 0x80 | OPUS  # the marker stays


def test_the_first_packet_has_no_earlier_block() -> None:
    data, size = packet(bytes([OPUS]) + b"first")
    assert unwrap(data, size, 12, OPUS) == (17, [])


def test_two_earlier_blocks_come_oldest_first() -> None:
    data, size = packet(block(OPUS, 1920, 1) + block(OPUS, 960, 1) + bytes([OPUS]) + b"abc")
    assert unwrap(data, size, 12, OPUS)[1] == [Block(2, 1920, b"a"), Block(1, 960, b"b")]


def test_padding_goes() -> None:
    data, size = packet(bytes([OPUS]) + b"loud", padding=4)
    assert unwrap(data, size, 12, OPUS)[0] == 16
    assert rtp.header_size(data, 16) == 12
    assert rtp.padding_size(data, 16) == 0


@pytest.mark.parametrize(
    "what", [block(13, 960, 2), block(OPUS, 960, 0), block(OPUS, 0, 2)], ids=["comfort noise", "empty", "same time"]
)
def test_a_block_that_helps_nobody_is_left_out(what: bytes) -> None:
    length = what[3]
    data, size = packet(what + bytes([OPUS]) + b"xx"[:length] + b"new")
    size, blocks = unwrap(data, size, 12, OPUS)
    assert (bytes(data[12:size]), blocks) == (b"new", [])


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xef",
        block(OPUS, 960, 4),
        bytes([13]) + b"noise",
        block(OPUS, 960, 9) + bytes([OPUS]) + b"short",
        block(OPUS, 1, 0) * 5,
    ],
    ids=["nothing", "half a head", "no primary", "another codec", "too long", "too many"],
)
def test_nonsense_is_refused(payload: bytes) -> None:
    data, size = packet(payload)
    with pytest.raises(red.Malformed):
        unwrap(data, size, 12, OPUS)


@given(st.binary(max_size=80))
def test_any_bytes_are_taken_or_refused(payload: bytes) -> None:
    data, size = packet(payload)
    try:
        after, blocks = unwrap(data, size, 12, OPUS)
    except red.Malformed:
        return
    assert 12 <= after < size
    assert after - 12 + sum(len(each.payload) for each in blocks) < size - 12


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=2, max_size=20), st.integers(0, 0xFFFFFFFF), st.integers(1, 4000))
def test_what_is_wrapped_can_be_unwrapped(payloads: list[bytes], timestamp: int, step: int) -> None:
    sending = Redundancy()
    sending.reported(0.05, 0)
    for number, payload in enumerate(payloads):
        wrapped = sending.wrap(payload, number, (timestamp + number * step) & 0xFFFFFFFF, OPUS, 1)
        if number == 0:
            assert wrapped == b""
            continue
        data, size = packet(wrapped)
        size, blocks = unwrap(data, size, 12, OPUS)
        assert bytes(data[12:size]) == payload
        assert blocks == [Block(1, step, payloads[number - 1])]


def test_redundancy_is_for_a_path_that_loses() -> None:
    sending = Redundancy()
    assert not sending.wanted(0)
    sending.reported(red.LOSSY, 0)
    assert not sending.wanted(0)
    sending.reported(0.02, 0)
    assert sending.wanted(red.CLEAR_US - 1)
    assert not sending.wanted(red.CLEAR_US)
    sending.wrap(b"a", 0, 0, OPUS, red.CLEAR_US)
    assert sending.wrap(b"b", 1, 960, OPUS, red.CLEAR_US) == b""


@pytest.mark.parametrize(
    ("payload", "index", "timestamp"),
    [(b"b", 2, 960), (b"b", 0, 960), (b"b", 1, 0), (b"b", 1, 1 << 14), (b"b" * 1190, 1, 960)],
    ids=["a hole", "late", "same time", "long ago", "too large together"],
)
def test_what_cannot_be_said_twice_is_sent_once(payload: bytes, index: int, timestamp: int) -> None:
    sending = Redundancy()
    sending.reported(0.05, 0)
    sending.wrap(b"a" * 10, 0, 0, OPUS, 1)
    assert sending.wrap(payload, index, timestamp, OPUS, 1) == b""


def test_a_block_has_at_most_ten_bits_of_length() -> None:
    sending = Redundancy()
    sending.reported(0.05, 0)
    sending.wrap(b"a" * 1024, 0, 0, OPUS, 1)
    assert sending.wrap(b"b", 1, 960, OPUS, 1) == b""


def test_a_late_packet_is_not_said_to_be_the_one_before() -> None:
    sending = Redundancy()
    sending.reported(0.05, 0)
    for index in (1, 3, 2):
        sending.wrap(b"%d" % index, index, index * 960, OPUS, 1)
    assert sending.wrap(b"4", 4, 4 * 960, OPUS, 1) == b""
