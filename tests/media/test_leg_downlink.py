"""What the relay does with a receiver's word on its downlink: numbers, caps, holding back, probing, patience, repair."""

from __future__ import annotations

import struct

import pytest

from media import rtcp
from media.egress import Outgoing
from media.rate.downlink import LEAST_BPS
from tests.media.room_kit import DELTA, KEYFRAME, OPUS, RTX, VP8, Kit

MS = 1000
BLOCK = 12


@pytest.fixture
def kit() -> Kit:
    kit = Kit()
    kit.both()
    kit.open()
    return kit


def picture(kit: Kit) -> Outgoing:
    return kit.legs["physician"].outgoing[0, "video"]


def numbers(kit: Kit) -> list[int]:
    """The transport-wide numbers of all that was sent to the physician."""
    return [struct.unpack_from("!H", packet, 17)[0] for packet in kit.outbound["physician"].packets]


def report(kit: Kit, arrivals_us: list[int | None], base: int = 0) -> None:
    """The physician's browser tells when the packets from ``base`` on came."""
    arrivals = [(base + n, at) for n, at in enumerate(arrivals_us) if at is not None]
    taken, message = rtcp.transport_feedback(1, 2, base, arrivals, 0)
    assert taken == len(arrivals)
    kit.srtp("physician", message)


def alive(kit: Kit, passed_us: int) -> None:
    kit.now_us += passed_us
    kit.durable()
    kit.rtp("physician", OPUS, kit.now_us // 1000)
    kit.room.gate_renew(kit.generation, 1000)


def caps(kit: Kit) -> list[int]:
    told = [message for each in kit.outbound["guardian"].reports for message in rtcp.parse(each)]
    return [message.bitrate_bps for message in told if isinstance(message, rtcp.Remb)]


def keyframes_asked(kit: Kit) -> int:
    told = [message for each in kit.outbound["guardian"].reports for message in rtcp.parse(each)]
    return sum(isinstance(message, rtcp.PictureLossIndication) for message in told)


def stream(kit: Kit, packets: int, gap_us: int, rate_bps: int, first: int = 1) -> None:
    """Pictures of 1,000 bytes a packet over a path of ``rate_bps`` that reports each fifth packet."""
    free_us, told, arrivals = 0, len(numbers(kit)), []
    for n in range(packets):
        alive(kit, gap_us)
        before = len(kit.outbound["physician"].packets)
        kit.rtp("guardian", VP8, first + n, (KEYFRAME if n == 0 else DELTA) + bytes(1000), timestamp=kit.now_us // 11)
        for packet in kit.outbound["physician"].packets[before:]:
            free_us = max(free_us, kit.now_us) + len(packet) * 8_000_000 // rate_bps
            arrivals.append(free_us + 20 * MS)
        if n % 5 == 4 and arrivals:
            known: list[int | None] = [at for at in arrivals if at <= kit.now_us + 300 * MS]
            if known:
                report(kit, known, told)
                told, arrivals = told + len(known), arrivals[len(known) :]


def test_all_that_is_sent_to_a_leg_has_one_line_of_numbers(kit: Kit) -> None:
    kit.rtp("guardian", OPUS, 2)
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    kit.rtp("guardian", OPUS, 3)
    line = picture(kit).line
    kit.srtp("physician", rtcp.nack(1, line.ssrc, [line.highest & 0xFFFF]))
    picture(kit).pad(600, kit.now_us)
    assert numbers(kit) == [0, 1, 2, 3, 4, 5, 6]
    assert kit.outbound["physician"].rejected == 0


def test_padding_is_a_retransmission_of_nothing(kit: Kit) -> None:
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    outgoing = picture(kit)
    sent = outgoing.pad(1000, kit.now_us)
    padding = kit.outbound["physician"].packets[1:]
    assert 1000 <= sent == sum(map(len, padding)) < 1100
    for packet in padding:
        assert packet[0] & 0x20
        assert packet[1] == RTX
        assert struct.unpack_from("!I", packet, 8)[0] == outgoing.downlink.rtx_ssrc
        assert packet[-1] == len(packet) - 20, "all of it is padding"
    assert len({packet[2:4] for packet in padding}) == len(padding)


def test_a_path_that_is_full_caps_the_source_at_what_it_bears(kit: Kit) -> None:
    stream(kit, 300, 5 * MS, 600_000)  # 1.6 Mbit/s into 0.6
    assert caps(kit)
    assert LEAST_BPS < caps(kit)[-1] < 600_000
    assert kit.room.statistics()[1]["down_estimate_bps"] < 600_000
    assert kit.room.statistics()[0]["down_estimate_bps"] == -1, "the guardian's browser has reported nothing"


def test_a_path_with_room_caps_nobody(kit: Kit) -> None:
    stream(kit, 300, 5 * MS, 20_000_000)
    kit.room.tick_feedback()
    assert caps(kit) == []


def test_pictures_wait_while_the_path_is_blocked_and_go_on_at_a_keyframe(kit: Kit) -> None:
    stream(kit, 100, 5 * MS, 500_000)
    leg, outgoing = kit.legs["physician"], picture(kit)
    assert leg.downlink.blocked
    assert outgoing.held
    alive(kit, 400 * MS)
    last, asked = outgoing.line.highest, keyframes_asked(kit)
    kit.rtp("guardian", VP8, 200, DELTA)
    kit.room.tick()
    assert outgoing.line.highest == last
    assert keyframes_asked(kit) == asked, "one that could not pass is not asked for"
    kit.rtp("guardian", OPUS, 2)
    assert kit.outbound["physician"].packets[-1][1] == OPUS, "sound goes on"
    kit.srtp("physician", rtcp.nack(1, outgoing.line.ssrc, [last & 0xFFFF]))
    assert kit.outbound["physician"].packets[-1][1] == OPUS, "and nothing is sent again"

    leg.downlink.blocked = False
    kit.room.tick()
    assert keyframes_asked(kit) == asked + 1
    kit.rtp("guardian", VP8, 300, DELTA)
    kit.rtp("guardian", VP8, 301, KEYFRAME)
    assert outgoing.line.highest == last + 1


def test_a_path_that_is_capped_is_probed_for_more(kit: Kit) -> None:
    stream(kit, 200, 5 * MS, 600_000)
    kit.legs["physician"].downlink.blocked = False
    kit.legs["physician"].downlink.queue_us = 0
    before = len(kit.outbound["physician"].packets)
    for _ in range(200):
        alive(kit, 20 * MS)
        kit.legs["physician"].downlink._heard_us = kit.now_us
        kit.room.tick()
    probes = kit.outbound["physician"].packets[before:]
    assert probes
    assert all(packet[1] == RTX and packet[0] & 0x20 for packet in probes)


def test_after_a_hold_pictures_pass_at_once(kit: Kit) -> None:
    """Nothing was heard of the way meanwhile, but nothing was sent either."""
    stream(kit, 200, 10 * MS, 50_000_000)
    kit.room.gate_close(kit.generation)
    for _ in range(100):
        alive(kit, 30 * MS)
        kit.rtp("guardian", OPUS, kit.now_us // 1000)
        kit.room.tick()
    kit.open()
    sent = len(kit.outbound["physician"].packets)
    for n in range(5):
        kit.rtp("guardian", VP8, 1000 + n, KEYFRAME if n == 0 else DELTA)
        alive(kit, 20 * MS)
        kit.room.tick()
    assert len(kit.outbound["physician"].packets) == sent + 5


def test_over_a_long_lossy_way_a_packet_is_sent_again_twice(kit: Kit) -> None:
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    leg, outgoing = kit.legs["physician"], picture(kit)
    leg.counters.round_trip.rtt_us = 160 * MS
    leg.downlink.lossiness.fraction = 0.1
    lost = rtcp.nack(1, outgoing.line.ssrc, [outgoing.line.highest & 0xFFFF])
    for _ in range(2):
        kit.srtp("physician", lost)
    for _ in range(3):
        alive(kit, 20 * MS)
        kit.room.tick()
    again = [packet for packet in kit.outbound["physician"].packets if packet[1] & 0x7F == RTX]
    assert len(again) == 2
    assert again[0][2:4] != again[1][2:4]
    assert again[0][20:] == again[1][20:]


def test_what_is_sent_again_is_bounded_by_what_is_forwarded(kit: Kit) -> None:
    stream(kit, 1000, 2 * MS, 50_000_000)
    line = picture(kit).line
    before = len(kit.outbound["physician"].packets)
    for _ in range(50):
        alive(kit, 200 * MS)
        for back in range(0, 900, 100):
            lost = [(line.highest - back - n) & 0xFFFF for n in range(100)]
            kit.srtp("physician", rtcp.nack(1, line.ssrc, lost))
    assert len(kit.outbound["physician"].packets) - before <= 150


def test_on_a_lossy_uplink_the_receiver_is_told_to_wait_with_pictures(kit: Kit) -> None:
    kit.rtp("guardian", VP8, 1, KEYFRAME)
    guardian, outgoing = kit.legs["guardian"], picture(kit)
    guardian.feedback.loss = 0.1
    guardian.counters.round_trip.rtt_us = 160 * MS
    kit.room.tick_feedback()
    kit.rtp("guardian", VP8, 2, DELTA)
    packet = kit.outbound["physician"].packets[-1]
    assert struct.unpack_from("!HH", packet, BLOCK) == (0xBEDE, 2)
    assert packet[16] >> 4 == outgoing.downlink.transport_cc
    assert packet[19] == outgoing.downlink.playout_delay << 4 | 2
    (word,) = struct.unpack_from("!I", packet, 20)
    assert (word >> 20, word >> 8 & 0xFFF) == (40, 0xFFF), "in 10 ms: at least 400 ms"
    assert packet[24:] == DELTA

    kit.srtp(
        "physician", rtcp.nack(1, outgoing.line.ssrc, [outgoing.line.highest - 1 & 0xFFFF, outgoing.line.highest & 0xFFFF])
    )
    first, second = kit.outbound["physician"].packets[-2:]
    assert (first[20:22], first[22:]) == (struct.pack("!H", outgoing.line.highest - 1 & 0xFFFF), KEYFRAME)
    assert (second[19:24], second[26:]) == (packet[19:24], DELTA)
    assert numbers(kit) == [0, 1, 2, 3]

    guardian.feedback.loss = 0.0
    alive(kit, 11_000 * MS)
    kit.rtp("guardian", OPUS, 9)
    kit.open()
    kit.room.tick_feedback()
    kit.rtp("guardian", VP8, 3, KEYFRAME)
    assert struct.unpack_from("!I", kit.outbound["physician"].packets[-1], 20)[0] >> 20 == 0
