"""One recording in the recorder process: from the feed's messages to durable segments, and what is told to app and relay.

Promises: ``durable`` is said only of what is on disk, and only while the writer answers; a disk that fails or stalls makes the
recording ``lost`` at once, and it comes back by itself, with what is missing declared as a gap. At most one write is under
way; what comes meanwhile waits here, bounded. No sockets and no clock: `Ports` and ``now_us`` are given.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from media.control import (
    Attach,
    Batch,
    Clock,
    Durable,
    Gate,
    Head,
    KeyframeWanted,
    Lost,
    Message,
    RecordingOpen,
    RecordingState,
)
from media.control import Tracks as TracksMessage
from media.recorder.folder import Folder, Identity, why_of
from media.recorder.parts import LASTING, Item, Line, Parts

SEAL_EVERY_US = 1_000_000
LATE_US = 1_200_000  # the gate closes at 2 s; a packet that was waited for may have held the last seal back
STALLED_AFTER_US = 2_000_000
RETRY_EVERY_US = 1_000_000
TELL_EVERY_US = 400_000
HEARTBEAT_US = 1_000_000
ON_THE_WAY_US = 250_000  # what the relay flushes every 50 ms has reached us after this long
GAP_KNOWN_AFTER_US = 1_000_000
MAX_HELD_BYTES = 32 << 20
MAX_EARLY_BYTES = 4 << 20

FeedMessage = Attach | TracksMessage | Clock | Gate | Lost | Batch


class Ports(Protocol):
    """What a recording needs of its process."""

    def submit(self, job: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        """Runs ``job`` in the writer's thread, jobs one after the other; ``done(result, error)`` here, later."""

    def to_app(self, message: Message) -> None: ...

    def to_feed(self, message: Message) -> None:
        """To the relay that feeds this recording, if there is one."""

    def now_us(self) -> int: ...


class Recording:
    """``state``: ``waiting`` (named by the relay, not opened by the app), ``opening``, ``running``, ``lost``, ``closed``."""

    def __init__(self, recording: str, ports: Ports) -> None:
        self.recording = recording
        self.state, self._why = "waiting", ""
        self.since_us = ports.now_us()
        self._ports = ports
        self._order: RecordingOpen | None = None
        self._folder: Folder | None = None
        self._parts: Parts | None = None
        self._origin_us = 0
        self._early: list[FeedMessage] = []
        self._early_bytes = 0
        self._heads: dict[int, str] = {}
        self._busy_us: int | None = None  # since when a write is under way
        self._cut_us = self._told_us = self._healthy_us = self._retry_us = 0
        self._durable_us = 0
        self._seen_us = 0  # newest arrival of the feed
        self._discarding = False  # the disk failed: what comes is lost until it is back
        self._gap: tuple[int, int, str] | None = None  # from, to so far, why
        self._restart_gap_us: int | None = None  # after a crash: from when media is missing, to when is not known yet
        self._closing = self._ending = False
        self._end_us = 0
        self._ticked_us = self._heard_us = 0  # the last tick, the last message of the feed
        self._quiet_us = 0  # up to when the feed is known to have brought nothing that is not in `_seen_us`

    # --- from the app -----------------------------------------------------------------------------

    def open(self, order: RecordingOpen) -> None:
        if self.state in ("running", "lost", "closed"):
            self._tell_state(self.state, self._why)
        if self._order is not None:
            return
        self._order, self.state = order, "opening"
        self._open()

    def close(self) -> None:
        """In a moment, when what the relay sent before has come: seals what is held and writes ``end``."""
        if self.state in ("closed", "waiting"):
            self._tell_state("closed", "")
        elif not self._closing:
            self._closing, self._end_us = True, self._ports.now_us() + ON_THE_WAY_US

    def signed(self, line: int, signature: bytes) -> None:
        sha256, folder = self._heads.get(line), self._folder
        if sha256 is None or folder is None or len(signature) != 64:
            return
        for old in [n for n in self._heads if n < line]:
            del self._heads[old]
        closed = self.state == "closed"

        def job() -> None:
            folder.sign(line, sha256, signature)
            if closed:
                folder.sync_signatures()

        self._ports.submit(job, lambda _result, _error: None)  # a disk that fails shows at the next commit

    def leave(self) -> None:
        """The process ends: seals what is held, as far as it can. To be called until `is_settled`."""
        if self._parts is not None and self.state == "running":
            self._finish(self._ports.now_us())

    def break_off(self) -> None:
        """Something that must not happen has happened here. The app may open the recording anew, after a declared gap."""
        folder, self._parts, self._folder = self._folder, None, None
        self._tell_state("lost", "unknown")
        if folder is not None:
            self._ports.submit(folder.close, lambda _result, _error: None)

    @property
    def is_settled(self) -> bool:
        """Nothing is left to write."""
        waits = self._parts is not None and self.state == "running" and not self._parts.is_spent
        return self._busy_us is None and not waits

    # --- from the relay ---------------------------------------------------------------------------

    def feed(self, message: FeedMessage) -> None:
        """Raises ``Malformed`` for what cannot be."""
        if self._parts is None:
            self._keep_early(message)
            return
        parts, now_us = self._parts, self._ports.now_us()
        self._heard_us = now_us
        match message:
            case Batch():
                self._batch(parts, message)
            case TracksMessage():
                parts.announce(message.tracks, now_us)
            case Clock():
                parts.clock(message.track, message.ntp, message.rtp, message.arrival_us)
            case Gate():
                if not message.open:
                    self._settle_restart_gap(message.at_us)
                parts.gate(message.open, message.at_us, message.cause)
            case Lost() if self._restart_gap_us is not None:  # the relay's side of the same gap
                self._settle_restart_gap(message.to_us)
            case Lost():
                parts.gap(message.from_us, message.to_us, "dropped", now_us)
            case Attach():
                self._told_us = 0  # the gate waits for a word of ours
        self._ask_for_keyframes(parts)
        if parts.is_urgent:
            self._commit(now_us)

    def feed_gone(self) -> None:
        """The relay is away. If its gate was open, what it had not sent yet is missing."""
        if self._parts is not None and self._parts.gate_is_open:
            now_us = self._ports.now_us()
            self._parts.gate(False, now_us, "relay_gone")
            self._parts.gap(min(self._seen_us, now_us), now_us, "dropped", now_us)
            self._commit(now_us)

    def _batch(self, parts: Parts, batch: Batch) -> None:
        if not batch.packets:
            return
        self._seen_us = max(self._seen_us, batch.packets[-1].arrival_us)
        if self._restart_gap_us is not None:
            self._settle_restart_gap(batch.packets[0].arrival_us)
        if not self._discarding and parts.held_bytes > MAX_HELD_BYTES:
            self._lose("stalled", [])
        if self._discarding:
            from_us, _, why = self._gap or (batch.packets[0].arrival_us, 0, "disk")
            self._gap = (from_us, batch.packets[-1].arrival_us, why)
            return
        for packet in batch.packets:
            parts.packet(packet.track, packet.data, packet.arrival_us)

    def _keep_early(self, message: FeedMessage) -> None:
        """The relay came back sooner than the app's order to open."""
        size = sum(len(p.data) + 64 for p in message.packets) if isinstance(message, Batch) else 256
        if self.state == "closed" or self._early_bytes + size > MAX_EARLY_BYTES:
            return
        self._early.append(message)
        self._early_bytes += size

    # --- time -------------------------------------------------------------------------------------

    def tick(self) -> None:
        now_us, parts = self._ports.now_us(), self._parts
        if self.state in ("waiting", "closed"):
            return
        if self._busy_us is not None:
            if self.state != "lost" and now_us - self._busy_us >= STALLED_AFTER_US:
                self._tell_state("lost", "stalled")
        elif self.state == "lost" and now_us >= self._retry_us and (self._discarding or parts is None):
            self._try_again()
        if self._heard_us < self._ticked_us:  # whatever lay in the socket at the last tick has been read since
            self._quiet_us = self._ticked_us - ON_THE_WAY_US
        self._ticked_us = now_us
        if parts is None:
            return
        if self._closing and now_us >= self._end_us and not self._ending and not self._discarding:
            self._finish(now_us)
        parts.tick(now_us)
        self._ask_for_keyframes(parts)
        if self._restart_gap_us is not None and now_us - self.since_us >= GAP_KNOWN_AFTER_US:
            self._settle_restart_gap(now_us)
        late = now_us - self._durable_us >= LATE_US and now_us - self._cut_us >= SEAL_EVERY_US // 4
        if parts.is_urgent or late or now_us - self._cut_us >= SEAL_EVERY_US:
            self._commit(now_us)
        self._tell_durable(now_us)

    def _tell_durable(self, now_us: int) -> None:
        busy = self._busy_us is not None and now_us - self._busy_us > TELL_EVERY_US
        if self.state != "running" or busy or now_us - self._told_us < TELL_EVERY_US or self._parts is None:
            return
        if self._parts.is_empty and self._busy_us is None:
            self._durable_us = max(self._durable_us, self._through_us())
        self._say_durable(now_us)

    def _say_durable(self, now_us: int) -> None:
        """To the relay first: the app opens the gate as soon as it knows that a recording runs, and the relay would refuse."""
        self._told_us = now_us
        self._ports.to_feed(Durable(self.recording, self._durable_us))
        if self.state != "running":
            self._tell_state("running", "")

    def _through_us(self) -> int:
        """Up to when everything that arrived is in what `Parts.take` gave, or gives now."""
        assert self._parts is not None
        seen_us = max(self._seen_us, self._quiet_us)
        oldest_us = self._parts.oldest_held_us()
        return seen_us if oldest_us is None else min(seen_us, oldest_us - 1)

    # --- the disk ---------------------------------------------------------------------------------

    def _open(self) -> None:
        order = self._order
        assert order is not None
        identity = Identity(order.recording, order.session, order.origin_utc, order.recipient)
        now_us = self._ports.now_us()

        self._start(now_us, lambda: Folder.open(Path(order.folder), identity, now_us - order.origin_us), self._opened)

    def _opened(self, folder: Folder | None, error: BaseException | None) -> None:
        self._busy_us = None
        if folder is None or self._order is None:
            self._fail_to_open(error)
            return
        self._folder = folder  # until the next job it is at rest, and can be read here
        if folder.ended:
            self._finish_closed()
            return
        now_us = self._ports.now_us()
        # A machine that was restarted counts its monotonic time anew; media time must not run backwards.
        self._origin_us = min(self._order.origin_us, now_us - folder.head.at_us)
        self._parts = Parts(self._origin_us, folder.newest_part)
        self.since_us = self._cut_us = self._healthy_us = now_us
        self._durable_us = now_us - ON_THE_WAY_US
        if folder.reopened:
            self._restart_gap_us = self._origin_us + folder.covered_us
        self._tell_head(folder.head.line, folder.head.sha256, now_us, folder.media_us // 1_000_000)
        self._say_durable(now_us)
        early, self._early = self._early, []
        for message in early:
            self.feed(message)

    def _fail_to_open(self, error: BaseException | None) -> None:
        self._retry_us = self._ports.now_us() + RETRY_EVERY_US
        if self.state != "lost":
            self._tell_state("lost", why_of(error))

    def _commit(self, now_us: int) -> None:
        """Hands everything to the writer, unless it is at work: then the rest goes when it is done."""
        parts, folder = self._parts, self._folder
        if parts is None or folder is None or self._busy_us is not None or self._discarding or self.state == "closed":
            return
        through_us, origin_us = self._through_us(), self._origin_us
        items = parts.take()
        if not items and now_us - self._healthy_us < HEARTBEAT_US:
            return
        self._cut_us = now_us

        def job() -> tuple[int, str, int, bool]:
            if items:
                folder.commit(items, origin_us)
            else:
                folder.probe()
            return folder.head.line, folder.head.sha256, folder.media_us, folder.ended

        self._start(now_us, job, lambda result, error: self._committed(items, through_us, result, error))

    def _committed(
        self, items: list[Item], through_us: int, result: tuple[int, str, int, bool] | None, error: BaseException | None
    ) -> None:
        self._busy_us, now_us = None, self._ports.now_us()
        if self._parts is None:  # it broke off meanwhile
            return
        if result is None:
            self._lose(why_of(error), [i for i in items if isinstance(i, Line) and i.type in LASTING])
            return
        line, sha256, media_us, ended = result
        self._healthy_us = now_us
        self._durable_us = max(self._durable_us, through_us)
        if items:
            self._tell_head(line, sha256, now_us, media_us // 1_000_000)
        if ended:
            self._finish_closed()
            return
        if self._discarding:  # what it wrote is safe, but what came after it is not; `_try_again` goes on from here
            return
        self._say_durable(now_us)
        if self._parts.is_urgent:
            self._commit(now_us)

    def _lose(self, why: str, kept: list[Line]) -> None:
        """What is held cannot be kept: from the last durable moment on there is a gap."""
        assert self._parts is not None
        now_us = self._ports.now_us()
        if not self._discarding:
            self._discarding = True
            self._gap = (self._durable_us, max(self._seen_us, self._durable_us), "stalled" if why == "stalled" else "disk")
        self._ending = False
        self._parts.forget(0, kept)
        self._retry_us = now_us + RETRY_EVERY_US
        if self.state != "lost":
            self._tell_state("lost", why)

    def _try_again(self) -> None:
        folder, now_us = self._folder, self._ports.now_us()
        if folder is None or self._parts is None:
            self._open()
            return

        def job() -> int:
            folder.probe()
            folder.mend()
            return folder.newest_part

        self._start(now_us, job, self._tried)

    def _tried(self, newest_part: int | None, error: BaseException | None) -> None:
        """The disk is back: the gap is declared, and only when that is durable is the recording running again."""
        self._busy_us, now_us, parts = None, self._ports.now_us(), self._parts
        if newest_part is None or parts is None:
            self._retry_us = now_us + RETRY_EVERY_US
            return
        parts.forget(newest_part, [])
        self._discarding = False
        if self._gap is not None:
            from_us, to_us, why = self._gap
            self._gap = None
            parts.gap(max(from_us, self._durable_us), to_us, why, now_us)
        self._commit(now_us)

    def _start(self, now_us: int, job: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        self._busy_us = now_us
        self._ports.submit(job, done)

    # --- small things -----------------------------------------------------------------------------

    def _finish(self, now_us: int) -> None:
        """Nothing more comes: because the recording is closed, or only because the process ends."""
        assert self._parts is not None
        self._settle_restart_gap(now_us)
        self._parts.finish(now_us, end=self._closing and not self._ending)
        self._ending = self._closing
        self._commit(now_us)

    def _finish_closed(self) -> None:
        folder = self._folder
        self._parts = None
        self.since_us = self._ports.now_us()
        self._tell_state("closed", "")
        if folder is not None:
            self._ports.submit(folder.close, lambda _result, _error: None)

    def _settle_restart_gap(self, to_us: int) -> None:
        """After a crash: the gap ends where media, or a closed gate, is first heard of again."""
        from_us, self._restart_gap_us = self._restart_gap_us, None
        if from_us is not None and self._parts is not None:
            self._parts.gap(from_us, max(from_us, to_us), "restart", self._ports.now_us())

    def _ask_for_keyframes(self, parts: Parts) -> None:
        for seat in sorted(parts.take_wanted()):
            self._ports.to_app(KeyframeWanted(self.recording, seat))

    def _tell_head(self, line: int, sha256: str, durable_us: int, seconds: int) -> None:
        self._heads[line] = sha256
        while len(self._heads) > 1024:
            del self._heads[next(iter(self._heads))]
        self._ports.to_app(Head(self.recording, line, sha256, durable_us, seconds))

    def _tell_state(self, state: str, why: str) -> None:
        self.state, self._why = state, why
        self._ports.to_app(RecordingState(self.recording, state, why))
