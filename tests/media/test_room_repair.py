"""What a room does about packets that were lost, and which reports it passes."""

from __future__ import annotations

import struct

import pytest

from media import rtcp
from tests.media.room_kit import (
    CHROMIUM,
    DELTA,
    KEYFRAME,
    OPUS,
    RED,
    RTX,
    VIDEO_SSRC,
    VP8,
    Kit,
)


@pytest.fixture
def kit() -> Kit:
    kit = Kit()
    kit.both()
    return kit


def test_a_nack_is_answered_by_a_retransmission_with_its_own_numbers(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    outgoing = kit.legs["physician"].outgoing[0, "video"]
    (original,) = kit.received("physician")
    kit.srtp("physician", rtcp.nack(1, outgoing.line.ssrc, [original[1]]))
    again = kit.received("physician")[1]
    assert (again[0], again[3]) == (RTX, outgoing.downlink.rtx_ssrc)
    assert again[4] == struct.pack("!H", original[1]) + KEYFRAME


def test_without_retransmission_the_same_ciphertext_is_sent_again() -> None:
    kit = Kit()
    kit.join("guardian")
    kit.join("physician", CHROMIUM.replace("rtx/90000", "x/90000"))
    for seat in kit.legs:
        kit.rtp(seat, OPUS, 1)
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    line = kit.legs["physician"].outgoing[0, "video"].line
    kit.srtp("physician", rtcp.nack(1, line.ssrc, [line.highest & 0xFFFF, 9, 10]))
    assert kit.sent[-1] == kit.sent[-2]
    assert len(kit.outbound["physician"].packets) == 1


def test_holes_of_an_uplink_are_asked_for(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", VP8, 4, DELTA)
    kit.now_us += 20_000
    kit.room.tick()
    (nack,) = [message for message in kit.told("guardian") if isinstance(message, rtcp.Nack)]
    assert (nack.media, nack.lost) == (VIDEO_SSRC, (2, 3))


def test_a_hole_that_is_given_up_costs_a_keyframe(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", VP8, 1 + 600, DELTA)
    kit.now_us += 20_000
    kit.room.tick()
    assert [message for message in kit.told("guardian") if isinstance(message, rtcp.PictureLossIndication)]


def test_a_retransmission_is_unwrapped_and_counts_once(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", VP8, 3, DELTA)
    for sequence in (700, 701):
        kit.rtp("guardian", RTX, sequence, struct.pack("!H", 2) + DELTA)
    kit.rtp("guardian", RTX, 702, b"")  # a probe
    kit.feed.flush()
    assert [struct.unpack_from("!H", packet, 2)[0] for packet in kit.fed()] == [1, 3, 2]
    first = kit.received("physician")[0][1]
    assert [packet[1] - first for packet in kit.received("physician")] == [0, 2, 1]


def redundant(before: bytes, payload: bytes) -> bytes:
    """RFC 2198: a block of 960 ticks before, then the primary one."""
    return ((0x80 | OPUS) << 24 | 960 << 10 | len(before)).to_bytes(4, "big") + bytes([OPUS]) + before + payload


def test_lost_sound_is_put_back_from_the_packet_behind_it(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", RED, 50, bytes([OPUS]) + b"one", 960)
    kit.rtp("guardian", RED, 52, redundant(b"two", b"three"), 3 * 960)
    kit.rtp("guardian", RED, 53, redundant(b"three", b"four"), 4 * 960)
    heard = kit.received("physician")
    assert [payload for *_, payload in heard] == [b"one", b"two", b"three", b"four"]
    assert [sequence - heard[0][1] for _, sequence, *_ in heard] == [0, 1, 2, 3]
    assert [timestamp - heard[0][2] for _, _, timestamp, *_ in heard] == [0, 960, 1920, 2880]
    assert {kind for kind, *_ in heard} == {OPUS}
    kit.feed.flush()
    assert [packet[12:] for packet in kit.fed()] == [b"one", b"two", b"three", b"four"]
    kit.rtp("guardian", RED, 51, redundant(b"one", b"two"), 2 * 960)  # late after all
    assert len(kit.received("physician")) == 4


def test_what_was_before_the_first_sound_is_not_made_up(kit: Kit) -> None:
    kit.open()
    leg = kit.join("guardian")
    kit.rtp("guardian", RED, 52, redundant(b"two", b"three"), 3 * 960)
    assert leg.counters.audio.reception.packets == 1


@pytest.mark.parametrize("payload", [b"", b"\xff", bytes([13]) + b"noise"], ids=["empty", "half a head", "another codec"])
def test_redundant_nonsense_is_counted_and_dropped(kit: Kit, payload: bytes) -> None:
    kit.open()
    kit.rtp("guardian", RED, 50, payload)
    assert kit.received("physician") == []
    assert kit.legs["guardian"].refused == 1


def test_a_receiver_that_loses_sound_is_sent_it_twice(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", OPUS, 50, b"one", 960)
    line = kit.legs["physician"].outgoing[0, "audio"].line
    lossy = rtcp.ReportBlock(line.ssrc, 13, 5, line.highest, 0, 0, 0)
    kit.room.control(kit.legs["physician"], [rtcp.ReceiverReport(77, (lossy,))], kit.now_us)
    kit.rtp("guardian", OPUS, 51, b"two", 2 * 960)
    kit.rtp("guardian", OPUS, 53, b"four", 4 * 960)
    assert [(kind, payload) for kind, *_, payload in kit.received("physician")] == [
        (OPUS, b"one"), (RED, redundant(b"one", b"two")), (OPUS, b"four"),
    ]  # fmt: skip


def test_sender_reports_pass_with_the_lines_offset(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME, timestamp=77)
    kit.srtp("guardian", rtcp.sender_report(rtcp.SenderReport(VIDEO_SSRC, 5 << 32, 100, 9, 9)))
    (packet,) = kit.received("physician")
    (report,) = [message for message in kit.told("physician") if isinstance(message, rtcp.SenderReport)]
    assert (report.ssrc, report.ntp) == (packet[3], 5 << 32)
    assert (report.rtp - packet[2]) & 0xFFFFFFFF == 100 - 77
    assert report.packets == 1


def test_a_spliced_line_is_told_its_time_at_once(kit: Kit) -> None:
    """The next report of the source may be seconds away; until then lips and sound would part."""
    kit.rtp("guardian", VP8, 1, DELTA, timestamp=0)
    kit.srtp("guardian", rtcp.sender_report(rtcp.SenderReport(VIDEO_SSRC, 5 << 32, 1000, 9, 9)))
    kit.now_us += 1_000_000
    kit.rtp("guardian", OPUS, 2)
    kit.rtp("physician", OPUS, 2)
    kit.open()
    kit.rtp("guardian", VP8, 2, KEYFRAME, timestamp=91_000)
    (packet,) = kit.received("physician")
    (report,) = [message for message in kit.told("physician") if isinstance(message, rtcp.SenderReport)]
    assert report.ntp == 6 << 32
    assert report.rtp == packet[2]


def test_receiver_reports_pass_to_the_source_in_its_numbers(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 40_000, KEYFRAME)
    line = kit.legs["physician"].outgoing[0, "video"].line
    block = rtcp.ReportBlock(line.ssrc, 25, 3, line.highest, 7, 0, 0)
    kit.srtp("physician", rtcp.receiver_report(555, [block]))
    (report,) = [message for message in kit.told("guardian") if isinstance(message, rtcp.ReceiverReport)]
    assert report.ssrc == 555
    assert (report.blocks[0].ssrc, report.blocks[0].highest, report.blocks[0].fraction_lost) == (VIDEO_SSRC, 40_000, 25)
    assert kit.room.statistics()[1]["video"]["down_lost"] == 3


def test_an_estimate_is_relayed_only_under_congestion(kit: Kit) -> None:
    kit.open()
    line = kit.legs["physician"].outgoing[0, "video"].line
    for sequence in range(1, 200):
        kit.rtp("guardian", VP8, sequence, KEYFRAME + bytes(1000), timestamp=sequence)
        kit.now_us += 10_000
        kit.durable()
        kit.rtp("physician", OPUS, sequence)
        kit.room.gate_renew(kit.generation, 1000)
        kit.room.tick_feedback()
    kit.srtp("physician", rtcp.remb(1, 5_000_000, [line.ssrc]))
    kit.room.tick_feedback()
    assert not [message for message in kit.told("guardian") if isinstance(message, rtcp.Remb)]
    kit.srtp("physician", rtcp.remb(1, 300_000, [line.ssrc]))
    kit.room.tick_feedback()
    (cap,) = [message for message in kit.told("guardian") if isinstance(message, rtcp.Remb)]
    assert (cap.bitrate_bps, cap.ssrcs) == (300_000, (VIDEO_SSRC,))
