"""The doctor's page in a real browser, on a running server with a real coturn: every way alone, the verdict, the report."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.server.commands.doctor_rig import ROOT, SECRET, WITH_SECRET, coturn, free_port, running_server

pytestmark = [pytest.mark.browser, pytest.mark.process]

_CHROMIUM = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
PATIENCE_MS = 90_000
UNREACHABLE = "198.51.100.7"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        executable = os.environ.get("PEITONG_CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=executable, args=_CHROMIUM)
        yield browser
        await browser.close()


async def doctor(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "doctor", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=environment
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def opened(browser: Browser, link: str) -> Page:
    page = await (await browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})).new_page()
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(link)
    await page.get_by_role("button", name="开始检查").click()
    await page.wait_for_selector(".doctor-verdict", timeout=PATIENCE_MS)
    assert refused == []
    return page


async def states(page: Page) -> dict[tuple[str, str], str]:
    """Of each way: (its kind, its address): its state."""
    read = "ways => ways.map(w => [w.dataset.kind, w.querySelector('.doctor-host').textContent, w.dataset.state])"
    return {(kind, host): state for kind, host, state in await page.locator("[data-kind]").evaluate_all(read)}


async def test_each_way_is_tried_alone_and_the_administrator_reads_what_was_found(browser: Browser, tmp_path: Path) -> None:
    dead = free_port()
    with coturn(tmp_path, *WITH_SECRET, "--allow-loopback-peers") as (port, _):
        urls = f"turn:127.0.0.1:{port}?transport=udp,turn:127.0.0.1:{port}?transport=tcp,turn:127.0.0.1:{dead}?transport=tcp"
        settings = {"TURN_URLS": urls, "TURN_SECRET": SECRET, "MEDIA_ADVERTISE": "127.0.0.1"}
        async with running_server(tmp_path, **settings) as environment:
            _, made = await doctor(environment, "--link", "--json")
            page = await opened(browser, json.loads(made)["link"])
            found = await states(page)
            assert await page.get_by_role("heading", level=1).inner_text() == "这里可以进行线上就诊"
            await page.get_by_text("结果已发给服务器管理员").wait_for()
            _, told = await doctor(environment, "--last", "--json")
    works = {(kind, host.rsplit(":", 1)[0]) for (kind, host), state in found.items() if state in ("good", "poor")}
    fails = {(kind, host) for (kind, host), state in found.items() if state == "failed"}
    assert {("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("turn_udp", "127.0.0.1"), ("turn_tcp", "127.0.0.1")} <= works
    assert ("turn_tcp", f"127.0.0.1:{dead}") in fails
    report = json.loads(told)["report"]
    assert report["overall"] == "good"
    assert report["browser"].startswith("Chrome ")
    udp = next(way for way in report["ways"] if way["kind"] == "udp" and way["state"] == "good")
    assert 0 < udp["connected_ms"] < 8000
    assert udp["loss"] is not None
    assert udp["up_bps"] > 300_000
    assert "doctor-" not in (tmp_path / "server.log").read_text()


@pytest.mark.unhurried
async def test_where_nothing_works_each_way_says_what_to_change(browser: Browser, tmp_path: Path) -> None:
    async with running_server(tmp_path, MEDIA_ADVERTISE=UNREACHABLE) as environment:
        _, made = await doctor(environment, "--link", "--json")
        page = await opened(browser, json.loads(made)["link"])
        assert await page.get_by_role("heading", level=1).inner_text() == "这里还不能进行线上就诊"
        port = environment["PEITONG_MEDIA_UDP"].rsplit(":", 1)[1]
        assert await page.get_by_text(f"UDP 端口 {port} 被防火墙拦截").is_visible()
        await page.get_by_text("结果已发给服务器管理员").wait_for()
        code, told = await doctor(environment, "--last")
    assert code == 1
    assert "无法通话 / will not work" in told
