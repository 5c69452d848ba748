"""RTCP read and written, against aiortc's classes and a slow reading of the transport-wide draft as oracles."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from aiortc import rtp as reference
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.rtcp import Malformed

CORPUS = json.loads((Path(__file__).parent.parent / "corpus" / "packets" / "rtcp.json").read_text())
u8, u16, u24, u32, u64 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 24, 32, 64))
block_values = st.builds(rtcp.ReportBlock, u32, u8, st.integers(-0x800000, 0x7FFFFF), u32, u32, u32, u32)
block_lists = st.lists(block_values, max_size=31).map(tuple)


def reference_block(block: rtcp.ReportBlock) -> reference.RtcpReceiverInfo:
    return reference.RtcpReceiverInfo(
        block.ssrc, block.fraction_lost, block.lost, block.highest, block.jitter, block.last_sr, block.delay
    )


# --- reports --------------------------------------------------------------------------------------


@given(u32, u64, u32, u32, u32, block_lists)
def test_a_sender_report_is_the_reference_s(ssrc: int, ntp: int, stamp: int, packets: int, octets: int, blocks: Any) -> None:
    report = rtcp.SenderReport(ssrc, ntp, stamp, packets, octets, blocks)
    data = bytes(
        reference.RtcpSrPacket(
            ssrc, reference.RtcpSenderInfo(ntp, stamp, packets, octets), [reference_block(block) for block in blocks]
        )
    )
    assert rtcp.parse(data) == [report]
    assert rtcp.sender_report(report) == data
    assert report.middle == ntp // 2**16 % 2**32


@given(u32, block_lists)
def test_a_receiver_report_is_the_reference_s(ssrc: int, blocks: Any) -> None:
    data = bytes(reference.RtcpRrPacket(ssrc, [reference_block(block) for block in blocks]))
    assert rtcp.parse(data) == [rtcp.ReceiverReport(ssrc, blocks)]
    assert rtcp.receiver_report(ssrc, blocks) == data


def test_a_loss_beyond_24_bits_is_clamped() -> None:
    for lost, said in ((1 << 30, 0x7FFFFF), (-(1 << 30), -0x800000)):
        (report,) = rtcp.parse(rtcp.receiver_report(1, [rtcp.ReportBlock(2, 0, lost, 0, 0, 0, 0)]))
        assert isinstance(report, rtcp.ReceiverReport)
        assert report.blocks[0].lost == said


@given(u32, u64, u32, u32, u32, u32, u32)
def test_a_source_s_report_is_mapped_to_its_line(
    ssrc: int, ntp: int, stamp: int, line: int, offset: int, packets: int, octets: int
) -> None:
    source = rtcp.SenderReport(ssrc, ntp, stamp, 1, 2, (rtcp.ReportBlock(9, 0, 0, 0, 0, 0, 0),))
    mapped = rtcp.parse(rtcp.map_sender_report(source, line, offset, packets, octets + 2**32))
    assert mapped == [rtcp.SenderReport(line, ntp, (stamp + offset) % 2**32, packets, octets)]


@given(block_values, u32, st.integers(0, 2**48))
def test_a_receiver_s_block_is_mapped_to_the_source(block: rtcp.ReportBlock, ssrc: int, highest: int) -> None:
    expected = asdict(block) | {"ssrc": ssrc, "highest": highest % 2**32}
    assert asdict(rtcp.map_block(block, ssrc, highest)) == expected


@given(st.lists(u32, max_size=31))
def test_a_bye_is_the_reference_s(ssrcs: list[int]) -> None:
    data = bytes(reference.RtcpByePacket(ssrcs))
    assert rtcp.parse(data) == [rtcp.Bye(tuple(ssrcs))]
    assert rtcp.bye(*ssrcs) == data


# --- feedback -------------------------------------------------------------------------------------


@given(u32, u32, u16, st.lists(st.integers(1, 40), max_size=40))
def test_a_nack_names_each_lost_packet_once(sender: int, media: int, first: int, steps: list[int]) -> None:
    lost = [first]
    for step in steps:
        lost.append((lost[-1] + step) % 65536)
    data = rtcp.nack(sender, media, lost)
    assert rtcp.parse(data) == [rtcp.Nack(sender, media, tuple(lost))]
    assert [number % 65536 for number in reference.RtcpPacket.parse(data)[0].lost] == lost  # type: ignore[union-attr]


def test_a_nack_across_the_wrap_is_one_entry() -> None:
    assert len(rtcp.nack(1, 2, [65535, 0, 15])) == 16


@given(u32, u32, u8)
def test_keyframe_requests_are_read_back(sender: int, media: int, number: int) -> None:
    pli, fir = rtcp.pli(sender, media), rtcp.fir(sender, media, number)
    assert pli == bytes(reference.RtcpPsfbPacket(1, sender, media))
    assert rtcp.parse(pli + fir) == [
        rtcp.PictureLossIndication(sender, media),
        rtcp.FullIntraRequest(sender, ((media, number),)),
    ]
    assert reference.RtcpPacket.parse(fir)[0].fci == media.to_bytes(4, "big") + bytes((number, 0, 0, 0))  # type: ignore[union-attr]


@given(u32, st.integers(0, (1 << 50) - 1), st.lists(u32, max_size=5))
def test_an_estimate_is_the_reference_s(sender: int, bitrate: int, ssrcs: list[int]) -> None:
    data = bytes(reference.RtcpPsfbPacket(15, sender, 0, reference.pack_remb_fci(bitrate, ssrcs)))
    assert rtcp.remb(sender, bitrate, ssrcs) == data
    (message,) = rtcp.parse(data)
    assert message == rtcp.Remb(sender, *map_second(reference.unpack_remb_fci(data[12:])))
    assert isinstance(message, rtcp.Remb)
    assert bitrate * (1 - 2**-17) <= message.bitrate_bps <= bitrate


def map_second(pair: tuple[int, list[int]]) -> tuple[int, tuple[int, ...]]:
    return pair[0], tuple(pair[1])


# --- transport-wide feedback ----------------------------------------------------------------------


def slow_transport(data: bytes) -> tuple[int, list[float | None]]:
    """The draft read word by word, as a string of bits: base sequence and arrival times in ms (None: not received)."""
    body = data[4 : -data[-1]] if data[0] & 0x20 else data[4:]
    base, total = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    clock_ms = int.from_bytes(body[12:15], "big", signed=True) * 64.0
    rest = body[16:]
    symbols: list[int] = []
    while len(symbols) < total:
        bits, rest = f"{int.from_bytes(rest[:2], 'big'):016b}", rest[2:]
        if bits[0] == "0":
            symbols += [int(bits[1:3], 2)] * int(bits[3:], 2)
        elif bits[1] == "0":
            symbols += [int(bit) for bit in bits[2:]]
        else:
            symbols += [int(bits[n : n + 2], 2) for n in range(2, 16, 2)]
    arrivals: list[float | None] = []
    for symbol in symbols[:total]:
        if symbol:
            clock_ms += int.from_bytes(rest[:symbol], "big", signed=symbol == 2) * 0.25
            rest = rest[symbol:]
        arrivals.append(clock_ms if symbol else None)
    assert rest == b"", "nothing is left over"
    return base, arrivals


@st.composite
def arrival_lists(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    base = draw(st.integers(0, 1 << 20))
    index, at_us = base - 1, draw(st.integers(0, 10**12))
    arrivals = []
    steps = st.one_of(st.just(1), st.just(1), st.just(1), st.integers(1, 40), st.integers(1, 9000))
    ticks = st.one_of(st.integers(0, 60_000), st.integers(0, 60_000), st.integers(-8_000_000, 9_000_000))
    for step, tick in draw(st.lists(st.tuples(steps, ticks), min_size=1, max_size=60)):
        index += step
        at_us = max(0, at_us + tick)
        arrivals.append((index, at_us))
    return base, arrivals


@given(u32, u32, arrival_lists(), u8)
def test_transport_feedback_tells_every_arrival_to_a_quarter_millisecond(
    sender: int, media: int, reported: tuple[int, list[tuple[int, int]]], count: int
) -> None:
    base, arrivals = reported
    taken, data = rtcp.transport_feedback(sender, media, base, arrivals, count)
    assert len(data) % 4 == 0
    assert taken >= 1 or arrivals[0][0] - base >= 8192
    (message,) = rtcp.parse(data)
    assert isinstance(message, rtcp.TransportFeedback)
    assert (message.sender, message.media, message.base, message.count) == (sender, media, base % 65536, count)
    told = {base + n: at for n, at in enumerate(message.arrivals_us) if at is not None}
    truth = dict(arrivals[:taken])
    assert told.keys() == truth.keys()
    wrap_us = 64_000 << 24
    for index, at_us in truth.items():
        assert (at_us - told[index]) % wrap_us < 250
    assert message.arrivals_us[-1:] != (None,), "it ends with something received"
    slow_base, slow = slow_transport(data)
    assert slow_base == message.base
    assert [None if at is None else at * 1000 for at in slow] == list(message.arrivals_us)


def test_what_does_not_fit_is_left_for_the_next_packet() -> None:
    far = [(0, 0), (1, 8_000_000), (2, 17_000_000), (3, 17_000_250)]
    assert rtcp.transport_feedback(1, 2, 0, far, 0)[0] == 2
    assert rtcp.transport_feedback(1, 2, 0, [(0, 0), (9000, 1)], 0)[0] == 1
    assert rtcp.transport_feedback(1, 2, 0, [(0, 20_000_000), (1, 0)], 0)[0] == 1


def test_feedback_uses_runs_and_vectors_where_they_are_short() -> None:
    def size(arrivals: list[tuple[int, int]]) -> int:
        return len(rtcp.transport_feedback(1, 2, arrivals[0][0], arrivals, 0)[1])

    assert size([(n, n * 250) for n in range(100)]) == 20 + 2 + 100 + 2, "one run, 100 small deltas, padding"
    assert size([(n, n * 250) for n in range(0, 28, 2)]) == 20 + 4 + 14 + 2, "two vectors of 14"
    assert size([(n, n * 100_000) for n in range(7)]) == 20 + 2 + 13 + 1, "one small and six large: one vector of 7"
    assert size([(n, n * 100_000) for n in range(9)]) == 20 + 4 + 17 + 3


def transport(total: int, tail: str) -> bytes:
    body = bytes(8) + b"\x00\x01" + total.to_bytes(2, "big") + b"\xff\xff\xff\x05" + bytes.fromhex(tail)
    return bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body


def test_a_time_before_zero_is_signed() -> None:
    assert rtcp.parse(transport(1, "20010400")) == [rtcp.TransportFeedback(0, 0, 1, 5, (-63_000,))]


@pytest.mark.parametrize(
    ("total", "tail"),
    [(8193, "3fff0000"), (3, "00000000"), (3, "60030000"), (5, "20050000"), (40, "a000a000"), (1, "")],
    ids=["too many", "empty run", "reserved status", "deltas missing", "chunks missing", "nothing"],
)
def test_hostile_transport_feedback_is_malformed(total: int, tail: str) -> None:
    with pytest.raises(Malformed):
        rtcp.parse(transport(total, tail))


def test_one_datagram_tells_of_so_many_packets_and_no_more() -> None:
    two = rtcp.parse(transport(4096, "10000000") * 2)
    assert [len(told.arrivals_us) for told in two if isinstance(told, rtcp.TransportFeedback)] == [4096, 4096]
    with pytest.raises(Malformed):
        rtcp.parse(transport(4096, "10000000") * 3)


# --- datagrams ------------------------------------------------------------------------------------


def test_a_compound_is_read_in_order_and_strangers_are_skipped() -> None:
    sdes = bytes(reference.RtcpSdesPacket([reference.RtcpSourceInfo(1, [(1, b"cname")])]))
    extended = bytes.fromhex("80cf0001 00000001")
    slice_loss = bytes.fromhex("82ce0002 0000000100000002")
    tmmbr = bytes.fromhex("83cd0002 0000000100000002")
    application = bytes.fromhex("8fce0003 0000000100000002") + b"XYZW"
    data = rtcp.receiver_report(1) + sdes + extended + tmmbr + slice_loss + application + rtcp.pli(1, 2)
    assert rtcp.parse(data) == [rtcp.ReceiverReport(1), rtcp.PictureLossIndication(1, 2)]


def test_padding_is_taken_off() -> None:
    assert rtcp.parse(bytes.fromhex("a1cb0002 00000007 00000004")) == [rtcp.Bye((7,))]


@pytest.mark.parametrize(
    "datagram",
    [
        "", "80", "80c8", "40c90001 00000001", "80c90002 00000001", "80c90001 00000001 80", "80c90000", "81c90001 00000001",
        "80c80001 00000001", "82cb0001 00000001", "81cd0001 00000001", "81ce0001 00000001", "a0cb0000",
        "a0cb0001 00000000", "a0cb0001 00000005", "84ce0003 000000010000000200000003",
        "8fce0003 000000010000000252454d42", "8fce0004 000000010000000252454d4201000001", "80c90001 00000001" * 200,
    ],
)  # fmt: skip
def test_nonsense_is_malformed(datagram: str) -> None:
    with pytest.raises(Malformed):
        rtcp.parse(bytes.fromhex(datagram))


@st.composite
def plausible(draw: st.DrawFn, kinds: tuple[int, ...] = (200, 201, 202, 203, 204, 205, 206, 207)) -> bytes:
    """A packet whose head is right and whose body is noise."""
    words = draw(st.integers(0, 15))
    flags = 0x80 | draw(st.sampled_from([0, 1, 4, 15])) | draw(st.sampled_from([0, 0, 0x20]))
    head = bytes((flags, draw(st.sampled_from(kinds)), 0, words))
    return head + draw(st.binary(min_size=4 * words, max_size=4 * words))


@given(st.one_of(st.binary(max_size=120), st.lists(plausible(), max_size=4).map(b"".join)))
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    try:
        messages = rtcp.parse(memoryview(bytearray(data)))
    except Malformed:
        return
    assert len(messages) <= len(data) // 4


@given(st.lists(plausible((200, 201, 203)), min_size=1, max_size=3).map(b"".join))
def test_what_the_reference_accepts_is_accepted(data: bytes) -> None:
    try:
        expected = reference.RtcpPacket.parse(data)
    except ValueError:
        return
    assert [type(message).__name__[:3] for message in rtcp.parse(data)] == [
        {"RtcpSrPacket": "Sen", "RtcpRrPacket": "Rec", "RtcpByePacket": "Bye"}[type(message).__name__] for message in expected
    ]


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["what"])
def test_datagrams_from_the_wire(entry: dict[str, Any]) -> None:
    messages = rtcp.parse(bytes.fromhex(entry["hex"]))
    seen = [{"type": type(message).__name__} | json.loads(json.dumps(asdict(message))) for message in messages]
    assert seen == entry["expected"]
