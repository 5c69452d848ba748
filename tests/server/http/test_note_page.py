"""The note in a real browser: what is typed outlives a page that is killed; it is signed after the end, and amended."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from server import demo
from server import events as ev
from server.config import Config
from server.store import notes
from server.wiring import Server, chance
from tests.server.http.conftest import House, MovableClock

pytestmark = [pytest.mark.browser, pytest.mark.unhurried]
expect.set_options(timeout=30_000)  # slow is not wrong
CHROMIUM = "/usr/bin/chromium"
WORDS = {"not_examined": "骨龄、第二性征", "impression": "生长速度偏慢", "advice": "拍骨龄片", "family": "请带孩子到医院拍片"}


@pytest.fixture
async def served(seeded: Path, tmp_path: Path) -> AsyncIterator[House]:
    """The whole application where a browser finds it; no media workers."""
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = Config(data_folder=tmp_path, recipients=(demo.hospital_recipient(tmp_path),), origin=f"http://localhost:{port}")
    clock, luck = MovableClock(), chance()
    made = await demo.seed(config, clock, luck.new_id, luck.new_secret)
    server = Server(config, clock, luck)
    server.consultations.bind(server.gateway, server.workers)
    web = TestServer(server.app, host="127.0.0.1", port=port)
    await web.start_server()
    yield House(server, clock, made, web)
    await server.consultations.stop()
    await web.close()
    await server.database.close()


@pytest.fixture
async def desk(served: House) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        await browser.close()


async def opened(desk: BrowserContext, house: House) -> Page:
    page = await desk.new_page()
    await page.goto(f"{house.server.config.origin}/physician/?visit={house.made.visit}")
    return page


async def test_what_is_typed_outlives_a_killed_page_and_is_signed_and_amended(served: House, desk: BrowserContext) -> None:
    page = await opened(desk, served)
    await page.locator("input[autocomplete=username]").fill(served.made.physician_login)
    await page.locator("input[type=password]").fill(served.made.physician_password)
    await page.keyboard.press("Enter")
    await page.locator("#act-note").wait_for()
    await page.keyboard.press("n")
    await page.locator("#note-history").press_sequentially("近一年长了 3 厘米")
    await page.close()  # at once: nothing was sent yet

    page = await opened(desk, served)
    await page.locator("#act-note").click()
    await expect(page.locator("#note-history")).to_have_value("近一年长了 3 厘米")
    await expect(page.locator(".note-saved")).to_contain_text("已保存")
    found = await notes.of_visit(served.server.database, served.made.visit)
    assert found.draft.sections == {"history": "近一年长了 3 厘米"}

    await served.server.consultations.from_outside(served.made.visit, ev.VisitCancelled("physician"))
    await page.reload()
    for code, words in WORDS.items():
        await page.locator(f"#note-{code}").fill(words)
    await page.locator("#note-sign").click()
    await expect(page.locator(".note-signed")).to_contain_text("执业证")
    await expect(page.locator(".note-signed")).to_contain_text("近一年长了 3 厘米")

    await page.locator("#open-note").click()
    await page.locator("#note-reason").fill("笔误")
    await page.locator("#note-text").fill("应为 4 厘米")
    await page.locator("#note-sign").click()
    await expect(page.locator(".note-signed")).to_have_count(2)
    found = await notes.of_visit(served.server.database, served.made.visit)
    assert [entry.sections.get("history", entry.sections.get("text")) for entry in found.signed] == [
        "近一年长了 3 厘米",
        "应为 4 厘米",
    ]
