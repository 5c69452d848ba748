"""A guardian whose phone runs Firefox; its camera shows a changing colour, its microphone hums (its own fakes)."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from playwright.async_api import BrowserContext, Page

from tests.e2e.clips import Pixels
from tests.e2e.people import PATIENCE_MS, PICTURE, Guardian, Person, pixels_of, within
from tests.network.bed import Bed
from tests.network.bidi import Tab, session
from tests.network.visit import KEEP_PEERS, SCREENS

_PORT = 9222
_PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "zh-CN",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}

_BUTTON = """(name) => {
  const shown = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled;
  const buttons = [...document.querySelectorAll("button, [role=button]")];
  const button = buttons.find((each) => shown(each) && new RegExp(name).test(each.innerText));
  button?.scrollIntoView({ block: "center", behavior: "instant" });
  const box = button?.getBoundingClientRect();
  return box ? [box.x + box.width / 2, box.y + box.height / 2] : null;
}"""

_READS = "(words) => new RegExp(words).test(document.body?.innerText)"

_PICTURE_OF = f"""(remote) => {{
  const video = document.querySelector(remote);
  return video?.checkVisibility({{ visibilityProperty: true }}) ? ({PICTURE})(video) : null;
}}"""


class FirefoxGuardian(Guardian):
    """Takes every step of the pages as the other guardians do, by the words on them."""

    @property
    def tab(self) -> Tab:
        return cast(Tab, self.page)

    async def picture(self) -> Pixels | None:
        raw = await self.tab.evaluate(_PICTURE_OF, self.remote)
        return None if raw is None else pixels_of(raw)

    async def reads(self, text: str | re.Pattern[str], timeout_ms: int = PATIENCE_MS) -> None:
        await within(timeout_ms / 1000, lambda: self.tab.evaluate(_READS, _pattern(text)), bool, f"{self.name} reads {text}")

    async def click(self, name: str | re.Pattern[str]) -> None:
        words = _pattern(name)
        at = await within(PATIENCE_MS / 1000, lambda: self.tab.evaluate(_BUTTON, words), bool, f"{self.name} finds {words}")
        await self.tab.click(*at)

    async def screenshot(self, name: str) -> None:
        self.screens.mkdir(parents=True, exist_ok=True)
        (self.screens / f"{name}-{self.name}.png").write_bytes(base64.b64decode(await self.tab.screenshot()))


@asynccontextmanager
async def firefox_guardian(bed: Bed, folder: Path, script: str = "", link: str = "phone") -> AsyncIterator[FirefoxGuardian]:
    """In front of an empty page; ``script`` runs in every page before its own. The browser is gone at the end."""
    assert shutil.which("firefox-esr"), "these tests need Firefox: apt-get install -y firefox-esr"
    profile = folder / "firefox"
    profile.mkdir()
    lines = (f"user_pref({_js(name)}, {_js(value)});\n" for name, value in _PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines), "utf-8")
    namespace = bed.places[link].namespace
    command = ("firefox-esr", "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", str(_PORT))
    with (folder / "firefox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", namespace, *command),
            env={**os.environ, "HOME": str(profile)},
            stdout=log,
            stderr=log,
        )
    try:
        async with session(namespace, _PORT) as talking:
            context = (await talking.command("browsingContext.getTree"))["contexts"][0]["context"]
            viewport = {"width": 390, "height": 844}
            await talking.command("browsingContext.setViewport", context=context, viewport=viewport)
            await talking.command("script.addPreloadScript", functionDeclaration=f"() => {{ ({KEEP_PEERS})();{script} }}")
            page, none = cast(Page, Tab(talking, context)), cast(BrowserContext, None)
            yield FirefoxGuardian("guardian", none, page, "video.remote-video", SCREENS)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def sees_anything_move(person: Person, within_s: float) -> None:
    """Some picture of the other side, not black, and then another one."""
    first: list[Pixels] = []

    async def difference() -> float:
        picture = await person.picture()
        if picture is None or picture[..., :3].max() < 40:
            return 0.0
        if not first:
            first.append(picture)
        return float(abs(picture.astype(int) - first[0]).mean())

    await within(within_s, difference, lambda seen: seen > 3, f"{person.name} sees a picture that changes")


def _js(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _pattern(words: str | re.Pattern[str]) -> str:
    """As the page's own regular expressions are written."""
    return re.escape(words) if isinstance(words, str) else words.pattern
