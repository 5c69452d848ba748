"""The health check: follows http and https, wherever the server listens, and says what is missing."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server import demo
from server.commands.ready import Told, ask
from server.config import Config

RECIPIENT = "age1" + "q" * 58


async def asked(tmp_path: Path, answer: web.Response, *, secure: bool = False, host: str = "127.0.0.1") -> Told:
    """What the check says of a server that answers like this."""

    async def readyz(request: web.Request) -> web.Response:
        return answer

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    server, context, certificate, key = TestServer(app, host=host), None, None, None
    if secure:
        certificate, key = demo.certificate_for(tmp_path, "192.0.2.1", datetime.now(UTC))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    await server.start_server(ssl=context)
    assert server.port is not None
    listen = (host, server.port)
    config = Config(tmp_path, (RECIPIENT,), "https://visit.hospital.example", listen, certificate, key)
    try:
        return await asyncio.to_thread(ask, config)
    finally:
        await server.close()


def told(*missing: str) -> web.Response:
    return web.json_response({"ok": not missing, "missing": missing}, status=503 if missing else 200)


async def test_a_server_that_is_ready_misses_nothing(tmp_path: Path) -> None:
    assert await asked(tmp_path, told()) == Told([])


async def test_hospitals_without_a_key_are_told_and_make_nothing_unready(tmp_path: Path) -> None:
    answer = web.json_response({"ok": True, "missing": [], "hospitals_without_key": ["ab12"]})
    assert await asked(tmp_path, answer) == Told([], None, ["ab12"])


async def test_it_follows_https_whatever_name_the_certificate_has(tmp_path: Path) -> None:
    assert await asked(tmp_path, told(), secure=True) == Told([])


async def test_a_server_that_listens_everywhere_is_asked_on_this_machine(tmp_path: Path) -> None:
    assert await asked(tmp_path, told(), host="0.0.0.0") == Told([])


async def test_what_does_not_answer_is_named(tmp_path: Path) -> None:
    assert await asked(tmp_path, told("database", "relay-1")) == Told(["database", "relay-1"])


@pytest.mark.parametrize(("said", "heard"), [(4096, 4096), ("4096", None), (True, None), (None, None)])
async def test_the_limit_of_open_files_is_handed_on(tmp_path: Path, said: object, heard: int | None) -> None:
    assert await asked(tmp_path, web.json_response({"missing": [], "open_files": said})) == Told([], heard)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"missing": 3}', "<html>"])
async def test_an_answer_of_something_else_is_no_server(tmp_path: Path, body: str) -> None:
    assert await asked(tmp_path, web.Response(text=body)) == Told(["server"])


@pytest.mark.process
@pytest.mark.unhurried
def test_where_nobody_listens_it_exits_1_and_loads_little() -> None:
    variables = {"DATA_FOLDER": "/nowhere", "HTTP_ORIGIN": "https://a.example", "HTTP_LISTEN": "0.0.0.0:9"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PEITONG_")}
    environment |= {f"PEITONG_{name}": value for name, value in variables.items()}
    environment |= {"PEITONG_RECORDING_RECIPIENTS": RECIPIENT}
    code = (
        "import sys; from server.commands import ready; code = ready.main(['--json']); print('sqlalchemy' in sys.modules, code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    report, loaded = done.stdout.splitlines()
    assert json.loads(report) == {"ok": False, "missing": ["server"], "hospitals_without_key": []}
    assert loaded == "False 1"
