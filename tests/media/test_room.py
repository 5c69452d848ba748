"""A room without processes: who gets what, what is said, and that no (SSRC, rollover, sequence) is ever protected twice."""

from __future__ import annotations

import gc
import struct

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from media import control, rtcp
from media.repair import RepairCache
from tests.media.room_kit import (
    ADDRESS,
    AUDIO_SSRC,
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


def received(kit: Kit, seat: str) -> list[tuple[int, int, int, int, bytes]]:
    """(payload type, sequence, timestamp, ssrc, payload) of what was sent to a seat."""
    out = []
    for packet in kit.outbound[seat].packets:
        _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
        out.append((second & 0x7F, sequence, timestamp, ssrc, packet[20:]))
    return out


def told(kit: Kit, seat: str) -> list[rtcp.Message]:
    """The RTCP that was sent to a seat."""
    return [message for report in kit.outbound[seat].reports for message in rtcp.parse(report)]


def fed(kit: Kit) -> list[bytes]:
    reader = control.Reader()
    told = [message for frame in kit.frames for message in reader.feed(frame)]
    return [packet.data for batch in told if isinstance(batch, control.Batch) for packet in batch.packets]


# --- the gate -------------------------------------------------------------------------------------


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
    assert received(kit, "guardian") == received(kit, "physician") == []
    assert told(kit, "guardian") == told(kit, "physician") == []
    assert fed(kit) == []


def test_an_open_gate_lets_sound_and_picture_through_and_records_them(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", OPUS, 2, b"hello")
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    (sound, picture) = received(kit, "physician")
    outgoing = kit.legs["physician"].outgoing
    assert (sound[0], sound[3], sound[4]) == (OPUS, outgoing[0, "audio"].line.ssrc, b"hello")
    assert (picture[0], picture[3], picture[4]) == (VP8, outgoing[0, "video"].line.ssrc, KEYFRAME)
    kit.feed.flush()
    assert [packet[12:] for packet in fed(kit)] == [b"hello", KEYFRAME]
    assert received(kit, "guardian") == []


def test_nothing_passes_after_the_lease_even_if_no_tick_closed_the_gate(kit: Kit) -> None:
    kit.open()
    kit.now_us += 1_000_000
    kit.rtp("guardian", OPUS, 2)
    assert received(kit, "physician") == []
    kit.room.tick()
    (closed,) = kit.said_of(control.GateClosed)
    assert closed.cause == "lease"


def test_cached_packets_are_not_sent_again_while_the_gate_is_closed(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    line = kit.legs["physician"].outgoing[0, "video"].line
    kit.room.gate_close(kit.generation)
    kit.srtp("physician", rtcp.nack(1, line.ssrc, [line.highest & 0xFFFF]))
    assert len(received(kit, "physician")) == 1


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
    assert any(isinstance(message, rtcp.PictureLossIndication) for message in told(kit, "guardian"))
    kit.rtp("guardian", VP8, 301, KEYFRAME, timestamp=180_000)
    pictures = [packet for packet in received(kit, "physician") if packet[0] == VP8]
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
    asked = [message for message in told(kit, "guardian") if isinstance(message, rtcp.PictureLossIndication)]
    assert 3 <= len(asked) <= 4
    assert asked[0].media == VIDEO_SSRC


# --- repair and reports ---------------------------------------------------------------------------


def test_a_nack_is_answered_by_a_retransmission_with_its_own_numbers(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    outgoing = kit.legs["physician"].outgoing[0, "video"]
    (original,) = received(kit, "physician")
    kit.srtp("physician", rtcp.nack(1, outgoing.line.ssrc, [original[1]]))
    again = received(kit, "physician")[1]
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
    (nack,) = [message for message in told(kit, "guardian") if isinstance(message, rtcp.Nack)]
    assert (nack.media, nack.lost) == (VIDEO_SSRC, (2, 3))


def test_a_hole_that_is_given_up_costs_a_keyframe(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", VP8, 1 + 600, DELTA)
    kit.now_us += 20_000
    kit.room.tick()
    assert [message for message in told(kit, "guardian") if isinstance(message, rtcp.PictureLossIndication)]


def test_a_retransmission_is_unwrapped_and_counts_once(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", VP8, 3, DELTA)
    for sequence in (700, 701):
        kit.rtp("guardian", RTX, sequence, struct.pack("!H", 2) + DELTA)
    kit.rtp("guardian", RTX, 702, b"")  # a probe
    kit.feed.flush()
    assert [struct.unpack_from("!H", packet, 2)[0] for packet in fed(kit)] == [1, 3, 2]
    first = received(kit, "physician")[0][1]
    assert [packet[1] - first for packet in received(kit, "physician")] == [0, 2, 1]


def redundant(before: bytes, payload: bytes) -> bytes:
    """RFC 2198: a block of 960 ticks before, then the primary one."""
    return ((0x80 | OPUS) << 24 | 960 << 10 | len(before)).to_bytes(4, "big") + bytes([OPUS]) + before + payload


def test_lost_sound_is_put_back_from_the_packet_behind_it(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", RED, 50, bytes([OPUS]) + b"one", 960)
    kit.rtp("guardian", RED, 52, redundant(b"two", b"three"), 3 * 960)
    kit.rtp("guardian", RED, 53, redundant(b"three", b"four"), 4 * 960)
    heard = received(kit, "physician")
    assert [payload for *_, payload in heard] == [b"one", b"two", b"three", b"four"]
    assert [sequence - heard[0][1] for _, sequence, *_ in heard] == [0, 1, 2, 3]
    assert [timestamp - heard[0][2] for _, _, timestamp, *_ in heard] == [0, 960, 1920, 2880]
    assert {kind for kind, *_ in heard} == {OPUS}
    kit.feed.flush()
    assert [packet[12:] for packet in fed(kit)] == [b"one", b"two", b"three", b"four"]
    kit.rtp("guardian", RED, 51, redundant(b"one", b"two"), 2 * 960)  # late after all
    assert len(received(kit, "physician")) == 4


def test_what_was_before_the_first_sound_is_not_made_up(kit: Kit) -> None:
    kit.open()
    leg = kit.join("guardian")
    kit.rtp("guardian", RED, 52, redundant(b"two", b"three"), 3 * 960)
    assert leg.counters.audio.reception.packets == 1


@pytest.mark.parametrize("payload", [b"", b"\xff", bytes([13]) + b"noise"], ids=["empty", "half a head", "another codec"])
def test_redundant_nonsense_is_counted_and_dropped(kit: Kit, payload: bytes) -> None:
    kit.open()
    kit.rtp("guardian", RED, 50, payload)
    assert received(kit, "physician") == []
    assert kit.legs["guardian"].refused == 1


def test_a_receiver_that_loses_sound_is_sent_it_twice(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", OPUS, 50, b"one", 960)
    line = kit.legs["physician"].outgoing[0, "audio"].line
    lossy = rtcp.ReportBlock(line.ssrc, 13, 5, line.highest, 0, 0, 0)
    kit.room.control(kit.legs["physician"], [rtcp.ReceiverReport(77, (lossy,))], kit.now_us)
    kit.rtp("guardian", OPUS, 51, b"two", 2 * 960)
    kit.rtp("guardian", OPUS, 53, b"four", 4 * 960)
    assert [(kind, payload) for kind, *_, payload in received(kit, "physician")] == [
        (OPUS, b"one"), (RED, redundant(b"one", b"two")), (OPUS, b"four"),
    ]  # fmt: skip


def test_sender_reports_pass_with_the_lines_offset(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME, timestamp=77)
    kit.srtp("guardian", rtcp.sender_report(rtcp.SenderReport(VIDEO_SSRC, 5 << 32, 100, 9, 9)))
    (packet,) = received(kit, "physician")
    (report,) = [message for message in told(kit, "physician") if isinstance(message, rtcp.SenderReport)]
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
    (packet,) = received(kit, "physician")
    (report,) = [message for message in told(kit, "physician") if isinstance(message, rtcp.SenderReport)]
    assert report.ntp == 6 << 32
    assert report.rtp == packet[2]


def test_receiver_reports_pass_to_the_source_in_its_numbers(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 40_000, KEYFRAME)
    line = kit.legs["physician"].outgoing[0, "video"].line
    block = rtcp.ReportBlock(line.ssrc, 25, 3, line.highest, 7, 0, 0)
    kit.srtp("physician", rtcp.receiver_report(555, [block]))
    (report,) = [message for message in told(kit, "guardian") if isinstance(message, rtcp.ReceiverReport)]
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
    assert not [message for message in told(kit, "guardian") if isinstance(message, rtcp.Remb)]
    kit.srtp("physician", rtcp.remb(1, 300_000, [line.ssrc]))
    kit.room.tick_feedback()
    (cap,) = [message for message in told(kit, "guardian") if isinstance(message, rtcp.Remb)]
    assert (cap.bitrate_bps, cap.ssrcs) == (300_000, (VIDEO_SSRC,))


# --- seats and addresses --------------------------------------------------------------------------


def test_a_new_leg_takes_the_line_over_without_a_hole(kit: Kit) -> None:
    kit.open()
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    old = kit.legs["guardian"]
    kit.join("guardian")
    assert (old.closed, kit.retired) == (True, [1])
    kit.rtp("guardian", VP8, 30_000, DELTA)
    kit.rtp("guardian", VP8, 30_001, KEYFRAME)
    first, second = received(kit, "physician")
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


# --- one nonce, once ------------------------------------------------------------------------------


class Relaying(RuleBasedStateMachine):
    """Whatever the browsers send and ask for, in whatever order, across holds and new legs."""

    @initialize(retransmission=st.booleans(), first=st.sampled_from([0, 32_767]))
    def begin(self, retransmission: bool, first: int) -> None:
        self.kit = Kit()
        offer = CHROMIUM if retransmission else CHROMIUM.replace("rtx/90000", "x/90000")
        self.offer = offer
        self.kit.join("guardian", offer, first)
        self.kit.join("physician", offer, first)
        self.sequence = 65_500
        self.kit.rtp("physician", OPUS, 1)
        self.kit.rtp("guardian", OPUS, 1)
        self.kit.open()

    @rule(step=st.sampled_from([1, 2, 3, 17, -1, -2, -5, 0, 900, 5000, 33_000]), more=st.integers(0, 120), key=st.booleans())
    def the_guardian_sends(self, step: int, more: int, key: bool) -> None:
        """A step of any size, then some in order."""
        for each in (step, *[1] * more):
            self.sequence += each
            self.kit.rtp("guardian", VP8, self.sequence, KEYFRAME if key else DELTA, timestamp=self.kit.now_us // 11)
            self.kit.rtp("guardian", OPUS, self.sequence)
            self.kit.now_us += 1000
        self.heard_again()

    @rule(back=st.integers(0, 1100))
    def the_guardian_repeats(self, back: int) -> None:
        self.kit.rtp("guardian", VP8, self.sequence - back, KEYFRAME)
        self.kit.rtp("guardian", RTX, self.sequence, struct.pack("!H", (self.sequence - back) & 0xFFFF) + DELTA)

    @rule(back=st.lists(st.integers(0, 30) | st.integers(0, 1100), min_size=1, max_size=20))
    def the_physician_misses_some(self, back: list[int]) -> None:
        for outgoing in self.kit.legs["physician"].outgoing.values():
            lost = [(outgoing.line.highest - each) & 0xFFFF for each in back]
            self.kit.srtp("physician", rtcp.nack(1, outgoing.line.ssrc, sorted(lost)))

    @rule(octets=st.integers(1, 3000))
    def the_relay_probes(self, octets: int) -> None:
        leg = self.kit.legs["physician"]
        if (0, "video") in leg.outgoing:
            leg.outgoing[0, "video"].pad(octets, self.kit.now_us)

    @rule(wait_ms=st.sampled_from([0, 200, 500]))
    def the_way_is_long_and_lossy(self, wait_ms: int) -> None:
        leg = self.kit.legs["physician"]
        leg.counters.round_trip.rtt_us = 160_000
        leg.downlink.lossiness.fraction = 0.1
        for outgoing in leg.outgoing.values():
            outgoing.wait(wait_ms)
            outgoing.resend_late(self.kit.now_us)

    @rule(blocked=st.booleans())
    def pictures_wait(self, blocked: bool) -> None:
        self.kit.legs["physician"].downlink.blocked = blocked
        self.kit.legs["physician"].heed_downlink(self.kit.now_us)

    @rule(back=st.integers(0, 300), came=st.lists(st.booleans(), min_size=1, max_size=50))
    def the_physician_reports(self, back: int, came: list[bool]) -> None:
        arrivals = [(n, self.kit.now_us + 1000 * n) for n, each in enumerate(came) if each]
        if arrivals:
            leg = self.kit.legs["physician"]
            base = max(0, leg.downlink._next - back)
            _, message = rtcp.transport_feedback(1, 2, base, [(base + n, at) for n, at in arrivals], 0)
            self.kit.srtp("physician", message)

    @rule(pause_us=st.sampled_from([0, 100_000, 2_900_000]))
    def a_hold(self, pause_us: int) -> None:
        self.kit.room.gate_close(self.kit.generation)
        self.kit.now_us += pause_us
        self.heard_again()

    @rule()
    def the_guardian_comes_on_a_new_leg(self) -> None:
        self.kit.join("guardian", self.offer)
        self.heard_again()

    @rule()
    def time_passes(self) -> None:
        self.kit.now_us += 40_000
        self.heard_again()

    def heard_again(self) -> None:
        self.kit.rtp("physician", OPUS, 2)
        self.kit.rtp("guardian", OPUS, 2)
        self.kit.durable()
        self.kit.open()

    @invariant()
    def nothing_is_protected_twice(self) -> None:
        for outbound in self.kit.outbound.values():
            assert outbound.repeated == []
            assert outbound.rejected == 0


TestRelaying = Relaying.TestCase
TestRelaying.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
