"""A room without processes: who gets what, and what is said of it."""

from __future__ import annotations

import gc
import struct

import pytest

from media import control, rtcp
from media.repair import RepairCache
from tests.media.room_kit import (
    ADDRESS,
    AUDIO_SSRC,
    DELTA,
    KEYFRAME,
    OPUS,
    VIDEO_SSRC,
    VP8,
    Kit,
)


@pytest.fixture
def kit() -> Kit:
    kit = Kit()
    kit.both()
    return kit


# --- the gate ---------------------------------------------------------------------------------------


def test_a_closed_gate_lets_nothing_through_either_way(kit: Kit) -> None:
    kit.room.record("rec")
    kit.durable()
    for seat in ("guardian", "physician"):
        kit.rtp(seat, OPUS, 2)
        kit.rtp(seat, VP8, 1, KEYFRAME)
        kit.srtp(seat, rtcp.sender_report(rtcp.SenderReport(VIDEO_SSRC, 1 << 32, 5, 1, 1)))
        kit.srtp(seat, rtcp.pli(1, kit.legs[seat].outgoing[0, "video"].line.ssrc))
    kit.room.tick()
    kit.feed.flush()
    assert kit.received("guardian") == kit.received("physician") == []
    assert kit.told("guardian") == kit.told("physician") == []
    assert kit.fed() == []


def test_an_open_gate_lets_sound_and_picture_through_and_records_them(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", OPUS, 2, b"hello")
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    (sound, picture) = kit.received("physician")
    outgoing = kit.legs["physician"].outgoing
    assert (sound[0], sound[3], sound[4]) == (OPUS, outgoing[0, "audio"].line.ssrc, b"hello")
    assert (picture[0], picture[3], picture[4]) == (VP8, outgoing[0, "video"].line.ssrc, KEYFRAME)
    kit.feed.flush()
    assert [packet[12:] for packet in kit.fed()] == [b"hello", KEYFRAME]
    assert kit.received("guardian") == []


def test_nothing_passes_after_the_lease_even_if_no_tick_closed_the_gate(kit: Kit) -> None:
    kit.open()
    kit.now_us += 1_000_000
    kit.rtp("guardian", OPUS, 2)
    assert kit.received("physician") == []
    kit.room.tick()
    (closed,) = kit.said_of(control.GateClosed)
    assert closed.cause == "lease"


def test_cached_packets_are_not_sent_again_while_the_gate_is_closed(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    line = kit.legs["physician"].outgoing[0, "video"].line
    kit.room.gate_close(kit.generation)
    kit.srtp("physician", rtcp.nack(1, line.ssrc, [line.highest & 0xFFFF]))
    assert len(kit.received("physician")) == 1


def test_a_hold_leaves_no_hole_and_waits_for_a_keyframe(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME, timestamp=0)
    kit.room.gate_close(kit.generation)
    kit.now_us += 2_000_000
    for seat in ("guardian", "physician"):
        kit.rtp(seat, OPUS, 50)
    kit.open()
    kit.rtp("guardian", VP8, 300, DELTA, timestamp=180_000)
    kit.room.tick()
    assert any(isinstance(message, rtcp.PictureLossIndication) for message in kit.told("guardian"))
    kit.rtp("guardian", VP8, 301, KEYFRAME, timestamp=180_000)
    pictures = [packet for packet in kit.received("physician") if packet[0] == VP8]
    assert pictures[1][1] == pictures[0][1] + 1
    assert pictures[1][2] - pictures[0][2] == 180_000


def test_a_keyframe_is_asked_for_until_it_comes(kit: Kit) -> None:
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.open()
    for _ in range(50):
        kit.now_us += 20_000
        kit.durable()
        kit.rtp("physician", OPUS, 2)
        kit.room.gate_renew(kit.generation, 1000)
        kit.room.tick()
    asked = [message for message in kit.told("guardian") if isinstance(message, rtcp.PictureLossIndication)]
    assert 3 <= len(asked) <= 4
    assert asked[0].media == VIDEO_SSRC


# --- seats and addresses ----------------------------------------------------------------------------


def test_a_new_leg_takes_the_line_over_without_a_hole(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    old = kit.legs["guardian"]
    kit.join("guardian")
    assert (old.closed, kit.retired) == (True, [1])
    kit.rtp("guardian", VP8, 30_000, DELTA)
    kit.rtp("guardian", VP8, 30_001, KEYFRAME)
    first, second = kit.received("physician")
    assert (second[1], second[3]) == (first[1] + 1, first[3])
    assert kit.said_of(control.GateClosed) == []


def test_presence_is_told_when_it_begins_ends_and_comes_back(kit: Kit) -> None:
    kit.room.tick()
    assert [(each.seat, each.alive) for each in kit.said_of(control.SeatMedia)] == [("guardian", True), ("physician", True)]
    kit.said.clear()
    kit.now_us += 2_000_000
    kit.rtp("physician", OPUS, 2)
    kit.now_us += 1_000_000
    kit.srtp("guardian", rtcp.receiver_report(1))  # reports are no presence
    kit.room.tick()
    assert [(each.seat, each.alive) for each in kit.said_of(control.SeatMedia)] == [("guardian", False)]
    kit.rtp("guardian", OPUS, 2)
    kit.room.tick()
    assert [(each.seat, each.alive) for each in kit.said_of(control.SeatMedia)][1:] == [("guardian", True)]


def test_a_leg_that_ends_leaves_its_seat_silent_at_once(kit: Kit) -> None:
    kit.room.tick()
    kit.open()
    kit.room.close_leg(1)
    (closed,) = kit.said_of(control.GateClosed)
    assert (closed.cause, closed.seat) == ("seat_silent", "guardian")
    assert kit.said_of(control.SeatMedia)[-1].alive is False
    kit.room.ended(kit.legs["guardian"])  # again: no effect
    assert len([each for each in kit.said_of(control.LegState) if each.state == "closed"]) == 1


def test_media_moves_to_a_new_address_only_with_a_fresh_packet_from_there(kit: Kit) -> None:
    leg = kit.legs["guardian"]
    new = ("203.0.113.1", 1234)
    kit.rtp("guardian", OPUS, 5)
    kit.rtp("guardian", OPUS, 3, address=new)  # held back by someone and sent later
    assert leg.path.address == ADDRESS
    kit.rtp("guardian", OPUS, 6, address=new)
    assert leg.path.address == new


def test_closing_the_room_says_so(kit: Kit) -> None:
    kit.open()
    kit.room.close()
    (closed,) = kit.said_of(control.GateClosed)
    assert closed.cause == "room_closed"
    assert kit.retired == [1, 2]


def test_the_caches_of_a_leg_that_is_over_are_let_go_at_once(kit: Kit) -> None:
    """They weigh half a megabyte and more, and the garbage collector counts objects, not bytes: it would come very late."""
    kit.open()
    kit.rtp("guardian", OPUS, 2)
    caches = len(repair_caches())
    gc.disable()
    try:
        kit.join("guardian")  # in the place of the one before
        kit.room.close_leg(2)
        assert len(repair_caches()) == caches - 2
        kit.room.close()
        kit.legs.clear()
        assert len(repair_caches()) == caches - 4
    finally:
        gc.enable()


def repair_caches() -> list[RepairCache]:
    return [each for each in gc.get_objects() if isinstance(each, RepairCache)]


def test_another_recording_closes_the_gate_first(kit: Kit) -> None:
    kit.open()
    kit.room.record("rec")
    assert kit.said_of(control.GateClosed) == []
    kit.room.record("other")
    assert [closed.cause for closed in kit.said_of(control.GateClosed)] == ["recorder"]


def test_unknown_streams_are_counted_and_dropped(kit: Kit) -> None:
    leg = kit.legs["guardian"]
    kit.open()
    kit.rtp("guardian", 50, 1)
    kit.srtp("guardian", bytes(12))
    kit.srtp("guardian", b"\x80\xc8\x00\x09")
    for number in range(20):
        kit.srtp("guardian", struct.pack("!BBHII", 0x80, OPUS, 1, 1, 5000 + number))
    assert len(leg.streams) == 8
    assert leg.refused == 3 + 20 - 7
    assert kit.legs["guardian"].stream("audio") is not leg.streams[AUDIO_SSRC]
