"""How good a leg is: packets, loss, jitter, rate, round trip, freezes, and the one light that people see.

Pure. Counting follows RFC 3550, appendix A; ``Leg.statistics`` gives exactly the LegStatistics of CONTROL.md. The light is a
rule on those statistics, so that whoever holds them (relay, app, tests) sees the same light.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from media.rtp import MAX_DROPOUT

Kind = Literal["audio", "video"]
Light = Literal["good", "fair", "poor"]

CLOCK_RATES: Mapping[str, int] = {"audio": 48_000, "video": 90_000}
MAX_RTT_US = 10_000_000
RISING, FALLING = 2, 8  # the part of the difference that a measurement moves the round trip by is one in so many
_REMEMBERED_REPORTS = 16


class Reception:
    """One incoming stream counted as RFC 3550 does (A.1 sequence, A.3 loss, A.8 jitter).

    A retransmission that fills a hole counts as received: what is lost stayed lost.
    """

    __slots__ = ("_base", "_clock_rate", "_highest", "_jitter16", "_kept", "_next", "_transit", "octets", "packets")

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base = 0  # first index of this run of the source
        self._highest = -1  # newest index: sequence plus 65536 a cycle
        self._next = -1
        self._kept = (0, 0)  # expected and received in the runs before
        self._transit = 0
        self._jitter16 = 0  # 16 times the jitter, timestamp units
        self.packets = 0
        self.octets = 0

    def received(self, size: int, sequence: int, timestamp: int, arrival_us: int, repaired: bool = False) -> None:
        """A packet of ``size`` bytes. A ``repaired`` one (unwrapped retransmission) tells nothing about jitter."""
        self.packets += 1
        self.octets += size
        if sequence == self._next:
            self._highest += 1
            self._next = (sequence + 1) & 0xFFFF
        elif not self._jumped(sequence):
            return
        if repaired:
            return
        transit = (arrival_us * self._clock_rate // 1_000_000 - timestamp) & 0xFFFFFFFF
        distance = (transit - self._transit) & 0xFFFFFFFF
        self._transit = transit
        if distance >= 0x80000000:
            distance = 0x100000000 - distance
        if distance < self._clock_rate << 2:  # a leap of the source's clock is not jitter
            self._jitter16 += distance - ((self._jitter16 + 8) >> 4)

    def _jumped(self, sequence: int) -> bool:
        """Take in a sequence that is not the next one; True when it leads."""
        ahead = (sequence - self._next) & 0xFFFF
        if self._next >= 0 and ahead >= 0x10000 - MAX_DROPOUT:
            return False
        if self._next < 0 or ahead > MAX_DROPOUT:
            self._kept = (self.expected, self.packets - 1)
            self._base = self._highest = sequence + 0x10000
        else:
            self._highest += ahead + 1
        self._next = (sequence + 1) & 0xFFFF
        return True

    @property
    def expected(self) -> int:
        return self._kept[0] + (self._highest - self._base + 1 if self._next >= 0 else 0)

    @property
    def lost(self) -> int:
        """Expected less received, not below 0 (duplicates would bring it there)."""
        return max(0, self.expected - self.packets)

    @property
    def highest(self) -> int:
        """The extended highest sequence number for a receiver report."""
        return (self._highest - 0x10000) & 0xFFFFFFFF if self._next >= 0 else 0

    @property
    def jitter(self) -> int:
        """In timestamp units, as a receiver report says it."""
        return self._jitter16 >> 4

    @property
    def jitter_ms(self) -> float:
        return round(self.jitter * 1000 / self._clock_rate, 1)


class Interval:
    """What of two running counts came between two looks: the rate of loss of a period."""

    __slots__ = ("_expected", "_lost")

    def __init__(self) -> None:
        self._expected = 0
        self._lost = 0

    def loss(self, expected: int, lost: int) -> float:
        """The part lost (0..1) since the last call."""
        more, gone = expected - self._expected, lost - self._lost
        self._expected, self._lost = expected, lost
        return round(min(1.0, max(0, gone) / more), 4) if more > 0 else 0.0


class RoundTrip:
    """The round trip to a leg: from the reports that passed through to it and its answers (RFC 3550, 6.4.1), about one a
    second, and from the repairs that it sent.

    A sender report that came from elsewhere is timed from when it left here, so this is the round trip of this leg alone. It
    rises fast and falls slowly: to take a long way for a short one costs more (pictures are shown before their repair is
    there, and what is under way is asked for again) than the other way round.
    """

    __slots__ = ("_left_us", "rtt_us")

    def __init__(self) -> None:
        self._left_us: dict[int, int] = {}
        self.rtt_us = -1

    def sent(self, middle: int, now_us: int) -> None:
        """A sender report with these middle 32 bits of NTP time left for the leg."""
        self._left_us[middle] = now_us
        if len(self._left_us) > _REMEMBERED_REPORTS:
            del self._left_us[next(iter(self._left_us))]

    def answered(self, last_sr: int, delay: int, now_us: int) -> None:
        """A report block came back: which report it is about, and how long the leg held it (1/65536 s)."""
        left_us = self._left_us.get(last_sr)
        if left_us is None:
            return
        self.measured(now_us - left_us - delay * 1_000_000 // 65_536)

    def measured(self, rtt_us: int) -> None:
        if 0 <= rtt_us <= MAX_RTT_US:
            share = RISING if rtt_us > self.rtt_us else FALLING
            self.rtt_us = rtt_us if self.rtt_us < 0 else self.rtt_us + (rtt_us - self.rtt_us) // share


class Freezes:
    """Pictures that stood still, as webrtc-stats counts them: a frame later than max(3 times the mean, the mean + 150 ms)."""

    __slots__ = ("_last_us", "_mean_us", "_timestamp", "count")

    def __init__(self) -> None:
        self._timestamp = -1
        self._last_us = 0
        self._mean_us = 0  # over about 32 frames; 0 until two have come
        self.count = 0

    def packet(self, timestamp: int, arrival_us: int) -> None:
        """A packet of pictures came; a new timestamp is a new frame."""
        if timestamp == self._timestamp:
            return
        if self._timestamp >= 0:
            interval_us = arrival_us - self._last_us
            mean_us = self._mean_us or interval_us
            if interval_us >= max(3 * mean_us, mean_us + 150_000):
                self.count += 1
            self._mean_us = mean_us + ((interval_us - mean_us) >> 5)
        self._timestamp = timestamp
        self._last_us = arrival_us


class Flow:
    """One kind (sound or picture) of one leg, both ways, since the leg began."""

    __slots__ = (
        "_before", "_down", "_reported", "_up", "down_bytes", "down_expected", "down_lost", "down_nacks", "down_packets",
        "down_rtx", "freezes", "keyframe_requests", "reception", "up_nacks",
    )  # fmt: skip

    def __init__(self, clock_rate: int) -> None:
        self.reception = Reception(clock_rate)
        self.freezes = Freezes()
        self.up_nacks = 0  # packets asked for again
        self.down_packets = 0
        self.down_bytes = 0
        self.down_expected = 0  # as the leg's receiver reports tell
        self.down_lost = 0
        self.down_nacks = 0  # packets the leg asked for again
        self.down_rtx = 0  # and got again
        self.keyframe_requests = 0  # sent to the leg
        self._reported: dict[int, tuple[int, int]] = {}
        self._up, self._down = Interval(), Interval()
        self._before = (0, 0)

    def reported(self, ssrc: int, highest: int, lost: int) -> None:
        """A receiver report's block about the outgoing ``ssrc``."""
        before = self._reported.get(ssrc)
        self._reported[ssrc] = (highest, lost)
        if before is None:
            self.down_lost += max(0, lost)
            return
        more = (highest - before[0]) & 0xFFFFFFFF
        if more < 0x80000000:
            self.down_expected += more
            self.down_lost = max(0, self.down_lost + lost - before[1])

    def statistics(self, elapsed_us: int) -> dict[str, Any]:
        reception = self.reception
        up, down = reception.octets - self._before[0], self.down_bytes - self._before[1]
        self._before = (reception.octets, self.down_bytes)
        return {
            "up_packets": reception.packets,
            "up_bytes": reception.octets,
            "up_lost": reception.lost,
            "up_jitter_ms": reception.jitter_ms,
            "up_nacks": self.up_nacks,
            "up_freezes": self.freezes.count,
            "down_packets": self.down_packets,
            "down_bytes": self.down_bytes,
            "down_lost": self.down_lost,
            "down_nacks": self.down_nacks,
            "down_rtx": self.down_rtx,
            "keyframe_requests": self.keyframe_requests,
            "up_bps": up * 8_000_000 // max(1, elapsed_us),
            "down_bps": down * 8_000_000 // max(1, elapsed_us),
            "up_loss": self._up.loss(reception.expected, reception.lost),
            "down_loss": self._down.loss(self.down_expected, self.down_lost),
        }


class Leg:
    """The counters of one leg: count into ``audio`` and ``video``, read ``statistics`` each period."""

    __slots__ = ("_looked_us", "audio", "candidate", "leg", "room", "round_trip", "seat", "video")

    def __init__(self, room: str, seat: str, leg: int, now_us: int, candidate: str = "udp") -> None:
        self.room, self.seat, self.leg, self.candidate = room, seat, leg, candidate
        self.audio = Flow(CLOCK_RATES["audio"])
        self.video = Flow(CLOCK_RATES["video"])
        self.round_trip = RoundTrip()
        self._looked_us = now_us

    def statistics(self, now_us: int, down_estimate_bps: int = -1) -> dict[str, Any]:
        """LegStatistics (CONTROL.md, section 4); rates and losses are those since the last call."""
        elapsed_us, self._looked_us = now_us - self._looked_us, now_us
        rtt_us = self.round_trip.rtt_us
        return {
            "room": self.room,
            "seat": self.seat,
            "leg": self.leg,
            "rtt_ms": rtt_us // 1000 if rtt_us >= 0 else -1,
            "candidate": self.candidate,
            "down_estimate_bps": down_estimate_bps,
            "audio": self.audio.statistics(elapsed_us),
            "video": self.video.statistics(elapsed_us),
        }


def mean_opinion(loss: float, rtt_ms: float, jitter_ms: float) -> float:
    """The expected opinion of a listener, 1.0 (bad) to 4.5: the E-model of ITU-T G.107 (06/2015) in the short form of
    R. G. Cole and J. H. Rosenbluth, "Voice over IP performance monitoring", ACM SIGCOMM CCR 31(2), 2001.

    R = 93.2 - Id - Ie. Delay (one way: half the round trip, twice the jitter as the receiver's buffer, 40 ms for
    coding and framing): Id = 0.024 d + 0.11 (d - 177.3) above 177.3 ms. Loss: Ie = 95 P / (P + Bpl) in percent with
    Bpl = 25.1, G.113's figure for a codec that conceals losses; Opus is at least that good.
    """
    delay_ms = max(0.0, rtt_ms) / 2 + 2 * jitter_ms + 40
    delayed = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - 177.3)
    percent = 100 * min(1.0, max(0.0, loss))
    rating = 93.2 - delayed - 95 * percent / (percent + 25.1)
    if rating <= 0:
        return 1.0
    return max(1.0, round(1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating), 2))


def light(leg: Mapping[str, Any]) -> Light:
    """The quality light of one LegStatistics: the worst of what its two ways and two kinds say.

    By G.107, annex B: poor is sound below an opinion of 3.1 (R 60, "many users dissatisfied") or 10 % of the pictures'
    packets lost; fair is below 4.03 (R 80, "satisfied") or 3 % lost; else good. A round trip not known yet says nothing.
    """
    audio, video = leg["audio"], leg["video"]
    opinion = mean_opinion(max(audio["up_loss"], audio["down_loss"]), leg["rtt_ms"], audio["up_jitter_ms"])
    loss = max(video["up_loss"], video["down_loss"])
    if opinion < 3.1 or loss >= 0.10:
        return "poor"
    return "fair" if opinion < 4.03 or loss >= 0.03 else "good"
