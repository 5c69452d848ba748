"""The relay process: its port, its rooms, the app's control connection and the recorder's feed (CONTROL.md, section 1).

It ends when the app's connection ends or on SIGTERM; its gates are closed by then. One room's bug closes that room, never
the process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media import control, dtls, sdp
from media.admission import Admission, Refused
from media.coredump import forbid_core_dumps
from media.feed import Feed
from media.plane import Plane, bind
from media.room import Room, Seat
from media.streams import Streams, listen

_TICK_S: Final = 0.020
_TICKS_A_FEEDBACK: Final = 3
_FLUSH_S: Final = 0.050
_DROPS_TOLD_EVERY_S: Final = 60.0

log = logging.getLogger("media.relay")


def monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class Relay:
    """The rooms and what the app says to them. ``report`` sends a message to the app."""

    def __init__(
        self, plane: Plane, feed: Feed, candidates: tuple[sdp.Candidate, ...], report: Callable[[control.Message], None]
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self._plane = plane
        self._feed = feed
        self._report = report
        self._statistics_s = 1.0
        self._tasks: set[asyncio.Future[None]] = set()
        self._drops_told: dict[str, int] = {}
        self._admission = Admission(plane, dtls.new_certificate(), candidates, monotonic_us, self._spawn)
        plane.on_failure = self._leg_failed

    def received(self, message: control.Message) -> None:
        """One message of the app; a bug in its room closes that room."""
        match message:
            case control.GateRenew(rooms=rooms, lease_ms=lease_ms):
                for name, generation in rooms:
                    self._within(name, lambda room, g=generation: room.gate_renew(g, lease_ms))  # type: ignore[misc]
            case control.Statistics(every_ms=every_ms):
                self._statistics_s = max(every_ms, 100) / 1000
            case control.RoomOpen(room=name):
                if name not in self.rooms:
                    self.rooms[name] = self._new_room(message)
                else:
                    self._within(name, lambda room: room.add_seats(message.seats))
            case control.LegOffer():
                self._offer(message)
            case control.RoomClose(room=name):
                self._close(name)
            case _:
                self._to_room(message)

    def _to_room(self, message: control.Message) -> None:
        match message:
            case control.LegClose(room=name, leg=number):
                self._within(name, lambda room: room.close_leg(number))
            case control.GateOpen(room=name):
                self._within(name, lambda room: room.gate_open(message.generation, message.lease_ms, message.required))
            case control.GateClose(room=name, generation=generation):
                self._within(name, lambda room: room.gate_close(generation))
            case control.Record(room=name, recording=recording):
                self._within(name, lambda room: room.record(recording))
            case control.Keyframe(room=name, seat=seat):
                self._within(name, lambda room: room.keyframe(seat))
            case _:
                log.warning("message not for a relay", extra={"type": message.t})

    def _new_room(self, message: control.RoomOpen) -> Room:
        return Room(
            name=message.room,
            seats={name: Seat(name) for name in message.seats},
            silent_after_us=message.silent_after_ms * 1000,
            feed=self._feed,
            report=self._report,
            retire=self._admission.retire,
            clock_us=monotonic_us,
        )

    def _offer(self, message: control.LegOffer) -> None:
        room = self.rooms.get(message.room)
        try:
            if room is None:
                raise Refused("no_room")
            self._report(self._admission.offer(room, message))
        except Refused as refusal:
            self._report(control.LegRefused(message.ref, refusal.code))
        except Exception:
            log.exception("offer failed")
            self._report(control.LegRefused(message.ref, "bad_sdp"))

    def _within(self, name: str, act: Callable[[Room], Any]) -> None:
        """The one boundary: whatever goes wrong in a room ends that room."""
        room = self.rooms.get(name)
        if room is None:
            return
        try:
            act(room)
        except Exception:
            log.exception("room failed")
            self._close(name)

    def _leg_failed(self, owner: int) -> None:
        for name, room in list(self.rooms.items()):
            if any(leg.owner == owner for leg in room.legs):
                self._close(name)

    def _close(self, name: str) -> None:
        room = self.rooms.pop(name, None)
        if room is not None:
            room.close()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """The clockwork, until cancelled."""
        await asyncio.gather(self._ticking(), self._flushing(), self._counting(), self._telling_drops(), self._feed.run())

    async def _ticking(self) -> None:
        count = 0
        while True:
            await asyncio.sleep(_TICK_S)
            count += 1
            for name in list(self.rooms):
                self._within(name, Room.tick)
                if count % _TICKS_A_FEEDBACK == 0:
                    self._within(name, Room.tick_feedback)
                    self._within(name, self._note_addresses_in_use)

    def _note_addresses_in_use(self, room: Room) -> None:
        for leg in room.legs:
            if leg.last_rtp_us >= 0:
                self._plane.agent.heard(leg.owner, leg.last_rtp_us)

    async def _flushing(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_S)
            self._feed.flush()

    async def _counting(self) -> None:
        while True:
            await asyncio.sleep(self._statistics_s)
            self._count()

    def _count(self) -> None:
        legs: list[dict[str, Any]] = []
        for name in list(self.rooms):
            self._within(name, lambda room: legs.extend(room.statistics()))
        self._report(control.LegStatistics(legs))  # also when empty: the app takes silence for a hung relay

    async def _telling_drops(self) -> None:
        while True:
            await asyncio.sleep(_DROPS_TOLD_EVERY_S)
            self._tell_drops()

    def _tell_drops(self) -> None:
        """One line a minute, and only with news: a flood must not fill the log as well."""
        drops = self._admission.drops()
        if drops != self._drops_told:
            log.info("datagrams not taken", extra={"drops": drops})
            self._drops_told = drops

    async def finish(self) -> None:
        """Closes every room, lets the goodbyes out, and ends the feed."""
        for name in list(self.rooms):
            self._close(name)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.5)
        self._tell_drops()
        await self._feed.close()


class AppConnection:
    """The one connection of the app. Whoever connects second is turned away."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.received: Callable[[control.Message], None] = lambda message: None
        self._writer: asyncio.StreamWriter | None = None

    def send(self, message: control.Message) -> None:
        if self._writer is not None:
            self._writer.write(control.encode(message))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            writer.close()
            return
        self._writer = writer
        try:
            await self._read(reader)
        except control.Malformed as error:
            log.warning("app connection broken", extra={"why": type(error).__name__})
        except OSError:  # it went while we were writing: an end like any other
            pass
        finally:
            self.ended.set()

    def close(self) -> None:
        """Hangs up, so that reading ends by itself."""
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = control.Reader()
        greeted = False
        while data := await reader.read(65536):
            for message in frames.feed(data):
                if not isinstance(message, control.Message):
                    raise control.Malformed("a batch from the app")
                if isinstance(message, control.Hello) != (not greeted):
                    raise control.Malformed("hello comes first, and once")
                if isinstance(message, control.Hello):
                    if message.version != control.VERSION or message.who != "app":
                        raise control.Malformed("not our app")
                    greeted = True
                else:
                    self.received(message)


def _tcp_sockets(tcp: tuple[str, int], udp_port: int, addresses: tuple[str, ...]) -> list[socket.socket]:
    """Port 0 is the UDP port's number where that is free: one number for a firewall's two rules. Raises ``OSError``."""
    host, port = tcp
    if not port:
        with contextlib.suppress(OSError):
            return listen(host, udp_port, addresses)
    return listen(host, port, addresses)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a relay is reached: by the app, by browsers over UDP and perhaps TCP, under ``addresses``; and its recorder."""

    app: Path
    feed: Path
    udp: tuple[str, int]
    tcp: tuple[str, int] | None
    addresses: tuple[str, ...]


async def serve(places: Places) -> None:
    """Runs a relay until the app goes or SIGTERM comes. Raises ``OSError`` when a socket cannot be had."""
    plane = Plane(bind(*places.udp, places.addresses), monotonic_us)
    candidates = tuple(sdp.Candidate("udp", address, plane.port) for address in places.addresses)
    ready, streams = f"ready {plane.port}", None
    if places.tcp is not None:
        streams = Streams(_tcp_sockets(places.tcp, plane.port, places.addresses), plane, monotonic_us)
        candidates += tuple(sdp.Candidate("tcp", address, streams.port) for address in places.addresses)
        ready += f" {streams.port}"
    app = AppConnection()
    relay = Relay(plane, Feed(places.feed, monotonic_us), candidates, app.send)
    app.received = relay.received
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.ended.set)
    places.app.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(app.serve, places.app)
    plane.start()
    if streams is not None:
        streams.start()
    gc.freeze()  # what the imports made stays: to walk it again at each full collection would hold packets up
    running = asyncio.create_task(relay.run())
    running.add_done_callback(lambda task: app.ended.set())
    sys.stdout.write(f"{ready}\n")
    sys.stdout.flush()
    await app.ended.wait()
    server.close()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await relay.finish()
    app.close()
    await asyncio.sleep(0.05)  # what was said last goes out, and reading ends
    if streams is not None:
        streams.close()
    plane.close()


class _JsonLines(logging.Formatter):
    """One JSON object a line; of an exception its type and place, as its text might hold what a peer said."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"level": record.levelname.lower(), "logger": record.name, "message": record.msg}
        line |= {name: getattr(record, name) for name in ("type", "why", "drops") if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None:
                line["at"] = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
                trace = trace.tb_next
        return json.dumps(line)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m media.relay", description=__doc__)
    parser.add_argument("--listen", type=Path, required=True, help="Unix socket for the app")
    parser.add_argument("--feed", type=Path, required=True, help="Unix socket of the recorder")
    parser.add_argument("--udp", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="ICE over TCP; port 0: as UDP's where that is free")
    parser.add_argument("--advertise", action="append", default=[], metavar="ADDRESS", help="put into answers; repeatable")
    options = parser.parse_args(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    forbid_core_dumps()
    addresses = tuple(options.advertise) or (options.udp[0],)
    asyncio.run(serve(Places(options.listen, options.feed, options.udp, options.tcp, addresses)))


if __name__ == "__main__":
    main()
