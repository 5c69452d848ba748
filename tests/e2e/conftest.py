"""A real server in a process of its own, and a browser for each person with a file as camera and another as microphone."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from tests.e2e import browsers
from tests.e2e.clips import CLIPS, GUARDIAN, INTERPRETER, PHYSICIAN, Clip, write_tone, write_video
from tests.e2e.people import Guardian, Guest, Physician
from tests.e2e.words import LOCALES, Language, Words

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / ".test-output" / "screens"
START_S = 60
expect.set_options(timeout=30_000)  # a page in the lane beside is slow, not wrong


@dataclass(frozen=True)
class DemoServer:
    """`peitong demo --json` as it runs, and what it printed."""

    process: asyncio.subprocess.Process
    origin: str
    visit: str
    guardian_link: str
    physician_link: str
    physician_login: str
    physician_password: str
    identity: Path
    signer: Path
    data: Path

    @property
    def recording(self) -> Path:
        return self.data / "recordings" / self.visit


@pytest.fixture
async def server(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[DemoServer]:
    """Started on a free port over an empty folder; ends by Ctrl-C, cleanly."""
    arguments = [sys.executable, "-m", "server", "demo", "--json", "--data", str(tmp_path / "data"), "--port", "0"]
    log = (tmp_path / "server.log").open("wb")
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log)
    try:
        yield await _announced(process)
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        log.close()
        if process.returncode is None:
            process.kill()
            await process.wait()
        _keep(tmp_path / "server.log", request.node.name)


async def _announced(process: asyncio.subprocess.Process) -> DemoServer:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), START_S)
    said: dict[str, Any] = json.loads(line)
    names = ("origin", "visit", "guardian_link", "physician_link", "physician_login", "physician_password")
    folders = {name: Path(said[name]) for name in ("identity", "signer", "data")}
    return DemoServer(process, *(said[name] for name in names), **folders)


def _keep(log: Path, name: str) -> None:
    """The server's log of a test, for whoever looks why it failed."""
    kept = SCREENS.parent / f"server-{name}.log"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(log.read_bytes())


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Clip and tone of each person, as files."""
    folder = tmp_path_factory.mktemp("media")
    made = {}
    for clip in CLIPS:
        made[clip.name] = (folder / f"{clip.name}.y4m", folder / f"{clip.name}.wav")
        write_video(clip, made[clip.name][0])
        write_tone(clip, made[clip.name][1])
    return made


Figures = dict[str, int]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """What a test measured, kept for whoever asks how fast it is."""
    measured: Figures = {}
    yield measured
    kept = SCREENS.parent / f"{request.node.name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(measured, indent=1) + "\n")


Launch = Callable[[Clip], Awaitable[Browser]]


@pytest.fixture
async def launch(media: dict[str, tuple[Path, Path]], request: pytest.FixtureRequest) -> AsyncIterator[Launch]:
    """Starts one more Chromium process, whose camera and microphone are a clip's (they are per process)."""
    playwright: Playwright
    async with async_playwright() as playwright:
        started: list[Browser] = []

        async def start(clip: Clip) -> Browser:
            started.append(await browsers.launch(playwright, *media[clip.name]))
            return started[-1]

        yield start
        for number, browser in enumerate(started):
            await _last_sight(browser, f"last-{request.node.name}-{number}")
            await browser.close()


async def _last_sight(browser: Browser, name: str) -> None:
    """How the pages of a browser looked when its test was over, and their figures, for whoever asks why it failed."""
    for number, page in enumerate(page for context in browser.contexts for page in context.pages):
        with suppress(PlaywrightError):
            await page.screenshot(path=SCREENS / f"{name}-{number}.png", timeout=2000)
            figures = await page.evaluate("globalThis.__peitong?.stats?.()")
            (SCREENS / f"{name}-{number}.json").write_text(json.dumps(figures, indent=1))


NewGuardian = Callable[..., Awaitable[Guardian]]


@pytest.fixture
def language() -> Language:
    """What the persons of a test speak; a test that is played in both is parametrized with it."""
    return "zh"


@pytest.fixture
async def new_guardian(launch: Launch, language: Language) -> NewGuardian:
    """A guardian at a phone; given what a browser kept (cookies, storage), at the same phone."""

    async def start(kept: Any = None) -> Guardian:
        browser = await launch(GUARDIAN)
        context = await browsers.phone(browser, storage_state=kept, locale=LOCALES[language])
        return Guardian("guardian", context, await context.new_page(), "video.remote-video", SCREENS, Words(language))

    return start


@pytest.fixture
async def guardian(new_guardian: NewGuardian) -> Guardian:
    return await new_guardian()


@pytest.fixture
async def physician(launch: Launch, language: Language) -> Physician:
    browser = await launch(PHYSICIAN)
    context = await browsers.desk(browser, locale=LOCALES[language])
    return Physician("physician", context, await context.new_page(), "video[data-role=guardian]", SCREENS, Words(language))


@pytest.fixture
async def guest(launch: Launch) -> Guest:
    """An interpreter at a phone."""
    context = await browsers.phone(await launch(INTERPRETER))
    return Guest("guest", context, await context.new_page(), "video[data-role=guardian]", SCREENS)
