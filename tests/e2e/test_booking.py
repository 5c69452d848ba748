"""A family books by itself on the real page, moves its visit and calls it off.

What it typed survives going back, a reload and a time that somebody else took. Once in Chinese, once in English.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Request, async_playwright, expect

from tests.e2e import browsers
from tests.e2e.conftest import SCREENS, DemoServer
from tests.e2e.people import CHINESE, Guardian
from tests.e2e.words import LANGUAGES, LOCALES, Language, Words

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.unhurried, pytest.mark.timeout(300)]


@dataclass(frozen=True, slots=True)
class Read:
    """What the server says: of the questionnaire, and its hospital's name."""

    none: str
    visit: str
    growth: str
    hospital: str


READ: dict[Language, Read] = {
    "zh": Read("以上都没有", "这次就诊", "身高、生长发育", "示范儿童医院"),
    "en": Read("None of these", "This visit", "Height, growth and development", "Demo Children's Hospital"),
}


class Family(Guardian):
    """A guardian who books at a phone."""

    async def sees_title(self, key: str) -> None:
        await expect(self.page.get_by_role("heading", name=self.words(key))).to_be_visible()

    def field(self, key: str) -> Any:
        return self.page.get_by_label(re.compile(f"^{self.words(key).pattern}"))

    async def ticks(self, key: str, at: int = 0) -> None:
        """A choice that says just this."""
        await self.page.get_by_role("radio", name=re.compile(f"^{self.words(key).pattern}$")).nth(at).check()

    async def passes_the_signs(self) -> None:
        read = READ[self.words.language]
        for _ in range(2):
            await self.page.get_by_text(read.none).click()
            await self.taps("book.next")
        await expect(self.page.get_by_role("heading", name=read.visit)).to_be_visible()
        for at in (0, 1):
            await self.ticks("prepare.no", at)
        await self.page.get_by_text(read.growth).click()
        await self.taps("book.next")

    async def fills_in_who_they_are(self) -> None:
        await self.field("book.details.child_name").fill("陈小雨")
        await self.ticks("book.sex.female")
        await self.field("book.details.birth_date").fill("2019-06-01")
        await self.field("book.details.guardian_name").fill("陈静")
        await self.ticks("book.relation.mother")
        await self.field("book.details.phone").fill("139 1234 5678")

    async def moves_and_calls_off(self) -> None:
        await self.taps("change.move")
        await self.page.locator("button.day").last.click()
        await self.page.locator("button.time").last.click()
        await self.taps("change.move.to")
        await self.is_told("change.moved")
        await self.taps("change.cancel")
        await self.page.go_back()
        await self.sees_title("change.title")
        await self.taps("change.cancel")
        await self.taps("change.cancel.do")
        await self.sees_title("change.cancelled.title")


@pytest.fixture
async def family(language: Language) -> AsyncIterator[Family]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browsers.EXECUTABLE, args=["--no-sandbox"])
        context = await browsers.phone(browser, reduced_motion="reduce", locale=LOCALES[language])
        page = await context.new_page()
        family = Family("family", context, page, "video", SCREENS, Words(language))
        yield family
        await family.screenshot("booking-last")
        await browser.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_family_books_for_real(server: DemoServer, family: Family, language: Language) -> None:
    phone = family.page
    await phone.goto(f"{server.origin}/book/")
    await family.chooses_language()
    await family.passes_the_signs()
    await family.taps("book.answer.go")
    await family.click(READ[language].hospital)
    await family.click("王芳")
    times = phone.locator("button.time")
    await times.first.click()
    await family.fills_in_who_they_are()

    await phone.go_back()
    await family.sees_title("book.time.title")
    await phone.go_forward()
    await phone.reload()
    await expect(family.field("book.details.child_name")).to_have_value("陈小雨")

    taken: list[str] = []

    async def somebody_is_quicker(route: Any, request: Request) -> None:
        """The first time, another family's page has just booked the same slot."""
        if not taken:
            headers = request.headers | {"idempotency-key": "x" * 43}
            taken.append(str((await phone.request.post(request.url, data=request.post_data, headers=headers)).status))
        await route.continue_()

    await phone.route("**/visits", somebody_is_quicker)
    await family.taps("book.details.submit")
    await family.is_told("book.notice.time_gone")
    assert taken == ["201"]
    await times.first.click()
    await expect(family.field("book.details.guardian_name")).to_have_value("陈静")
    await family.taps("book.details.submit")

    await family.sees_title("book.done.title")
    await family.screenshot("booking-done")
    code = phone.get_by_role("img", name=family.words("book.done.qr"))
    assert await code.evaluate("(code) => code.naturalWidth") > 100
    shown = phone.get_by_role("textbox", name=family.words("book.done.link.label"))
    link = await shown.input_value()
    await phone.reload()
    await expect(shown).to_have_value(link)
    await phone.get_by_role("link", name=family.words("book.done.open")).click()
    await family.taps("join.button")
    await phone.wait_for_url("**/family/?visit=*")
    await the_device_is_asked_whose_child_it_is_and_comes_back(family, phone.url.replace("/family/", "/change/"))
    await family.moves_and_calls_off()


async def the_device_is_asked_whose_child_it_is_and_comes_back(family: Family, address: str) -> None:
    await family.page.goto(address)
    if family.words == CHINESE:
        await family.taps("family.language.continue")
    await family.taps("family.child.yes")
    await family.page.wait_for_url("**/change/?visit=*")
