"""What a recording writes, decided from what the feed brings: parts, clusters, facts.

Promises: a part's header names only tracks that have shown what it needs of them (a packet of sound, a keyframe of a
picture); a missing or late track holds the others back for at most `GATHER_US`, once, and never stops them; a picture's
frames are written from a keyframe on; a further track, or another codec, begins a new part. Times within a track rise.
Pure: packets and `now` in, `Line` and `Segment` items out, in the order in which they must become durable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from media.recorder import matroska
from media.recorder.assemble import Track
from media.recorder.depacketise import Frame, Malformed
from media.recorder.timeline import SeatClock, TrackClock

GATHER_US = 1_000_000
SETTLE_US = 400_000  # not sooner, however few tracks are announced yet: each announcement would cost a part
ASK_AGAIN_US = 1_000_000
MAX_TRACKS = 32
LASTING = frozenset({"hold", "resume", "gap"})  # facts that stay true when media is lost
_IDLE_US = 500_000  # a silence that a segment's times do not cover


@dataclass(frozen=True, slots=True)
class Announced:
    """A track of the feed, as `media.control.Tracks` says."""

    number: int
    seat: str
    kind: str
    codec: str
    rate: int


@dataclass(frozen=True, slots=True)
class Line:
    """A fact for the manifest; ``at_us`` of the monotonic clock."""

    type: str
    at_us: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a part, in the clear; times of the monotonic clock."""

    part: int
    data: bytes
    from_us: int
    to_us: int
    keyframe: bool


Item = Line | Segment


class _Timed(NamedTuple):
    source: _Source
    time_us: int
    frame: Frame


class _Source:
    """One announced track: its assembler, its clock, and what is known of its stream."""

    def __init__(self, announced: Announced, seat: SeatClock) -> None:
        self.announced = announced
        self.track = Track(announced.codec)
        self.clock = TrackClock(seat, announced.rate)
        self.is_video = self.needs_keyframe = announced.kind == "video"
        self.asked_us: int | None = None
        self.shape: Frame | None = None  # the newest keyframe, or sound of so many channels, without its bytes


@dataclass(slots=True)
class _Part:
    number: int
    tracks: dict[int, tuple[_Source, matroska.Track]]
    last_ms: dict[int, int] = field(default_factory=dict)
    frames: list[_Timed] = field(default_factory=list)
    written: bool = False  # its header

    def has(self, source: _Source) -> bool:
        entry = self.tracks.get(source.announced.number)
        return entry is not None and entry[0] is source


@dataclass(slots=True)
class _Gathering:
    """The wait for what a new part needs: ``held`` are the frames that belong into it."""

    since_us: int
    why: str
    started: set[_Source] = field(default_factory=set)
    held: list[_Timed] = field(default_factory=list)


class Parts:
    """One recording's media. ``newest_part``: the number of the last part that is already in the folder."""

    def __init__(self, origin_us: int, newest_part: int) -> None:
        self._origin_us = origin_us
        self._newest_part = newest_part
        self._restarted = newest_part > 0
        self._sources: dict[int, _Source] = {}
        self._seats: dict[str, SeatClock] = {}
        self._part: _Part | None = None
        self._gathering: _Gathering | None = None
        self._items: list[Item] = []
        self._resolutions: dict[str, tuple[int, int]] = {}
        self._told: dict[str, tuple[int, int]] = {}
        self._wanted: set[str] = set()
        self._open: bool | None = None
        self._covered_us: int | None = None
        self._dropped = 0
        self.held_bytes = 0  # about what memory the packets since the last `take` need

    # --- what the feed brings -------------------------------------------------------------------

    def announce(self, tracks: Sequence[tuple[int, str, str, str, int]], now_us: int) -> None:
        """The whole list of tracks; raises ``Malformed`` for one that cannot be."""
        announced = [Announced(*track) for track in tracks]
        numbers = {a.number for a in announced}
        if len(announced) > MAX_TRACKS or len(numbers) != len(announced) or not all(map(_plausible, announced)):
            raise Malformed("tracks that cannot be")
        for one in announced:
            old = self._sources.get(one.number)
            if old is not None and old.announced == one:
                continue
            if old is not None:
                self._retire(old, now_us)
            self._sources[one.number] = _Source(one, self._seats.setdefault(one.seat, SeatClock()))
        for number in self._sources.keys() - numbers:
            self._retire(self._sources[number], now_us)
            del self._sources[number]

    def packet(self, track: int, data: bytes, arrival_us: int) -> None:
        source = self._sources.get(track)
        if source is None:
            self._dropped += 1
            return
        self.held_bytes += len(data)
        for frame in source.track.push(data, arrival_us):
            self._frame(source, frame, arrival_us)

    def clock(self, track: int, ntp: int, rtp: int, arrival_us: int) -> None:
        source = self._sources.get(track)
        if source is not None:
            source.clock.report(ntp, rtp, arrival_us)

    def gate(self, is_open: bool, at_us: int, cause: str) -> bool:
        """A change of the gate; says whether it was one."""
        if is_open == self._open:
            return False
        self._open = is_open
        self._interrupt(at_us)
        self._begin_part(at_us)
        self.cut()
        self._items.append(Line("resume", at_us, {}) if is_open else Line("hold", at_us, {"cause": cause[:32]}))
        return True

    def gap(self, from_us: int, to_us: int, why: str, now_us: int) -> None:
        """Something is missing; pictures go on with a keyframe."""
        self._interrupt(now_us)
        self.cut()
        fields = {"from_us": self._media_us(from_us), "to_us": self._media_us(max(from_us, to_us)), "why": why}
        self._items.append(Line("gap", now_us, fields))
        self._want_missing(now_us)

    def forget(self, newest_part: int, kept: Sequence[Line]) -> None:
        """Drops what was not written, but for the ``kept`` facts. The next frames begin a new part after ``newest_part``."""
        for source in self._sources.values():
            source.track.flush()
            source.needs_keyframe = source.is_video
        self._items = [*kept, *(item for item in self._items if isinstance(item, Line) and item.type in LASTING)]
        self._resolutions.clear()
        self._told.clear()
        self._gathering = self._part = None
        self._newest_part, self._restarted = newest_part, True

    def tick(self, now_us: int) -> None:
        """Time passes: holes are given up, a gathering ends, keyframes are asked for again."""
        for source in self._sources.values():
            for frame in source.track.expire(now_us):
                self._frame(source, frame, now_us)
        if self._has_gathered(now_us):
            self._begin_part(now_us)
        for source in self._sources.values():
            if source.needs_keyframe and source.asked_us is not None and now_us - source.asked_us >= ASK_AGAIN_US:
                source.asked_us = None  # the next delta frame asks again

    # --- what comes out ---------------------------------------------------------------------------

    def take(self) -> list[Item]:
        """Everything there is, to be made durable in this order."""
        self.cut()
        self._tell_resolutions()
        items, self._items = self._items, []
        self.held_bytes = 0
        return items

    def take_wanted(self) -> set[str]:
        """The seats that should send a keyframe."""
        wanted, self._wanted = self._wanted, set()
        return wanted

    def oldest_held_us(self) -> int | None:
        """When the oldest packet came that `take` does not give yet."""
        times = [us for source in self._sources.values() if (us := source.track.pending_us()) is not None]
        if self._gathering is not None:
            times += [timed.frame.began_us for timed in self._gathering.held]
        return min(times, default=None)

    @property
    def is_empty(self) -> bool:
        """Whether `take` would give nothing."""
        return not self._items and (self._part is None or not self._part.frames)

    @property
    def gate_is_open(self) -> bool:
        return self._open is True

    @property
    def is_spent(self) -> bool:
        """Whether nothing is held at all."""
        return self.is_empty and self.oldest_held_us() is None

    @property
    def is_urgent(self) -> bool:
        """Whether there is an item that should not wait for its second to be over."""
        return bool(self._items)

    @property
    def dropped(self) -> int:
        """Packets and frames that were late, malformed, not announced, or pictures before their keyframe."""
        return self._dropped + sum(source.track.dropped for source in self._sources.values())

    def finish(self, now_us: int, *, end: bool) -> None:
        """Nothing more will come; with ``end`` the recording itself is over, not only this process."""
        self._interrupt(now_us)
        self._begin_part(now_us)
        self.cut()
        self._tell_resolutions()
        if end:
            self._items.append(Line("end", now_us, {}))

    # --- frames into parts ------------------------------------------------------------------------

    def _frame(self, source: _Source, frame: Frame, now_us: int) -> None:
        time_us = source.clock.time_us(frame)
        if source.is_video:
            if frame.fresh:
                source.needs_keyframe = True
            if source.needs_keyframe and not frame.keyframe:
                self._dropped += 1
                self._want(source, now_us)
                return
            source.needs_keyframe = False
        if frame.keyframe and (source.is_video or source.shape is None or source.shape.channels != frame.channels):
            source.shape = frame._replace(data=b"")
        if source.is_video and frame.keyframe:
            source.asked_us = None
            self._resolutions[source.announced.seat] = (frame.width, frame.height)
        self._place(_Timed(source, time_us, frame), now_us)

    def _place(self, timed: _Timed, now_us: int) -> None:
        source, gathering = timed.source, self._gathering
        in_part = self._in_part(source)
        if gathering is None and not in_part:
            gathering = self._gathering = self._gather(timed.frame.arrival_us, now_us)
        if gathering is None or (
            in_part and source not in gathering.started and not (source.is_video and timed.frame.keyframe)
        ):
            assert self._part is not None
            self._part.frames.append(timed)
            return
        gathering.started.add(source)
        gathering.held.append(timed)

    def _has_gathered(self, now_us: int) -> bool:
        gathering = self._gathering
        if gathering is None or now_us < gathering.since_us + SETTLE_US:
            return False
        missing = (s for s in self._sources.values() if s not in gathering.started and (s.is_video or not self._in_part(s)))
        return now_us >= gathering.since_us + GATHER_US or not any(missing)

    def _in_part(self, source: _Source) -> bool:
        return self._part is not None and self._part.has(source)

    def _gather(self, since_us: int, now_us: int) -> _Gathering:
        """The wait begins; pictures that already run are asked for a keyframe, to go over into the new part with it."""
        if self._part is None:
            why = "restart" if self._restarted else "start"
        else:
            why = "tracks"
            for source in self._sources.values():
                if source.is_video and self._part.has(source):
                    self._want(source, now_us)
        return _Gathering(since_us, why)

    def _begin_part(self, now_us: int) -> None:
        gathering, self._gathering = self._gathering, None
        if gathering is None or not gathering.held:
            return
        self.cut()
        chosen = [s for s in self._sources.values() if s in gathering.started or self._in_part(s)]
        self._newest_part += 1
        tracks = {s.announced.number: (s, _matroska_track(n, s)) for n, s in enumerate(chosen, start=1)}
        self._part = _Part(self._newest_part, tracks)
        listed = [
            {"number": m.number, "seat": s.announced.seat, "kind": s.announced.kind, "codec": s.announced.codec}
            for s, m in tracks.values()
        ]
        self._items.append(Line("part", now_us, {"part": self._newest_part, "tracks": listed, "why": gathering.why}))
        self._part.frames = gathering.held
        self._restarted = False
        for source in chosen:
            if source.is_video and source not in gathering.started:
                source.needs_keyframe = True
                self._want(source, now_us)

    def cut(self) -> None:
        """What the part holds becomes a segment."""
        part = self._part
        if part is None or not part.frames:
            return
        frames, part.frames = part.frames, []
        blocks = []
        for timed in frames:
            number = part.tracks[timed.source.announced.number][1].number
            time_ms = max(self._media_us(timed.time_us) // 1000, part.last_ms.get(number, -1) + 1)
            part.last_ms[number] = time_ms
            blocks.append(matroska.Block(number, time_ms, timed.frame.keyframe, timed.frame.data))
        data = matroska.clusters(blocks)
        if not part.written:
            data, part.written = matroska.header([track for _, track in part.tracks.values()]) + data, True
        from_us, to_us = min(t.frame.began_us for t in frames), max(t.frame.arrival_us for t in frames)
        if self._covered_us is not None and from_us - self._covered_us < _IDLE_US:
            from_us = self._covered_us
        to_us = self._covered_us = max(from_us, to_us)
        keyframe = any(t.source.is_video and t.frame.keyframe for t in frames)
        self._items.append(Segment(part.number, data, from_us, to_us, keyframe))

    # --- small things -----------------------------------------------------------------------------

    def _tell_resolutions(self) -> None:
        at_us = self._covered_us or self._origin_us
        for seat, (width, height) in self._resolutions.items():
            if self._told.get(seat) != (width, height):
                self._told[seat] = (width, height)
                self._items.append(Line("resolution", at_us, {"seat": seat, "width": width, "height": height}))
        self._resolutions.clear()

    def _interrupt(self, now_us: int) -> None:
        """The feed pauses or skips: what was waited for will not come, pictures go on with a keyframe."""
        for source in self._sources.values():
            for frame in source.track.flush():
                self._frame(source, frame, now_us)
            source.needs_keyframe = source.is_video

    def _retire(self, source: _Source, now_us: int) -> None:
        for frame in source.track.flush():
            self._frame(source, frame, now_us)
        if self._gathering is not None and source in self._gathering.started:
            self._begin_part(now_us)
        self._dropped += source.track.dropped

    def _want(self, source: _Source, now_us: int) -> None:
        if source.asked_us is None:
            source.asked_us = now_us
            self._wanted.add(source.announced.seat)

    def _want_missing(self, now_us: int) -> None:
        for source in self._sources.values():
            if source.needs_keyframe and source.shape is not None:
                self._want(source, now_us)

    def _media_us(self, us: int) -> int:
        return max(0, us - self._origin_us)


def _plausible(track: Announced) -> bool:
    kinds = {"VP8": "video", "H264": "video", "opus": "audio"}
    return (
        0 <= track.number <= 255
        and kinds.get(track.codec) == track.kind
        and 8000 <= track.rate <= 192_000
        and 0 < len(track.seat) <= 64
    )


def _matroska_track(number: int, source: _Source) -> matroska.Track:
    shape = source.shape
    assert shape is not None
    a = source.announced
    return matroska.Track(number, a.seat, a.codec, shape.width, shape.height, shape.channels, shape.private)
