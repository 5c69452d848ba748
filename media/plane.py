"""One UDP socket for all legs of a relay, drained in a loop.

The first byte tells what a datagram claims to be (RFC 7983). Binding requests go to the ICE agent; DTLS and SRTP are looked
at only when they come from an address that has been validated for a leg. Everything else is counted and dropped before any
parsing, so strangers cost one dictionary lookup.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from media.ice import Address, Agent, Drop
from media.srtp import MAX_DATAGRAM, PacketBuffer

_DATAGRAMS_A_WAKE_UP = 64
_SOCKET_BUFFER = 4 << 20


class Endpoint(Protocol):
    """What the plane knows of a leg."""

    def on_bound(self, address: Address, *, nominated: bool) -> None: ...

    def on_dtls(self, record: bytes, address: Address) -> None: ...

    def on_srtp(self, packet: PacketBuffer, size: int, address: Address, now_us: int) -> None:
        """The packet lies in a buffer that is reused afterwards, and may be changed in place."""


class Plane:
    """The socket, the ICE agent, and the legs that datagrams go to. ``drops`` counts what was not taken, by reason."""

    def __init__(self, sock: socket.socket, clock_us: Callable[[], int]) -> None:
        self.agent = Agent()
        self.endpoints: dict[int, Endpoint] = {}
        self.drops: Counter[str] = Counter()
        self._socket = sock
        self._clock_us = clock_us
        self._packet = PacketBuffer()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self.drain)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def forget(self, owner: int) -> None:
        self.agent.withdraw(owner)
        self.endpoints.pop(owner, None)

    def send(self, data: bytes | memoryview, address: Address) -> None:
        """One datagram out; what the system does not take now is lost, as on any network."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.drops["unsent"] += 1

    def drain(self) -> None:
        """Takes what has arrived, at most 64 datagrams, so that timers get their turn too."""
        packet, receive, clock_us = self._packet, self._socket.recvfrom_into, self._clock_us
        data, routes, endpoints = packet.data, self.agent.routes, self.endpoints
        for _ in range(_DATAGRAMS_A_WAKE_UP):
            try:
                size, address = receive(data)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error for something we sent
                continue
            if not 0 < size <= MAX_DATAGRAM:
                self.drops["size"] += 1
                continue
            first = data[0]
            if first < 4:
                self._stun(bytes(packet.view[:size]), address)
                continue
            owner = routes.get(address)
            endpoint = None if owner is None else endpoints.get(owner)
            if endpoint is None:
                self.drops["unknown_address"] += 1
            elif 128 <= first < 192:
                endpoint.on_srtp(packet, size, address, clock_us())
            elif 20 <= first < 64:
                endpoint.on_dtls(bytes(packet.view[:size]), address)
            else:
                self.drops["unknown_protocol"] += 1

    def _stun(self, datagram: bytes, address: Address) -> None:
        outcome = self.agent.receive(datagram, address, self._clock_us())
        if isinstance(outcome, Drop):
            self.drops[outcome.value] += 1
            return
        self.send(outcome.reply, address)
        endpoint = self.endpoints.get(outcome.owner)
        if endpoint is not None:
            endpoint.on_bound(address, nominated=outcome.nominated)


def bind(host: str, port: int) -> socket.socket:
    """The relay's one UDP socket. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((host, port))
    return sock
