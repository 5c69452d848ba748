"""The Matroska writer, judged by ffprobe and PyAV."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recorder.matroska import Block, Index, Track, clusters, element, header, opus_head, size_of
from tests.media.recorder.kit import decode_errors, times

SOUND, PICTURE = Track(1, "guardian", "opus", channels=2), Track(2, "physician", "VP8", 320, 240)


def read_size(data: bytes) -> tuple[int, int]:
    """An EBML size as RFC 8794 reads it: its value and its own length."""
    length = 9 - data[0].bit_length()
    return int.from_bytes(data[:length], "big") & (1 << 7 * length) - 1, length


@given(st.one_of(st.integers(0, 1 << 16), st.integers(0, (1 << 56) - 2)))
def test_sizes_read_back_and_are_the_shortest(length: int) -> None:
    encoded = size_of(length)
    assert read_size(encoded) == (length, len(encoded))
    assert len(encoded) == 1 or length >= (1 << 7 * (len(encoded) - 1)) - 1


@pytest.mark.parametrize("octets", range(1, 9))
def test_all_ones_is_never_a_size_as_it_means_unknown(octets: int) -> None:
    most = (1 << 7 * octets) - 1
    assert len(size_of(most - 1)) == octets
    if octets < 8:
        assert len(size_of(most)) == octets + 1
    else:
        with pytest.raises(ValueError, match="does not fit"):
            size_of(most)


@given(st.binary(max_size=300))
def test_an_element_holds_its_body(body: bytes) -> None:
    data = element(0x1A45DFA3, body)
    size, length = read_size(data[4:])
    assert data[:4] == b"\x1a\x45\xdf\xa3"
    assert data[4 + length :] == body
    assert size == len(body)


def test_the_opus_head_is_that_of_its_rfc() -> None:
    assert opus_head(2) == b"OpusHead\x01\x02\x00\x00" + struct.pack("<I", 48_000) + b"\x00\x00\x00"


def test_ffprobe_sees_the_tracks_and_their_seats(tmp_path: Path) -> None:
    h264 = Track(3, "interpreter", "H264", 640, 480, private=bytes.fromhex("0142c01fffe100046742c01f01000468ce3c80"))
    blocks = [Block(t, 20 * i, True, b"\xfc\xff\xfe") for i in range(5) for t in (1,)]
    file = tmp_path / "a.mkv"
    file.write_bytes(header([SOUND, PICTURE, h264]) + clusters(blocks))
    with av.open(str(file)) as container:
        described = [(s.codec_context.name, s.metadata["title"]) for s in container.streams]
        assert [s.removeprefix("lib") for s, _ in described] == ["opus", "vp8", "h264"]
        assert [title for _, title in described] == ["guardian", "physician", "interpreter"]
        assert (container.streams[1].width, container.streams[1].height) == (320, 240)
        assert (container.streams[2].width, container.streams[2].height) == (640, 480)
        assert container.streams[2].codec_context.extradata == h264.private
        assert container.streams[0].codec_context.sample_rate == 48_000


def test_a_silent_track_delays_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.mkv"
    file.write_bytes(header([SOUND, PICTURE]) + clusters([Block(1, 20 * i, True, b"\xfc\xff\xfe") for i in range(50)]))
    assert times(file, 0) == pytest.approx([i * 0.02 for i in range(50)])
    assert decode_errors(file) == ""


def test_blocks_keep_their_times_flags_and_bytes_and_come_in_order_of_time(tmp_path: Path) -> None:
    blocks = [Block(2, 40, False, b"\x01two"), Block(1, 0, True, b"\xfczero"), Block(2, 10, True, b"\x00one")]
    file = tmp_path / "a.mkv"
    file.write_bytes(header([SOUND, PICTURE]) + clusters(blocks) + clusters([Block(1, 70_000, True, b"\xfclate")]))
    with av.open(str(file)) as container:
        packets = [(p.stream_index, p.pts, p.is_keyframe, bytes(p)) for p in container.demux() if p.size]
    assert packets == [
        (0, 0, True, b"\xfczero"), (1, 10, True, b"\x00one"), (1, 40, False, b"\x01two"), (0, 70_000, True, b"\xfclate"),
    ]  # fmt: skip


def test_blocks_far_apart_come_into_clusters_of_their_own() -> None:
    far = clusters([Block(1, 0, True, b"a"), Block(1, 30_000, True, b"b"), Block(1, 30_001, True, b"c")])
    assert far.count(b"\x1f\x43\xb6\x75") == 2
    assert clusters([]) == b""


def test_a_file_cut_anywhere_after_its_header_plays_to_the_cut(tmp_path: Path) -> None:
    whole = header([SOUND]) + b"".join(clusters([Block(1, 20 * i, True, b"\xfc\xff\xfe")]) for i in range(20))
    file = tmp_path / "a.mkv"
    file.write_bytes(whole[: len(whole) * 6 // 10])
    assert len(times(file, 0)) >= 5


@pytest.mark.parametrize("tracks", [[SOUND], [SOUND, PICTURE]])
def test_an_indexed_file_knows_its_length_and_can_be_sought_in(tmp_path: Path, tracks: list[Track]) -> None:
    file, index = tmp_path / "a.mkv", Index()
    with file.open("wb") as out:
        out.write(index.front(tracks))
        for second in range(60):
            blocks = [Block(1, second * 1000 + 20 * i, True, b"\xfc\xff\xfe") for i in range(50)]
            if len(tracks) > 1:
                blocks.append(Block(2, second * 1000, second % 2 == 0, b"\x00" * 5000))
            index.cluster(out.tell(), blocks)
            out.write(clusters(blocks))
        out.write(index.back(out.tell(), 59_980))
        for position, data in index.patches(out.tell()):
            out.seek(position)
            out.write(data)
    with av.open(str(file)) as container:
        assert container.duration == 59_980_000
        container.seek(40_000_000)
        first = next(p for p in container.demux() if p.size)
        assert 38_000 <= first.pts <= 40_000
        assert len(container.streams) == len(tracks)


def test_an_index_of_nothing_is_still_well_formed() -> None:
    index = Index()
    data = bytearray(index.front([SOUND]))
    data += index.back(len(data), 0)
    for position, patch in index.patches(len(data)):
        data[position : position + len(patch)] = patch
    at = data.index(b"\x18\x53\x80\x67") + 4
    size, length = read_size(data[at:])
    assert at + length + size == len(data)
    identifiers, at = [], at + length
    while at < len(data):
        octets = 9 - data[at].bit_length()
        identifiers.append(data[at : at + octets].hex())
        size, length = read_size(data[at + octets :])
        at += octets + length + size
    assert identifiers == ["114d9b74", "ec", "1549a966", "1654ae6b"]  # SeekHead, Void, Info, Tracks
    assert at == len(data)
