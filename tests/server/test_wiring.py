"""A whole server as it is wired: its addresses."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession

from server import demo
from server.clock import Clock
from server.config import Config
from server.wiring import Server, chance

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]


async def ready_lines(config: Config) -> list[list[str]]:
    """Starts it, asks whether it is ready where it listens, and gives what each relay said of its ports."""
    server = Server(config, Clock(), chance())
    await server.start()
    try:
        host = f"[{config.listen[0]}]" if ":" in config.listen[0] else config.listen[0]
        async with ClientSession() as client, client.get(f"http://{host}:{server.port}/readyz") as answer:
            assert answer.status == 200, await answer.text()
        return [worker.relay.ready_line.split() for worker in server.workers]
    finally:
        await server.stop()


async def test_a_server_on_ipv6_alone_with_two_relays_that_take_media_over_udp_and_tcp(tmp_path: Path) -> None:
    recipients = (demo.hospital_recipient(tmp_path),)
    listen = ("::1", 0)
    config = Config(tmp_path, recipients, "http://localhost", listen, udp=("::1", 0), advertise=("::1",), relays=2)
    lines = await ready_lines(config)
    assert [[word, udp == tcp] for word, udp, tcp in lines] == [["ready", True]] * 2
    assert lines[0] != lines[1]


async def test_media_over_tcp_can_be_off(tmp_path: Path) -> None:
    config = Config(tmp_path, (demo.hospital_recipient(tmp_path),), "http://localhost", ("127.0.0.1", 0), tcp=None)
    assert [len(line) for line in await ready_lines(config)] == [2]
