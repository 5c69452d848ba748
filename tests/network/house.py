"""The real server in the bed's own network, over a fresh demo hospital, and a TURN server beside it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from server import config, demo
from server.clock import Clock
from server.wiring import chance
from tests.network.ahead import run_ahead
from tests.network.bed import ROOT, SERVER, Bed
from tests.network.namespaces import inside

PORT = 443
TURN_PORT = 3478
START_S = 60.0
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class House:
    """A running server; ``made`` says who may come and by which links."""

    made: demo.Printed
    process: asyncio.subprocess.Process
    log: Path

    @property
    def recording(self) -> Path:
        return Path(self.made.data) / "recordings" / self.made.visit


@asynccontextmanager
async def house(bed: Bed, folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[House]:
    """`serve` at https://SERVER; ``settings`` are those of the configuration file, such as ``{"turn.urls": …}``.

    Ends by Ctrl-C; the log lies in the folder.
    """
    data, log = folder / "data", folder / "server.log"
    data.mkdir(mode=0o700, parents=True)
    certificate, key = demo.certificate_for(data, SERVER, datetime.now(UTC))
    values = {
        "data.folder": str(data),
        "http.origin": f"https://{SERVER}",
        "http.listen": f"0.0.0.0:{PORT}",
        "http.certificate": str(certificate),
        "http.certificate_key": str(key),
        "media.advertise": SERVER,
        "recording.recipients": demo.hospital_recipient(data),
        **(settings or {}),
    }
    environ = {f"PEITONG_{name.replace('.', '_').upper()}": value for name, value in values.items()}
    luck = chance()
    made = await demo.seed(config.load("", environ), Clock(), luck.new_id, luck.new_secret)
    process = await _start(bed.server, log, [sys.executable, "-m", "server", "serve"], environ)
    try:
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.readline(), START_S)
        assert said, f"the server did not start:\n{log.read_text()}"
        yield House(made, process, log)
    finally:
        await _stop(process)


@asynccontextmanager
async def turn_server(bed: Bed, folder: Path) -> AsyncIterator[dict[str, str]]:
    """coturn at SERVER, over UDP and TCP; yields the settings by which our server gives out its credentials."""
    assert shutil.which("turnserver"), "these tests need coturn: apt-get install -y coturn"
    secret = secrets.token_hex(16)
    arguments = [
        "turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--use-auth-secret", f"--static-auth-secret={secret}",
        "--realm=peitong.example", f"--listening-ip={SERVER}", f"--relay-ip={SERVER}", f"--listening-port={TURN_PORT}",
        f"--pidfile={folder / 'turnserver.pid'}", f"--userdb={folder / 'turnserver.db'}", "--log-file=stdout", "--simple-log",
    ]  # fmt: skip
    process = await _start(bed.server, folder / "turnserver.err", arguments, {}, folder / "turnserver.log")
    try:
        await _listens(bed, TURN_PORT, process, folder / "turnserver.log")
        urls = [f"turn:{SERVER}:{TURN_PORT}?transport={transport}" for transport in ("udp", "tcp")]
        yield {"turn.urls": ",".join(urls), "turn.secret": secret}
    finally:
        await _stop(process)


async def _listens(bed: Bed, port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    """Until somebody takes TCP connections at that port of the server's namespace."""
    async with asyncio.timeout(START_S):
        while True:
            assert process.returncode is None, log.read_text()
            with inside(bed.server):
                asking = socket.socket()
            with asking, suppress(ConnectionRefusedError):
                asking.setblocking(False)
                return await asyncio.get_running_loop().sock_connect(asking, (SERVER, port))
            await asyncio.sleep(0.05)


async def _start(
    namespace: str, err: Path, arguments: list[str], environ: dict[str, str], out: Path | None = None
) -> asyncio.subprocess.Process:
    with err.open("ab") as to_err, (out or err).open("ab") as to_out:
        return await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", namespace, *arguments),
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=to_out if out else asyncio.subprocess.PIPE,
            stderr=to_err,
            preexec_fn=run_ahead,
        )


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
