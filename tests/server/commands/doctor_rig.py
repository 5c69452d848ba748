"""What the doctor is tried on: a real server and a real coturn, each in a process of its own on 127.0.0.1."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pyrage

ROOT = Path(__file__).parents[3]
RECIPIENT = str(pyrage.x25519.Identity.generate().to_public())
SECRET = "north"
WITH_SECRET = ("--use-auth-secret", f"--static-auth-secret={SECRET}")
START_S = 60
STOP_S = 20


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def coturn(folder: Path, *arguments: str) -> Iterator[tuple[int, int]]:
    """coturn on 127.0.0.1: (its port, its TLS port)."""
    port, tls = free_port(), free_port()
    command = ["turnserver", "--no-cli", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"]
    command += [
        f"--tls-listening-port={tls}",
        "--realm=peitong.example",
        f"--pidfile={folder / 'turn.pid'}",
        "--no-multicast-peers",
    ]
    command += [f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turn.db'}", *arguments]
    with (folder / "turn.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            for _ in range(100):
                with socket.socket() as sock:
                    if sock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, (folder / "turn.log").read_text()
                time.sleep(0.05)
            yield port, tls
        finally:
            process.kill()
            process.wait()


@asynccontextmanager
async def running_server(folder: Path, **more: str) -> AsyncIterator[dict[str, str]]:
    """`peitong serve`; the environment that commands need to find it. ``more`` are further settings, such as ``TURN_URLS``."""
    port = free_port()
    settings = {
        "DATA_FOLDER": str(folder / "data"),
        "HTTP_ORIGIN": f"http://localhost:{port}",
        "HTTP_LISTEN": f"127.0.0.1:{port}",
        "MEDIA_UDP": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
        "MEDIA_ADVERTISE": "127.0.0.1",
        "RECORDING_RECIPIENTS": RECIPIENT,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PEITONG_")}
    environment |= {f"PEITONG_{name}": value for name, value in (settings | more).items()}
    with (folder / "server.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log, env=environment
        )
        try:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), START_S)
            yield environment
            process.terminate()
            assert await asyncio.wait_for(process.wait(), STOP_S) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
