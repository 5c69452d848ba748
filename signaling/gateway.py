"""The Socket.IO shell: it carries the messages of PROTOCOL.md between pages and whoever answers for the visits.

The only importer of socketio's server. It decides who may speak (exact Origin, token, seat, epoch, rate) and in which order
pages hear things; what an intent means is the business of `Visits`. It promises: an unknown Origin never gets a WebSocket;
nothing is spent on a socket before its token is redeemed; one voice per seat; a page that comes back misses nothing; an
intent is answered exactly once on the connection it came by. It logs codes only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp.web
import socketio

from signaling import messages, seats, texts
from signaling.line import LINE, Line, driver
from signaling.messages import Intent, Malformed, Message, Refused, Welcome
from signaling.seats import Delivery, Holder, Role, Seat, Seats

log = logging.getLogger(__name__)

PATH = "/socket/"
EVENT = "message"
LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a socket token names; `holder` is the device, `epoch` the newest that the journal knows of that seat."""

    session: str
    role: Role
    holder: str
    epoch: int


class Visits(Protocol):
    """Who answers for the visits. Every method may raise `Refused`; anything else it raises is a bug."""

    async def redeem(self, token: str) -> Admission:
        """Uses the token up."""

    async def taken(self, session: str, role: Role, epoch: int, language: str) -> Welcome:
        """A new epoch takes the seat, from when this returns; the snapshot of then."""

    async def intent(self, session: str, role: Role, epoch: int, intent: Intent) -> dict[str, object]:
        """Does it; further fields of the answer."""

    async def left(self, session: str, role: Role, epoch: int) -> None:
        """The page of that epoch has been away for the whole resume window."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page may take up. Rates are messages a second, sizes bytes."""

    message_bytes: int = 65536
    rate: float = 20
    burst: int = 60
    connect_s: float = 5
    resume_s: float = 10
    ping_every_s: float = 5
    ping_answer_s: float = 7
    unanswered: int = 64
    unsent: int = 512
    unconnected: int = 256
    lines: int = 4096
    kept: int = seats.KEPT


class _Page:
    """A connection that speaks for a seat in one epoch, and what waits to be written to it."""

    def __init__(self, connection: str, line: Line, seat: Seat, epoch: int, language: str) -> None:
        self.connection, self.line = connection, line
        self.seat, self.epoch, self.language = seat, epoch, language
        self.unsent: asyncio.Queue[Delivery] = asyncio.Queue()
        self.writer: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Nothing more is written; what was not is in the seat's outbox."""
        if self.writer is not None:
            self.writer.cancel()
        while not self.unsent.empty():
            self.unsent.get_nowait()
            self.unsent.task_done()


class Gateway:
    """Attach it to an application; the rest of the server speaks to pages through `send` and `broadcast`."""

    def __init__(
        self, visits: Visits, *, clock: Callable[[], float], origins: frozenset[str], limits: Limits | None = None
    ) -> None:
        self._visits = visits
        self._clock = clock
        self._origins = origins
        self._limits = limits or Limits()
        self._seats = Seats(self._limits.kept)
        self._lines: set[Line] = set()
        self._pages: dict[str, _Page] = {}
        self._windows: dict[Seat, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._sio = self._socketio()

    # --- what the server says ---------------------------------------------------------------------

    def send(self, session: str, role: Role, message: Message, epoch: int | None = None) -> None:
        """To that seat, now or when its page is back; with `epoch` only to the page of that epoch (an answer, say)."""
        self._deliver(self._seats.post(Seat(session, role), messages.encode(message), epoch))

    def broadcast(self, session: str, message: Message) -> None:
        """To every seat of the session."""
        encoded = messages.encode(message)
        for seat in self._seats.of(session):
            self._deliver(self._seats.post(seat, encoded))

    def disconnect(self, session: str, role: Role) -> None:
        """The seat's page is shown out and cannot resume (its access was revoked)."""
        seat = Seat(session, role)
        connection = self._seats.connection(seat)
        self._close_window(seat)
        self._seats.vacate(seat)
        self._show_out(connection)

    def forget(self, session: str) -> None:
        """Nothing more will be said in this session: its pages are disconnected and its outboxes dropped."""
        for seat in self._seats.of(session):
            self._close_window(seat)
        for connection in self._seats.forget(session):
            self._show_out(connection)

    # --- its life ---------------------------------------------------------------------------------

    def attach(self, app: aiohttp.web.Application) -> None:
        app.router.add_get(PATH, self._upgrade)

    async def close(self, retry_s: float) -> None:
        """Tells every page to come back in `retry_s`, and ends. No seat is reported as left: the server goes, not they."""
        if self._closing:
            return
        self._closing = True
        for handle in self._windows.values():
            handle.cancel()
        self._windows.clear()
        farewell = messages.encode(messages.Closing(retry_s))
        for line in list(self._lines):
            page = self._pages.get(line.connection)
            if page is not None:
                self._deliver(self._seats.post(page.seat, farewell, page.epoch))
                self._show_out(page.connection)
            else:
                self._spawn(line.hang_up(self._sio.eio))
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._sio.shutdown()

    # --- a socket, before anybody speaks ----------------------------------------------------------

    async def _upgrade(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        """Refuses before the WebSocket exists: a foreign or missing Origin, another transport, too many sockets."""
        origins = request.headers.getall("Origin", [])
        if len(origins) != 1 or origins[0] not in self._origins:
            return _refusal(403, "bad_origin")
        if request.query.get("transport") != "websocket" or "sid" in request.query:
            return _refusal(400, "bad_message")
        if self._closing or len(self._lines) >= self._limits.lines or self._unconnected() >= self._limits.unconnected:
            return _refusal(503, "unavailable")
        line = Line(self._limits.rate, self._limits.burst, self._clock)
        request[LINE] = line
        self._lines.add(line)
        deadline = asyncio.get_running_loop().call_later(self._limits.connect_s, self._too_late, line)
        try:
            response: aiohttp.web.StreamResponse = await self._sio.eio.handle_request(request)
            return response
        finally:
            deadline.cancel()
            self._lines.discard(line)
            self._ended(line)

    def _unconnected(self) -> int:
        return len(self._lines) - len(self._pages)

    def _too_late(self, line: Line) -> None:
        if line.connection not in self._pages:
            log.info("a socket did not connect in time")
            self._spawn(line.hang_up(self._sio.eio))

    def _socketio(self) -> Any:
        """A server that speaks Socket.IO and decides nothing: WebSocket only, no CORS of its own, silent."""
        quiet = logging.getLogger(f"{__name__}.transport")
        quiet.setLevel(logging.CRITICAL)  # the library's lines hold payloads
        sio = socketio.AsyncServer(
            async_mode="aiohttp",
            transports=["websocket"],
            allow_upgrades=False,
            cors_allowed_origins=[],
            max_http_buffer_size=self._limits.message_bytes,
            ping_interval=self._limits.ping_every_s,
            ping_timeout=self._limits.ping_answer_s,
            async_handlers=False,
            logger=quiet,
            engineio_logger=quiet,
        )
        sio.eio._async = driver(sio.eio._async)
        sio.eio.on("connect", self._on_line)
        sio.eio.on("message", self._on_frame)
        sio.eio.on("disconnect", self._on_end)
        sio.on("connect", self._on_connect)
        sio.on(EVENT, self._on_message)
        return sio

    async def _on_line(self, eio_sid: str, environ: dict[str, Any]) -> None:
        Line.of(environ).eio_sid = eio_sid
        await self._sio._handle_eio_connect(eio_sid, environ)

    async def _on_frame(self, eio_sid: str, frame: str) -> None:
        """A Socket.IO packet. Each is handled in a task of its own, begun in order, so that a slow answer delays no other."""
        environ = self._sio.environ.get(eio_sid)
        if environ is None:
            return
        line, connect = Line.of(environ), frame.startswith("0")
        if line.over or line.unanswered >= self._limits.unanswered or (connect and line.asked):
            self._spawn(line.hang_up(self._sio.eio))
            return
        line.asked = line.asked or connect
        line.unanswered += 1
        self._spawn(self._handle(line, frame, connect))

    async def _handle(self, line: Line, frame: str, connect: bool) -> None:
        try:
            await self._sio._handle_eio_message(line.eio_sid, frame)
        except Exception:  # the library raises a dozen kinds over nonsense
            log.info("a socket spoke nonsense")
            line.over = True
        finally:
            line.unanswered -= 1
        page = self._pages.get(line.connection)
        if page is None or line.over:
            await line.hang_up(self._sio.eio)
        elif connect:  # the library has just said CONNECT; before that it would swallow what we say
            page.writer = self._spawn(self._write(page))

    async def _on_end(self, eio_sid: str, reason: str) -> None:
        """The library gives a socket up, silent ones long before their TCP connection ends."""
        environ = self._sio.environ.get(eio_sid)
        if environ is not None:
            self._ended(Line.of(environ))
            self._spawn(Line.of(environ).hang_up(self._sio.eio))
        await self._sio._handle_eio_disconnect(eio_sid, reason)

    # --- connecting -------------------------------------------------------------------------------

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        language = str(auth.get("language")) if isinstance(auth, dict) else ""
        line = Line.of(environ)
        try:
            hello = messages.decode_hello(auth)
            admission = await self._visits.redeem(hello.token)
            page = self._resume(sid, line, hello, admission) or await self._take(sid, line, hello, admission)
        except (Malformed, Refused) as refusal:
            log.info("a connection was refused", extra={"code": refusal.code})
            raise _refused(refusal.code, language) from None
        except Exception:
            log.exception("a connection failed")
            raise _refused("unavailable", language) from None
        if line.ended:  # while the seat was being taken; the library would never tell
            self._ended(line)
            raise _refused("unavailable", language)
        log.info("a page connected", extra={"kind": page.seat.role.value})

    def _resume(self, sid: str, line: Line, hello: messages.Hello, admission: Admission) -> _Page | None:
        if hello.resume is None:
            return None
        seat = Seat(admission.session, admission.role)
        holder = Holder(admission.holder, hello.instance, sid)
        resumed = self._seats.resume(seat, holder, hello.resume.epoch, hello.resume.seq, admission.epoch)
        if resumed is None:
            return None
        self._show_out(resumed.replaced)
        return self._open(_Page(sid, line, seat, hello.resume.epoch, hello.language), resumed.missed)

    async def _take(self, sid: str, line: Line, hello: messages.Hello, admission: Admission) -> _Page:
        seat = Seat(admission.session, admission.role)
        epoch = self._seats.reserve(seat, Holder(admission.holder, hello.instance, sid), admission.epoch)
        try:
            welcome = await self._visits.taken(seat.session, seat.role, epoch, hello.language)
            confirmed = self._seats.confirm(seat, epoch, messages.encode(welcome))
        finally:
            self._seats.abandon(seat, epoch)
        if confirmed is None:
            raise Refused("stale_epoch")
        if confirmed.superseded is not None:
            connection, seq = confirmed.superseded
            self._deliver(Delivery(connection, seq, messages.encode(messages.Superseded())))
            self._show_out(connection)
        return self._open(_Page(sid, line, seat, epoch, hello.language), confirmed.first)

    def _open(self, page: _Page, first: tuple[Delivery, ...]) -> _Page:
        self._close_window(page.seat)
        page.line.connection = page.connection
        self._pages[page.connection] = page
        for delivery in first:
            page.unsent.put_nowait(delivery)
        return page

    def _ended(self, line: Line) -> None:
        """The line is gone; a page that spoke on it has the resume window to come back. Again: no effect."""
        line.ended = line.over = True
        page = self._pages.pop(line.connection, None)
        if page is None:
            return
        page.stop()
        epoch = self._seats.lost(page.seat, page.connection)
        if epoch is not None and not self._closing:
            window = asyncio.get_running_loop().call_later(self._limits.resume_s, self._away_too_long, page.seat, epoch)
            self._windows[page.seat] = window

    def _away_too_long(self, seat: Seat, epoch: int) -> None:
        del self._windows[seat]
        self._seats.release(seat, epoch)
        self._spawn(self._tell_left(seat, epoch))

    async def _tell_left(self, seat: Seat, epoch: int) -> None:
        try:
            await self._visits.left(seat.session, seat.role, epoch)
        except Refused as refusal:
            log.info("a seat was left after its session", extra={"code": refusal.code})
        except Exception:
            log.exception("a seat's leaving was lost")

    # --- intents ----------------------------------------------------------------------------------

    async def _on_message(self, sid: str, value: object) -> dict[str, object]:
        page = self._pages.get(sid)
        if page is None:
            return _answer("stale_epoch", "")
        try:
            return {"ok": True, **await self._intent(page, value)}
        except Malformed as malformed:
            return _answer(malformed.code, page.language)
        except Refused as refused:
            return _answer(refused.code, page.language, refused.said)
        except Exception:
            log.exception("an intent failed")
            return _answer("unavailable", page.language)

    async def _intent(self, page: _Page, value: object) -> dict[str, object]:
        if page.line.flooded:
            page.line.over = True
            raise Refused("rate_limited")
        intent = messages.decode_intent(value)
        if self._seats.voice(page.seat, page.connection) != page.epoch:
            raise Refused("stale_epoch")
        if page.seat.role not in intent.roles:
            raise Refused("not_allowed")
        answer = await self._visits.intent(page.seat.session, page.seat.role, page.epoch, intent)
        if isinstance(intent, messages.Leave):
            self._seats.release(page.seat, page.epoch)
            page.line.over = True
        return answer

    # --- writing ----------------------------------------------------------------------------------

    def _deliver(self, delivery: Delivery | None) -> None:
        page = self._pages.get(delivery.connection) if delivery is not None else None
        if delivery is None or page is None:
            return
        page.unsent.put_nowait(delivery)
        if page.unsent.qsize() + page.line.unsent(self._sio.eio) > self._limits.unsent:
            log.info("a page does not read")
            self._spawn(page.line.hang_up(self._sio.eio))

    async def _write(self, page: _Page) -> None:
        """Puts what is said onto the socket, in order."""
        while True:
            delivery = await page.unsent.get()
            try:
                await self._sio.emit(EVENT, {**delivery.message, "seq": delivery.seq}, to=page.connection)
            finally:
                page.unsent.task_done()

    def _show_out(self, connection: str | None) -> None:
        page = self._pages.get(connection) if connection is not None else None
        if page is not None:
            self._spawn(self._finish(page))

    async def _finish(self, page: _Page) -> None:
        """Hangs up once what was said before has been written."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await page.unsent.join()
        await page.line.hang_up(self._sio.eio)

    def _close_window(self, seat: Seat) -> None:
        window = self._windows.pop(seat, None)
        if window is not None:
            window.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _answer(code: str, language: str, said: texts.Sentence | None = None) -> dict[str, object]:
    return {"ok": False, "code": code, "text": texts.text(code, language) if said is None else said.in_(language)}


def _refused(code: str, language: str) -> Exception:
    """What Socket.IO turns into `connect_error` with `data`."""
    return socketio.exceptions.ConnectionRefusedError(code, {"code": code, "text": texts.text(code, language)})  # type: ignore[no-any-return]


def _refusal(status: int, code: str) -> aiohttp.web.Response:
    body = {"type": "about:blank", "title": texts.text(code, "en"), "status": status, "code": code}
    return aiohttp.web.json_response(body, status=status, content_type="application/problem+json")
