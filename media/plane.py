"""One UDP port for all legs of a relay, drained in a loop; what comes over TCP (``media.streams``) goes the same way.

The first byte tells what a datagram claims to be (RFC 7983). Binding requests go to the ICE agent; DTLS and SRTP are looked
at only when they come from an address that has been validated for a leg. Everything else is counted and dropped before any
parsing, so strangers cost one dictionary lookup.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

from media.ice import Address, Agent, Drop
from media.rtp import ReadBuffer
from media.srtp import MAX_DATAGRAM, PacketBuffer

_DATAGRAMS_A_WAKE_UP = 64
_SOCKET_BUFFER = 4 << 20
_SO_TIMESTAMPNS = 35  # Linux; Python does not name it
_TIMESPEC = struct.Struct("@qq")
_STAMP_SPACE = socket.CMSG_SPACE(_TIMESPEC.size)
_MOST_QUEUED_US = 1_000_000
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104

log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """What the plane knows of a leg."""

    def on_bound(self, address: Address, *, nominated: bool) -> None: ...

    def on_dtls(self, record: bytes, address: Address) -> None: ...

    def on_srtp(self, packet: PacketBuffer, size: int, address: Address, arrival_us: int) -> None:
        """The packet lies in a buffer that is reused afterwards, and may be changed in place. It arrived when the kernel says:
        a busy relay must not look like a jittery network to the sender's estimator."""


class Ours(Protocol):
    """Which of our sockets an address is reached through: its last part, unless that is the first UDP socket."""

    transport: Literal["udp", "tcp"]

    def send(self, data: ReadBuffer, address: Address) -> None:
        """Raises ``OSError`` for what the system does not take."""


class Further:
    """A UDP socket beside the first."""

    __slots__ = ("_sock",)
    transport: Final = "udp"

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, data: ReadBuffer, address: Address) -> None:
        self._sock.sendto(data, address[:-1])


class Plane:
    """The sockets of the port, the ICE agent, and the legs that datagrams go to. ``drops`` counts what was not taken."""

    def __init__(self, sockets: Sequence[socket.socket], clock_us: Callable[[], int]) -> None:
        self.agent = Agent()
        self.endpoints: dict[int, Endpoint] = {}
        self.drops: Counter[str] = Counter()
        self.on_failure: Callable[[int], None] = self.forget
        self._sockets = sockets
        self._ours = [(), *((Further(sock),) for sock in sockets[1:])]
        self._clock_us = clock_us
        self._packet = PacketBuffer()

    @property
    def port(self) -> int:
        return int(self._sockets[0].getsockname()[1])

    def start(self) -> None:
        for number, sock in enumerate(self._sockets):
            asyncio.get_running_loop().add_reader(sock, self.drain, number)

    def close(self) -> None:
        for sock in self._sockets:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def forget(self, owner: int) -> None:
        self.agent.withdraw(owner)
        self.endpoints.pop(owner, None)

    def send(self, data: ReadBuffer, address: Address) -> None:
        """One datagram out; what the system does not take now is lost, as on any network."""
        ours: Ours | int = address[-1]
        try:
            if isinstance(ours, int):
                self._sockets[0].sendto(data, address)
            else:
                ours.send(data, address)
        except OSError:
            self.drops["unsent"] += 1

    def drain(self, number: int = 0) -> None:
        """Takes what has arrived, at most 64 datagrams, so that timers get their turn too."""
        packet, receive, take = self._packet, self._sockets[number].recvmsg_into, self._take
        ours = self._ours[number]
        buffers = [packet.data]
        now_us = self._clock_us()
        epoch_us = time.time_ns() // 1000 - now_us
        timespec = _TIMESPEC.unpack
        for _ in range(_DATAGRAMS_A_WAKE_UP):
            try:
                size, ancillary, _, address = receive(buffers, _STAMP_SPACE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error for something we sent
                continue
            if ours:
                address += ours
            if not 0 < size <= MAX_DATAGRAM:
                self.drops["size"] += 1
                continue
            arrival_us = now_us
            if ancillary:
                seconds, nanoseconds = timespec(ancillary[0][2])
                queued_us = now_us - (seconds * 1_000_000 + nanoseconds // 1000 - epoch_us)
                if queued_us > 0:  # and no longer than is likely: the wall clock may have been set meanwhile
                    arrival_us -= queued_us if queued_us < _MOST_QUEUED_US else _MOST_QUEUED_US
            take(size, address, arrival_us)

    def take(self, datagram: memoryview, address: Address, arrival_us: int) -> None:
        """What came otherwise than by UDP: 1 to ``MAX_DATAGRAM`` bytes."""
        size = len(datagram)
        self._packet.view[:size] = datagram
        self._take(size, address, arrival_us)

    def _take(self, size: int, address: Address, arrival_us: int) -> None:
        """What lies in the packet buffer goes to whom it may concern."""
        packet = self._packet
        first = packet.data[0]
        if first < 4:
            self._stun(bytes(packet.view[:size]), address)
            return
        owner = self.agent.routes.get(address)
        endpoint = None if owner is None else self.endpoints.get(owner)
        if owner is None or endpoint is None:
            self.drops["unknown_address"] += 1
            return
        try:
            if 128 <= first < 192:
                endpoint.on_srtp(packet, size, address, arrival_us)
            elif 20 <= first < 64:
                endpoint.on_dtls(bytes(packet.view[:size]), address)
            else:
                self.drops["unknown_protocol"] += 1
        except Exception:  # a bug: it costs this leg's room, not the relay
            log.exception("leg failed")
            self.on_failure(owner)

    def _stun(self, datagram: bytes, address: Address) -> None:
        outcome = self.agent.receive(datagram, address, self._clock_us())
        if isinstance(outcome, Drop):
            self.drops[outcome.value] += 1
            return
        self.send(outcome.reply, address)
        endpoint = self.endpoints.get(outcome.owner)
        if endpoint is not None:
            endpoint.on_bound(address, nominated=outcome.nominated)


def transport(address: Address | None) -> str:
    """What carries the packets of ``address``: udp or tcp."""
    ours: Ours | int = address[-1] if address is not None else 0
    return "udp" if isinstance(ours, int) else ours.transport


def bind(host: str, port: int, advertised: Sequence[str] = ()) -> list[socket.socket]:
    """The sockets of one UDP port (0: any free one). Raises ``OSError``.

    A socket bound to the wildcard answers from whatever address the route prefers, which a peer that wrote to another one
    takes for a forgery. So there each advertised address that is this machine's gets a socket of its own.
    """
    if host not in _WILDCARDS:
        return [_bound(host, port, 0)]
    wildcard = _bound(host, port, 1)
    port = wildcard.getsockname()[1]
    own = []
    for address in advertised:
        with contextlib.suppress(OSError):
            own.append(_bound(address, port, 1))
    sockets = own if own and len(own) == len(advertised) else [wildcard, *own]
    if wildcard not in sockets:
        wildcard.close()
    for sock in sockets:  # nobody else may join the port
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return sockets


def _bound(host: str, port: int, shared: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
