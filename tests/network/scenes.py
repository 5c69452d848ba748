"""The scenes: what a network does to a consultation, and what must hold all the same (docs/performance/network.md).

Each is data (what it is, its bounds) and one coroutine that plays it on a stage and returns figures. Where both ways of the
conversation count, a figure is that of the worse one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from tests.network import figures, probe
from tests.network.direct import call_directly
from tests.network.figures import Record, Series
from tests.network.footage import CYCLE_S, PITCHES_HZ
from tests.network.impair import Impairments, bursts
from tests.network.stage import Setting, Stage

Way = tuple[str, str]
"""A direction of the conversation: (who sends, who receives)."""
FROM_GUARDIAN: Final[Way] = ("guardian", "physician")
FROM_PHYSICIAN: Final[Way] = ("physician", "guardian")
BOTH: Final = (FROM_GUARDIAN, FROM_PHYSICIAN)

Figures = dict[str, float | None]
"""By name, the unit at its end. None: it did not come about. What only holds or not is 1 or 0."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must be: at most, or at least, a value."""

    figure: str
    at_most: float = float("inf")
    at_least: float = float("-inf")

    def holds(self, value: float | None) -> bool:
        return value is not None and self.at_least <= value <= self.at_most

    def doubled(self) -> Bound:
        """Twice as lenient. What only holds or not stays as it is."""
        return self if self.at_least == 1 else Bound(self.figure, 2 * self.at_most, self.at_least / 2)

    def __str__(self) -> str:
        return f"<= {self.at_most:g}" if self.at_least == float("-inf") else f">= {self.at_least:g}"


@dataclass(frozen=True, slots=True)
class Scene:
    """``about`` is a row of the table for people."""

    name: str
    about: str
    play: Callable[[Stage], Awaitable[Figures]]
    bounds: tuple[Bound, ...]
    setting: Setting = field(default_factory=Setting)

    def doubled(self) -> Scene:
        """For machines and moments that are not a bench's."""
        return replace(self, bounds=tuple(bound.doubled() for bound in self.bounds))


# --- what several scenes measure ---------------------------------------------------------------------------------------------


def worst(values: Iterable[float | None], pick: Callable[[list[float]], float] = max) -> float | None:
    """The worse of both ways; None as soon as one did not come about."""
    there = list(values)
    known = [value for value in there if value is not None]
    return pick(known) if there and len(known) == len(there) else None


def picture(records: Mapping[str, Record], start: float, end: float, ways: Iterable[Way] = BOTH) -> Figures:
    """Freezes and frames between two times."""
    found = [figures.freezes(records[to].frames, start, end) for _, to in ways]

    def counted(to: str, name: str) -> Series:
        return figures.counter(records[to].samples, figures.received("video"), [name])

    return {
        "freeze_s": max(each.total_s for each in found),
        "freeze_by_browser_s": max(figures.grown(counted(to, "totalFreezesDuration"), start, end) for _, to in ways),
        "longest_gap_s": max(each.longest_s for each in found),
        "fps": min(figures.fps(counted(to, "framesDecoded"), start, end) for _, to in ways),
    }


def sound(records: Mapping[str, Record], start: float, end: float, ways: Iterable[Way] = BOTH) -> Figures:
    """Concealment and delay between two times; the delay is that of beeps, from the one page's microphone to the other's."""
    return {
        "concealed": worst(_concealed(records[to], start, end) for _, to in ways),
        "sound_delay_s": worst(figures.worst_delay_s(_delays(records, way, start, end)) for way in ways),
        "sound_delay_peak_s": worst(figures.peak_delay_s(_delays(records, way, start, end)) for way in ways),
    }


def _concealed(record: Record, start: float, end: float) -> float | None:
    def of(name: str) -> Series:
        return figures.counter(record.samples, figures.received("audio"), [name])

    return figures.ratio(of("concealedSamples"), of("totalSamplesReceived"), start, end)


def _delays(records: Mapping[str, Record], way: Way, start: float, end: float) -> Series:
    sender, receiver = way
    return figures.delays(records[sender].spoken, records[receiver].heard, PITCHES_HZ[sender], CYCLE_S - 0.5, start, end)


def sending_bps(record: Record) -> Series:
    """Everything that a page sends, sound and picture with their headers and repairs."""
    return figures.rate_bps(figures.counter(record.samples, figures.sent(), figures.SENT_BYTES))


def arriving_bps(record: Record) -> Series:
    """The picture that arrives."""
    return figures.rate_bps(figures.counter(record.samples, figures.received("video"), figures.RECEIVED_BYTES))


async def _settled(stage: Stage, rate_bps: float = 1_500_000, within_s: float = 12.0) -> None:
    """Both send as much as they do when nothing is wrong, or as much as they will."""
    until = time.time() + within_s
    while time.time() < until:
        newest = [sending_bps(await probe.samples_since(each.page, time.time() - 2))[-1:] for each in stage.people]
        if all(rates and rates[0][1] >= rate_bps for rates in newest):
            break
        await asyncio.sleep(0.5)


# --- the scenes --------------------------------------------------------------------------------------------------------------


async def connect(stage: Stage) -> Figures:
    clicked = await stage.meet()
    records = await stage.records()
    return {
        "first_frame_s": worst(figures.first_s(records[to].frames, clicked) for _, to in BOTH),
        "connected_s": worst(figures.connected_s(record.connections) for record in records.values()),
    }


async def clean(stage: Stage, seconds: float = 30) -> Figures:
    clicked = await stage.meet()
    await asyncio.sleep(max(0.0, clicked + seconds + 2 - time.time()))
    records = await stage.records()
    firsts = [figures.first_s(records[to].frames, clicked) for _, to in BOTH]
    first = worst(firsts)
    start = clicked + (first or 0)
    rates = [arriving_bps(records[to]) for _, to in BOTH]
    return {
        "first_frame_s": first,
        "reached_1500k_s": worst(figures.reached_s(each, 1_500_000, clicked) for each in rates),
        "reached_2500k_s": worst(figures.reached_s(each, 2_500_000, clicked) for each in rates),
        **picture(records, start, start + seconds),
        "concealed": worst(_concealed(records[to], start + 2, start + seconds) for _, to in BOTH),
    }


async def direct(stage: Stage, seconds: float = 30) -> Figures:
    """As clean, without the server. It is compared with, and has no bounds."""
    await call_directly(stage)
    start = time.time()
    end = await stage.lasts(seconds)
    records = await stage.records()
    arrived = [figures.counter(records[to].samples, figures.received("video"), figures.RECEIVED_BYTES) for _, to in BOTH]
    bps = min(8 * figures.grown(each, start, end) / (end - start) for each in arrived)
    return {**picture(records, start, end), "arriving_bps": bps}


async def impaired(stage: Stage, link: str, both_ways: Impairments, seconds: float = 20) -> Figures:
    await stage.meet()
    await _settled(stage)
    start = time.time()
    await stage.bed.set(link, up=both_ways, down=both_ways)
    end = await stage.lasts(seconds)
    records = await stage.records()
    return {**picture(records, start, end), **sound(records, start, end)}


async def drop(stage: Stage, up: bool) -> Figures:
    """The bottleneck of the phone's link falls from 2.5 Mbit/s to 500 kbit/s, for one way only."""
    wide, narrow = Impairments(delay_ms=20, rate_bps=2_500_000), Impairments(delay_ms=20, rate_bps=500_000)
    near = Impairments(delay_ms=20)
    way = FROM_GUARDIAN if up else FROM_PHYSICIAN
    await stage.bed.set("phone", up=wide if up else near, down=near if up else wide)
    await stage.meet()
    await _settled(stage)
    start = time.time()
    await stage.bed.set("phone", **{"up" if up else "down": narrow})
    end = await stage.lasts(25)
    records = await stage.records()
    rates = sending_bps(records[way[0]])
    return {
        **picture(records, start, end, [way]),
        "adapted_s": figures.adapted_s(rates, 500_000, start),
        **sound(records, start, end, [way]),
        "before_bps": figures.value_at(rates, start),
    }


_SOUND: Final = frozenset({"sound"})
_FULL: Final = frozenset({"full"})


async def narrow(stage: Stage) -> Figures:
    tight = Impairments(delay_ms=30, rate_bps=150_000)
    await stage.meet()
    await _settled(stage)
    start = time.time()
    await stage.bed.set("phone", up=tight, down=tight)
    relieved = await stage.lasts(20)
    await stage.bed.relieve("phone")
    end = await stage.lasts(22)
    records = await stage.records()
    states = records["physician"].states
    return {
        "sound_only_s": worst(figures.entered_s(states, figures.at_rung(way, _SOUND), start) for way in BOTH),
        **sound(records, start, relieved),
        "full_again_s": worst(_full_again(records, way, relieved, end) for way in BOTH),
    }


def _full_again(records: Mapping[str, Record], way: Way, relieved: float, end: float) -> float | None:
    """The ladder is at its top, and the picture is there."""
    rung = figures.entered_s(records["physician"].states, figures.at_rung(way, _FULL), relieved)
    back = figures.back_s(records[way[1]].frames, relieved)
    moves = figures.freezes(records[way[1]].frames, end - 2, end).longest_s < 1
    return None if rung is None or back is None or not moves else max(rung, back)


async def blackout(stage: Stage, seconds: float) -> Figures:
    await stage.meet()
    await _settled(stage)
    start = time.time()
    await stage.bed.blackout("phone", True)
    relieved = await stage.lasts(seconds)
    await stage.bed.blackout("phone", False)
    await stage.lasts(12)
    records = await stage.records()
    states = records["physician"].states
    held = figures.entered_s(states, lambda state: state.state == "held", start)
    resumed = figures.entered_s(states, lambda state: state.gate, relieved)
    await stage.ends()
    return {
        "back_s": worst(figures.back_s(records[to].frames, relieved) for _, to in BOTH),
        "sound_back_s": worst(figures.first_s([at for at, _ in records[to].heard], relieved) for _, to in BOTH),
        "held_s": held,
        "held": float(held is not None and held < seconds),
        "resumed": float(resumed is not None),
        "recording_whole": float(stage.recordings_whole()),
        "pause_declared": float(stage.pause_declared(start, relieved)),
    }


async def moved(stage: Stage, *, rebound: bool) -> Figures:
    """The phone is somewhere else, or a router on its way has forgotten it."""
    await stage.meet()
    await _settled(stage)
    start = time.time()
    if rebound:
        await stage.bed.rebind("phone")
    else:
        await stage.bed.new_address("phone")
    end = await stage.lasts(20)
    records = await stage.records()
    moving = all(figures.freezes(records[to].frames, end - 2, end).longest_s < 1 for _, to in BOTH)
    return {**picture(records, start, end), "picture_at_the_end": float(moving)}


async def reconnects(stage: Stage) -> Figures:
    """It connects; a blackout and a new address later it goes on."""
    clicked = await stage.meet()
    await stage.lasts(3)
    await stage.bed.blackout("phone", True)
    relieved = await stage.lasts(10)
    await stage.bed.blackout("phone", False)
    moved_at = await stage.lasts(10)
    await stage.bed.new_address("phone")
    end = await stage.lasts(12)
    records = await stage.records()
    moving = all(figures.freezes(records[to].frames, end - 2, end).longest_s < 1 for _, to in BOTH)
    gaps = [figures.freezes(records[to].frames, moved_at, end).longest_s for _, to in BOTH]
    return {
        "first_frame_s": worst(figures.first_s(records[to].frames, clicked) for _, to in BOTH),
        "back_s": worst(figures.back_s(records[to].frames, relieved) for _, to in BOTH),
        "longest_gap_s": max(gaps),
        "picture_at_the_end": float(moving),
    }


async def udp_blocked(stage: Stage) -> Figures:
    shut = Impairments(blocked=frozenset({"udp"}), delay_ms=20)
    await stage.bed.set("phone", up=shut, down=shut)
    await stage.meet()
    start = time.time()
    end = await stage.lasts(10)
    records = await stage.records()
    pairs = [sample.pair for sample in records["guardian"].samples if sample.pair is not None]
    return {
        "connected_s": figures.connected_s(records["guardian"].connections),
        "over_tcp": float(bool(pairs) and pairs[-1]["protocol"] == "tcp"),
        "relayed": float(bool(pairs) and pairs[-1]["type"] == "relay"),
        **picture(records, start, end),
        **sound(records, start, end),
    }


async def h264(stage: Stage) -> Figures:
    clicked = await stage.meet()
    await _settled(stage)
    start = time.time()
    end = await stage.lasts(15)
    records = await stage.records()
    codecs = {str(line["codec"]) for record in records.values() for line in figures.received("video")(record.samples[-1])}
    return {
        "h264": float(codecs == {"H264"}),
        "first_frame_s": worst(figures.first_s(records[to].frames, clicked) for _, to in BOTH),
        **picture(records, start, end),
        **sound(records, start, end),
    }


_ONLY_H264: Final = """
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (track, settings) {
    const line = add.call(this, track, settings);
    if (line.receiver.track.kind === "video") {
      const kept = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => /H264|rtx/i.test(mimeType));
      line.setCodecPreferences(kept);
    }
    return line;
  };
"""


def _frozen(most_s: float) -> tuple[Bound, Bound]:
    """By what was shown and by what the browser counted: each misses some of what the other sees."""
    return Bound("freeze_s", most_s), Bound("freeze_by_browser_s", most_s)


_REPAIRED_5: Final = (*_frozen(1), Bound("fps", at_least=20), Bound("concealed", 0.03))
_REPAIRED_10: Final = (*_frozen(2), Bound("fps", at_least=15), Bound("concealed", 0.06))
_DROPPED: Final = (*_frozen(3), Bound("adapted_s", 4), Bound("sound_delay_s", 0.4))
_HELD: Final = tuple(Bound(name, at_least=1) for name in ("held", "resumed", "recording_whole", "pause_declared"))
_MOVED: Final = (Bound("longest_gap_s", 3), Bound("picture_at_the_end", at_least=1))
_H264: Final = (Bound("h264", at_least=1), *_frozen(1))


def _loss(percent: int, link: str) -> Scene:
    about = f"{percent} % loss, 80 ms each way, the {link}'s leg"
    play = partial(impaired, link=link, both_ways=Impairments(loss=percent / 100, delay_ms=80))
    return Scene(f"loss{percent}-{link}", about, play, _REPAIRED_5 if percent == 5 else _REPAIRED_10)


SCENES: Final[tuple[Scene, ...]] = (
    Scene("connect", "from the click to admit until both see each other", connect, (Bound("first_frame_s", 0.5),)),
    Scene(
        "clean",
        "clean, 720p30 both ways",
        clean,
        (Bound("first_frame_s", 0.5), Bound("reached_1500k_s", 3), Bound("reached_2500k_s", 6), *_frozen(0)),
        Setting(scale=2, hears=False),
    ),
    Scene(
        "direct",
        "for comparison: clean without our server, browser to browser",
        direct,
        (),
        Setting(scale=2, hears=False),
    ),
    _loss(5, "phone"),
    _loss(5, "desk"),
    _loss(10, "phone"),
    _loss(10, "desk"),
    Scene(
        "bursts",
        "bursts of 8 packets on average, 2 % in all, 40 ms each way",
        partial(impaired, link="phone", both_ways=Impairments(**bursts(0.02, 8), delay_ms=40)),
        _frozen(1.5),
    ),
    Scene("drop-up", "2.5 Mbit/s drops to 500 kbit/s, up", partial(drop, up=True), _DROPPED),
    Scene("drop-down", "2.5 Mbit/s drops to 500 kbit/s, down", partial(drop, up=False), _DROPPED),
    Scene(
        "narrow",
        "150 kbit/s",
        narrow,
        (Bound("sound_only_s", 5), Bound("concealed", 0.05), Bound("full_again_s", 15)),
    ),
    Scene("blackout10", "blackout of 10 s, same address", partial(blackout, seconds=10), (Bound("back_s", 1), *_HELD)),
    Scene("blackout40", "blackout of 40 s, same address", partial(blackout, seconds=40), (Bound("back_s", 3), *_HELD)),
    Scene("address", "new address mid-call", partial(moved, rebound=False), _MOVED),
    Scene("rebinding", "a NAT on the way rebinds mid-call", partial(moved, rebound=True), _MOVED),
    Scene("udp_blocked", "UDP blocked, by ICE-TCP", udp_blocked, (Bound("connected_s", 3), Bound("over_tcp", at_least=1))),
    Scene(
        "turn",
        "UDP blocked, by TURN over TCP",
        udp_blocked,
        (Bound("connected_s", 3), Bound("over_tcp", at_least=1), Bound("relayed", at_least=1)),
        Setting({"turn.policy": "relay"}, turn=True),
    ),
    Scene(
        "jitter",
        "60 ms jitter, 1 % reordering, 1 % duplicates",
        partial(impaired, link="phone", both_ways=Impairments(delay_ms=80, jitter_ms=60, reorder=0.01, duplicate=0.01)),
        (Bound("freeze_s", 0),),
    ),
    Scene("h264-phone", "the phone has H264 only", h264, _H264, Setting(scripts={"guardian": _ONLY_H264})),
    Scene("h264-desk", "the desk has H264 only", h264, _H264, Setting(scripts={"physician": _ONLY_H264})),
    Scene(
        "firefox",
        "the guardian in Firefox: connects, a blackout of 10 s, a new address",
        reconnects,
        (Bound("first_frame_s", 5), Bound("back_s", 5), Bound("longest_gap_s", 10), Bound("picture_at_the_end", at_least=1)),
        Setting(firefox=True),
    ),
)
BY_NAME: Final = {scene.name: scene for scene in SCENES}
