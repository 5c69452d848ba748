"""From what a page noted to figures. Pure: all times are seconds of one clock, all rates bits a second.

A figure that did not come about is None: a picture that never came back is not back after 0 seconds. Counters that begin anew
with a new peer connection are added up over all of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

SEEN_FRAMES: Final = 30
"""A freeze is judged against the average of so many frames before it (W3C webrtc-stats, freezeCount)."""
FREEZE_BEYOND_S: Final = 0.150
BACK_FRAMES: Final = 5
"""So many frames within a second: a picture is back, and not one late frame."""
STAYS_S: Final = 3.0
_PITCH_APART: Final = 0.08

Line = Mapping[str, float | str]
"""One stream's counters, by the names of W3C webrtc-stats; always with ``kind`` and ``ssrc``."""
Series = Sequence[tuple[float, float]]
"""(seconds, value), times rising."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What ``getStats`` of one peer connection said. ``pair`` is the selected candidate pair, None before there is one."""

    at: float
    connection: int
    state: str
    pair: Line | None
    sent: tuple[Line, ...]
    received: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The visit as a page knows it. ``rungs``: by (from, to), those below ``full``."""

    at: float
    state: str
    gate: bool
    rungs: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """A peer connection: when it was made, and when it first was connected."""

    started: float
    connected: float | None


@dataclass(frozen=True, slots=True)
class Record:
    """All that a page noted. ``frames``: when each was shown; ``spoken``, ``heard``: when a beep began, and its pitch in Hz."""

    samples: Sequence[Sample] = ()
    frames: Sequence[float] = ()
    spoken: Series = ()
    heard: Series = ()
    states: Sequence[State] = ()
    connections: Sequence[Connection] = ()
    clicks: Sequence[tuple[float, str]] = ()
    """When, and the id of what was clicked or lies around it."""


# --- counters and rates ------------------------------------------------------------------------------------------------------


def counter(
    samples: Iterable[Sample], lines: Callable[[Sample], Iterable[Line]], names: Sequence[str]
) -> list[tuple[float, float]]:
    """The sum of these counters over all streams and connections, rising from 0."""
    seen: dict[tuple[int, str], float] = {}
    total, series = 0.0, []
    for sample in samples:
        for line in lines(sample):
            key = (sample.connection, f"{line['kind']} {line['ssrc']}")
            now = sum(float(line.get(name, 0)) for name in names)
            total += max(0.0, now - seen.get(key, 0.0))
            seen[key] = max(now, seen.get(key, 0.0))
        series.append((sample.at, total))
    return series


def sent(kind: str | None = None) -> Callable[[Sample], list[Line]]:
    """Picks the streams of a kind that are sent; without a kind all."""
    return lambda sample: [line for line in sample.sent if kind in (None, line["kind"])]


def received(kind: str | None = None) -> Callable[[Sample], list[Line]]:
    return lambda sample: [line for line in sample.received if kind in (None, line["kind"])]


SENT_BYTES: Final = ("bytesSent", "headerBytesSent")
RECEIVED_BYTES: Final = ("bytesReceived", "headerBytesReceived")


def value_at(series: Series, at: float) -> float:
    """Between two points as if it had grown evenly; before the first as the first, after the last as the last."""
    times = [t for t, _ in series]
    n = bisect_right(times, at)
    if n == 0:
        return series[0][1] if series else 0.0
    if n == len(series):
        return series[-1][1]
    (t0, v0), (t1, v1) = series[n - 1], series[n]
    return v0 + (v1 - v0) * (at - t0) / (t1 - t0)


def grown(series: Series, start: float, end: float) -> float:
    return value_at(series, end) - value_at(series, start)


def rate_bps(total_bytes: Series, over_s: float = 1.0) -> list[tuple[float, float]]:
    """The average over the last second, at each point that has one behind it."""
    if not total_bytes:
        return []
    first = total_bytes[0][0]
    return [(t, grown(total_bytes, t - over_s, t) * 8 / over_s) for t, _ in total_bytes if t - over_s >= first]


def reached_s(rates: Series, bps: float, since: float) -> float | None:
    """How long until the rate was first as high."""
    return next((t - since for t, rate in rates if t >= since and rate >= bps), None)


def adapted_s(rates: Series, capacity_bps: float, since: float) -> float | None:
    """How long until the rate had fallen to the capacity, and stayed there for ``STAYS_S`` of what was seen."""
    start: float | None = None
    for t, rate in rates:
        if t < since:
            continue
        if rate > capacity_bps:
            start = None
        elif start is None:
            start = t
        if start is not None and t - start >= STAYS_S:
            return start - since
    return None


# --- the picture -------------------------------------------------------------------------------------------------------------


def shown(told: Sequence[tuple[float, int]]) -> list[float]:
    """When frames were shown, of (when, the how manieth) as a page was told.

    A page that is busy hears of only some: the others came evenly in between, as far as it can know. A count that does not
    rise is another video element's.
    """
    frames = [at for at, _ in told[:1]]
    for (before, counted), (at, count) in pairwise(told):
        missed = max(1, count - counted)
        frames += [before + (at - before) * n / missed for n in range(1, missed + 1)]
    return frames


@dataclass(frozen=True, slots=True)
class Freezes:
    """``total_s`` of all freezes and the ``longest_s`` gap of all, within a window."""

    total_s: float
    longest_s: float


def freezes(frames: Sequence[float], start: float, end: float) -> Freezes:
    """Gaps longer than three times the average of the frames before and than that average + 150 ms (W3C webrtc-stats).

    What reaches over an edge of the window counts within it only; no frame at all is one freeze as long as the window.
    """
    total = longest = 0.0
    times = [t for t in frames if t <= end]
    shown = [b - a for a, b in pairwise(times)]
    gaps = [(a, b, n) for n, (a, b) in enumerate(pairwise(times)) if b > start]
    last = times[-1] if times else start
    gaps.append((last, end, len(shown)))
    for a, b, n in gaps:
        within = b - max(a, start)
        longest = max(longest, within)
        before = shown[max(0, n - SEEN_FRAMES) : n]
        average = sum(before) / len(before) if before else 0.0
        if b - a > max(3 * average, average + FREEZE_BEYOND_S):
            total += within
    return Freezes(total, longest)


def back_s(frames: Sequence[float], since: float) -> float | None:
    """How long until a picture was there again that goes on."""
    first = bisect_left(frames, since)
    for n in range(first, len(frames) - BACK_FRAMES + 1):
        if frames[n + BACK_FRAMES - 1] - frames[n] <= 1.0:
            return frames[n] - since
    return None


def first_s(frames: Sequence[float], since: float) -> float | None:
    """How long until the first frame."""
    n = bisect_left(frames, since)
    return frames[n] - since if n < len(frames) else None


def fps(decoded: Series, start: float, end: float) -> float:
    return grown(decoded, start, end) / (end - start)


# --- the sound ---------------------------------------------------------------------------------------------------------------


def ratio(part: Series, whole: Series, start: float, end: float) -> float | None:
    """Such as concealed samples to all samples; None where there was nothing."""
    all_of_it = grown(whole, start, end)
    return grown(part, start, end) / all_of_it if all_of_it > 0 else None


def delays(
    spoken: Series, heard: Series, pitches_hz: Sequence[float], within_s: float, start: float, end: float
) -> list[tuple[float, float]]:
    """(when it was heard, how much later than it was spoken), for each beep heard between the times.

    A beep is matched with the last one of its pitch spoken up to ``within_s`` before, less than the cycle of pitches; one
    without such a match, or of no known pitch, is left out.
    """

    def pitch_of(hz: float) -> float | None:
        nearest = min(pitches_hz, key=lambda pitch: abs(pitch - hz))
        return nearest if abs(nearest - hz) <= _PITCH_APART * nearest else None

    said: dict[float, list[float]] = {}
    for t, hz in spoken:
        if (pitch := pitch_of(hz)) is not None:
            said.setdefault(pitch, []).append(t)
    found = []
    for t, hz in heard:
        pitch = pitch_of(hz)
        before = [] if pitch is None else said.get(pitch, [])
        n = bisect_right(before, t)
        if n and start <= t <= end and t - before[n - 1] < within_s:
            found.append((t, t - before[n - 1]))
    return found


def worst_delay_s(delayed: Series) -> float | None:
    """The greatest median of three beeps in a row, so that one misheard beep decides nothing."""
    values = [delay for _, delay in delayed]
    return max((median(values[n : n + 3]) for n in range(len(values) - 2)), default=None)


def peak_delay_s(delayed: Series) -> float | None:
    """The greatest of all, misheard beeps and all."""
    return max((delay for _, delay in delayed), default=None)


# --- the visit ---------------------------------------------------------------------------------------------------------------


def entered_s(states: Sequence[State], wanted: Callable[[State], bool], since: float) -> float | None:
    """How long until the visit was first so; 0 when it already was."""
    before = [state for state in states if state.at <= since]
    if before and wanted(before[-1]):
        return 0.0
    return next((state.at - since for state in states if state.at > since and wanted(state)), None)


def connected_s(connections: Sequence[Connection]) -> float | None:
    """From the first attempt until one of them was connected."""
    times = [connection.connected for connection in connections if connection.connected is not None]
    return min(times) - connections[0].started if times else None


def at_rung(way: tuple[str, str], rungs: frozenset[str]) -> Callable[[State], bool]:
    """Whether a direction is at one of these rungs (one that is not named is at ``full``)."""
    return lambda state: state.rungs.get(way, "full") in rungs


def middle(values: Sequence[float | None], never: float) -> float | None:
    """The median, ``never`` (the worst there is, plus or minus infinity) standing for what did not come about."""
    found = median(never if value is None else value for value in values) if values else never
    return None if found == never else found
