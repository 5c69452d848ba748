"""The session controller: one mailbox task per session, the only place where a session's state changes.

For each event: `step` decides; restrictive effects are performed at once; the event is committed to the journal (with
whatever else belongs into the same transaction); only then does the new state count and are permissive effects
performed. When the journal cannot be reached, a fact (media fell silent, a deadline passed) and a command that ends the
session are tried again until they are committed, while the gate stays closed; any other command is refused as
`unavailable` and changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, assert_never

from server import events as ev
from server.chain import Head
from server.effects import (
    AnchorRecording,
    CloseGate,
    Effect,
    EndMedia,
    MakeRoom,
    OpenGate,
    ShowOut,
    ShowState,
    StartRecording,
    is_restrictive,
)
from server.errors import Refused
from server.session import Session, step
from server.store.database import Write
from server.store.errors import Unavailable, VersionConflict
from signaling.seats import Role

RETRY_EVERY_S = 0.2
RECORDED_THOUGH_NOTHING_CHANGES = (
    ev.Annotation, ev.Chatted, ev.RecordingAnchored, ev.ClockStepped, ev.ConsentRefused, ev.VisitMoved,
    ev.QuestionnaireAnswered, ev.Measured, ev.WhereaboutsTold, ev.GuardianAdded, ev.GuardianRemoved,
)  # fmt: skip
_ASKED_FOR = (
    ev.Annotation, ev.Admitted, ev.Attested, ev.HoldCleared, ev.Chatted, ev.ConsentGiven, ev.ConsentRefused, ev.ChildConfirmed,
    ev.ChildDenied, ev.VisitMoved, ev.QuestionnaireAnswered, ev.Measured, ev.WhereaboutsTold, ev.FamilyDenied, ev.TextBegun,
    ev.GuestInvited, ev.GuestAgreed, ev.GuardianAdded,
)  # fmt: skip
"""What somebody waits for and can ask for again: refused while the journal is away, unless it takes something away."""

log = logging.getLogger(__name__)


class Journal(Protocol):
    """What the controller needs of `server.journal.Journal`."""

    async def append(
        self, session: str, expected_version: int, events: Sequence[ev.Event], at: float, also: Sequence[Write] = ()
    ) -> Head: ...

    async def replay(self, session: str) -> list[tuple[ev.Event, float]]: ...


class Effects(Protocol):
    """What the controller performs through; none of these may block."""

    def open_gate(self, session: Session, generation: int) -> None: ...
    def close_gate(self, session: Session, generation: int) -> None: ...
    def start_recording(self, session: Session) -> None: ...
    def anchor_recording(self, session: Session) -> None: ...
    def end_media(self, session: Session) -> None: ...
    def make_room(self, session: Session) -> None: ...
    def show_out(self, session: Session, role: Role) -> None: ...
    def writes(self, after: Session) -> Sequence[Write]:
        """What else belongs into the transaction of the event that makes ``after``."""

    def show_state(self, session: Session) -> None: ...
    def failed(self, session: Session) -> None:
        """A bug in this session's task: close its gate, whatever the journal says."""


@dataclass(slots=True)
class _Letter:
    event: ev.Event
    also: tuple[Write, ...]
    done: asyncio.Future[Session]


class Controller:
    """One session: its mailbox, its state, its one timer."""

    def __init__(self, session: Session, version: int, journal: Journal, effects: Effects, clock: Callable[[], float]) -> None:
        self.session = session
        self.version = version
        self.head = ""
        self._journal = journal
        self._effects = effects
        self._clock = clock
        self._mailbox: asyncio.Queue[_Letter] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self, first: ev.Event | None = None) -> None:
        """Begins; ``first`` is taken in before anything else, even before a deadline that is long past."""
        if first is not None:
            self.post(first)
        self._task = asyncio.create_task(self._run(), name=f"session {self.session.id[:8]}")
        self._rearm()

    async def stop(self) -> None:
        """Ends the task; the session itself stays as the journal has it. Whoever waits, or comes later, is refused as
        ``unavailable``: nobody will take in what they posted, or nobody knows whether it was."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        while not self._mailbox.empty():
            _turn_away(self._mailbox.get_nowait())

    def post(self, event: ev.Event, also: tuple[Write, ...] = ()) -> asyncio.Future[Session]:
        """Puts an event into the mailbox. The future gives the session after it, or ``Refused``; facts need not be awaited."""
        done: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_retrieve)
        letter = _Letter(event, also, done)
        if self._stopped:
            _turn_away(letter)
        else:
            self._mailbox.put_nowait(letter)
        return done

    async def _run(self) -> None:
        while True:
            letter = await self._mailbox.get()
            try:
                await self._take(letter)
            except asyncio.CancelledError:
                _turn_away(letter)
                raise
            except Exception as bug:
                log.exception("session task failed", extra={"session": self.session.id[:8]})
                if not letter.done.done():
                    letter.done.set_exception(bug)
                self._effects.failed(self.session)

    async def _take(self, letter: _Letter) -> None:
        try:
            while not await self._advance(letter):
                await self._catch_up()
        except Refused as refused:
            letter.done.set_exception(refused)
        finally:
            self._rearm()
        if not letter.done.done():
            letter.done.set_result(self.session)

    async def _advance(self, letter: _Letter) -> bool:
        """One event, whole. False when the journal turned out to be further than we are (a commit of unknown outcome)."""
        now = self._clock()  # the journal stores the very time that `step` decided with
        session, effects = step(self.session, letter.event, now)
        if session is self.session and not effects and not isinstance(letter.event, RECORDED_THOUGH_NOTHING_CHANGES):
            return True
        restrictive = [effect for effect in effects if is_restrictive(effect)]
        for effect in restrictive:
            self._perform(effect, session)
        try_once = isinstance(letter.event, _ASKED_FOR) and not restrictive
        try:
            await self._commit(letter, now, (*letter.also, *self._effects.writes(session)), try_once)
        except VersionConflict:
            return False
        self.session = session
        for effect in effects:
            if effect not in restrictive:
                self._perform(effect, session)
        return True

    async def _catch_up(self) -> None:
        """Takes in what the journal has and we have not, effects included."""
        log.warning("session catches up with its journal", extra={"session": self.session.id[:8]})
        while True:
            try:
                committed = await self._journal.replay(self.session.id)
                break
            except Unavailable:
                await asyncio.sleep(RETRY_EVERY_S)
        for event, at in committed[self.version :]:
            self.session, effects = step(self.session, event, at)
            for effect in effects:
                self._perform(effect, self.session)
        self.version = len(committed)

    async def _commit(self, letter: _Letter, at: float, also: tuple[Write, ...], try_once: bool) -> None:
        while True:
            try:
                head = await self._journal.append(self.session.id, self.version, [letter.event], at, also)
            except Unavailable:
                if try_once:
                    raise Refused("unavailable") from None
                await asyncio.sleep(RETRY_EVERY_S)
            else:
                self.version, self.head = head.n, head.hash
                return

    def _perform(self, effect: Effect, session: Session) -> None:
        match effect:
            case OpenGate(generation=generation):
                self._effects.open_gate(session, generation)
            case CloseGate(generation=generation):
                self._effects.close_gate(session, generation)
            case StartRecording():
                self._effects.start_recording(session)
            case AnchorRecording():
                self._effects.anchor_recording(session)
            case EndMedia():
                self._effects.end_media(session)
            case MakeRoom():
                self._effects.make_room(session)
            case ShowOut(role=role):
                self._effects.show_out(session, role)
            case ShowState():
                self._effects.show_state(session)
            case _:
                assert_never(effect)

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.session.deadline
        if deadline is not None and not self._stopped:
            wait_s = max(0.0, deadline - self._clock()) + 0.001
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.post, ev.DeadlinePassed())


def _turn_away(letter: _Letter) -> None:
    if not letter.done.done():
        letter.done.set_exception(Refused("unavailable"))


def _retrieve(future: asyncio.Future[Session]) -> None:
    """A fact's future is awaited by nobody: its exception has been logged where it arose."""
    if not future.cancelled():
        future.exception()
