"""Frames on a stream: the same ones however the stream is cut, and an end to whatever is no stream of ours."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.framing import Frames, TooLong, frame

MOST = 300
PACKETS = st.lists(st.binary(max_size=MOST), max_size=12)


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(each, len(stream)) for each in at), len(stream)]
    return [stream[first:last] for first, last in itertools.pairwise(edges)]


def read(frames: Frames, *chunks: bytes) -> list[bytes]:
    return [bytes(each) for chunk in chunks for each in frames.feed(memoryview(chunk))]


def test_a_frame_is_a_length_and_that_many_bytes() -> None:
    assert frame(b"abc") == b"\x00\x03abc"
    assert frame(memoryview(bytes(1500)))[:2] == b"\x05\xdc"
    assert read(Frames(MOST), b"\x00\x03abc\x00\x01d") == [b"abc", b"d"]


@given(PACKETS, st.lists(st.integers(0, 4000)))
def test_however_the_stream_is_cut_the_same_frames_come_out(packets: list[bytes], at: list[int]) -> None:
    stream = b"".join(map(frame, packets))
    assert read(Frames(MOST), *cut(stream, at)) == [packet for packet in packets if packet]


@given(PACKETS, st.integers(MOST + 1, 65535), st.binary(max_size=50), st.lists(st.integers(0, 4000)))
def test_what_came_before_a_frame_that_is_too_long_comes_out_and_nothing_after_it(
    packets: list[bytes], size: int, rest: bytes, at: list[int]
) -> None:
    stream = b"".join(map(frame, packets)) + size.to_bytes(2, "big") + rest
    frames, came = Frames(MOST), list[bytes]()
    with pytest.raises(TooLong):
        came.extend(bytes(each) for chunk in cut(stream, at) for each in frames.feed(memoryview(chunk)))
    assert came == [packet for packet in packets if packet]
    with pytest.raises(TooLong):
        read(frames, frame(b"more"))


@given(st.lists(st.binary(max_size=700), max_size=20))
def test_whatever_comes_little_is_held_and_only_its_own_error_raised(chunks: list[bytes]) -> None:
    frames = Frames(MOST)
    for chunk in chunks:
        try:
            assert all(0 < len(each) <= MOST for each in read(frames, chunk))
        except TooLong:
            assert len(frames._held) == 2
            return
        assert len(frames._held) <= MOST + 1


@pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_other_protocols_are_known_by_their_first_bytes(greeting: bytes) -> None:
    with pytest.raises(TooLong):
        read(Frames(1500), greeting)
