"""All consultations of this server: opened when somebody comes, found by session, bound to the gateway and the workers.

This is the `Visits` that the gateway asks, and the place where what workers report finds its session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media import control
from server import events as ev
from server.clock import Clock
from server.config import Config
from server.consultation import Consultation, Shown
from server.errors import Refused
from server.intents import Desk, perform
from server.journal import Journal
from server.sealing import Origin, SessionRecording, Signer
from server.session import new_session, replay
from server.store import bodies, recordings
from server.store.database import Database
from server.store.details import VisitDetail, visit_detail
from server.store.errors import Unavailable
from server.store.tickets import Tickets
from server.turn import ice_servers
from server.visit_view import moment, visit_view
from server.workers import Lost, Received, Worker
from signaling import messages as wire
from signaling.gateway import Admission, Gateway
from signaling.seats import Role

ACCESS_EVERY_S = 3.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Here:
    """An open consultation and the records of its visit."""

    consultation: Consultation
    record: VisitDetail


class Consultations:
    """Use `bind` once the gateway and the workers exist, then `recover`."""

    def __init__(
        self, config: Config, database: Database, journal: Journal, tickets: Tickets, desk: Desk, signer: Signer, clock: Clock
    ) -> None:
        self._config = config
        self._database = database
        self._journal = journal
        self._tickets = tickets
        self._desk = desk
        self._signer = signer
        self._clock = clock
        self._open: dict[str, _Here] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gateway: Gateway
        self._workers: Sequence[Worker] = ()

    def bind(self, gateway: Gateway, workers: Sequence[Worker]) -> None:
        self._gateway = gateway
        self._workers = workers

    async def recover(self, last_beat: float | None) -> None:
        """After a start: every session that had begun and not ended comes back, empty and held (session.py, rule 8).

        ``last_beat`` is when the former process last proved that it lived.
        """
        for session_id in await self._journal.open_sessions():
            here = await self._get(session_id)
            committed = await self._journal.replay(session_id)
            last = max([at for _, at in committed[-1:]] + ([last_beat] if last_beat is not None else []))
            down_ms = max(0, round((self._clock() - last) * 1000))
            await here.consultation.controller.post(ev.ServerRestarted(down_ms))

    async def watch_access(self) -> None:
        """Shows out whoever's device or sign-in was revoked, every few seconds, for as long as the server runs."""
        while True:
            await asyncio.sleep(ACCESS_EVERY_S)
            for session_id, here in list(self._open.items()):
                for role, ticket in list(here.consultation.tickets.items()):
                    try:
                        good = await self._tickets.still_good(ticket, self._clock())
                    except Unavailable:
                        continue  # the lease has the say while the database is away
                    if not good:
                        del here.consultation.tickets[role]
                        self._gateway.disconnect(session_id, role)
                        here.consultation.shown_out(role)

    async def stop(self) -> None:
        for here in self._open.values():
            await here.consultation.stop()

    def all(self) -> list[Consultation]:
        return [here.consultation for here in self._open.values()]

    async def session(self, session_id: str) -> Consultation:
        """The session's consultation, opened if it was not. Raises ``Refused`` or ``Unavailable``."""
        return (await self._get(session_id)).consultation

    # --- Visits, for the gateway ------------------------------------------------------------------

    async def redeem(self, token: str) -> Admission:
        try:
            ticket = await self._tickets.use(token, self._clock())
            here = await self._get(ticket.session)
        except Unavailable:
            raise Refused("unavailable") from None
        seat = here.consultation.session.seats.get(ticket.role)
        holder = ticket.device or ticket.staff_session or ""
        here.consultation.tickets[ticket.role] = ticket
        return Admission(ticket.session, ticket.role, holder, seat.epoch if seat is not None else 0)

    async def taken(self, session: str, role: Role, epoch: int, language: str) -> wire.Welcome:
        here = await self._get(session)
        welcome = await here.consultation.taken(role, epoch, language)
        said = await bodies.of_session(self._database, session, "chat")
        chat = tuple(wire.Chat(b.id, Role(b.content["role"]), b.content["text"], moment(b.at)) for b in said)
        config = self._config
        secret = config.turn_secret.reveal() if config.turn_secret is not None else ""
        servers = ice_servers(config.turn_urls, secret, role.value, self._clock())
        return replace(welcome, chat=chat, ice_servers=servers)

    async def intent(self, session: str, role: Role, epoch: int, intent: wire.Intent) -> dict[str, object]:
        here = await self._get(session)
        try:
            return await perform(self._desk, here.consultation, here.record.field, role, epoch, intent)
        except Unavailable:
            raise Refused("unavailable") from None

    async def left(self, session: str, role: Role, epoch: int) -> None:
        here = await self._get(session)
        here.consultation.controller.post(ev.SeatLeft(role, epoch))

    # --- what workers report ----------------------------------------------------------------------

    def received(self, message: Received) -> None:
        match message:
            case Lost(worker=worker, which=which):
                log.error("worker process replaced", extra={"worker": worker, "which": which})
                for here in self._open.values():
                    if here.consultation.worker.name == worker:
                        here.consultation.process_lost(which)
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

    async def _get(self, session_id: str) -> _Here:
        if session_id in self._open:
            return self._open[session_id]
        async with self._opening.setdefault(session_id, asyncio.Lock()):
            if session_id not in self._open:
                self._open[session_id] = await self._load(session_id)
            return self._open[session_id]

    async def _load(self, session_id: str) -> _Here:
        record = await visit_detail(self._database, session_id)
        if record is None:
            raise Refused("not_allowed")
        rules = self._config.rules
        initial = new_session(session_id, rules, until=record.ends_at + rules.waiting_after_end_s)
        committed = await self._journal.replay(session_id)
        session = replay(initial, committed)
        recording = await self._recording(session_id)
        worker = min(self._workers, key=lambda worker: len(worker.rooms))
        consultation = Consultation(
            session,
            len(committed),
            journal=self._journal,
            clock=self._clock,
            worker=worker,
            recording=recording,
            keep_recording=self._keep_recording,
            shown=self._shown(record),
            say=lambda role, message, epoch: self._say(session_id, role, message, epoch),
        )
        consultation.start()
        return _Here(consultation, record)

    async def _recording(self, session_id: str) -> SessionRecording:
        known = await recordings.of_session(self._database, session_id)
        at = known.origin_at if known is not None else self._clock()
        origin = Origin(at, self._clock.monotonic_us(at), moment(at))
        folder = Path(known.folder) if known is not None else self._config.data_folder / "recordings" / session_id
        recording = SessionRecording(session_id, folder, self._config.recipients, self._signer, origin)
        if known is not None:
            await recording.prepare(known.public_key)
        return recording

    def _shown(self, record: VisitDetail) -> Shown:
        names = {Role.GUARDIAN: record.guardian, Role.PHYSICIAN: record.physician.name}
        return Shown(names, lambda role, language: visit_view(record, role, language, self._desk.checklist))

    def _say(self, session: str, role: Role | None, message: wire.Message, epoch: int | None) -> None:
        if role is None:
            self._gateway.broadcast(session, message)
        else:
            self._gateway.send(session, role, message, epoch)

    def _keep_recording(self, recording: SessionRecording, state: str) -> None:
        row = recordings.Recording(
            recording.session, recording.session, str(recording.folder), recording.public, state, recording.began_at
        )
        task = asyncio.create_task(self._write_recording(row))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_recording(self, row: recordings.Recording) -> None:
        for _ in range(50):
            try:
                await self._database.write(recordings.keep(row))
                return
            except Unavailable:
                await asyncio.sleep(0.2)
        log.error("a recording's row could not be written", extra={"session": row.session[:8]})
