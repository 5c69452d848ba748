"""Every state of the family's page in a real browser, on a phone and at 200 %: nothing is cut off, all can be reached."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

pytestmark = [pytest.mark.browser, pytest.mark.unhurried]

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"

# What a person would stumble over, found in the page itself.
FAULTS = """() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) faults.push(`wider than the screen by ${wide}`);
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible';
  const nameOf = (e) => e.getAttribute('aria-label') ?? e.innerText.trim();
  for (const e of document.querySelectorAll('button, a.button, input, [role=meter], [role=dialog]')) {
    if (!shown(e)) continue;
    const labels = [...(e.labels ?? [])].map((label) => label.innerText).join('');
    const labelled = e.hasAttribute('aria-labelledby');
    if (!nameOf(e) && !labels && !labelled) faults.push(`no name: ${e.outerHTML.slice(0, 90)}`);
  }
  for (const e of document.querySelectorAll('button, a.button, label.choice, input.input')) {
    if (!shown(e)) continue;
    const { width, height, left, right } = e.getBoundingClientRect();
    if (width < 43.5 || height < 43.5) faults.push(`small to touch (${width}x${height}): ${nameOf(e)}`);
    if (left < -0.5 || right > innerWidth + 0.5) faults.push(`out of reach: ${nameOf(e)}`);
  }
  const main = document.querySelectorAll('main');
  if (main.length !== 1) faults.push(`${main.length} main regions`);
  for (const e of document.querySelectorAll('[style]')) if (!e.style.length) faults.push('an inline style');
  return faults;
}"""


@pytest.fixture
async def address() -> AsyncIterator[str]:
    spec = importlib.util.spec_from_file_location("family_gallery", HERE / "preview" / "serve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = TestServer(module.gallery())
    await server.start_server()
    yield str(server.make_url("/")).rstrip("/")
    await server.close()


class Gallery:
    """One browser page that shows one state after another and keeps what it complained of."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if "Security Policy" in line.text else None)

    async def names(self) -> list[str]:
        await self.page.goto(f"{self.address}/preview/")
        await self.page.wait_for_function("() => window.names")
        names: list[str] = await self.page.evaluate("() => window.names")
        return names

    async def show(self, state: str, language: str) -> None:
        if await self.page.evaluate("() => !window.show"):
            await self.page.goto(f"{self.address}/preview/?state={state}&language={language}")
            await self.page.wait_for_selector("main")
        else:
            await self.page.evaluate("([state, language]) => window.show(state, language)", [state, language])

    async def emitted(self) -> list[dict[str, Any]]:
        intents: list[dict[str, Any]] = await self.page.evaluate(
            "() => window.emitted.filter((i) => i.type !== 'play_blocked')"
        )
        return intents


@pytest.fixture
async def browse(address: str) -> AsyncIterator[Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        async def at(width: int, height: int) -> Gallery:
            context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            return Gallery(await context.new_page(), address)

        yield at
        await browser.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (720, 450)], ids=["phone", "desk at 200 percent"])
async def test_every_state_can_be_seen_touched_and_named(browse: Any, language: str, width: int, height: int) -> None:
    gallery = await browse(width, height)
    names = await gallery.names()
    assert len(names) > 40
    faults = {}
    for name in names:
        await gallery.show(name, language)
        if found := await gallery.page.evaluate(FAULTS):
            faults[name] = found
    assert faults == {}
    assert gallery.complaints == []


async def test_a_narrow_phone_loses_nothing(browse: Any) -> None:
    gallery = await browse(320, 568)
    for name in ["child", "consent-consultation", "devices-open", "live", "held-two", "live-withdraw", "ended-referred"]:
        await gallery.show(name, "en")
        assert await gallery.page.evaluate(FAULTS) == [], name


async def test_hanging_up_asks_first_and_staying_is_the_first_thing_the_keyboard_reaches(browse: Any) -> None:
    gallery = await browse(390, 844)
    await gallery.show("live", "zh")
    await gallery.page.get_by_role("button", name="离开").click()
    assert await gallery.emitted() == [{"type": "open_sheet", "sheet": "leave"}]
    await gallery.show("live-leave", "zh")
    await gallery.page.wait_for_function("() => document.activeElement?.closest('[role=dialog]')")
    await gallery.page.keyboard.press("Tab")
    await gallery.page.keyboard.press("Enter")
    assert await gallery.emitted() == [{"type": "close_sheet"}]


async def test_a_dialog_keeps_the_keyboard_and_closes_on_escape(browse: Any) -> None:
    gallery = await browse(390, 844)
    await gallery.show("live-withdraw", "en")
    await gallery.page.wait_for_function("() => document.activeElement?.closest('[role=dialog]')")
    for _ in range(8):
        await gallery.page.keyboard.press("Tab")
        assert await gallery.page.evaluate("() => Boolean(document.activeElement.closest('[role=dialog]'))")
    await gallery.page.keyboard.press("Escape")
    assert {"type": "close_sheet"} in await gallery.emitted()


async def test_the_call_can_be_held_by_keyboard_alone(browse: Any) -> None:
    gallery = await browse(390, 844)
    await gallery.show("live", "en")
    reached = []
    for _ in range(12):
        await gallery.page.keyboard.press("Tab")
        reached.append(
            await gallery.page.evaluate(
                "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()"
            )
        )
    for name in ["中文", "More", "Mute", "Picture off", "Flip", "Leave"]:
        assert name in reached
    assert any(name.startswith("Your picture") for name in reached)


async def test_ones_own_picture_goes_to_the_corner_it_is_dragged_to(browse: Any) -> None:
    gallery = await browse(390, 844)
    await gallery.show("live", "zh")
    box = await gallery.page.locator(".own").bounding_box()
    assert box is not None
    await gallery.page.mouse.move(box["x"] + 40, box["y"] + 40)
    await gallery.page.mouse.down()
    await gallery.page.mouse.move(60, 600, steps=5)
    await gallery.page.mouse.up()
    assert await gallery.emitted() == [{"type": "move_own", "corner": "bottom-left"}]


@pytest.mark.parametrize(
    ("token", "words"),
    [("used", "另一台设备"), ("expired", "已过期"), ("often", "次数过多"), ("nonsense", "无法使用")],
)
async def test_a_link_is_redeemed_by_a_tap_only_and_each_refusal_has_its_page(browse: Any, token: str, words: str) -> None:
    gallery = await browse(390, 844)
    posted = []
    gallery.page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    await gallery.page.goto(f"{gallery.address}/j/{token}")
    button = gallery.page.get_by_role("button", name="在这台设备上加入就诊")
    await button.wait_for()
    assert await gallery.page.evaluate(FAULTS) == []
    assert posted == []
    await button.click()
    await gallery.page.get_by_role("heading", name=words).wait_for()
    assert len(posted) == 1
    assert gallery.complaints == []
