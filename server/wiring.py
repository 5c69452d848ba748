"""The composition root: the only place that knows everything. `build` makes a server, `start` and `stop` are its life."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from server import checklists, notes, questionnaires
from server import events as ev
from server.bookings import Bookings
from server.clock import Clock
from server.concerns.register import Concerns
from server.config import Config
from server.consultations import Consultations
from server.doctor.rooms import ProbeRooms
from server.documents.cabinet import Cabinet, Terms
from server.family_booking import FamilyBooking
from server.http.app import build_app
from server.http.house import House
from server.http.staff import SIGN_IN_LASTS_S
from server.intents import Desk
from server.journal import Journal
from server.keys import SealedValues, secret_file
from server.letter.letter import Letter, compose
from server.passwords import Passwords
from server.referrals import credentials
from server.referrals.register import Register
from server.referrals.sending import Dispatch
from server.referrals.tokens import receipt_token
from server.referrals.watch import watch
from server.reminders.port import Messenger
from server.reminders.service import Reminders
from server.sealing import KeyMaker, Signer
from server.session import Ended
from server.store import heartbeat
from server.store.api_keys import ApiKeys
from server.store.database import PATIENCE_S, Database
from server.store.details import letter
from server.store.doctor import DoctorLinks
from server.store.errors import Unavailable
from server.store.guests import GuestLinks
from server.store.links import Links
from server.store.migrate import migrate
from server.store.staff import SignIn
from server.store.throttle import Throttle
from server.store.tickets import Ticket, Tickets
from server.webhooks.client import Client
from server.webhooks.secrets import Secrets
from server.webhooks.sender import Sender
from server.workers import Received, Worker
from signaling.gateway import Gateway

BEAT_EVERY_S = 0.4
BEAT_GOOD_FOR_S = 1.0
CLOCK_STEP_MS = 1000
RETRY_S = 3.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chance:
    """Where ids and secrets come from: 128-bit hexadecimal ids, 256-bit URL-safe secrets, 16-byte nonces, 32-byte keys; and
    fractions from 0 to below 1."""

    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    new_nonce: Callable[[], bytes]
    new_key: Callable[[], bytes]
    new_fraction: Callable[[], float]


def chance() -> Chance:
    """The operating system's."""
    return Chance(
        partial(secrets.token_hex, 16),
        partial(secrets.token_urlsafe, 32),
        partial(secrets.token_bytes, 16),
        partial(secrets.token_bytes, 32),
        secrets.SystemRandom().random,
    )


class Server:
    """One app process with its workers."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        chance: Chance,
        patience_s: float = PATIENCE_S,
        keys: KeyMaker | None = None,
        messenger: Messenger | None = None,
    ) -> None:
        """``patience_s``: how long anybody waits for the database; ``keys``: where session keys come from, if not made here;
        ``messenger``: the way to families, if there is one."""
        self.config = config
        self.database = Database(config.database_url, patience_s)
        self.signer = Signer.from_folder(config.data_folder / "keys")
        self._clock = clock
        self._runtime = Path(tempfile.gettempdir()) / f"peitong-{chance.new_id()[:12]}"  # short: a socket's path has a limit
        self._name = "app-1"
        self._proved_at = float("-inf")
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self.port = 0
        journal = Journal(self.database)
        tickets = self._tickets = Tickets(self.database, chance.new_secret)
        passwords = Passwords()
        throttle = Throttle(self.database, secret_file(config.data_folder / "keys" / "throttle.key"))
        webhook_secrets = Secrets(SealedValues(secret_file(config.data_folder / "keys" / "values.key")), chance.new_key)
        self._sign_in = SignIn(self.database, throttle, passwords, chance.new_secret, SIGN_IN_LASTS_S)
        checklist = checklists.load()
        token = partial(receipt_token, secret_file(config.data_folder / "keys" / "receipt.key"))
        texts = notes.load()
        desk = Desk(
            self.database,
            clock,
            chance.new_id,
            chance.new_nonce,
            checklist,
            self._still_good,
            self._check_eligible,
            token,
            texts.aftercare.version,
        )
        self.consultations = Consultations(
            config, self.database, journal, tickets, desk, self.signer, clock, KeyMaker() if keys is None else keys
        )
        self._checklist = checklist
        self.register = Register(self.database, self.consultations, clock, chance.new_id, chance.new_nonce)
        self.cabinet = Cabinet(
            config.data_folder,
            Terms(self.consultations.recipients_of, config.documents_keep_days * 86400.0),
            self.database,
            secret_file(config.data_folder / "keys" / "documents.key"),
            clock,
            chance.new_id,
            secrets.token_bytes,
            self.consultations.from_outside,
        )
        self._bookings = Bookings(self.database, self.consultations, clock, chance.new_id)
        self.workers = [
            Worker(str(n), self._runtime, _udp(config, n), config.advertise, self._received, self.healthy, _tcp(config, n))
            for n in range(1, config.relays + 1)
        ]
        self.probes = ProbeRooms(self.workers, chance.new_id)
        self.gateway = Gateway(self.consultations, clock=clock, origins=frozenset({config.origin}))
        self.receipt_token = token
        links = Links(self.database, chance.new_secret)
        self.reminders = Reminders(
            self.database,
            links,
            messenger,
            config.origin,
            clock,
            chance.new_id,
            chance.new_fraction,
            config.link_valid_s,
        )
        self.app = build_app(
            House(
                config,
                clock,
                chance.new_id,
                chance.new_nonce,
                self.database,
                links,
                GuestLinks(self.database, chance.new_secret),
                DoctorLinks(self.database, chance.new_secret),
                self.probes,
                tickets,
                self._sign_in,
                passwords,
                throttle,
                ApiKeys(self.database, chance.new_id, chance.new_secret),
                webhook_secrets,
                checklist,
                questionnaires.load(checklist),
                texts,
                self.consultations,
                self.cabinet,
                self._bookings,
                FamilyBooking(
                    self.database,
                    chance.new_id,
                    secret_file(config.data_folder / "keys" / "booking.key"),
                    config.link_valid_s,
                ),
                self.workers,
                self._missing,
                self.register,
                Concerns(self.database, self.consultations, clock, chance.new_id, chance.new_nonce),
                token,
                self.reminders,
            )
        )
        self.gateway.attach(self.app)
        self._credentials = credentials.load(config.referral_credentials)
        self.webhooks = Sender(self.database, webhook_secrets, clock, chance.new_fraction)

    def healthy(self) -> bool:
        """Whether the rules can be checked: the database took a durable write a moment ago. Leases are renewed only then."""
        return self._clock() - self._proved_at <= BEAT_GOOD_FOR_S

    async def start(self) -> None:
        """Everything up, sessions taken up again, then the doors open. Raises ``OSError`` with what to change."""
        self._runtime.mkdir(mode=0o700)
        await migrate(self.database)
        down_since = await heartbeat.last_beat(self.database, self._name)
        await heartbeat.beat(self.database, self._name, self._clock())
        self._proved_at = self._clock()
        self._tasks.append(asyncio.create_task(self._beat(), name="heartbeat"))
        for worker in self.workers:
            await worker.start()
        self.consultations.bind(self.gateway, self.workers)
        await self.consultations.recover(down_since)
        self._tasks.append(asyncio.create_task(self.consultations.tend(), name="tend"))
        self._tasks.append(asyncio.create_task(self.cabinet.tend_for_ever(), name="tend documents"))
        self._tasks.append(asyncio.create_task(watch(self.database, self.register, self._clock), name="overdue referrals"))
        self._runner = web.AppRunner(self.app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await self._runner.setup()
        host, port = self.config.listen
        site = web.TCPSite(self._runner, host, port, ssl_context=self._tls(), reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks.append(asyncio.create_task(self._deliver(), name="webhooks"))
        self._tasks.append(asyncio.create_task(self._dispatch(), name="referrals to send"))
        self._tasks.append(asyncio.create_task(self.reminders.run(), name="reminders"))
        log.info("serving")

    async def stop(self) -> None:
        """Sessions are told, recordings sealed, processes ended."""
        await self.gateway.close(RETRY_S)
        if self._runner is not None:
            await self._runner.cleanup()
        self.probes.stop()
        await self.consultations.stop()
        for worker in self.workers:
            await worker.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cabinet.close()
        await self.database.close()
        shutil.rmtree(self._runtime, ignore_errors=True)
        log.info("stopped")

    async def _deliver(self) -> None:
        client = Client(self.config.webhook_networks, loopback=self.config.webhook_loopback)
        try:
            await self.webhooks.run(client)
        finally:
            await client.close()

    async def _dispatch(self) -> None:
        client = Client(self.config.webhook_networks, loopback=self.config.webhook_loopback)
        try:
            await Dispatch(self.database, self.register, self._letter, self._clock, self._credentials).run(client)
        finally:
            await client.close()

    async def _letter(self, visit: str) -> Letter | None:
        record = await letter(self.database, visit)
        return None if record is None else compose(record, self._checklist)

    def _received(self, message: Received) -> None:
        self.probes.received(message)
        self.consultations.received(message)

    async def _beat(self) -> None:
        """Proves twice a second that the database can be written, and notices steps of the system's clock."""
        stepped_ms = self._clock.stepped_by_ms()
        while True:
            asked_at = self._clock()
            try:
                await heartbeat.beat(self.database, self._name, asked_at)
                self._proved_at = asked_at
            except Unavailable:
                log.warning("the database cannot be written")
            except Exception:  # without a heartbeat every gate stays closed
                log.exception("the heartbeat failed")
            by_ms = self._clock.stepped_by_ms() - stepped_ms
            if abs(by_ms) >= CLOCK_STEP_MS:
                stepped_ms += by_ms
                log.warning("the system's clock was set", extra={"by_ms": by_ms})
                for consultation in self.consultations.all():
                    if not isinstance(consultation.session.state, Ended):
                        consultation.controller.post(ev.ClockStepped(by_ms))
            await asyncio.sleep(BEAT_EVERY_S)

    async def _check_eligible(self, session: str, guardian: str) -> None:
        """The visit's rules as they are now; that the sign-in is good was checked for the command."""
        await self._bookings.check_admission(session, guardian)

    async def _still_good(self, ticket: Ticket) -> bool:
        return await self._tickets.still_good(ticket, self._clock())

    async def _missing(self) -> list[str]:
        missing = [] if self.healthy() else ["database"]
        for worker in self.workers:
            missing += [f"{p.which}-{worker.name}" for p in (worker.relay, worker.recorder) if not p.connected]
        return missing

    def _tls(self) -> ssl.SSLContext | None:
        if self.config.certificate is None or self.config.certificate_key is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.config.certificate, self.config.certificate_key)
        return context


def _udp(config: Config, n: int) -> tuple[str, int]:
    """Each worker's UDP address: the configured port and those after it; port 0 stays 0 (any free one)."""
    host, port = config.udp
    return host, _nth(port, n)


def _tcp(config: Config, n: int) -> tuple[str, int] | None:
    """Each worker's TCP address, or None; port 0 stays 0 (the number of its UDP port)."""
    if config.tcp is None:
        return None
    host, port = config.tcp
    return host or config.udp[0], _nth(port, n)


def _nth(port: int, n: int) -> int:
    return port + n - 1 if port else 0
