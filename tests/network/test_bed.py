"""The bed over real sockets: what the links are told is what packets meet."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.network.bed import ROOT, SERVER, SERVER6, Bed, bed
from tests.network.impair import Impairments
from tests.network.namespaces import inside, namespaces, processes_in, remove_leftovers

pytestmark = pytest.mark.process


@pytest.fixture
async def b() -> AsyncIterator[Bed]:
    async with bed(seed=7) as made:
        yield made


@dataclass
class Echo:
    """Asks from a link's device; the server's namespace answers with the asker's address."""

    bed: Bed
    answering: socket.socket

    async def ask(self, link: str, times: int = 1, within_s: float = 1.0) -> list[tuple[float, str]]:
        """How long each answered question took, in seconds, and as whom the server saw it."""
        host, port = self.answering.getsockname()[:2]
        with udp_socket(self.bed.places[link].namespace, self.answering.family) as asking:
            answers = [self._ask_once(asking, (host, port), number, within_s) for number in range(times)]
            return [answer for each in answers if (answer := await each)]

    async def _ask_once(
        self, asking: socket.socket, to: tuple[str, int], number: int, within_s: float
    ) -> tuple[float, str] | None:
        loop, asked_at = asyncio.get_running_loop(), time.monotonic()
        await loop.sock_sendto(asking, str(number).encode(), to)
        try:
            async with asyncio.timeout(within_s):
                answer = await loop.sock_recv(asking, 2048)
        except TimeoutError:
            return None
        return time.monotonic() - asked_at, answer.decode()

    async def answer(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            _, asker = await loop.sock_recvfrom(self.answering, 2048)
            await loop.sock_sendto(self.answering, asker[0].encode(), asker)


def udp_socket(namespace: str, family: int = socket.AF_INET) -> socket.socket:
    with inside(namespace):
        made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made


@pytest.fixture(params=[SERVER, SERVER6])
async def echo(b: Bed, request: pytest.FixtureRequest) -> AsyncIterator[Echo]:
    answering = udp_socket(b.server, socket.AF_INET6 if ":" in request.param else socket.AF_INET)
    answering.bind((request.param, 4000))
    made = Echo(b, answering)
    task = asyncio.create_task(made.answer())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    answering.close()


def own(b: Bed, echo: Echo, link: str) -> str:
    place = b.places[link]
    return place.address6 if echo.answering.family == socket.AF_INET6 else place.address


async def fastest_s(echo: Echo, link: str) -> float:
    """Of several: a busy machine answers late, never early."""
    return min(took_s for took_s, _ in await echo.ask(link, times=8))


async def test_both_devices_reach_the_server_over_ipv4_and_ipv6(b: Bed, echo: Echo) -> None:
    for link in ("phone", "desk"):
        ((_, seen_as),) = await echo.ask(link)
        assert seen_as == own(b, echo, link)


async def test_a_delay_is_that_of_both_ways_on_its_link_only(b: Bed, echo: Echo) -> None:
    await b.set("phone", up=Impairments(delay_ms=80), down=Impairments(delay_ms=40))
    assert 0.12 <= await fastest_s(echo, "phone") < 0.15
    assert await fastest_s(echo, "desk") < 0.03


async def test_a_blackout_stops_one_link_and_leaves_what_was_set(b: Bed, echo: Echo) -> None:
    await b.set("phone", up=Impairments(delay_ms=30))
    await b.blackout("phone", True)
    assert await echo.ask("phone", within_s=0.3) == []
    assert len(await echo.ask("desk")) == 1
    await b.blackout("phone", False)
    assert await fastest_s(echo, "phone") >= 0.03
    await b.relieve("phone")
    assert await fastest_s(echo, "phone") < 0.03


async def test_a_new_address_takes_the_place_of_the_old_one(b: Bed, echo: Echo) -> None:
    old = own(b, echo, "phone")
    with udp_socket(b.places["phone"].namespace, echo.answering.family) as former:
        former.bind((old, 0))
        await b.new_address("phone")
        ((_, seen_as),) = await echo.ask("phone")
        assert seen_as == own(b, echo, "phone") != old
        with suppress(OSError):  # IPv4 refuses to send from an address that is gone; IPv6 sends, and no answer finds the way
            former.sendto(b"from the old address", echo.answering.getsockname())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(former, 2048), 0.3)


async def test_loss_is_counted_and_met(b: Bed, echo: Echo) -> None:
    await b.set("phone", up=Impairments(loss=0.5))
    before = (await b.report()).tallies["phone", "up"]
    answered = len(await echo.ask("phone", times=40, within_s=0.05))
    after = (await b.report()).tallies["phone", "up"]
    assert 8 <= answered <= 32
    assert after.lost - before.lost == 40 - answered


async def test_with_udp_blocked_tcp_still_connects(b: Bed) -> None:
    await b.set("phone", up=Impairments(blocked=frozenset({"udp"})))
    with inside(b.server):
        listening = await asyncio.start_server(lambda _, writer: writer.close(), SERVER, 4000)
    with inside(b.places["phone"].namespace):
        asking = socket.socket()
    asking.setblocking(False)
    async with listening, asyncio.timeout(2):
        await asyncio.get_running_loop().sock_connect(asking, (SERVER, 4000))
        assert await asyncio.get_running_loop().sock_recv(asking, 1) == b""
    asking.close()


async def test_a_beds_namespaces_and_what_runs_in_them_end_with_it() -> None:
    with namespaces("lonely") as names:
        sleeper = subprocess.Popen(["ip", "netns", "exec", names["lonely"], "sleep", "60"])
        while sleeper.pid not in processes_in(names["lonely"]):
            await asyncio.sleep(0.01)
    assert sleeper.wait(2) == -9
    assert not Path("/run/netns", names["lonely"]).exists()


async def test_what_a_crash_left_is_removed_by_the_next_start_and_a_neighbour_is_not() -> None:
    crash = (
        "import os; from tests.network.namespaces import namespaces\n"
        "with namespaces('crashed') as names:\n    print(names['crashed'], flush=True); os._exit(1)"
    )
    left = subprocess.run([sys.executable, "-c", crash], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    assert Path("/run/netns", left).exists()
    with namespaces("neighbour") as names:
        remove_leftovers()
        assert not Path("/run/netns", left).exists()
        assert Path("/run/netns", names["neighbour"]).exists()


async def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RuntimeError, match="run it as root"):
        async with bed(seed=1):
            pass


async def test_a_router_that_rebinds_gives_another_port_and_forgets_the_former(b: Bed) -> None:
    loop = asyncio.get_running_loop()
    with udp_socket(b.places["phone"].namespace) as phone, udp_socket(b.server) as server:
        server.bind((SERVER, 4000))

        async def seen() -> tuple[str, int]:
            await loop.sock_sendto(phone, b"who am I?", (SERVER, 4000))
            _, (host, port) = await asyncio.wait_for(loop.sock_recvfrom(server, 100), 5)
            return host, port

        before = await seen()
        assert before[1] == phone.getsockname()[1]
        await b.rebind("phone")
        after = await seen()
        assert (after[0], after[1] != before[1]) == (before[0], True)
        await loop.sock_sendto(server, b"to the former", before)
        await loop.sock_sendto(server, b"to the new", after)
        assert await asyncio.wait_for(loop.sock_recv(phone, 100), 5) == b"to the new"
