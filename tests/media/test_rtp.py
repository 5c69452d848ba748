"""RTP headers in place, against aiortc's packet classes as an independent reading of the same RFCs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import HeaderExtensions, RtpPacket, pack_header_extensions, unpack_header_extensions
from aiortc.rtp import unwrap_rtx as reference_unwrap
from aiortc.rtp import wrap_rtx as reference_wrap
from hypothesis import assume, given
from hypothesis import strategies as st

from media import rtp

CORPUS = json.loads((Path(__file__).parent.parent / "corpus" / "packets" / "rtp.json").read_text())
u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)


class Carrying:
    """In place of aiortc's extension map: carries the raw block through parsing and serialising."""

    def __init__(self, profile: int = 0, block: bytes = b"") -> None:
        self.profile, self.block = profile, block

    def get(self, profile: int, block: bytes) -> HeaderExtensions:
        self.profile, self.block = profile, block
        return HeaderExtensions()

    def set(self, _: HeaderExtensions) -> tuple[int, bytes]:
        return self.profile, self.block


elements = st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5)
wide_elements = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=40)), max_size=5)


def two_byte(items: list[tuple[int, bytes]]) -> bytes:
    block = b"".join(bytes((identifier, len(value))) + value for identifier, value in items)
    return block + bytes(-len(block) % 4)


def one_byte(items: list[tuple[int, bytes]]) -> bytes:
    block = b"".join(bytes((identifier << 4 | len(value) - 1,)) + value for identifier, value in items)
    return block + bytes(-len(block) % 4)


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    packet = RtpPacket(
        draw(st.integers(0, 127)), draw(st.integers(0, 1)), draw(u16), draw(u32), draw(u32), draw(st.binary(max_size=40))
    )
    packet.csrc = draw(st.lists(u32, max_size=15))
    packet.padding_size = draw(st.integers(0, 20))
    return packet.serialize(draw(blocks()))


@st.composite
def blocks(draw: st.DrawFn) -> Any:
    return draw(
        st.one_of(
            st.just(Carrying()),
            elements.map(lambda items: Carrying(0xBEDE, one_byte(items))),
            wide_elements.map(lambda items: Carrying(0x1000, two_byte(items))),
            st.binary(max_size=16).map(lambda block: Carrying(0xBEDE, block + bytes(-len(block) % 4))),
            st.binary(max_size=16).map(lambda block: Carrying(0x1005, block + bytes(-len(block) % 4))),
            st.binary(max_size=16).map(lambda block: Carrying(0x4711, block + bytes(-len(block) % 4))),
        )
    )


def with_block(profile: int, block: bytes, payload: bytes = b"picture") -> tuple[bytearray, int]:
    packet = bytearray(RtpPacket(96, 1, 2, 3, 4, payload).serialize(Carrying(profile, block)))  # type: ignore[arg-type]
    header = rtp.header_size(packet, len(packet))
    assert packet[header:] == payload
    return packet, header


def read(packet: bytes | bytearray) -> list[tuple[int, bytes]]:
    header = rtp.header_size(packet, len(packet))
    return [(identifier, bytes(packet[at : at + n])) for identifier, at, n in rtp.extensions(packet, header)]


# --- the fixed header -----------------------------------------------------------------------------


@given(packets(), st.integers(0, 30))
def test_a_header_reads_as_the_reference_reads_it(data: bytes, spare: int) -> None:
    packet = RtpPacket.parse(data, Carrying())  # type: ignore[arg-type]
    buf = bytearray(data) + bytes(spare)
    header = rtp.header_size(buf, len(data))
    padding = rtp.padding_size(buf, len(data))
    assert rtp.payload_type(buf) == packet.payload_type
    assert rtp.marker(buf) == bool(packet.marker)
    assert rtp.sequence(buf) == packet.sequence_number
    assert rtp.timestamp(buf) == packet.timestamp
    assert rtp.ssrc(buf) == packet.ssrc
    assert rtp.unpack_header(buf)[2:] == (packet.sequence_number, packet.timestamp, packet.ssrc)
    assert buf[header : len(data) - padding] == packet.payload
    assert padding == packet.padding_size


@given(st.one_of(st.binary(max_size=60), packets().flatmap(lambda data: st.integers(0, len(data)).map(lambda n: data[:n]))))
def test_what_the_reference_refuses_has_no_header(data: bytes) -> None:
    try:
        packet = RtpPacket.parse(data, Carrying())  # type: ignore[arg-type]
    except ValueError:
        assert rtp.header_size(data, len(data)) == -1
    else:
        assert rtp.header_size(data, len(data)) == len(data) - len(packet.payload) - packet.padding_size


def test_a_size_beyond_the_buffer_is_no_packet() -> None:
    assert rtp.header_size(bytes((0x80,)) + bytes(11), 13) == -1


# --- header extensions ----------------------------------------------------------------------------


@given(st.one_of(elements.map(lambda e: (0xBEDE, one_byte(e))), wide_elements.map(lambda e: (0x1000, two_byte(e)))))
def test_elements_are_listed_as_the_reference_lists_them(block: tuple[int, bytes]) -> None:
    packet, _ = with_block(*block)
    assert read(packet) == unpack_header_extensions(*block)


@given(elements, st.integers(1, 14), st.integers(1, 16))
def test_an_element_is_found_by_id_and_length(items: list[tuple[int, bytes]], identifier: int, length: int) -> None:
    assume(len({identifier for identifier, _ in items}) == len(items))
    wanted = [value for found, value in items if (found, len(value)) == (identifier, length)]
    for profile, block in ((0xBEDE, one_byte(items)), (0x1003, two_byte(items))):
        packet, header = with_block(profile, block)
        at = rtp.find_extension(packet, header, identifier, length)
        assert ([bytes(packet[at : at + length])] if at else []) == wanted


def test_a_broken_block_is_read_up_to_the_break() -> None:
    assert read(with_block(0xBEDE, bytes.fromhex("10aa0000 32bb0000"))[0]) == [(1, b"\xaa"), (3, b"\xbb\0\0")]
    assert read(with_block(0xBEDE, bytes.fromhex("10aa003f"))[0]) == [(1, b"\xaa")], "longer than the block"
    assert read(with_block(0xBEDE, bytes.fromhex("10aaf0bb 20cc0000"))[0]) == [(1, b"\xaa")], "id 15 ends it"
    assert read(with_block(0xBEDE, bytes.fromhex("10aa01bb 20cc0000"))[0]) == [(1, b"\xaa")], "padding has no length"
    assert read(with_block(0x1000, bytes.fromhex("0101aa07"))[0]) == [(1, b"\xaa")], "no room for a length"
    assert read(with_block(0x4711, bytes.fromhex("0101aa07"))[0]) == [], "not RFC 8285"
    for block, identifier in (("10aa003f", 4), ("10aaf0bb", 2), ("10aa01bb", 2), ("10aa0032", 3)):
        packet, header = with_block(0xBEDE, bytes.fromhex(block))
        assert rtp.find_extension(packet, header, identifier, 3) == 0


def test_the_transport_wide_number_is_read_from_its_element() -> None:
    packet, header = with_block(*pack_header_extensions([(2, b"abc"), (5, b"\x12\x34")]))
    assert rtp.transport_sequence(packet, header, 5) == 0x1234
    assert rtp.transport_sequence(packet, header, 2) == -1
    bare = RtpPacket(payload=b"x").serialize()
    assert rtp.transport_sequence(bare, 12, 5) == -1


def test_send_time_is_seconds_in_6_18_fixed_point() -> None:
    assert rtp.abs_send_time(1_000_000) == 1 << 18
    assert rtp.abs_send_time(63_500_000) == 63 << 18 | 1 << 17
    assert rtp.abs_send_time(64_000_000) == 0


# --- retransmission -------------------------------------------------------------------------------


@given(packets(), st.integers(0, 127), u16, u32)
def test_wrapping_and_unwrapping_agree_with_the_reference(data: bytes, kind: int, sequence: int, ssrc: int) -> None:
    carrying = Carrying()
    original = RtpPacket.parse(data, carrying)  # type: ignore[arg-type]
    buf = bytearray(data) + bytes(2)
    header = rtp.header_size(buf, len(data))
    size = rtp.wrap_rtx(buf, len(data), header, kind, ssrc, sequence)
    wrapped = RtpPacket.parse(bytes(buf[:size]), carrying)  # type: ignore[arg-type]
    reference = reference_wrap(original, kind, sequence, ssrc)
    assert vars(wrapped) | {"padding_size": 0} == vars(reference)
    assert vars(reference_unwrap(wrapped, 1, 2)) | {"padding_size": 0} == vars(original) | {
        "payload_type": 1, "ssrc": 2, "padding_size": 0,
    }  # fmt: skip
    assert rtp.unwrap_rtx(buf, size, header, original.payload_type, original.ssrc) == len(data)
    assert buf[: len(data)] == data


@pytest.mark.parametrize("payload", [b"", b"\x01"])
@pytest.mark.parametrize("padding", [0, 224])
def test_a_probe_holds_no_packet(payload: bytes, padding: int) -> None:
    packet = RtpPacket(97, 0, 1, 2, 3, payload)
    packet.padding_size = padding
    buf = bytearray(packet.serialize())
    assert rtp.unwrap_rtx(buf, len(buf), 12, 96, 9) == -1


# --- where a picture can begin --------------------------------------------------------------------


@st.composite
def vp8_payloads(draw: st.DrawFn) -> bytes:
    descriptor = VpxPayloadDescriptor(
        partition_start=draw(st.integers(0, 1)),
        partition_id=draw(st.integers(0, 2)),
        picture_id=draw(st.none() | st.integers(0, 0x7FFF)),
        tl0picidx=draw(st.none() | st.integers(0, 255)),
        tid=draw(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1))),
        keyidx=draw(st.none() | st.integers(0, 31)),
    )
    return bytes(descriptor) + draw(st.binary(max_size=12))


@given(vp8_payloads(), st.binary(max_size=9))
def test_a_vp8_keyframe_begins_where_the_reference_says(payload: bytes, before: bytes) -> None:
    descriptor, rest = VpxPayloadDescriptor.parse(payload)
    expected = bool(descriptor.partition_start and not descriptor.partition_id and rest and not rest[0] & 1)
    assert rtp.is_vp8_keyframe(before + payload + b"\0\0", len(before), len(before + payload)) is expected


@pytest.mark.parametrize("cut", ["", "90", "9080", "908081", "9040", "9020", "10"])
def test_a_descriptor_cut_short_begins_nothing(cut: str) -> None:
    payload = bytes.fromhex(cut)
    assert not rtp.is_vp8_keyframe(payload, 0, len(payload))


def nal(kind: int, size: int) -> bytes:
    return bytes((0x60 | kind,)) + bytes(n % 251 for n in range(size - 1))


_units = st.one_of(st.tuples(st.sampled_from([1, 5, 6, 8]), st.integers(2, 3000)), st.tuples(st.just(7), st.integers(4, 60)))


@given(st.lists(_units, min_size=1, max_size=4))
def test_an_h264_keyframe_is_seen_in_whatever_the_reference_packetises(units: list[tuple[int, int]]) -> None:
    payloads = H264Encoder._packetize(nal(kind, size) for kind, size in units)
    found = any(rtp.is_h264_keyframe(payload, 0, len(payload)) for payload in payloads)
    assert found is any(kind == 7 for kind, _ in units)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("", False),
        ("65", False),
        ("67", True),
        ("41", False),
        ("18", False),
        ("180001", False),
        ("1800016700", True),
        ("18000241aa000167", True),
        ("18000241aa0001", False),
        ("1800024100", False),
        ("7c87", False),
    ],
)
def test_h264_payloads_by_hand(payload: str, expected: bool) -> None:
    data = bytes.fromhex(payload)
    assert rtp.is_h264_keyframe(data, 0, len(data)) is expected


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["what"])
def test_packets_from_the_wire(entry: dict[str, Any]) -> None:
    data = bytes.fromhex(entry["hex"])
    size = len(data)
    header = rtp.header_size(data, size)
    end = size - rtp.padding_size(data, size)
    start = {"VP8": rtp.is_vp8_keyframe, "H264": rtp.is_h264_keyframe}.get(entry["codec"])
    seen = {
        "sequence": rtp.sequence(data),
        "timestamp": rtp.timestamp(data),
        "extensions": {str(identifier): data[at : at + n].hex() for identifier, at, n in rtp.extensions(data, header)},
        "payload_bytes": end - header,
        "keyframe": start is not None and start(data, header, end),
    }
    assert seen == entry["expected"]


# --- nonsense -------------------------------------------------------------------------------------


@st.composite
def plausible(draw: st.DrawFn) -> bytes:
    """Bytes that often pass for a header: a version, few CSRCs, a short extension block of noise."""
    flags = 0x80 | draw(st.sampled_from([0, 0x10])) | draw(st.integers(0, 2))
    csrcs = draw(st.binary(min_size=4 * (flags & 0x0F), max_size=4 * (flags & 0x0F)))
    words = draw(st.integers(0, 6))
    profile = draw(st.sampled_from([b"\xbe\xde", b"\x10\x00", b"\x10\x0f", b"\x12\x34"]))
    block = profile + bytes((0, words)) + draw(st.binary(min_size=4 * words, max_size=4 * words))
    return bytes((flags,)) + draw(st.binary(min_size=11, max_size=11)) + csrcs + block + draw(st.binary(max_size=30))


@given(plausible(), st.integers(1, 255))
def test_no_bytes_make_it_raise(data: bytes, identifier: int) -> None:
    buf = bytearray(data)
    size = len(buf)
    header = rtp.header_size(buf, size)
    rtp.find_extension(buf, header, 1 + identifier % 14, 1 + identifier % 4)
    rtp.is_vp8_keyframe(buf, header, size)
    rtp.is_h264_keyframe(buf, header, size)
    list(rtp.extensions(buf, header))
    assert rtp.header_size(buf, size) == header
    assert rtp.unwrap_rtx(buf, size, header, 96, 1) in (-1, size - 2)
