"""The HTTP client: what it reaches, what it does not, and what it makes of answers, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from server import demo
from server.webhooks import client
from server.webhooks.client import Answer, Client, Failed

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HERE = ip_network("127.0.0.0/8")


@asynccontextmanager
async def listening(speak: Speak, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that speaks by hand; its port."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def says(head: str, body: bytes = b"") -> Speak:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)
        await writer.drain()

    return speak


@pytest.fixture
async def local() -> AsyncIterator[Client]:
    """One that may reach this machine, as demonstrations do."""
    made = Client((), loopback=True)
    yield made
    await made.close()


@pytest.fixture
async def public() -> AsyncIterator[Client]:
    """One that may reach the internet and nothing else."""
    made = Client((), loopback=False)
    yield made
    await made.close()


async def failure(of: Client, url: str) -> str:
    with pytest.raises(Failed) as failed:
        await of.post(url, {}, b"{}")
    return failed.value.code


async def test_it_posts_the_very_bytes_with_the_headers_it_is_given_and_no_more_of_its_own_than_needed(local: Client) -> None:
    heard = bytearray()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readuntil(b"\r\n\r\n"))
        heard.extend(await reader.readexactly(7))
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    async with listening(speak) as port:
        for _ in range(2):
            heard.clear()
            assert await local.post(f"http://127.0.0.1:{port}/a?b=c", {"webhook-id": "m1"}, b'{"a":1}') == Answer(200, 0.0)
    head, _, body = bytes(heard).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert (first, body) == ("POST /a?b=c HTTP/1.1", b'{"a":1}')
    said = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines}
    assert said == {
        "host": f"127.0.0.1:{port}",
        "content-type": "application/json",
        "user-agent": "Peitong-Webhooks/1",
        "accept": "*/*",
        "accept-encoding": "identity",
        "webhook-id": "m1",
        "content-length": "7",
        "connection": "close",
    }


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120.0), ("0", 0.0), ("-5", 0.0), ("1.5", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("9" * 9, 0.0)],
)
async def test_an_answer_is_its_status_and_how_long_it_asks_to_wait(local: Client, said: str, seconds: float) -> None:
    async with listening(says(f"503 Busy\r\nRetry-After: {said}\r\nContent-Length: 0")) as port:
        assert await local.post(f"http://localhost:{port}/", {}, b"") == Answer(503, seconds)


async def test_a_redirection_is_an_answer_and_is_not_followed(local: Client) -> None:
    asked = []

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))

    async with listening(never) as elsewhere:
        head = f"307 Moved\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0"
        async with listening(says(head)) as port:
            assert (await local.post(f"http://127.0.0.1:{port}/", {}, b"")).status == 307
    assert asked == []


async def test_a_body_is_not_read_however_long_it_is(local: Client) -> None:
    lost = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            lost.set()

    async with listening(endless) as port, asyncio.timeout(10):
        assert (await local.post(f"http://127.0.0.1:{port}/", {}, b"")).status == 200
        await lost.wait()


async def test_what_is_no_http_is_told_apart_from_a_lost_connection(local: Client) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await reader.read(1)

    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with listening(nonsense) as port:
        assert await failure(local, f"http://127.0.0.1:{port}/") == "protocol"
    async with listening(gone) as port:
        assert await failure(local, f"http://127.0.0.1:{port}/") == "connect"
    assert await failure(local, f"http://127.0.0.1:{port}/") == "connect"


async def test_an_answer_that_does_not_come_ends_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_S", 0.1)
    impatient = Client((), loopback=True)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        assert await failure(impatient, f"http://127.0.0.1:{port}/") == "timeout"
    await impatient.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(local: Client, tmp_path: Path) -> None:
    certificate, key = demo.certificate_for(tmp_path, "127.0.0.1", datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with listening(says("200 OK"), context) as port:
        assert await failure(local, f"https://127.0.0.1:{port}/") == "tls"


# --- what it may reach ----------------------------------------------------------------------------


def resolves(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The name servers' answers, one after the other; the names that are asked for."""
    asked: list[str] = []
    coming = iter(answers)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(families[":" in address], socket.SOCK_STREAM, 6, "", (address, port)) for address in next(coming)]

    monkeypatch.setattr(client.socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["10.0.0.1", "192.168.7.7"], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["fe80::1"], ["0.0.0.0"]],
)
async def test_a_name_that_leads_inside_is_not_followed(
    public: Client, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolves(monkeypatch, addresses)
    assert await failure(public, "https://his.hospital.example/") == "forbidden_address"


async def test_an_address_without_a_name_is_judged_as_well(public: Client) -> None:
    async with listening(says("200 OK")) as port:
        assert await failure(public, f"https://127.0.0.1:{port}/") == "forbidden_address"
        assert await failure(public, f"https://[::1]:{port}/") == "forbidden_address"
    assert await failure(public, "https://2130706433/") == "protocol"


async def test_a_name_that_means_something_else_the_second_time_gains_nothing(
    public: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever was answered before, each connection is judged by the address that it goes to."""
    reached = []

    async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(1))

    async with listening(inside) as port:
        asked = resolves(monkeypatch, ["127.0.0.1"], ["::1", "127.0.0.1"], ["127.0.0.1"])
        for _ in range(3):
            assert await failure(public, f"https://rebinding.example:{port}/") == "forbidden_address"
    assert asked == ["rebinding.example"] * 3
    assert reached == []


async def test_of_several_addresses_only_those_that_are_allowed_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Client((HERE,), loopback=False)
    async with listening(says("204 No Content")) as port:
        resolves(monkeypatch, ["10.0.0.1", "169.254.169.254", "127.0.0.1"])
        assert (await inside.post(f"http://his.hospital.example:{port}/", {}, b"")).status == 204
    await inside.close()


async def test_a_name_that_nobody_knows_is_told(public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(client.socket, "getaddrinfo", unknown)
    assert await failure(public, "https://his.hospital.example/") == "dns"


async def test_a_proxy_of_the_environment_is_not_asked(local: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with listening(says("200 OK\r\nContent-Length: 0")) as port:
        assert (await local.post(f"http://127.0.0.1:{port}/", {}, b"")).status == 200
