"""The web address: who answers there, and whether browsers trust it."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from server.doctor import origin
from tests.server.commands.doctor_rig import free_port
from tests.server.doctor.doctor_kit import NOW, TRUSTING_NOBODY, certificate, codes, config_of, trusting


async def site(text: str, files: tuple[Path, ...] | None = None) -> TestServer:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/readyz", handle)
    server, context = TestServer(app, host="127.0.0.1"), None
    if files is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files[0], files[1])
    await server.start_server(ssl=context)
    return server


READY = json.dumps({"ok": True, "missing": []})


async def test_a_site_that_browsers_trust_is_good(tmp_path: Path) -> None:
    # valid today, whatever day it is
    day = timedelta(seconds=datetime.now(UTC).timestamp() - NOW)
    files = certificate(tmp_path, "localhost", since=day - timedelta(days=1), until=day + timedelta(days=9))
    server = await site(READY, files)
    config = config_of(tmp_path, origin=f"https://localhost:{server.port}", certificate=files[0], certificate_key=files[1])
    try:
        with trusting(files[2]) as context:
            assert codes(await asyncio.to_thread(origin.examine, config, context)) == ["origin_good"]
            other = tmp_path / "other"
            other.mkdir()
            renewed = replace(config, certificate=certificate(other, "localhost")[0])
            assert codes(await asyncio.to_thread(origin.examine, renewed, context)) == [
                "origin_good",
                "origin_other_certificate",
            ]
            named = replace(config, origin=f"https://127.0.0.1:{server.port}")
            assert codes(await asyncio.to_thread(origin.examine, named, context)) == ["origin_untrusted"]
        assert codes(await asyncio.to_thread(origin.examine, config, TRUSTING_NOBODY)) == ["origin_untrusted"]
    finally:
        await server.close()


async def test_another_program_at_the_address_is_a_fault(tmp_path: Path) -> None:
    server = await site("<html>welcome to nginx</html>")
    try:
        config = config_of(tmp_path, origin=f"http://localhost:{server.port}")
        assert codes(await asyncio.to_thread(origin.examine, config, TRUSTING_NOBODY)) == ["origin_foreign"]
    finally:
        await server.close()


def test_an_address_that_nobody_answers_or_knows_is_a_fault(tmp_path: Path) -> None:
    silent = config_of(tmp_path, origin=f"http://127.0.0.1:{free_port()}")
    assert codes(origin.examine(silent, TRUSTING_NOBODY)) == ["origin_silent"]
    nowhere = config_of(tmp_path, origin="https://nobody.invalid")
    assert codes(origin.examine(nowhere, TRUSTING_NOBODY)) == ["origin_unresolved"]
