"""Connections beside the UDP port, on real loopback sockets: who may stay, what reaches a leg, and what a slow reader costs."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import random
import socket
import struct
import termios
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from media import streams
from media.framing import frame
from media.plane import Plane, bind, transport
from media.streams import GRACE_US, Streams, listen
from tests.media.test_plane import CLIENT_HELLO, HERE, SRTP, Ear, binding

SIOCOUTQNSD = 0x894B
_transactions = (number.to_bytes(12, "big") for number in itertools.count(1))


class Net:
    """A plane with streams beside it, and a clock that the test moves."""

    def __init__(self, host: str = "127.0.0.1", advertised: tuple[str, ...] = ()) -> None:
        self.now_us = 0
        self.plane = Plane(bind("127.0.0.1", 0), lambda: self.now_us)
        self.ear = Ear()
        self.plane.endpoints[1] = self.ear
        self.plane.agent.grant(1, HERE)
        self.streams = Streams(listen(host, 0, advertised), self.plane, lambda: self.now_us)
        self.streams.start()
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(
        self, host: str = "127.0.0.1", source: str = "", limit: int = 65536
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that is accepted by now."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        if source:
            sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, (host, self.streams.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=limit)
        self.writers.append(writer)
        await settle()
        return reader, writer

    async def validated(
        self, host: str = "127.0.0.1", source: str = "", limit: int = 65536
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self.connect(host, source, limit)
        writer.write(frame(binding(next(_transactions))))
        assert (await packet(reader))[:2] == b"\x01\x01"
        return reader, writer

    async def pass_time(self, us: int) -> None:
        self.now_us += us
        self.streams._sweep()
        await settle()

    async def close(self) -> None:
        self.streams.close()
        self.plane._sockets[0].close()
        for writer in self.writers:
            writer.close()
        await settle()


async def settle() -> None:
    """Everything that is under way on loopback has happened."""
    for _ in range(20):
        await asyncio.sleep(0.002)


async def packet(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), 2), "big")
    return await asyncio.wait_for(reader.readexactly(size), 2)


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the other side has closed."""
    try:
        return await asyncio.wait_for(reader.read(1), 0.2) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    net = Net()
    yield net
    await net.close()


async def test_a_validated_connection_speaks_dtls_and_srtp_like_any_address(net: Net) -> None:
    reader, writer = await net.connect()
    whole = frame(binding()) + frame(CLIENT_HELLO) + frame(SRTP) + frame(SRTP)
    for byte in range(0, len(whole), 7):  # as a network may cut it
        writer.write(whole[byte : byte + 7])
        await writer.drain()
    reply = stun.parse_message(await packet(reader))
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == writer.get_extra_info("sockname")
    await settle()
    assert (net.ear.dtls, net.ear.srtp) == ([CLIENT_HELLO], [SRTP, SRTP])
    ((address, nominated),) = net.ear.bound
    assert nominated
    assert transport(address) == "tcp"
    net.plane.send(b"there", address)
    net.plane.send(memoryview(b"and back"), address)
    assert [await packet(reader), await packet(reader)] == [b"there", b"and back"]
    assert not net.plane.drops


def test_what_is_no_connection_is_udp() -> None:
    assert [transport(None), transport(("192.0.2.1", 5)), transport(("2001:db8::1", 5, 0, 0))] == ["udp"] * 3


@pytest.mark.parametrize("host", ["::1", "127.0.0.1"])
async def test_both_families_arrive_on_one_port(host: str) -> None:
    net = Net("::")
    _, writer = await net.validated(host)
    ((address, _),) = net.ear.bound
    assert address[1] == writer.get_extra_info("sockname")[1]
    await net.close()


async def test_an_advertised_ipv6_address_listens_beside_all_of_ipv4() -> None:
    net = Net("0.0.0.0", ("127.0.0.1", "::1", "2001:db8::7"))  # the last is not this machine's
    for host in ("127.0.0.1", "::1"):
        await net.validated(host)
    assert len(net.streams) == 2
    await net.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    (taken,) = listen("127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])
    taken.close()


# --- who may stay ---------------------------------------------------------------------------------


async def test_a_connection_that_proves_nothing_is_closed(net: Net) -> None:
    reader, writer = await net.connect()
    writer.write(frame(CLIENT_HELLO) + frame(SRTP) + frame(bytes(30)))
    await net.pass_time(GRACE_US - 1)
    assert len(net.streams) == 1
    await net.pass_time(1)
    assert await ended(reader)
    assert len(net.streams) == 0
    assert dict(net.plane.drops) == {"unknown_address": 2, "not_a_request": 1}


async def test_a_validated_connection_stays_as_long_as_its_leg(net: Net) -> None:
    reader, _ = await net.validated()
    await net.pass_time(100 * GRACE_US)
    assert not await ended(reader)
    net.plane.forget(1)
    await net.pass_time(GRACE_US - 1)
    assert not await ended(reader), "a goodbye must get out"
    await net.pass_time(1)
    assert await ended(reader)


async def test_when_a_connection_closes_its_address_goes(net: Net) -> None:
    _, writer = await net.validated()
    ((address, _),) = net.ear.bound
    writer.close()
    await settle()
    assert (net.plane.agent.routes, len(net.streams)) == ({}, 0)
    net.plane.send(b"to nobody", address)
    assert dict(net.plane.drops) == {"unsent": 1}


async def test_a_connection_that_is_reset_goes_as_well(net: Net) -> None:
    _, writer = await net.validated()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
    await settle()
    assert (net.plane.agent.routes, len(net.streams)) == ({}, 0)


@pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\xff\xff", b"\x05\xdd"])
async def test_what_is_no_stream_of_frames_is_closed_at_once(net: Net, greeting: bytes) -> None:
    reader, writer = await net.connect()
    writer.write(greeting)
    assert await ended(reader)
    assert dict(net.plane.drops) == {"frame_too_long": 1}


async def test_a_request_overheard_and_repeated_on_another_connection_is_worth_nothing(net: Net) -> None:
    _, writer = await net.connect()
    writer.write(frame(binding()))
    await settle()
    _, thief = await net.connect()
    thief.write(frame(binding()) + frame(SRTP))
    await settle()
    assert dict(net.plane.drops) == {"replayed": 1, "unknown_address": 1}
    assert (len(net.ear.bound), net.ear.srtp) == (1, [])


async def test_strangers_make_room_for_newcomers_but_peers_do_not(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 3)
    peer, _ = await net.validated(source="127.0.0.2")
    older, _ = await net.connect(source="127.0.0.3")
    younger, _ = await net.connect(source="127.0.0.4")
    another, _ = await net.validated(source="127.0.0.5")
    assert [await ended(each) for each in (peer, older, younger, another)] == [False, True, False, False]
    third, _ = await net.validated(source="127.0.0.6")
    refused, _ = await net.connect(source="127.0.0.7")
    assert await ended(refused)
    assert [await ended(each) for each in (peer, another, third)] == [False] * 3
    assert net.plane.drops["streams_full"] == 1


async def test_one_host_cannot_take_all_places(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_FROM_A_HOST", 2)
    elsewhere, _ = await net.connect(source="127.0.0.2")
    crowd = [(await net.connect(source="127.0.0.3"))[0] for _ in range(6)]
    assert [await ended(each) for each in crowd] == [True] * 4 + [False] * 2
    assert not await ended(elsewhere)
    net.writers[-1].close()
    await settle()
    assert net.streams._hosts == {"127.0.0.2": 1, "127.0.0.3": 1}


async def test_without_descriptors_it_pauses_and_comes_back(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_PAUSE_S", 0.05)
    (listening,) = net.streams._listening

    class Exhausted:
        calls = 0

        def accept(self) -> tuple[socket.socket, tuple[str, int]]:
            self.calls += 1
            raise OSError(24, "Too many open files")

        def __getattr__(self, name: str) -> object:
            return getattr(listening, name)

    exhausted = Exhausted()
    net.streams._accept(exhausted)  # type: ignore[arg-type]
    await asyncio.sleep(0.1)
    assert exhausted.calls == 1
    asyncio.get_running_loop().remove_reader(listening)
    net.streams._pause(listening)
    await asyncio.sleep(0.1)
    await net.validated()


async def test_hostile_bytes_disturb_no_running_call(net: Net) -> None:
    """Random bytes, frames of them, and requests with a bit changed, from twenty connections; the call beside them goes on."""
    chance = random.Random(7)
    reader, writer = await net.validated()
    ((address, _),) = net.ear.bound
    for _ in range(20):
        _, stranger = await net.connect(source="127.0.0.9")
        altered = bytearray(binding(next(_transactions)))
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        stranger.write(frame(altered) + frame(chance.randbytes(chance.randrange(1, 1500))) + chance.randbytes(3000))
        writer.write(frame(SRTP))
    await settle()
    assert net.ear.srtp == [SRTP] * 20
    assert (len(net.ear.bound), net.ear.dtls) == (1, [])
    assert set(net.plane.agent.routes) == {address}
    net.plane.send(b"still here", address)
    assert await packet(reader) == b"still here"


# --- a peer that does not read --------------------------------------------------------------------


def rtp(ssrc: int, sequence: int, size: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence, 0, ssrc) + bytes(size - 12)


def queued(stream: streams.Stream) -> tuple[int, int]:
    """Bytes in the kernel that are not acknowledged, and of these not even sent."""
    return tuple(
        int.from_bytes(fcntl.ioctl(stream.sock, request, bytes(4)), "little")  # type: ignore[return-value]
        for request in (termios.TIOCOUTQ, SIOCOUTQNSD)
    )


async def test_a_peer_that_does_not_read_costs_a_bounded_number_of_bytes_and_gets_sound_first(net: Net) -> None:
    reader, _ = await net.validated(limit=1)  # stops reading at once
    ((address, _),) = net.ear.bound
    stream = address[-1]
    for sequence in range(3000):
        net.plane.send(rtp(2, sequence, 1200), address)
    assert net.plane.drops["stream_full"] > 1000
    assert queued(stream)[1] <= 4096 + 1502, "what is not sent waits with us, where sound overtakes it"
    net.plane.send(rtp(1, 0, 180), address)
    net.now_us += 200_000
    came = []
    while (one := await packet(reader)) and len(one) != 180:
        came.append(struct.unpack_from("!H", one, 2)[0])
    assert came == list(range(len(came))), "nothing is lost before the queue was full"
    after = [struct.unpack_from("!H", await packet(reader), 2)[0] for _ in range(40)]
    assert after == list(range(after[0], after[0] + 40)), "then the pictures that waited, in order"
    assert not await ended(reader)


async def test_what_waited_too_long_is_not_sent_when_the_path_is_back(net: Net) -> None:
    reader, _ = await net.validated(limit=1)
    ((address, _),) = net.ear.bound
    for sequence in range(3000):
        net.plane.send(rtp(2, sequence, 1200), address)
    await settle()
    net.now_us += 300_000
    net.plane.send(rtp(2, 5000, 1200), address)
    came = []
    while not came or came[-1] != 5000:
        came.append(struct.unpack_from("!H", await packet(reader), 2)[0])
    assert came[:-1] == list(range(len(came) - 1))


async def test_a_peer_that_goes_while_something_waits_for_it(net: Net) -> None:
    _, writer = await net.validated(limit=1)
    ((address, _),) = net.ear.bound
    for sequence in range(3000):
        net.plane.send(rtp(2, sequence, 1200), address)
    writer.transport.abort()
    await settle()
    assert len(net.streams) == 0
    net.plane.send(rtp(2, 1, 1200), address)
    assert net.plane.drops["unsent"] == 1
