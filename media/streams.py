"""ICE over TCP, the passive side (RFC 6544): connections whose frames (RFC 4571) go where datagrams go.

To the plane and the legs a connection is an address like any other, the 5-tuple, with the ``Stream`` as its last part. It
lives only while a leg holds it: a binding request must have validated it within ``GRACE_US``, or it is closed. When there are
too many, the oldest stranger makes room, so that strangers cannot keep families out. A peer that does not read costs a
bounded number of bytes and delays nobody (``media.backlog``): what the kernel would only queue is not given to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from media.backlog import Backlog
from media.framing import Frames, TooLong, frame
from media.ice import Address
from media.plane import Plane
from media.rtp import ReadBuffer
from media.srtp import MAX_DATAGRAM

MOST: Final = 512
MOST_FROM_A_HOST: Final = 128
"""A whole hospital may stand behind one address."""
GRACE_US: Final = 5_000_000
_SWEEP_S: Final = 1.0
_PAUSE_S: Final = 1.0
_ACCEPTED_A_WAKE_UP: Final = 32
_READ_A_WAKE_UP: Final = 16 << 10
_SEND_BUFFER: Final = 128 << 10  # in flight: 2.5 Mbit/s over 300 ms, and some
_RECEIVE_BUFFER: Final = 256 << 10

_TCP_RTO_MAX_MS: Final = 44  # Linux 6.15; Python does not name it
_OPTIONS: Final = (
    (socket.TCP_NODELAY, 1),
    (socket.TCP_NOTSENT_LOWAT, 4096),  # what the path does not take now waits in our lanes, not in the kernel's single one
    (socket.TCP_USER_TIMEOUT, 30_000),
    (_TCP_RTO_MAX_MS, 1000),  # after a blackout the next attempt comes within a second
)

log = logging.getLogger(__name__)


class Stream:
    """One connection. ``expires_us``: when it is closed unless a leg holds it. ``drop`` counts what had no room."""

    __slots__ = ("_backlog", "_clock_us", "_drop", "_unsent", "_waiting", "address", "expires_us", "frames", "sock")
    transport: Final = "tcp"

    def __init__(self, sock: socket.socket, remote: Address, clock_us: Callable[[], int], drop: Callable[[], None]) -> None:
        self.sock = sock
        self.address: Address = (*remote, self)
        self.expires_us = clock_us() + GRACE_US
        self.frames = Frames(MAX_DATAGRAM)
        self._clock_us = clock_us
        self._drop = drop
        self._backlog = Backlog()
        self._unsent = b""  # the rest of a frame that has begun
        self._waiting = False

    def send(self, packet: ReadBuffer, _: Address) -> None:
        """One packet out, now or a little later; what has no room is lost. Raises ``OSError`` when the connection is gone."""
        data = frame(packet)
        if not self._waiting:
            sent = self._give(data)
            if sent == len(data):
                return
            self._waiting = True
            asyncio.get_running_loop().add_writer(self.sock, self._writable)
            if sent:
                self._unsent = data[sent:]
                return
        if not self._backlog.put(data, self._clock_us()):
            self._drop()

    def _give(self, data: bytes) -> int:
        try:
            # a segment of its own: else the kernel gathers what is unsent into large ones, past the low-water mark
            return self.sock.send(data, socket.MSG_EOR)
        except (BlockingIOError, InterruptedError):
            return 0

    def _writable(self) -> None:
        try:
            while data := self._unsent or self._backlog.take(self._clock_us()):
                self._unsent = data[self._give(data) :]
                if self._unsent:
                    return
        except OSError:  # reading will tell, too
            self._unsent = b""
        self._waiting = False
        asyncio.get_running_loop().remove_writer(self.sock)

    def close(self) -> None:
        self._waiting = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.sock)
        loop.remove_writer(self.sock)
        self.sock.close()


class Streams:
    """The listening sockets of one port and their connections, in order of age."""

    def __init__(self, listening: Sequence[socket.socket], plane: Plane, clock_us: Callable[[], int]) -> None:
        self._listening = listening
        self._plane = plane
        self._clock_us = clock_us
        self._buffer = memoryview(bytearray(_READ_A_WAKE_UP))
        self._streams: dict[Stream, None] = {}
        self._hosts: Counter[str] = Counter()
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        return int(self._listening[0].getsockname()[1])

    def __len__(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        for sock in self._listening:
            asyncio.get_running_loop().add_reader(sock, self._accept, sock)
        self._sweep()

    def close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for sock in self._listening:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        for stream in list(self._streams):
            self._end(stream)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_A_WAKE_UP):
            try:
                sock, remote = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError:  # no descriptors left: it would wake us at once, again and again
                log.exception("cannot accept")
                self._pause(listening)
                return
            if not self._room_for(remote[0]):
                self._plane.drops["streams_full"] += 1
                sock.close()
                continue
            self._admit(sock, remote)

    def _pause(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)
        loop.call_later(_PAUSE_S, lambda: listening.fileno() >= 0 and loop.add_reader(listening, self._accept, listening))

    def _room_for(self, host: str) -> bool:
        if self._hosts[host] >= MOST_FROM_A_HOST:
            return self._dismiss_stranger(host)
        return len(self._streams) < MOST or self._dismiss_stranger()

    def _dismiss_stranger(self, host: str = "") -> bool:
        """The oldest connection (from ``host``) that no leg holds is closed, if there is one."""
        routes = self._plane.agent.routes
        for stream in self._streams:
            if stream.address not in routes and host in ("", stream.address[0]):
                self._end(stream)
                return True
        return False

    def _admit(self, sock: socket.socket, remote: Address) -> None:
        sock.setblocking(False)
        for option, value in _OPTIONS:
            with contextlib.suppress(OSError):  # an older kernel
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
        stream = Stream(sock, remote, self._clock_us, self._full)
        self._streams[stream] = None
        self._hosts[remote[0]] += 1
        asyncio.get_running_loop().add_reader(sock, self._read, stream)

    def _full(self) -> None:
        self._plane.drops["stream_full"] += 1

    def _read(self, stream: Stream) -> None:
        """Takes what has arrived, some KiB, so that the others get their turn too."""
        try:
            size = stream.sock.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            size = 0
        if not size:
            self._end(stream)
            return
        now_us = self._clock_us()
        try:
            for packet in stream.frames.feed(self._buffer[:size]):
                self._plane.take(packet, stream.address, now_us)
        except TooLong:
            self._plane.drops["frame_too_long"] += 1
            self._end(stream)

    def _sweep(self) -> None:
        now_us, routes = self._clock_us(), self._plane.agent.routes
        for stream in list(self._streams):
            if stream.address in routes:
                stream.expires_us = now_us + GRACE_US
            elif now_us >= stream.expires_us:
                self._end(stream)
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _end(self, stream: Stream) -> None:
        if stream not in self._streams:
            return
        del self._streams[stream]
        host = stream.address[0]
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]
        self._plane.agent.leave(stream.address)
        stream.close()


def listen(host: str, port: int, advertised: Sequence[str] = ()) -> list[socket.socket]:
    """The listening sockets of one TCP port (0: any free one). Raises ``OSError``.

    On all IPv4 addresses it also listens on the IPv6 ones that are advertised and this machine's, as the UDP port does.
    """
    first = _listening(host, port)
    sockets = [first]
    if host == "0.0.0.0":  # noqa: S104
        for address in advertised:
            if ":" in address:
                with contextlib.suppress(OSError):
                    sockets.append(_listening(address, first.getsockname()[1]))
    return sockets


def _listening(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # connections inherit them; the window is scaled by what is set before they begin
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        sock.bind((host, port))
        sock.listen(MOST_FROM_A_HOST)
    except OSError:
        sock.close()
        raise
    return sock
