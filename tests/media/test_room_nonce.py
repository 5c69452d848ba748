"""One nonce, once: whatever browsers send and ask for, no (SSRC, rollover, sequence) is ever protected twice."""

from __future__ import annotations

import struct

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from media import rtcp
from tests.media.room_kit import (
    CHROMIUM,
    DELTA,
    KEYFRAME,
    OPUS,
    RTX,
    VP8,
    Kit,
)


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
