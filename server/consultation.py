"""One consultation as it runs: a session's controller bound to its worker, its recording and the people's pages.

It performs the machine's effects, turns what relay and recorder report into events, and shows everybody the state. It
decides nothing: what a fact means is the session machine's affair.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from media import control
from media.rate.ladder import Rung
from media.rate.rescue import THINNED
from server import events as ev
from server import guests
from server.controller import Controller, Journal
from server.errors import Refused
from server.presence import DeviceReport, doubts
from server.quality import quality_message
from server.rung_watch import RungWatch
from server.sealing import Anchor, SealingFailed, SessionRecording
from server.session import Ended, Recorder, Session, Waiting
from server.session_writes import writes_of
from server.store.database import Write
from server.store.errors import Unavailable
from server.store.tickets import Ticket
from server.views import session_view
from server.workers import OfferRefused, Worker
from signaling import messages as wire
from signaling.negotiation import Legs, OfferKey, is_latest, place
from signaling.seats import GUESTS, Role
from signaling.shapes import read

REQUIRED = [Role.GUARDIAN.value, Role.PHYSICIAN.value]
ANCHOR_EVERY_S = 10.0
LOOK_AGAIN_EVERY_S = 1.0
REOPEN_AFTER_S = 0.3
REFUSED_AGAIN_S = 0.15
MOST_DOUBLED = 4
REFUSALS_BEFORE_A_HOLD = 5
FAILED_AGAIN_S = 10.0
_KINDS = ("audio", "video")

log = logging.getLogger(__name__)

Say = Callable[[Role | None, wire.Message, int | None], None]
"""To a seat (of one epoch, if given), or to everybody."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What pages are shown of the people and the visit besides the session's state."""

    names: Mapping[Role, str]
    visit: Callable[[Role, str], wire.VisitView]


def again_after_s(refusals: int) -> float:
    """How long to wait with the gate after so many refusals before this one: shortly after the first, which a word on its way
    to the relay explains, and twice as long after each other, up to 2.4 s.
    """
    return REFUSED_AGAIN_S * (1 << min(refusals, MOST_DOUBLED))


class Consultation:
    """The runtime of one session."""

    def __init__(
        self,
        session: Session,
        version: int,
        *,
        journal: Journal,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        worker: Worker,
        recording: SessionRecording,
        keep_recording: Callable[[SessionRecording, str], Coroutine[Any, Any, None]],
        shown: Shown,
        say: Say,
        hang_up: Callable[[Role], None],
    ) -> None:
        self.controller = Controller(session, version, journal, self, clock)
        self.worker = worker
        self.recording = recording
        self.shown = shown
        self.statistics: dict[Role, Mapping[str, Any]] = {}
        self.opened_at = clock()
        self.guest_names: dict[str, str] = {}  # by invitation
        self.guardian_names: Mapping[str, str] = {}  # of further guardians, by id
        self.tickets: dict[Role, Ticket] = {}  # the device or sign-in that vouches for each seat's holder
        self.chat_turn = asyncio.Lock()
        self._clock = clock
        self._new_id = new_id
        self._say = say
        self._hang_up = hang_up
        self._keep_recording = keep_recording
        self._legs = Legs()
        self._reports: dict[tuple[Role, int], DeviceReport] = {}
        self._rungs = RungWatch(self.controller, clock)
        self._anchored: Anchor | None = None
        self._waiting_since: float | None = None
        self._preparing = False
        self._refusals = 0
        self._failed_at = float("-inf")
        self._stopped = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._periodic: asyncio.Task[None] | None = None

    @property
    def session(self) -> Session:
        return self.controller.session

    def start(self, first: ev.Event | None = None) -> None:
        """Begins, with ``first`` before anything else."""
        if not isinstance(self.session.state, Ended):
            self._open_room()
        self.controller.start(first)
        self._periodic = asyncio.create_task(self._look_after(), name="consultation")

    async def stop(self) -> None:
        """The server goes down: the recording is sealed to here, the session stays as the journal has it."""
        self._stopped = True
        self._rungs.stop()
        for task in (*self._tasks, *((self._periodic,) if self._periodic else ())):
            task.cancel()
        await self.controller.stop()
        self.worker.close_room(self.session.id)

    @property
    def names(self) -> Mapping[Role, str]:
        """Who is in the visit, as they are shown to all: the guardian who holds the seat masked, a guest as the physician named
        them."""
        guest, names = self.session.guest, dict(self.shown.names)
        if self.session.guardian:
            names[Role.GUARDIAN] = self.guardian_names.get(self.session.guardian, "")
        return names if guest is None else names | {guest.role: self.guest_names.get(guest.invitation, "")}

    def view(self, role: Role = Role.PHYSICIAN) -> wire.SessionView:
        """The session as that role is shown it: a referral is no guest's business."""
        view = read(wire.SessionView, session_view(self.session, self._clock(), self.names))
        return replace(view, referral=None) if role in GUESTS else view

    # --- effects of the machine -------------------------------------------------------------------

    def writes(self, after: Session) -> Sequence[Write]:
        """What belongs into the transaction of the event that made ``after``."""
        guardian_waits = isinstance(after.state, Waiting) and after.seats[Role.GUARDIAN].connected
        self._waiting_since = (self._waiting_since or self._clock()) if guardian_waits else None
        return writes_of(self.session, after, self._clock(), self._new_id, self._waiting_since)

    def open_gate(self, session: Session, generation: int) -> None:
        self.worker.open_gate(session.id, generation, REQUIRED)

    def close_gate(self, session: Session, generation: int) -> None:
        self.worker.close_gate(session.id, generation)

    def start_recording(self, session: Session) -> None:
        self._spawn(self._start_recording())

    def anchor_recording(self, session: Session) -> None:
        head = self.recording.head
        if head is not None and head != self._anchored:
            self._anchored = head
            self.controller.post(ev.RecordingAnchored(self.recording.session, head.line, head.sha256))

    def end_media(self, session: Session) -> None:
        self.worker.close_room(session.id)
        if self.recording.public:
            self.worker.recorder.send(control.RecordingClose(session.id))

    def make_room(self, session: Session) -> None:
        self._open_room()
        self._say(None, wire.Receive(guests.room_for(session)), None)

    def show_out(self, session: Session, role: Role) -> None:
        self.tickets.pop(role, None)  # whoever still speaks with it is heard no more
        self._close_leg(role)
        self._hang_up(role)

    def show_state(self, session: Session) -> None:
        if session.guest is None:
            return self._say(None, wire.SessionChanged(self.view()), None)
        for role in guests.here(session):
            self._say(role, wire.SessionChanged(self.view(role)), None)

    def failed(self, session: Session) -> None:
        """The gate closes and the room begins anew: all are held, told, and can come back. At the second time it ends."""
        self.worker.close_gate(session.id, session.generation)
        again, self._failed_at = self._clock() - self._failed_at < FAILED_AGAIN_S, self._clock()
        if again:
            self.end_media(session)
        else:
            self._begin_anew()

    # --- what relay and recorder report -----------------------------------------------------------

    def reported(self, message: control.Message) -> None:
        """A message of the worker about this session's room or recording."""
        match message:
            case control.SeatMedia(seat=seat, leg=leg, alive=alive):
                self._media(Role(seat), leg, alive)
            case control.LegRung(seat=seat, leg=leg, rung=rung):
                self._borne(Role(seat), leg, Rung(rung))
            case control.LegRestart(seat=seat):
                self._say(Role(seat), wire.MediaRestart("codec"), None)
            case control.GateClosed():
                self._gate_closed(message)
            case control.GateOpened():
                self._refusals = 0
            case control.RecordingState(state="running"):
                self.controller.post(ev.RecorderReady())
            case control.RecordingState(state="lost", why=why):
                self.controller.post(ev.RecorderLost(why))
            case control.RecordingState(state="closed"):
                self._spawn(self._keep_recording(self.recording, "sealed"))
                self.anchor_recording(self.session)
            case control.Head():
                self.worker.recorder.send(self.recording.signed(message))
            case control.KeyframeWanted(seat=seat):
                self.worker.relay.send(control.Keyframe(self.session.id, seat))
            case _:
                pass

    def measured(self, legs: Sequence[Mapping[str, Any]]) -> None:
        """The relay's statistics of this room's legs: shown as quality, kept for operations, evidence for doubts."""
        self.statistics = {Role(leg["seat"]): leg for leg in legs}
        self._say(None, quality_message(self.statistics), None)
        for role, epoch in list(self._reports):
            self._doubt(role, epoch)

    def process_lost(self, which: str) -> None:
        """The relay or the recorder is gone: nobody is heard, or nothing is recorded."""
        if which == "recorder":
            self.controller.post(ev.RecorderLost("process"))
            return
        for role, seat in self.session.seats.items():
            self.controller.post(ev.MediaSilent(role, seat.epoch))
        self._legs = Legs(newest_leg=self._legs.newest_leg)
        self._rungs.relay_lost()
        self.statistics = {}

    def process_restored(self, which: str) -> None:
        """A new one runs that knows nothing yet: the room and the recording are opened again, pages make new connections."""
        if isinstance(self.session.state, Ended):
            return
        if which == "recorder":
            if self.recording.public:
                self.worker.recorder.send(self.recording.opening())
            return
        self._open_room()
        if self.recording.public:
            self.worker.relay.send(control.Record(self.session.id, self.recording.session))
        self._say(None, wire.MediaRestart("relay_lost"), None)

    # --- what pages do ----------------------------------------------------------------------------

    async def taken(self, role: Role, epoch: int, language: str) -> wire.Welcome:
        """A new epoch has the seat; its predecessor's leg is closed. Chat history is the caller's to add."""
        whose = self.tickets[role].guardian if role in self.tickets else ""
        if not isinstance(self.session.state, Ended):
            await self.controller.post(ev.SeatTaken(role, epoch, whose))
            self._close_leg(role)
            self._rungs.begun_anew(role)
        elif role in GUESTS:
            raise Refused("session_ended")
        pairs = guests.room_for(self.session)
        visit = self.shown.visit(role, language)
        if whose:
            visit = replace(visit, guardian=self.guardian_names.get(whose, ""))
        return wire.Welcome(epoch, role, visit, self.view(role), (), pairs, (), "all")

    async def offered(self, role: Role, epoch: int, offer: wire.Offer) -> None:
        """Gets the relay's answer and sends it, unless a newer offer has come meanwhile. Raises ``Refused``."""
        if isinstance(self.session.state, Ended):
            raise Refused("session_ended")
        if role not in self.tickets:
            raise Refused("not_allowed")
        key = OfferKey(epoch, offer.peer, offer.revision)
        former = self._legs.latest.get(role)
        self._legs, placed = place(self._legs, role, key)
        if former is not None and former.leg != placed.leg:
            self._borne(role, placed.leg, Rung.FULL)
        try:
            answer = await self.worker.offer(self.session.id, role.value, placed.leg, offer.revision, offer.sdp)
        except OfferRefused as refused:
            code = refused.code if refused.code in ("bad_sdp", "no_common_codec", "stale_offer") else "media_unavailable"
            raise Refused(code) from None
        if is_latest(self._legs, role, key):
            tracks = tuple(wire.Track(mid, Role(seat)) for mid, seat in answer.tracks)
            self._say(role, wire.Answer(offer.peer, offer.revision, answer.sdp, tracks), epoch)

    def shown_out(self, role: Role) -> None:
        """The seat's access was revoked: it is left, and its media ends."""
        self._close_leg(role)
        self.controller.post(ev.SeatLeft(role, self.session.seats[role].epoch))

    def say_chat(self, chat: wire.Chat) -> None:
        self._say(None, wire.ChatPosted(chat), None)

    def device_reported(self, role: Role, epoch: int, report: wire.DeviceReport) -> None:
        evidence = DeviceReport(report.microphone, report.camera, report.visible, report.picture)
        self._reports = {key: known for key, known in self._reports.items() if key[0] is not role}
        self._reports[role, epoch] = evidence
        self._doubt(role, epoch)

    def sending(self, role: Role, rung: Rung) -> None:
        """A page says what its uplink bears, and already sends no more than that."""
        self._rungs.sending(role, rung)

    # --- within -----------------------------------------------------------------------------------

    def _open_room(self) -> None:
        seats = [role.value for role in self.session.seats]
        self.worker.open_room(self.session.id, round(self.session.rules.silent_after_s * 1000), seats)

    def _begin_anew(self) -> None:
        self.process_lost("relay")
        self.process_restored("relay")

    def _close_leg(self, role: Role) -> None:
        """The leg of the seat's former epoch, if there is one; its number is never used again."""
        former = self._legs.latest.get(role)
        if former is not None:
            self.worker.relay.send(control.LegClose(self.session.id, former.leg))
            others = {other: placed for other, placed in self._legs.latest.items() if other is not role}
            self._legs = Legs(self._legs.newest_leg, others)

    def _borne(self, role: Role, leg: int, rung: Rung) -> None:
        placed = self._legs.latest.get(role)
        if placed is not None and placed.leg == leg:
            self._rungs.bearing(role, rung)

    def _doubt(self, role: Role, epoch: int) -> None:
        measured = self.statistics.get(role)
        arriving = None if measured is None else [kind for kind in _KINDS if measured[kind]["up_bps"] > 0]
        thinned = any(sender is role and weak.rung in THINNED for (sender, _), weak in self.session.rungs.items())
        found = doubts(self._reports[role, epoch], arriving, thinned=thinned)
        if found != self.session.seats[role].doubts:
            self.controller.post(ev.Doubted(role, epoch, found))

    def _media(self, role: Role, leg: int, alive: bool) -> None:
        placed = self._legs.latest.get(role)
        if placed is not None and placed.leg == leg:
            epoch = placed.key.epoch
            self.controller.post(ev.MediaAlive(role, epoch) if alive else ev.MediaSilent(role, epoch))

    def _gate_closed(self, closed: control.GateClosed) -> None:
        match closed.cause:
            case "seat_silent":
                placed = self._legs.latest.get(Role(closed.seat))
                if placed is not None:
                    self.controller.post(ev.MediaSilent(Role(closed.seat), placed.key.epoch))
            case "recorder":
                self.controller.post(ev.RecorderLost("stalled"))
            case "lease":
                self._reopen(closed, REOPEN_AFTER_S)
            case "refused":
                self._reopen(closed, again_after_s(self._refusals))
                self._refusals += 1
                if self._refusals % REFUSALS_BEFORE_A_HOLD == 0:  # relay and app disagree for good: hold, and ask the recorder
                    self.controller.post(ev.RecorderLost("refused"))
            case "room_closed":
                if not self._stopped and not isinstance(self.session.state, Ended):
                    log.error("the relay closed a room by itself", extra={"session": self.session.id[:8]})
                    self._begin_anew()
            case _:
                pass

    def _reopen(self, closed: control.GateClosed, after_s: float) -> None:
        lapsed = ev.GateLapsed(closed.generation, closed.cause)
        asyncio.get_running_loop().call_later(after_s, self.controller.post, lapsed)

    async def _start_recording(self) -> None:
        if self._preparing:
            return
        self._preparing = True
        try:
            await self.recording.prepare()
            await self._keep_recording(self.recording, "running")
        except (SealingFailed, Unavailable):
            log.exception("the recording could not be made ready", extra={"session": self.session.id[:8]})
            self.controller.post(ev.RecorderLost("not_ready"))
            return
        finally:
            self._preparing = False
        self.worker.relay.send(control.Record(self.session.id, self.recording.session))
        self.worker.recorder.send(self.recording.opening())

    async def _look_after(self) -> None:
        """Anchors a running recording every 10 s, and asks after a lost one every second."""
        last_anchor = self._clock()
        while not isinstance(self.session.state, Ended):
            await asyncio.sleep(LOOK_AGAIN_EVERY_S)
            if self.session.recorder is Recorder.LOST and self.session.admitted:
                self._spawn(self._start_recording())
            if self.session.gate_open and self._clock() - last_anchor >= ANCHOR_EVERY_S:
                last_anchor = self._clock()
                self.anchor_recording(self.session)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("a consultation's task failed", exc_info=bug, extra={"session": self.session.id[:8]})
