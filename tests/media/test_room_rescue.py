"""The rescue ladder in a room: what a weak receiver still gets, what is recorded, how it comes back."""

from __future__ import annotations

import struct

import pytest

from media import control, rtcp
from media.rate.ladder import Rung
from media.rate.rescue import STILL_EVERY_US
from media.room import Seat
from tests.media.room_kit import DELTA, KEYFRAME, OPUS, VP8, Kit

S = 1_000_000
FRAME = 3000  # of the 90 kHz clock: 30 a second
KEY_OF_THREE = (KEYFRAME, b"\x00\x00", b"\x00\x01")  # its later packets begin no picture


class Call:
    """The guardian's browser sends 50 sounds and 30 pictures of one packet a second, and answers a request with a keyframe."""

    def __init__(self) -> None:
        self.kit = Kit()
        self.kit.both()
        self.kit.open()
        self.sound = self.picture = self.stamp = 10
        self.asked = 0
        self.keyframe()

    def keyframe(self) -> None:
        self.stamp += FRAME
        for payload in KEY_OF_THREE:
            self.picture += 1
            self.kit.rtp("guardian", VP8, self.picture, payload, self.stamp)

    def run(self, seconds: float) -> None:
        kit, until_us = self.kit, self.kit.now_us + int(seconds * S)
        while kit.now_us < until_us:
            kit.now_us += 20_000
            self.sound += 1
            for seat in ("guardian", "physician"):
                kit.rtp(seat, OPUS, self.sound, timestamp=960 * self.sound)
            asked = sum(isinstance(message, rtcp.PictureLossIndication) for message in self.kit.told("guardian"))
            if asked > self.asked:
                self.asked = asked
                self.keyframe()
            else:
                self.picture, self.stamp = self.picture + 1, self.stamp + FRAME
                kit.rtp("guardian", VP8, self.picture, DELTA, self.stamp)
            kit.durable()
            kit.room.gate_renew(kit.generation, 1000)
            kit.room.tick()

    def bears(self, bps: int, loss: float = 0.0) -> None:
        """The physician's downlink, as its controller finds it."""
        rate = self.kit.legs["physician"].downlink
        rate.estimate_bps, rate.constrained, rate.lossiness.fraction = bps, bps < 3_000_000, loss

    def falls_to(self, rung: Rung, bps: int) -> None:
        self.bears(bps)
        while self.kit.legs["physician"].ladder.rung is not rung:
            self.kit.legs["physician"].counters.video.down_bytes += bps // 400  # the path was full
            self.run(0.02)

    def pictures_to(self, seat: str) -> list[tuple[int, int, bytes]]:
        """(sequence, timestamp, payload) of each picture's packet that was sent to a seat."""
        ssrc = self.kit.legs[seat].outgoing[0, "video"].line.ssrc
        heads = [(struct.unpack_from("!BBHII", packet), packet[20:]) for packet in self.kit.outbound[seat].packets]
        return [(head[2], head[3], payload) for head, payload in heads if head[4] == ssrc]

    def reports_on_the_picture(self) -> list[rtcp.SenderReport]:
        ssrc = self.kit.legs["physician"].outgoing[0, "video"].line.ssrc
        return [said for said in self.kit.told("physician") if isinstance(said, rtcp.SenderReport) and said.ssrc == ssrc]

    def sounds_to(self, seat: str) -> int:
        ssrc = self.kit.legs[seat].outgoing[0, "audio"].line.ssrc
        return sum(struct.unpack_from("!I", packet, 8)[0] == ssrc for packet in self.kit.outbound[seat].packets)

    def recorded_pictures(self) -> list[bytes]:
        self.kit.feed.flush()
        reader = control.Reader()
        told = [message for frame in self.kit.frames for message in reader.feed(frame)]
        packets = [packet.data for batch in told if isinstance(batch, control.Batch) for packet in batch.packets]
        return [bytes(data) for data in packets if data[1] & 0x7F == VP8]

    def rungs(self) -> list[str]:
        return [said.rung for said in self.kit.said_of(control.LegRung) if said.seat == "physician"]


@pytest.fixture
def call() -> Call:
    call = Call()
    call.bears(2_000_000)
    call.run(6)
    return call


def test_at_sound_no_picture_passes_and_sound_goes_on(call: Call) -> None:
    call.falls_to(Rung.SOUND, 130_000)
    pictures, sounds = len(call.pictures_to("physician")), call.sounds_to("physician")
    call.run(2)
    assert len(call.pictures_to("physician")) == pictures
    assert call.sounds_to("physician") == sounds + 100
    assert call.rungs() == ["sound"]


def test_what_goes_to_nobody_is_not_recorded(call: Call) -> None:
    call.falls_to(Rung.SOUND, 130_000)
    recorded = call.recorded_pictures()
    call.run(2)
    assert call.recorded_pictures() == recorded


def test_what_one_of_two_receives_is_recorded_and_not_withheld_from_the_other(call: Call) -> None:
    call.kit.room.seats["interpreter"] = Seat("interpreter")
    call.kit.join("interpreter")
    # the guardian is the first of the others for either, so its picture comes on the first pair of both
    call.run(1)
    call.falls_to(Rung.SOUND, 130_000)
    before, recorded = len(call.pictures_to("interpreter")), len(call.recorded_pictures())
    call.run(2)
    assert len(call.pictures_to("interpreter")) == before + 100
    assert len(call.recorded_pictures()) == recorded + 100


def test_when_it_climbs_the_picture_begins_with_a_keyframe_and_no_hole(call: Call) -> None:
    call.falls_to(Rung.SOUND, 130_000)
    call.run(1)
    asked, before = call.asked, call.pictures_to("physician")
    call.bears(2_000_000)
    call.run(7)
    after = call.pictures_to("physician")
    assert call.rungs() == ["sound", "stills", "low", "full"]
    assert call.asked > asked
    assert after[len(before)][2] == KEYFRAME
    sequences = [sequence for sequence, _, _ in after]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    stamps = [stamp for _, stamp, _ in after]
    assert stamps == sorted(stamps)
    assert call.kit.outbound["physician"].repeated == []


def test_at_stills_one_whole_keyframe_passes_every_few_seconds_and_is_recorded(call: Call) -> None:
    call.falls_to(Rung.STILLS, 220_000)
    call.bears(150_000)  # too little to climb, enough to stay
    before, recorded = len(call.pictures_to("physician")), len(call.recorded_pictures())
    call.run(3.9)
    stills = call.pictures_to("physician")[before:]
    assert [payload for _, _, payload in stills] == list(KEY_OF_THREE)
    assert len({stamp for _, stamp, _ in stills}) == 1
    assert [data[12:] for data in call.recorded_pictures()[recorded:]] == list(KEY_OF_THREE)
    call.run(STILL_EVERY_US / S * 2)
    sequences = [sequence for sequence, _, _ in call.pictures_to("physician")]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def test_a_still_is_told_its_time_like_every_splice_and_hears_its_sources_reports(call: Call) -> None:
    call.falls_to(Rung.STILLS, 220_000)
    call.bears(150_000)
    line, source = call.kit.legs["physician"].outgoing[0, "video"].line, call.kit.legs["guardian"].stream("video")
    assert source is not None
    call.kit.srtp("guardian", rtcp.sender_report(rtcp.SenderReport(source.ssrc, 7 << 32, 90_000, 9, 9)))
    pictures, said = len(call.pictures_to("physician")), len(call.reports_on_the_picture())
    call.run(3.9)
    assert len(call.pictures_to("physician")) > pictures
    (told,) = call.reports_on_the_picture()[said:]  # though the source said nothing
    elapsed = (told.ntp - (7 << 32)) * 90_000 >> 32
    assert (told.rtp - 90_000 - elapsed - line.timestamp_offset + 1) & 0xFFFFFFFF <= 2
    call.kit.srtp("guardian", rtcp.sender_report(rtcp.SenderReport(source.ssrc, 14 << 32, 5, 9, 9)))
    passed = call.reports_on_the_picture()[-1]
    assert (passed.ntp, passed.rtp) == (14 << 32, (5 + line.timestamp_offset) & 0xFFFFFFFF)


def test_a_still_is_not_sent_in_a_lump(call: Call) -> None:
    call.falls_to(Rung.STILLS, 220_000)
    call.bears(150_000)
    before = len(call.pictures_to("physician"))
    call.kit.now_us += 20_000
    call.stamp += FRAME
    for n in range(6):
        call.picture += 1
        call.kit.rtp("guardian", VP8, call.picture, (KEYFRAME if n == 0 else b"\x00") + bytes(1000), call.stamp)
    call.kit.room.tick()
    assert len(call.pictures_to("physician")) == before + 1
    call.run(0.7)
    assert len(call.pictures_to("physician")) == before + 6


def test_a_still_that_waits_is_gone_when_the_gate_closes(call: Call) -> None:
    call.falls_to(Rung.STILLS, 220_000)
    call.stamp += FRAME
    for n in range(6):
        call.picture += 1
        call.kit.rtp("guardian", VP8, call.picture, (KEYFRAME if n == 0 else b"\x00") + bytes(1000), call.stamp)
    sent = len(call.pictures_to("physician"))
    call.kit.room.gate_close(call.kit.generation)
    call.kit.now_us += S
    call.kit.room.tick()
    call.kit.open()
    call.kit.room.tick()
    assert len(call.pictures_to("physician")) == sent


def test_requests_of_a_receiver_that_gets_no_moving_picture_are_not_passed_on(call: Call) -> None:
    call.falls_to(Rung.SOUND, 130_000)
    call.run(1)
    before = len(call.kit.told("guardian"))
    call.kit.srtp("physician", rtcp.pli(1, call.kit.legs["physician"].outgoing[0, "video"].line.ssrc))
    assert len(call.kit.told("guardian")) == before


def test_sound_that_is_lost_is_sent_all_the_same_and_told_as_chat(call: Call) -> None:
    call.falls_to(Rung.SOUND, 50_000)
    call.bears(50_000, loss=0.6)
    sounds = call.sounds_to("physician")
    call.run(6)
    assert call.rungs() == ["sound", "chat"]
    assert call.sounds_to("physician") == sounds + 300
    call.bears(50_000, loss=0.05)
    call.run(5)
    assert call.rungs() == ["sound", "chat", "sound"]


def test_low_withholds_nothing_and_breaks_no_picture(call: Call) -> None:
    call.falls_to(Rung.LOW, 450_000)
    asked, before = call.asked, len(call.pictures_to("physician"))
    call.run(2)
    assert len(call.pictures_to("physician")) == before + 100
    assert call.asked == asked
    assert call.rungs() == ["low"]


def test_a_new_leg_on_the_weak_seat_begins_with_everything(call: Call) -> None:
    call.falls_to(Rung.SOUND, 130_000)
    call.kit.join("physician")
    call.kit.rtp("physician", OPUS, call.sound + 1)
    call.run(1)
    assert call.pictures_to("physician")
