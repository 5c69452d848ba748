"""All consultations of this server: opened when somebody comes, found by session, bound to the gateway and the workers.

This is the `Visits` that the gateway asks, and the place where what workers report finds its session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from media import control
from server import events as ev
from server.chain import Head
from server.clock import Clock
from server.config import Config
from server.consultation import Consultation, Shown
from server.controller import RECORDED_THOUGH_NOTHING_CHANGES
from server.errors import Refused
from server.event_records import MalformedEvent
from server.intents import Desk, perform
from server.journal import Journal
from server.ledger import Ledger, ledger
from server.referral import Words
from server.referrals.pathway import Issuer, Pathway, Referring
from server.sealing import KeyMaker, Origin, SessionRecording, Signer
from server.session import Ended, Session, begun, first_of, step
from server.session_writes import writes_of
from server.store import bodies, guardians, guests, listings, pathways, people, recordings
from server.store.database import Database, Write
from server.store.details import VisitDetail, visit_detail
from server.store.errors import BrokenChain, Unavailable
from server.store.tickets import Tickets
from server.turn import ice_servers
from server.visit_view import moment, visit_view
from server.workers import Lost, Received, Restored, Worker
from signaling import messages as wire
from signaling.gateway import Admission, Gateway
from signaling.seats import GUESTS, Role

TEND_EVERY_S = 3.0
FORGET_AFTER_S = 600.0

log = logging.getLogger(__name__)

Decide = Callable[[], Awaitable[tuple[ev.Event, tuple[Write, ...]]]]


@dataclass(slots=True)
class _Here:
    """An open consultation and the records of its visit."""

    consultation: Consultation
    record: VisitDetail
    pathway: Pathway

    @property
    def referring(self) -> Referring:
        return _referring(self.record, self.pathway)


def _referring(record: VisitDetail, pathway: Pathway) -> Referring:
    hospital = Words(record.hospital_name, record.hospital_name_en)
    return Referring(pathway, Issuer(record.field, hospital, record.department))


class Consultations:
    """Use `bind` once the gateway and the workers exist, then `recover`."""

    def __init__(
        self,
        config: Config,
        database: Database,
        journal: Journal,
        tickets: Tickets,
        desk: Desk,
        signer: Signer,
        clock: Clock,
        keys: KeyMaker,
    ) -> None:
        self._config = config
        self._database = database
        self._journal = journal
        self._tickets = tickets
        self._desk = desk
        self._signer = signer
        self._clock = clock
        self._keys = keys
        self._open: dict[str, _Here] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._gateway: Gateway
        self._workers: Sequence[Worker] = ()

    def bind(self, gateway: Gateway, workers: Sequence[Worker]) -> None:
        self._gateway = gateway
        self._workers = workers
        self._keys.prepare()

    async def recover(self, last_beat: float | None) -> None:
        """After a start: every session that had begun and not ended comes back, empty and held (session.py, rule 11).

        ``last_beat`` is when the former process last proved that it lived.
        """
        for session_id in await self._journal.open_sessions():
            try:
                self._open[session_id] = await self._load(session_id, recovering_from=last_beat or 0.0)
            except (BrokenChain, MalformedEvent):  # one tampered session must not keep all others out
                log.exception("a session's journal is damaged; it stays closed", extra={"session": session_id[:8]})

    async def tend(self) -> None:
        """Every few seconds, for as long as the server runs: access that was revoked, visits nobody came to, what is over."""
        while True:
            await asyncio.sleep(TEND_EVERY_S)
            try:
                for session_id, here in list(self._open.items()):
                    if isinstance(here.consultation.session.state, Ended):
                        await self._forget_if_over(session_id, here.consultation)
                    else:
                        await self._check_access(session_id, here.consultation)
                await self._open_overdue()
            except Unavailable:
                pass  # the lease has the say while the database is away
            except Exception:
                log.exception("tending failed")

    async def _check_access(self, session_id: str, consultation: Consultation) -> None:
        """Shows out whoever's device or sign-in was revoked."""
        for role, ticket in list(consultation.tickets.items()):
            good = await self._tickets.still_good(ticket, self._clock())
            if not good and consultation.tickets.get(role) is ticket:  # not somebody who has come meanwhile
                del consultation.tickets[role]
                self._gateway.disconnect(session_id, role)
                consultation.shown_out(role)

    async def _forget_if_over(self, session_id: str, consultation: Consultation) -> None:
        """Some minutes after the end nothing more is said: pages read the letter over HTTP."""
        state = consultation.session.state
        if isinstance(state, Ended) and self._clock() - max(state.at, consultation.opened_at) > FORGET_AFTER_S:
            self._gateway.forget(session_id)
            del self._open[session_id]
            await consultation.stop()

    async def _open_overdue(self) -> None:
        """Visits whose waiting room is over though nobody ever came: opening them lets their deadline pass."""
        closed_before = self._clock() - self._config.rules.waiting_after_end_s
        for session_id in await listings.overdue_waiting(self._database, closed_before):
            if session_id not in self._open:
                await self._get(session_id)

    async def stop(self) -> None:
        for here in list(self._open.values()):
            await here.consultation.stop()
        await self._keys.close()

    def all(self) -> list[Consultation]:
        return [here.consultation for here in self._open.values()]

    async def session(self, session_id: str) -> Consultation:
        """The session's consultation, opened if it was not. Raises ``Refused`` or ``Unavailable``."""
        return (await self._get(session_id)).consultation

    async def from_outside(self, session_id: str, event: ev.Event, also: tuple[Write, ...] = ()) -> Session:
        """What the hospital does from outside the room, whether or not anybody is in it: the session after the event.

        ``also`` belongs into its transaction. Raises ``Refused``, what a further write raised, or ``Unavailable``.
        """

        async def decided() -> tuple[ev.Event, tuple[Write, ...]]:
            return event, also

        return await self.decide_outside(session_id, decided)

    async def decide_outside(self, session_id: str, decide: Decide) -> Session:
        """As ``from_outside``, where the event depends on the records: nobody else does anything to the visit from outside
        between ``decide`` and the commit. Raises what ``decide`` raised, too.
        """
        async with self._turns.setdefault(session_id, asyncio.Lock()):  # nor does anybody open it
            event, also = await decide()
            here = self._open.get(session_id)
            if here is None:
                return await self._written(session_id, event, also)
            session = await here.consultation.controller.post(event, also)
            await self._read_again(session_id, here)
            return session

    async def _read_again(self, session_id: str, here: _Here) -> None:
        """Whoever comes from now on is shown the records as they have become."""
        try:
            record = await visit_detail(self._database, session_id)
        except Unavailable:  # what was done is done
            log.warning("a session's records could not be read again", extra={"session": session_id[:8]})
            return
        if record is not None:
            moved = record.starts_at != here.record.starts_at
            here.record = record
            here.consultation.shown = self._shown(record, here.pathway)
            if moved:
                self._say(session_id, None, wire.Moved(moment(record.starts_at)), None)

    async def recipients_of(self, session_id: str) -> tuple[str, ...]:
        """Whom a visit's recording and documents are sealed to: nobody when its hospital has no key. Raises ``Unavailable``."""
        hospital, on_server = await people.whose(self._database, session_id)
        return self._config.sealing.of(hospital, on_server)

    async def hospitals_without_key(self) -> list[str]:
        """The hospitals (ids) of which no visit can begin; none, while the database does not tell."""
        try:
            return self._config.sealing.lacking(await people.hospitals(self._database))
        except Unavailable:
            return []

    async def ledger(self, session_id: str, ends_at: float) -> tuple[Ledger, Head]:
        """Who was present at the visit when, read anew from its journal, and the last event that was read.

        ``ends_at`` is the appointment's end. Raises ``Refused`` or ``Unavailable``.
        """
        head = await self._journal.head(session_id)
        try:
            committed = (await self._journal.replay(session_id))[: head.n]
        except (BrokenChain, MalformedEvent):
            log.exception("a session's journal is damaged; it tells of nobody's presence", extra={"session": session_id[:8]})
            raise Refused("unavailable") from None
        initial = first_of(session_id, self._config.rules, ends_at=ends_at, journal=committed)
        return ledger(initial, committed, self._clock()), head

    # --- Visits, for the gateway ------------------------------------------------------------------

    async def redeem(self, token: str) -> Admission:
        try:
            ticket = await self._tickets.use(token, self._clock())
            here = await self._get(ticket.session)
        except Unavailable:
            raise Refused("unavailable") from None
        seat = here.consultation.session.seats.get(ticket.role)
        holder = ticket.device or ticket.staff_session or ""
        if ticket.guardian:
            here.consultation.guardian_names = await guardians.names(self._database, ticket.session)
        here.consultation.tickets[ticket.role] = ticket
        return Admission(ticket.session, ticket.role, holder, seat.epoch if seat is not None else 0)

    async def taken(self, session: str, role: Role, epoch: int, language: str) -> wire.Welcome:
        here = await self._get(session)
        welcome = await here.consultation.taken(role, epoch, language)
        said = await bodies.of_session(self._database, session, "chat")
        guest = here.consultation.session.guest
        if role in GUESTS:  # what was said before they came is not for them
            said = [body for body in said if guest is not None and guest.since is not None and body.at >= guest.since]
        chat = tuple(wire.Chat(b.id, Role(b.content["role"]), b.content["text"], moment(b.at)) for b in said)
        config = self._config
        servers = ice_servers(config.turn_urls, config.turn_secret, role.value, self._clock())
        return replace(welcome, chat=chat, ice_servers=servers, ice_policy=config.turn_policy)

    async def intent(self, session: str, role: Role, epoch: int, intent: wire.Intent) -> dict[str, object]:
        here = await self._get(session)
        try:
            return await perform(self._desk, here.consultation, here.referring, role, epoch, intent)
        except Unavailable:
            raise Refused("unavailable") from None

    async def left(self, session: str, role: Role, epoch: int) -> None:
        here = await self._get(session)
        here.consultation.controller.post(ev.SeatLeft(role, epoch))

    # --- what workers report ----------------------------------------------------------------------

    def received(self, message: Received) -> None:
        match message:
            case Lost(worker=worker, which=which):
                for consultation in self._of_worker(worker):
                    consultation.process_lost(which)
            case Restored(worker=worker, which=which):
                for consultation in self._of_worker(worker):
                    consultation.process_restored(which)
            case control.LegStatistics(legs=legs):
                by_room: dict[str, list[dict[str, object]]] = {}
                for leg in legs:
                    by_room.setdefault(leg["room"], []).append(leg)
                for room, of_room in by_room.items():
                    if room in self._open:
                        self._open[room].consultation.measured(of_room)
            case _:
                session = getattr(message, "room", None) or getattr(message, "recording", None)
                if session in self._open:
                    self._open[session].consultation.reported(message)

    # --- within -----------------------------------------------------------------------------------

    def _of_worker(self, name: str) -> list[Consultation]:
        return [
            here.consultation
            for here in self._open.values()
            if here.consultation.worker.name == name and not isinstance(here.consultation.session.state, Ended)
        ]

    async def _get(self, session_id: str) -> _Here:
        if session_id in self._open:
            return self._open[session_id]
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            if session_id not in self._open:
                try:
                    self._open[session_id] = await self._load(session_id)
                except (BrokenChain, MalformedEvent):
                    log.exception("a session's journal is damaged; it stays closed", extra={"session": session_id[:8]})
                    raise Refused("unavailable") from None
            return self._open[session_id]

    async def _written(self, session_id: str, event: ev.Event, also: tuple[Write, ...]) -> Session:
        """An event of a session that nobody has open, which stays so."""
        record = await visit_detail(self._database, session_id)
        if record is None:
            raise Refused("not_found")
        try:
            committed = await self._journal.replay(session_id)
            before = begun(session_id, self._config.rules, ends_at=record.ends_at, journal=committed)
        except (BrokenChain, MalformedEvent):
            log.exception("a session's journal is damaged; it stays as it is", extra={"session": session_id[:8]})
            raise Refused("unavailable") from None
        now = self._clock()
        after, _ = step(before, event, now)
        if after is before and not isinstance(event, RECORDED_THOUGH_NOTHING_CHANGES):
            return before
        more = writes_of(before, after, now, self._desk.new_id)
        await self._journal.append(session_id, len(committed), [event], now, (*also, *more))
        return after

    async def _load(self, session_id: str, recovering_from: float | None = None) -> _Here:
        """Opens a session; ``recovering_from`` is when the former process last lived, if that one had it open."""
        record = await visit_detail(self._database, session_id)
        if record is None:
            raise Refused("not_allowed")
        committed = await self._journal.replay(session_id)
        session = begun(session_id, self._config.rules, ends_at=record.ends_at, journal=committed)
        pathway = await pathways.of_hospital(self._database, record.hospital, self._clock())
        recording = await self._recording(session_id)
        worker = min(self._workers, key=lambda worker: len(worker.rooms))
        consultation = Consultation(
            session,
            len(committed),
            journal=self._journal,
            clock=self._clock,
            new_id=self._desk.new_id,
            worker=worker,
            recording=recording,
            keep_recording=self._keep_recording,
            shown=self._shown(record, pathway),
            say=lambda role, message, epoch: self._say(session_id, role, message, epoch),
            hang_up=lambda role: self._gateway.disconnect(session_id, role),
        )
        consultation.guest_names = await guests.names(self._database, session_id) if session.guest is not None else {}
        consultation.guardian_names = await guardians.names(self._database, session_id) if session.guardian else {}
        restarted = None
        if recovering_from is not None:
            last = max([recovering_from, *(at for _, at in committed[-1:])])
            restarted = ev.ServerRestarted(max(0, round((self._clock() - last) * 1000)))
        consultation.start(restarted)
        return _Here(consultation, record, pathway)

    async def _recording(self, session_id: str) -> SessionRecording:
        known = await recordings.of_session(self._database, session_id)
        folder = Path(known.folder) if known is not None else self._config.data_folder / "recordings" / session_id
        recording = SessionRecording(
            session_id,
            folder,
            lambda: self.recipients_of(session_id),
            self._signer,
            lambda: self._origin(self._clock()),
            self._keys,
        )
        if known is not None:
            recording.resume(known.public_key, self._origin(known.origin_at))
        return recording

    def _origin(self, at: float) -> Origin:
        return Origin(at, self._clock.monotonic_us(at), moment(at))

    def _shown(self, record: VisitDetail, pathway: Pathway) -> Shown:
        names = {Role.GUARDIAN: record.guardian, Role.PHYSICIAN: record.physician.name}
        referring = _referring(record, pathway)
        return Shown(names, lambda role, language: visit_view(record, role, language, self._desk.checklist, referring))

    def _say(self, session: str, role: Role | None, message: wire.Message, epoch: int | None) -> None:
        if role is None:
            self._gateway.broadcast(session, message)
        else:
            self._gateway.send(session, role, message, epoch)

    async def _keep_recording(self, recording: SessionRecording, state: str) -> None:
        """Notes where the recording lies and what it is sealed to. Raises ``Unavailable``."""
        row = recordings.Recording(
            recording.session, recording.session, str(recording.folder), recording.public, state, recording.began_at
        )
        await self._database.write(recordings.keep(row))
