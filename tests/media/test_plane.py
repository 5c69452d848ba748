"""The plane on real loopback sockets: what reaches a leg, and what is dropped before anyone looks at it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from aioice import stun

from media.ice import Address, Credentials
from media.plane import Plane, bind
from media.srtp import PacketBuffer

HERE = Credentials("ufrag000", "password")
CLIENT_HELLO = b"\x16\xfe\xff" + bytes(30)
SRTP = b"\x80\x60" + bytes(40)


class Ear:
    """An endpoint that remembers."""

    def __init__(self) -> None:
        self.bound: list[tuple[Address, bool]] = []
        self.dtls: list[bytes] = []
        self.srtp: list[bytes] = []
        self.arrivals: list[int] = []
        self.broken = False

    def on_bound(self, address: Address, *, nominated: bool) -> None:
        self.bound.append((address, nominated))

    def on_dtls(self, record: bytes, address: Address) -> None:
        self.dtls.append(record)

    def on_srtp(self, packet: PacketBuffer, size: int, address: Address, arrival_us: int) -> None:
        if self.broken:
            raise RuntimeError("a bug")
        self.srtp.append(bytes(packet.view[:size]))
        self.arrivals.append(arrival_us)


class Net:
    """A plane, and a peer's socket beside it."""

    def __init__(self, host: str = "127.0.0.1", advertised: tuple[str, ...] = (), peer: str = "127.0.0.1") -> None:
        self.plane = Plane(bind(host, 0, advertised), lambda: 0)
        self.ear = Ear()
        self.plane.endpoints[1] = self.ear
        self.plane.agent.grant(1, HERE)
        self.sockets = len(self.plane._sockets)
        self.peer = socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM)
        self.peer.settimeout(2)
        self.peer.bind((peer, 0))
        self.to = peer

    def send(self, *datagrams: bytes, sender: socket.socket | None = None) -> None:
        for datagram in datagrams:
            (sender or self.peer).sendto(datagram, (self.to, self.plane.port))
        for number in range(self.sockets):
            self.plane.drain(number)

    def validate(self) -> None:
        self.send(binding())
        assert self.peer.recv(2000)

    def close(self) -> None:
        self.peer.close()
        for sock in self.plane._sockets:
            sock.close()


def binding(transaction: bytes = b"t" * 12) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction)
    request.attributes |= {"USERNAME": "ufrag000:peer", "USE-CANDIDATE": None}
    request.add_message_integrity(b"password")
    return bytes(request)


@pytest.fixture
def net() -> Iterator[Net]:
    net = Net()
    yield net
    net.close()


def test_a_validated_address_may_speak_dtls_and_srtp(net: Net) -> None:
    net.validate()
    assert net.ear.bound == [(net.peer.getsockname(), True)]
    net.send(CLIENT_HELLO, SRTP)
    assert net.ear.dtls == [CLIENT_HELLO]
    assert net.ear.srtp == [SRTP]
    assert not net.plane.drops


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (b"", "size"),
        (bytes(1501), "size"),
        (CLIENT_HELLO, "unknown_address"),
        (b"\x15\xfe\xfd" + bytes(12), "unknown_address"),
        (SRTP, "unknown_address"),
        (b"GET / HTTP/1.1", "unknown_address"),
        (bytes(40), "not_a_request"),
        (b"\x00", "not_a_request"),
    ],
)
def test_strangers_reach_nobody(net: Net, datagram: bytes, why: str) -> None:
    net.send(datagram)
    assert dict(net.plane.drops) == {why: 1}
    assert (net.ear.bound, net.ear.dtls, net.ear.srtp) == ([], [], [])


def test_a_binding_request_overheard_and_repeated_elsewhere_reaches_nobody(net: Net) -> None:
    net.validate()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", 0))
        net.send(binding(), CLIENT_HELLO, SRTP, sender=thief)
    assert dict(net.plane.drops) == {"replayed": 1, "unknown_address": 2}
    assert (len(net.ear.bound), net.ear.dtls, net.ear.srtp) == (1, [], [])


def test_other_protocols_of_a_validated_address_are_dropped(net: Net) -> None:
    net.validate()
    net.send(b"\x40" + bytes(20), b"\xff")
    assert dict(net.plane.drops) == {"unknown_protocol": 2}


def test_a_leg_that_is_gone_hears_nothing(net: Net) -> None:
    net.validate()
    net.plane.forget(1)
    net.send(SRTP, binding())
    assert dict(net.plane.drops) == {"unknown_address": 1, "unknown_ufrag": 1}


def test_a_bug_in_a_leg_costs_that_leg_only(net: Net) -> None:
    net.validate()
    net.ear.broken = True
    net.send(SRTP)
    assert net.plane.endpoints == {}
    net.send(SRTP)
    assert dict(net.plane.drops) == {"unknown_address": 1}


def test_one_wake_up_takes_a_bounded_number(net: Net) -> None:
    net.validate()
    for _ in range(70):
        net.peer.sendto(SRTP, ("127.0.0.1", net.plane.port))
    net.plane.drain()
    assert len(net.ear.srtp) == 64
    net.plane.drain()
    assert len(net.ear.srtp) == 70


def test_what_cannot_be_sent_is_lost_and_counted(net: Net) -> None:
    net.plane.send(bytes(70_000), net.peer.getsockname())
    assert dict(net.plane.drops) == {"unsent": 1}


@pytest.mark.parametrize(
    ("host", "advertised", "peer", "sockets"),
    [
        ("0.0.0.0", ("127.0.0.2", "127.0.0.1"), "127.0.0.1", 2),
        ("0.0.0.0", ("192.0.2.200", "127.0.0.1"), "127.0.0.1", 2),  # the first is not this machine's
        ("0.0.0.0", (), "127.0.0.1", 1),
        ("::1", (), "::1", 1),
        ("::", ("::1", "127.0.0.1"), "::1", 2),
    ],
)
def test_an_answer_comes_from_the_address_that_was_asked(
    host: str, advertised: tuple[str, ...], peer: str, sockets: int
) -> None:
    net = Net(host, advertised, peer)
    try:
        assert net.sockets == sockets
        net.send(binding())
        _, source = net.peer.recvfrom(2000)
        assert source[:2] == (peer, net.plane.port)
        net.send(SRTP)
        assert net.ear.srtp == [SRTP]
        net.plane.send(b"back", net.ear.bound[0][0])
        assert net.peer.recvfrom(2000) == (b"back", source)
    finally:
        net.close()


def test_nobody_else_may_join_the_port() -> None:
    net = Net("0.0.0.0", ("127.0.0.1",))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as intruder:
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            intruder.bind(("127.0.0.1", net.plane.port))
    net.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    net = Net()
    with pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", net.plane.port)
    net.close()


def test_a_packet_arrived_when_the_kernel_says_so() -> None:
    """Not when a busy relay came to look; and never in the future or long ago, should the wall clock be set."""
    net = Net()
    net.validate()
    clock_us = 10_000_000
    net.plane._clock_us = lambda: clock_us
    net.peer.sendto(SRTP, ("127.0.0.1", net.plane.port))
    time.sleep(0.05)  # the relay is busy
    net.plane.drain()
    assert clock_us - 500_000 < net.ear.arrivals[0] <= clock_us - 50_000
    net.close()
