"""Reordering and assembly: real packets shaken, hostile ones made up."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.recorder.assemble import MAX_HELD, UNFINISHED_US, WAIT_US, Track, parse_rtp
from media.recorder.depacketise import MAX_FRAME, Frame, Malformed, Rtp, avcc, depacketiser, sps_size
from tests.media.recorder.kit import BLUE, RED, Sent, rtp, sound, video

CODECS = ["VP8", "H264", "opus"]


def sent(codec: str, seconds: float = 1) -> tuple[Sent, ...]:
    return sound(440, seconds) if codec == "opus" else video(codec, RED, seconds)


def frames_of(track: Track, packets: list[Sent] | tuple[Sent, ...]) -> list[Frame]:
    return [frame for p in packets for frame in track.push(p.data, p.at_us)]


def opus(sequence: int, payload: bytes = b"\xfcabc", ssrc: int = 9) -> bytes:
    return rtp(sequence, sequence * 960, ssrc, False, payload, 111)


# --- RTP --------------------------------------------------------------------------------------------


def test_csrcs_extensions_and_padding_are_not_payload() -> None:
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 0x80 | 96, 7, 8, 9)
    data = head + bytes(8) + struct.pack("!HH", 0xBEDE, 1) + bytes(4) + b"payload" + b"\x00\x00\x03"
    assert parse_rtp(data, 5) == Rtp(7, 8, 9, True, b"payload", 5)


@pytest.mark.parametrize(
    "data",
    [b"", bytes(11), bytes(12), struct.pack("!BBHII", 0x8F, 96, 1, 1, 1), struct.pack("!BBHII", 0x90, 96, 1, 1, 1),
     struct.pack("!BBHII", 0xA0, 96, 1, 1, 1) + b"\xff"],
)  # fmt: skip
def test_what_is_not_rtp_is_malformed_and_only_counted(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_rtp(data, 0)
    track = Track("opus")
    assert track.push(data, 0) == []
    assert track.dropped == 1


# --- reordering -------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS)
def test_in_order_every_frame_comes_whole(codec: str) -> None:
    track = Track(codec)
    frames = frames_of(track, sent(codec))
    assert len(frames) == (50 if codec == "opus" else 20)
    assert frames[0].keyframe
    assert [f.fresh for f in frames] == [True] + [False] * (len(frames) - 1)
    assert track.pending_us() is None
    assert track.dropped == 0


@pytest.mark.parametrize("codec", CODECS)
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=10, deadline=None)
def test_shaken_and_doubled_they_are_the_same_frames(codec: str, seed: int) -> None:
    chance = random.Random(seed)
    packets = list(sent(codec))
    shaken = sorted(packets[1:] * 2, key=lambda p: p.at_us + chance.randrange(100_000))
    straight, track = frames_of(Track(codec), packets), Track(codec)
    frames = frames_of(track, [packets[0], *shaken]) + track.expire(1 << 40)
    assert [f.data for f in frames] == [f.data for f in straight]
    assert track.dropped >= len(packets) - 1  # the doubles


def test_a_hole_is_waited_for_half_a_second_and_then_given_up() -> None:
    track = Track("opus")
    assert len(track.push(opus(1), 0)) == 1
    assert track.push(opus(3), 100) == []
    assert track.pending_us() == 100
    assert track.expire(99 + WAIT_US) == []
    assert len(track.expire(100 + WAIT_US)) == 1
    assert track.push(opus(2), 200 + WAIT_US) == []  # too late
    assert len(track.push(opus(4), 300 + WAIT_US)) == 1
    assert track.dropped == 2


def test_a_frame_whose_rest_never_comes_is_waited_for_a_second_and_then_given_up() -> None:
    track, (picture, *later) = Track("VP8"), sent("VP8")
    read = parse_rtp(picture.data, 0)
    assert read.marker, "a picture of one packet, which leaves in two here"
    begin = rtp(read.sequence - 1, read.timestamp, read.ssrc, False, read.payload[:20])
    rest = rtp(read.sequence, read.timestamp, read.ssrc, True, b"\0" + read.payload[20:])
    assert track.push(begin, 100) == []
    assert track.expire(99 + UNFINISHED_US) == []
    assert track.pending_us() == 100
    assert track.expire(100 + UNFINISHED_US) == []
    assert track.pending_us() is None
    assert track.dropped == 1
    assert track.push(rest, 200 + UNFINISHED_US) == []  # after all
    assert len(frames_of(track, later)) == 19


def test_a_hole_that_is_filled_lets_all_go_on() -> None:
    track = Track("opus")
    frames = [frame for n in (1, 3, 4, 6, 2, 5) for frame in track.push(opus(n, b"\xfc%d" % n), n)]
    assert [f.data for f in frames] == [b"\xfc%d" % n for n in range(1, 7)]


def test_no_more_than_a_bound_is_held_behind_a_hole() -> None:
    track = Track("opus")
    track.push(opus(0), 0)
    frames = [frame for n in range(2, MAX_HELD + 3) for frame in track.push(opus(n), n)]
    assert len(frames) == MAX_HELD + 1


def test_sequence_numbers_go_round() -> None:
    track = Track("opus")
    frames = [frame for n in range(65_000, 200_000, 1) for frame in track.push(opus(n & 0xFFFF), n)]
    assert len(frames) == 135_000
    assert track.dropped == 0


def test_another_ssrc_and_a_jump_are_fresh_sources() -> None:
    track = Track("opus")
    packets = [opus(1), opus(3), opus(500, ssrc=10), opus(20_000, ssrc=10)]
    frames = [frame for n, packet in enumerate(packets) for frame in track.push(packet, n)]
    assert [f.fresh for f in frames] == [True, False, True, True]  # the one behind the hole was not lost


def test_a_flush_gives_what_there_is_and_takes_any_number_next() -> None:
    track = Track("opus")
    track.push(opus(1), 0)
    track.push(opus(3), 0)
    assert len(track.flush()) == 1
    assert len(track.push(opus(900), 0)) == 1


def test_probes_without_payload_are_no_frames_and_no_loss() -> None:
    track = Track("VP8")
    packets = list(video("VP8", RED, 1))
    frames = []
    for n, p in enumerate(packets):
        head = p.data[:2] + struct.pack("!H", 2 * n) + p.data[4:]
        frames += track.push(head, 0) + track.push(rtp(2 * n + 1, 0, 1, False, b""), 0)
    assert len(frames) == 20


# --- pictures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_a_frame_that_lacks_a_packet_is_dropped_whole_and_the_next_is_whole(codec: str) -> None:
    big = list(video(codec, BLUE, 0.5, size=(640, 480)))
    first_frame = [p for p in big if p.at_us == 0]
    noisy = [*first_frame, *[p for p in big if p.at_us]]
    whole = frames_of(Track(codec), noisy)
    for missing in range(len(noisy)):
        track = Track(codec)
        rest = [p for n, p in enumerate(noisy) if n != missing]
        frames = frames_of(track, rest) + track.expire(1 << 40)
        assert len(whole) - 2 <= len(frames) < len(whole) or missing == len(noisy) - 1
        assert {f.data for f in frames} <= {f.data for f in whole}


def test_vp8_says_keyframe_and_size() -> None:
    frames = frames_of(Track("VP8"), video("VP8", RED, 1, keyframe_every=10, size=(640, 480)))
    assert [f.keyframe for f in frames] == [n % 10 == 0 for n in range(20)]
    assert (frames[0].width, frames[0].height) == (640, 480)
    assert (frames[1].width, frames[1].height) == (0, 0)


def test_h264_says_keyframe_and_size_and_gives_avcc() -> None:
    frames = frames_of(Track("H264"), video("H264", RED, 1, keyframe_every=10, size=(640, 480)))
    assert [f.keyframe for f in frames] == [n % 10 == 0 for n in range(20)]
    assert (frames[0].width, frames[0].height) == (640, 480)
    assert frames[0].private[:2] == b"\x01\x42"
    size = int.from_bytes(frames[1].data[:4], "big")
    assert size <= len(frames[1].data) - 4


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_a_sender_without_marker_bits_is_understood(codec: str) -> None:
    packets = [Sent(p.at_us, p.data[:1] + bytes((p.data[1] & 0x7F,)) + p.data[2:]) for p in video(codec, RED, 1)]
    assert len(frames_of(Track(codec), packets)) == 19  # the last may go on


def test_opus_says_mono_or_stereo() -> None:
    track = Track("opus")
    assert [f.channels for f in track.push(opus(1, b"\xf8x"), 0) + track.push(opus(2, b"\xfcx"), 0)] == [1, 2]


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(Malformed):
        depacketiser("VP9")


def vp8(*payloads: bytes) -> tuple[list[Frame], Track]:
    track = Track("VP8")
    frames = [f for n, p in enumerate(payloads) for f in track.push(rtp(n, 0, 1, n == len(payloads) - 1, p), n)]
    return frames, track


KEY = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00"


def test_vp8_descriptors_of_every_length_are_passed_over() -> None:
    for descriptor in ("10", "908005", "90808005", "904001", "902001", "90f080010203"):
        (frame,), _ = vp8(bytes.fromhex(descriptor) + KEY)
        assert frame.data == KEY
        assert (frame.width, frame.height) == (320, 240)


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x90"], [b"\x90\x80"], [b"\x90\xf0\x80\x01"], [b"\x10"], [b"\x10\x01\x02"[:2]], [b"\x10" + KEY[:9]],
        [b"\x10" + KEY.replace(b"\x9d", b"\x9e")], [b"\x10" + KEY[:6] + b"\x00\x00\xf0\x00"], [b"\x10" + KEY[:8] + bytes(2)],
        [b"\x00" + KEY], [b"\x11" + KEY], [b"\x10" + KEY, b"\x10" + KEY],
    ],
)  # fmt: skip
def test_malformed_vp8_is_dropped_and_counted(payloads: list[bytes]) -> None:
    frames, track = vp8(*payloads)
    assert frames == []
    assert track.dropped >= 1


def test_a_frame_without_end_is_given_up_at_its_limit() -> None:
    track = Track("VP8")
    for n in range(MAX_FRAME // 60_000 + 5):
        track.push(rtp(n, 0, 1, False, (b"\x10" if n == 0 else b"\x00") + bytes(60_000)), 0)
    assert track.dropped >= 1
    assert track.pending_us() is None


SPS = bytes.fromhex("6742c01f8c8d40501e9a808080a0")
SPS_REAL = frames_of(Track("H264"), video("H264", RED, 0.1))[0].private
IDR = b"\x65\x88\x84\x00"


def parameter_sets() -> tuple[bytes, bytes]:
    size = int.from_bytes(SPS_REAL[6:8], "big")
    sps = SPS_REAL[8 : 8 + size]
    return sps, SPS_REAL[8 + size + 3 :]


def h264(*payloads: bytes) -> tuple[list[Frame], Track]:
    track = Track("H264")
    frames = [f for n, p in enumerate(payloads) for f in track.push(rtp(n, 0, 1, n == len(payloads) - 1, p), n)]
    return frames, track


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(struct.pack("!H", len(u)) + u for u in units)


def test_h264_units_come_single_aggregated_and_in_fragments() -> None:
    sps, pps = parameter_sets()
    fragments = [b"\x7c\x85" + IDR[1:2], b"\x7c\x05" + IDR[2:3], b"\x7c\x45" + IDR[3:]]
    for payloads in ([sps, pps, IDR], [stap(sps, pps), IDR], [stap(sps, pps), *fragments], [stap(b"\x09\xf0", sps, pps, IDR)]):
        (frame,), _ = h264(*payloads)
        assert frame.keyframe
        assert frame.data == b"".join(struct.pack("!I", len(u)) + u for u in (sps, pps, IDR))
        assert frame.private == avcc(sps, pps)


@pytest.mark.parametrize(
    "payloads",
    [
        [IDR], [b"\x7c"], [b"\x7c\x85"], [b"\x7c\x05\x00"], [b"\x78\x00"], [b"\x78\x00\x09\x67"], [b"\x78\x00\x00"],
        [b"\x1d\x00\x00"], [b"\x06\x01", b"\x1d\x00\x00"], [b"\x06\x01", b"\x7c\x05"],
        [b"\x67"], [b"\x67\x42"], [b"\x67" + bytes(20)], [b"\x67" + b"\x42" * 300], [b"\x06\x01", b"\x7c\x85\x88", IDR],
        [b"\x06\x01", b"\x7c\x85\x88"], [b"\x06\x01", b"\x7c\x85\x88\x01", b"\x7c\x85\x88"], [b"\x09\xf0"],
    ],
)  # fmt: skip
def test_malformed_h264_is_dropped_and_counted(payloads: list[bytes]) -> None:
    frames, track = h264(*payloads)
    assert frames == []
    assert track.dropped >= 1


class Bits:
    """Writes an SPS, independently of what reads it."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, count: int, value: int) -> Bits:
        self.text += format(value, f"0{count}b") if count else ""
        return self

    def ue(self, *values: int) -> Bits:
        for value in values:
            digits = format(value + 1, "b")
            self.text += "0" * (len(digits) - 1) + digits
        return self

    def sps(self) -> bytes:
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        raw = int(text, 2).to_bytes(len(text) // 8, "big")
        return b"\x67" + raw.replace(b"\x00\x00\x01", b"\x00\x00\x03\x01").replace(b"\x00\x00\x00", b"\x00\x00\x03\x00")


@given(st.integers(1, 120), st.integers(1, 68), st.sampled_from([66, 100]), st.integers(0, 2), st.booleans(), st.integers(0, 3))
def test_sizes_in_parameter_sets_are_read(columns: int, rows: int, profile: int, order: int, frames: bool, crop: int) -> None:
    bits = Bits().u(8, profile).u(16, 31).ue(0)
    if profile == 100:
        bits.ue(1, 0, 0).u(2, 0)
    bits.ue(0, order)
    if order == 0:
        bits.ue(4)
    elif order == 1:
        bits.u(1, 0).ue(0, 0, 2, 5, 6)
    bits.ue(1).u(1, 0).ue(columns - 1, rows - 1).u(1, frames)
    bits.u(1 if frames else 2, 0).u(1, 1).ue(0, crop, 0, crop)
    assert sps_size(bits.sps()) == (columns * 16 - 2 * crop, (1 if frames else 2) * (rows * 16 - 2 * crop))


@pytest.mark.parametrize(
    "bits",
    [
        Bits(), Bits().u(8, 66).u(16, 0).u(32, 0).u(32, 0), Bits().u(8, 100).u(16, 0).ue(0, 3),
        Bits().u(8, 100).u(16, 0).ue(0, 1, 0, 0).u(2, 1),
        Bits().u(8, 66).u(16, 0).ue(0, 0, 2, 1).u(1, 0).ue(2000, 2000).u(1, 1).u(1, 0).u(1, 0),
        Bits().u(8, 66).u(16, 0).ue(0, 0, 2, 1).u(1, 0).ue(0, 0).u(1, 1).u(1, 0).u(1, 1).ue(9, 9, 9, 9),
    ],
)  # fmt: skip
def test_parameter_sets_that_make_no_sense_are_malformed(bits: Bits) -> None:
    with pytest.raises(Malformed):
        sps_size(bits.sps())


# --- hostility --------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", CODECS)
@given(
    payloads=st.lists(
        st.tuples(
            st.integers(0, 40), st.integers(0, 3), st.booleans(), st.binary(max_size=40),
            st.sampled_from([b"", b"\x10", b"\x7c\x85", b"\x67\x42", b"\x78"]),
        ),
        max_size=60,
    )
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_nothing_that_a_sender_writes_raises(codec: str, payloads: list[tuple[int, int, bool, bytes, bytes]]) -> None:
    track = Track(codec)
    for n, (sequence, timestamp, marker, payload, start) in enumerate(payloads):
        for frame in track.push(rtp(sequence, timestamp, 1 + n // 50, marker, start + payload), n):
            assert frame.data
            assert not (frame.keyframe and codec != "opus") or (frame.width > 0 and frame.height > 0)
    track.expire(1 << 40)
    track.flush()
    assert track.pending_us() is None


@pytest.mark.parametrize("codec", CODECS)
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=15, deadline=None)
def test_bits_that_flip_on_the_way_raise_nothing(codec: str, seed: int) -> None:
    chance, track = random.Random(seed), Track(codec)
    for packet in sent(codec):
        data = bytearray(packet.data[: chance.choice([len(packet.data), len(packet.data), chance.randrange(len(packet.data))])])
        for _ in range(chance.randrange(4)):
            if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        track.push(bytes(data), packet.at_us)
    track.expire(1 << 40)
    track.flush()
