"""Two real Chromium pages that may only use a TURN server: coturn, with the credentials that a page is given."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aioice.stun
import aioice.turn
import pytest
from playwright.async_api import async_playwright

from media import control
from server.config import Secret
from server.turn import GOOD_FOR_S, ice_servers
from signaling.messages import plain
from tests.media.pages import ARGUMENTS, join
from tests.media.relay_rig import PATIENCE_S, running

pytestmark = [pytest.mark.browser, pytest.mark.process]

SECRET = "north-wind"


@pytest.fixture
async def turn(tmp_path: Path) -> AsyncIterator[int]:
    """The port of a TURN server on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    options = [
        "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=peitong", "--no-cli", "--no-tls", "--no-dtls",
        "--allow-loopback-peers", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
        "--log-file=stdout", "--simple-log", f"--pidfile={tmp_path / 'turn.pid'}", f"--userdb={tmp_path / 'turn.db'}",
    ]  # fmt: skip
    with (tmp_path / "turn.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec("turnserver", *options, stdout=log, stderr=log)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await _listens(port):
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def configuration(port: int, transport: str) -> dict[str, Any]:
    """As a page makes it of its `welcome`."""
    servers = ice_servers((f"turn:127.0.0.1:{port}?transport={transport}",), Secret(SECRET), "guardian", time.time())
    return {"iceServers": plain(servers), "iceTransportPolicy": "relay"}


async def test_pages_that_may_only_use_a_turn_server_meet_through_it(tmp_path: Path, turn: int) -> None:
    async with running(tmp_path) as rig, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*ARGUMENTS, "--allow-loopback-in-peer-connection"]
        )
        rig.open_room()
        guardian = await join(browser, rig, "guardian", 1, configuration=configuration(turn, "tcp"))
        physician = await join(browser, rig, "physician", 2, configuration=configuration(turn, "udp"))
        await rig.open_gate(1)
        await asyncio.gather(guardian.sees(30), physician.sees(30), guardian.hears(), physician.hears())
        assert [(await each.figures())["relayed"] for each in (guardian, physician)] == ["tcp", "udp"]
        told = await rig.inbox.until(control.LegStatistics, lambda m: len(m.legs) == 2)
        assert [leg["candidate"] for leg in told.legs] == ["udp", "udp"], "the TURN server itself reaches us over UDP"
        await browser.close()


async def allocates(port: int, username: str, credential: str) -> bool:
    """Whether the TURN server gives an address to whoever has these."""
    try:
        endpoint, _ = await aioice.turn.create_turn_endpoint(
            asyncio.DatagramProtocol, ("127.0.0.1", port), username=username, password=credential
        )
    except aioice.stun.TransactionFailed as failure:
        if failure.response.attributes["ERROR-CODE"][0] == 401:
            return False
        raise
    endpoint.close()
    return True


async def test_coturn_takes_what_we_issue_until_it_expires_and_nothing_else(turn: int) -> None:
    def issued(secret: str, at: float) -> tuple[str, str]:
        (server,) = ice_servers(("turn:127.0.0.1",), Secret(secret), "guardian", at)
        return server.username, server.credential

    now = time.time()
    assert await allocates(turn, *issued(SECRET, now))
    assert await allocates(turn, *issued(SECRET, now - GOOD_FOR_S + 60))
    assert not await allocates(turn, *issued(SECRET, now - GOOD_FOR_S - 60))
    assert not await allocates(turn, *issued("guessed", now))
    username, credential = issued(SECRET, now)
    assert not await allocates(turn, username.replace("guardian", "stranger"), credential)
