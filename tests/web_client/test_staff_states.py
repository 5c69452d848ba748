"""Every state of the staff's pages in a real browser, on a desk, on a phone and at 200 %.

Nothing is cut off, all can be reached and is named. The states follow one another in one page, as they do in life.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, async_playwright

from tests.web_client.preview.shoot import CSP, ORIGIN, file_of
from tests.web_client.test_family_states import CHROMIUM, FAULTS

pytestmark = [pytest.mark.browser, pytest.mark.unhurried]

PREVIEW = Path(__file__).parent / "preview"
LETTERS = ("emergency", "weeks", "routine", "summary", "loading", "none", "denied")
DOCTOR = ("ready", "insecure", "beginning", "running", "good", "partial", "none", "expired", "busy")
OPERATIONS = ("loading", "sign-in", "none", "fine", "incident-choice", "incident-failed", "incident", "trouble", "stale")
RAW_KEY = re.compile(
    r"\b(?:physician|staff|ops|desk|letter|role|field|urgency|family|guest|doctor|book|change|coordinator|link|join)\.\w[\w.]*\b"
)
WINDOWS = {"desk": (1440, 900, "zh"), "phone": (390, 844, "en"), "at 200 %": (720, 450, "en")}


def names_of_states(file: str = "physician_states.mjs") -> list[str]:
    text = (PREVIEW / file).read_text(encoding="utf-8")
    states = text[text.index("const STATES") :]
    states = states[: states.index("\n};")]
    return re.findall(r'^  "?([\w-]+)"?: ', states, re.MULTILINE)


async def from_disk(route: Route) -> None:
    file, kind = file_of(route.request.url)
    if file is None:
        return await route.fulfill(status=404)
    return await route.fulfill(body=file.read_bytes(), content_type=kind, headers={"Content-Security-Policy": CSP})


class Shown:
    """A window that shows one state after another and keeps what there is to complain of."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if "Security Policy" in line.text else None)

    async def open(self, gallery: str) -> None:
        await self.page.goto(f"{ORIGIN}/preview/{gallery}.html")
        await self.page.wait_for_selector("html[data-ready]", state="attached")

    async def show(self, state: str) -> None:
        await self.page.evaluate("([state, language]) => window.show(state, language)", [state, self.language])

    async def faults(self, state: str) -> list[str]:
        await self.show(state)
        found: list[str] = await self.page.evaluate(FAULTS)
        text = await self.page.locator("body").inner_text()
        found += [f"the key {key} and not its text" for key in RAW_KEY.findall(text)] + self.complaints
        self.complaints.clear()
        return [f"{state}: {fault}" for fault in found]


@pytest.fixture(params=WINDOWS)
async def shown(request: pytest.FixtureRequest) -> AsyncIterator[Shown]:
    width, height, language = WINDOWS[request.param]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        await context.route("**/*", from_disk)
        yield Shown(await context.new_page(), language)
        await browser.close()


def stories(file: str) -> list[str]:
    states = (PREVIEW / file).read_text("utf-8").partition("const STORIES")[2]
    return re.findall(r'^  "?([\w-]+)"?[:,]', states, re.MULTILINE)


GALLERIES = [
    ("staff", names_of_states()),
    ("letter", LETTERS),
    ("ops", OPERATIONS),
    ("doctor", DOCTOR),
    ("book", stories("book_states.mjs")),
    ("change", stories("change_states.mjs")),
    ("desk", names_of_states("desk.js")),
    ("guest", names_of_states("guest.js")),
    ("coordinator", names_of_states("coordinator.js")),
    ("link", (*names_of_states("link.js"), "used", "expired", "unknown")),
]


@pytest.mark.parametrize(("gallery", "names"), GALLERIES)
async def test_every_state_can_be_read_and_used(shown: Shown, gallery: str, names: list[str]) -> None:
    await shown.open(gallery)
    assert [fault for name in names for fault in await shown.faults(name)] == []


def test_the_gallery_has_every_state() -> None:
    assert len(names_of_states()) > 40


async def test_the_timeline_is_drawn_and_the_keyboard_opens_its_list(shown: Shown) -> None:
    await shown.open("staff")
    await shown.show("ended-timeline")
    bars = shown.page.locator(".timeline-track > .timeline-bar")
    widths = await bars.evaluate_all("(bars) => bars.map((bar) => bar.offsetWidth)")
    assert len(widths) == 6
    assert min(widths) > 10
    table = shown.page.locator(".timeline-table")
    assert not await table.is_visible()
    await shown.page.locator(".timeline-open").focus()
    await shown.page.keyboard.press("Enter")
    assert await table.locator("tbody tr:visible").count() == 9
    assert await shown.page.evaluate(FAULTS) == []


STEADY = (
    "attest", "live", "live-ledger", "live-doubtful", "offline", "refer-chosen", "complete", "held-own", "held-ledger",
    "held-guardian", "documents", "help",
)  # fmt: skip


@pytest.mark.parametrize("shown", ["desk"], indirect=True)
async def test_the_acts_keep_their_places_from_verifying_to_held(shown: Shown) -> None:
    """Also while a doubt is shown, a panel is open or the connection is away."""

    async def places(state: str) -> list[list[int]]:
        await shown.show(state)
        where = "(acts) => acts.map((act) => act.getBoundingClientRect()).map(({ x, y }) => [x, y].map(Math.round))"
        found: list[list[int]] = await shown.page.locator(".act").evaluate_all(where)
        return found

    await shown.open("staff")
    first = await places("verifying")
    assert len(first) == 4
    for state in STEADY:
        assert await places(state) == first, state
