"""The two people of a visit, each in a browser of their own: what they do on the pages, and what they see and hear."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import BrowserContext, Page, expect

from server.attestation import CHECKS
from tests.e2e.clips import Pixels, Seen, recognise
from tests.e2e.words import NAMES, Words

PATIENCE_MS = 30_000
MOST_SCREENS = 15
CHINESE = Words("zh")

PICTURE = """(video) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [160, 90];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 160, 90);
  return btoa(String.fromCharCode(...context.getImageData(0, 0, 160, 90).data));
}"""

_HEARD_HZ = """async ([video, loudDb, waitMs]) => {
  const audio = new AudioContext();
  const analyser = Object.assign(audio.createAnalyser(), { fftSize: 16384, smoothingTimeConstant: 0 });
  audio.createMediaStreamSource(video.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const until = performance.now() + waitMs;
  try {
    while (performance.now() < until) {
      await new Promise((next) => setTimeout(next, 50));
      analyser.getFloatFrequencyData(bins);
      const hz = audio.sampleRate / analyser.fftSize;
      const first = Math.round(100 / hz);
      const voice = bins.subarray(first, Math.round(2000 / hz));
      const best = first + voice.reduce((found, db, bin) => (db > voice[found] ? bin : found), 0);
      if (bins[best] > loudDb) return best * hz;
    }
    return null;
  } finally {
    await audio.close();
  }
}"""


_WATCH_FRAMES = """(video) => {
  window.__lastFrameMs = 0;
  const seen = (now) => {
    window.__lastFrameMs = performance.timeOrigin + now;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  window.addEventListener("click", () => (window.__clickedMs = performance.timeOrigin + performance.now()), { capture: true });
}"""

_FIRST_FRAME = """(remote) => {
  const frames = document.querySelector(remote)?.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
  return frames > 0 && performance.timeOrigin + performance.now();
}"""

_GUARDIAN_AWAY = """() => {
  const seats = globalThis.__peitong.state().visit.session.seats;
  return seats.some(({ role, connected }) => role === "guardian" && !connected);
}"""

_APPEARS = "(words) => new RegExp(words).test(document.body.innerText) && performance.timeOrigin + performance.now()"


async def within(seconds: float, look: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], what: str) -> Any:
    """Looks again and again until it is as wanted."""
    seen = None
    try:
        async with asyncio.timeout(seconds):
            while not wanted(seen := await look()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} within {seconds} s; last seen: {seen}") from None
    return seen


def pixels_of(encoded: str) -> Pixels:
    """What ``PICTURE`` gives, as an array."""
    return np.frombuffer(base64.b64decode(encoded), np.uint8).reshape(90, 160, 4)


@dataclass
class Person:
    """Somebody in front of a page, which speaks their language. ``remote`` is the selector of the video element that shows the
    other side."""

    name: str
    context: BrowserContext
    page: Page
    remote: str
    screens: Path
    words: Words = CHINESE

    async def sees(self) -> Seen:
        """Whose clip the other side's picture shows now, and which number."""
        picture = await self.picture()
        return Seen(None, None) if picture is None else recognise(picture)

    async def picture(self) -> Pixels | None:
        """The picture of the other side as it is on the screen now, RGBA; None while there is none."""
        video = self.page.locator(self.remote)
        if await video.count() == 0 or not await video.first.is_visible():
            return None
        return pixels_of(await video.first.evaluate(PICTURE))

    async def hears_hz(self, wait_ms: int = 8000) -> float | None:
        """The loudest frequency from the other side, of those a voice has; None when all is quiet."""
        video = await self.page.locator(self.remote).first.element_handle()
        return await self.page.evaluate(_HEARD_HZ, [video, -60, wait_ms])

    async def sees_moving(self, clip: str, seconds: float = 40) -> None:
        """The other side's clip, and its number changes."""
        first = await within(
            seconds, self.sees, lambda seen: seen.clip == clip and seen.number is not None, f"{self.name} sees {clip}"
        )
        await within(5, self.sees, lambda seen: seen.clip == clip and seen.number not in (None, first.number), f"{clip} moves")

    async def sees_no_more(self, seconds: float) -> None:
        """Whatever is on the screen, it is not a moving picture of the other side."""

        async def numbers() -> set[int | None]:
            looked = [await self.sees() for _ in range(6)]
            return {seen.number for seen in looked}

        await within(seconds, numbers, lambda seen: seen == {None}, f"{self.name} sees nobody")

    async def watches_frames(self) -> None:
        """From now on the page notes when a frame of the other side was shown, and when it was clicked."""
        await self.page.locator(self.remote).first.evaluate(_WATCH_FRAMES)
        await self.page.wait_for_function("() => window.__lastFrameMs > 0")

    async def last_frame_ms(self) -> float:
        """When the newest frame was shown, in Unix milliseconds."""
        return await self.page.evaluate("window.__lastFrameMs")

    async def clicked_ms(self) -> float:
        return await self.page.evaluate("window.__clickedMs")

    def appears(self, key: str) -> asyncio.Task[float]:
        """When the sentence comes onto the screen, in Unix milliseconds; watched from now on."""
        words = self.words(key).pattern

        async def watch() -> float:
            return await (await self.page.wait_for_function(_APPEARS, arg=words, timeout=PATIENCE_MS)).json_value()

        return asyncio.create_task(watch())

    def first_frame(self) -> asyncio.Task[float]:
        """When the first frame of the other side is there, in Unix milliseconds; watched from now on."""

        async def watch() -> float:
            return await (await self.page.wait_for_function(_FIRST_FRAME, arg=self.remote, timeout=PATIENCE_MS)).json_value()

        return asyncio.create_task(watch())

    async def dies(self) -> None:
        """Every process of the browser is killed at once, as when a phone's battery is pulled."""
        await self._signal(signal.SIGKILL)

    async def falls_asleep(self) -> Callable[[], None]:
        """Every process of the browser stands still, as when a phone is locked; what is returned wakes it up."""
        processes = await self._signal(signal.SIGSTOP)

        def wake() -> None:
            for process in processes:
                os.kill(process, signal.SIGCONT)

        return wake

    async def _signal(self, number: signal.Signals) -> list[int]:
        session = await self.context.browser.new_browser_cdp_session()
        processes = [each["id"] for each in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]]
        for process in processes:
            os.kill(process, number)
        return processes

    @property
    def origin(self) -> str:
        return self.page.url.split("/", 3)[0] + "//" + self.page.url.split("/", 3)[2]

    async def screenshot(self, name: str) -> None:
        self.screens.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=self.screens / f"{name}-{self.name}-{self.words.language}.png")

    async def reads(self, text: str | re.Pattern[str], timeout_ms: int = PATIENCE_MS) -> None:
        """Whatever somebody wrote."""
        await expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout_ms)

    async def click(self, name: str | re.Pattern[str]) -> None:
        await self.page.get_by_role("button", name=name).first.click(timeout=PATIENCE_MS)

    async def is_told(self, key: str, **values: str) -> None:
        """A sentence of the page's, by its key in the catalogue."""
        await self.reads(self.words(key, **values))

    async def taps(self, key: str) -> None:
        """A button of the page's, by the key of its words."""
        await self.click(self.words(key))

    async def chooses_language(self) -> None:
        """Every page begins in Chinese, and remembers on the device what was chosen."""
        if self.words != CHINESE:
            await self.click(NAMES[self.words.language])

    async def writes(self, words: str) -> None:
        """A chat message, in the field that is open."""
        await self.page.locator("input[name=text]").fill(words)
        await self.page.locator("button.chat-send").click()


class Guardian(Person):
    """On a phone, from the link of the message."""

    async def redeems(self, link: str) -> None:
        await self.page.goto(link)
        await self.chooses_language()
        await self.taps("join.button")

    async def joins(self, link: str) -> None:
        """From the link to the waiting room, by every step."""
        await self.redeems(link)
        await self.answers_what_is_asked()
        await self.taps("family.devices.open")
        await self.taps("family.devices.enter")
        await self.is_in_the_waiting_room()

    async def joins_to_write(self, link: str) -> None:
        """Into the waiting room without camera and microphone; nothing asks for them."""
        await self.redeems(link)
        await self.answers_what_is_asked()
        await self.click("暂不打开，先去候诊")
        await self.reads("摄像头和麦克风没有打开")

    async def answers_what_is_asked(self) -> None:
        """Language, if it was not chosen yet, child and consents."""
        if self.words == CHINESE:
            await self.taps("family.language.continue")
        await self.taps("family.child.yes")
        await self.taps("family.consent.agree.consultation")
        await self.taps("family.consent.agree.recording")
        await self.taps("family.consent.decline.stills")

    async def returns(self, address: str) -> None:
        """To a visit that goes on: only the devices are asked for again."""
        await self.page.goto(address)
        await self.taps("family.devices.open")
        await self.taps("family.devices.rejoin")

    async def prepares(self, height_cm: str, on: str) -> None:
        """The questionnaire and a height, from the waiting room and back."""
        await self.taps("prepare.card.open.do")
        await self._answers_every_screen()
        await self.screenshot("measurements")
        await self._gives_a_height(height_cm, on)
        await self.taps("prepare.finish")
        await self.is_told("prepare.done.title")
        await self.taps("prepare.done.back")
        await self.is_in_the_waiting_room()
        await self.is_told("prepare.card.given")

    async def _answers_every_screen(self) -> None:
        """The last answer to whatever must be answered: none of the signs, no."""
        finish = self.page.get_by_role("button", name=self.words("prepare.finish"))
        further = self.page.get_by_role("button", name=self.words("prepare.next"))
        for _ in range(MOST_SCREENS):
            await expect(finish.or_(further)).to_be_visible()
            if await finish.is_visible():
                return
            for question in await self.page.locator("fieldset").all():
                await question.locator("label.choice").last.click()
            title = await self.page.locator("h1").inner_text()
            await further.click()
            await expect(self.page.locator("h1")).not_to_have_text(title)
        raise AssertionError(f"more than {MOST_SCREENS} screens of questions")

    async def _gives_a_height(self, height_cm: str, on: str) -> None:
        """Whatever a child of this visit measures: the page may ask whether it is right."""
        await self.page.locator("#row-value").fill(height_cm)
        await self.page.locator("#row-on").fill(on)
        await self.taps("prepare.measure.add")
        sure = self.page.get_by_role("button", name=self.words("prepare.measure.sure"))
        given = self.page.get_by_text(self.words("prepare.measure.height.value", value=height_cm))
        await expect(sure.or_(given).first).to_be_visible()
        if await sure.is_visible():
            await sure.click()
        await expect(given).to_be_visible()

    async def is_in_the_waiting_room(self) -> None:
        await self.is_told("family.waiting.title")
        await self.is_told("family.waiting.ready")


class Guest(Person):
    """Invited to the third seat, at a phone."""

    async def joins(self, link: str) -> None:
        """From the link into the call, by every step."""
        await self.page.goto(link)
        await self.chooses_language()
        await self.taps("guest.ask.button")
        await self.taps("guest.agree.yes")
        await self.taps("family.devices.open")
        await self.taps("guest.devices.enter")


class Physician(Person):
    """At a desk, signed in."""

    async def invites_interpreter(self, name: str) -> str:
        """The link that the guest is to be sent."""
        await self.page.locator("#act-guest").click()
        await self.page.locator("#guest-name").fill(name)
        await self.confirms()
        return await self.page.locator("#guest-link").input_value(timeout=PATIENCE_MS)

    async def signs_in(self, link: str, login: str, password: str) -> None:
        await self.page.goto(link)
        await self.chooses_language()
        await self.page.locator("input[autocomplete=username]").fill(login)
        await self.page.locator("input[type=password]").fill(password)
        await self.page.locator("button[type=submit]").click()
        await self.is_told("physician.worklist.title")

    async def is_told_that_the_guardian_left(self) -> None:
        """The server has given up waiting for the guardian's socket."""
        await self.page.wait_for_function(_GUARDIAN_AWAY, timeout=PATIENCE_MS)

    async def opens(self, visit: str) -> None:
        await self.page.locator(f"a[href*='{visit}']").first.click(timeout=PATIENCE_MS)

    async def admits(self) -> None:
        """The names compared, and in they come."""
        await self.acts("admit")
        await self.confirms()

    async def acts(self, act: str) -> None:
        """Presses the button of an act once it can be pressed."""
        await self.page.locator(f"#act-{act}:not([aria-disabled=true])").click(timeout=PATIENCE_MS)

    async def confirms(self) -> None:
        await self.page.locator("#panel-confirm:not([aria-disabled=true])").click(timeout=PATIENCE_MS)

    async def attests(self) -> None:
        await self.acts("attest")
        for check in CHECKS:
            await self.page.locator(f"label:has(input[data-check={check}])").click()
        if not await self.page.locator("#field-location").input_value():  # the family did not tell it beforehand
            await self.page.locator("#field-location").fill("江苏省苏州市姑苏区示范路1号")
        await self.confirms()

    async def holds(self, reason: str) -> None:
        await self.acts("hold")
        await self.page.locator(f"label:has(input[data-check={reason}])").click()
        await self.confirms()

    async def completes(self, summary: str) -> None:
        await self.acts("complete")
        await self.page.get_by_text(self.words("physician.complete.yes")).click()
        await self.page.locator("#field-summary").fill(summary)
        await self.confirms()

    async def refers(self, reason_at: int, note: str, not_examined: str, told_family: str) -> None:
        """Two taps, reason and urgency (the checklist's own), and what goes into the letter."""
        await self.acts("refer")
        await self.page.locator("[data-reason]").nth(reason_at).click()
        await self.page.locator("label:has(input[data-urgency=within_30d])").click()
        for field, words in (("note", note), ("not-examined", not_examined), ("told-family", told_family)):
            await self.page.locator(f"#field-{field}").fill(words)
        await self.confirms()
