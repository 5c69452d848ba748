"""A family books by itself on the real page, moves its visit and calls it off.

What it typed survives going back, a reload and a time that somebody else took.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, Request, async_playwright, expect

from tests.e2e import browsers
from tests.e2e.conftest import SCREENS, DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.unhurried, pytest.mark.timeout(300)]


@pytest.fixture
async def phone(server: DemoServer) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browsers.EXECUTABLE, args=["--no-sandbox"])
        page = await (await browsers.phone(browser, reduced_motion="reduce")).new_page()
        yield page
        SCREENS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SCREENS / "booking-last.png", full_page=True)
        await browser.close()


async def tap(page: Page, name: str, role: Any = "button") -> None:
    await page.get_by_role(role, name=name).first.click()


async def taps_past_the_signs(page: Page) -> None:
    for _ in range(2):
        await page.get_by_text("以上都没有").click()
        await tap(page, "下一步")
    await expect(page.get_by_role("heading", name="这次就诊")).to_be_visible()
    for no in (0, 1):
        await page.get_by_text("否", exact=True).nth(no).click()
    await page.get_by_text("身高、生长发育").click()
    await tap(page, "下一步")


async def test_a_family_books_for_real(server: DemoServer, phone: Page) -> None:
    await phone.goto(f"{server.origin}/book/")
    await taps_past_the_signs(phone)
    await tap(phone, "选择医院")
    await tap(phone, "示范儿童医院")
    await tap(phone, "王芳")
    times = phone.locator("button.time")
    await times.first.click()
    await phone.get_by_label("孩子的姓名").fill("陈小雨")
    await phone.get_by_text("女", exact=True).click()
    await phone.get_by_label("出生日期").fill("2019-06-01")
    await phone.get_by_label("您的姓名").fill("陈静")
    await phone.get_by_text("母亲").click()
    await phone.get_by_label("您的手机号码").fill("139 1234 5678")

    await phone.go_back()
    await expect(phone.get_by_role("heading", name="选择时间")).to_be_visible()
    await phone.go_forward()
    await phone.reload()
    await expect(phone.get_by_label("孩子的姓名")).to_have_value("陈小雨")

    taken: list[str] = []

    async def somebody_is_quicker(route: Any, request: Request) -> None:
        """The first time, another family's page has just booked the same slot."""
        if not taken:
            headers = request.headers | {"idempotency-key": "x" * 43}
            taken.append(str((await phone.request.post(request.url, data=request.post_data, headers=headers)).status))
        await route.continue_()

    await phone.route("**/visits", somebody_is_quicker)
    await tap(phone, "确认预约")
    await expect(phone.get_by_text("已被别人约走")).to_be_visible()
    assert taken == ["201"]
    await times.first.click()
    await expect(phone.get_by_label("您的姓名")).to_have_value("陈静")
    await tap(phone, "确认预约")

    await expect(phone.get_by_role("heading", name="预约成功")).to_be_visible()
    await phone.screenshot(path=SCREENS / "booking-done.png", full_page=True)
    assert await phone.get_by_role("img", name="就诊链接的二维码").evaluate("(code) => code.naturalWidth") > 100
    link = await phone.get_by_label("就诊链接", exact=True).input_value()
    await phone.reload()
    await expect(phone.get_by_label("就诊链接", exact=True)).to_have_value(link)
    await tap(phone, "在这台设备上打开就诊页面", "link")
    await tap(phone, "在这台设备上加入就诊")
    await phone.wait_for_url("**/family/?visit=*")
    await moves_and_calls_off(phone, phone.url.replace("/family/", "/change/"))


async def moves_and_calls_off(phone: Page, address: str) -> None:
    """A device that was not asked whose child it is yet, is asked first, and comes back."""
    await phone.goto(address)
    await tap(phone, "用中文继续")
    await tap(phone, "是，这是我的孩子")
    await phone.wait_for_url("**/change/?visit=*")
    await tap(phone, "改到另一个时间")
    await phone.locator("button.day").last.click()
    await phone.locator("button.time").last.click()
    await tap(phone, "改到 ")
    await expect(phone.get_by_text("已改好")).to_be_visible()
    await tap(phone, "取消预约")
    await phone.go_back()
    await expect(phone.get_by_role("heading", name="您的预约")).to_be_visible()
    await tap(phone, "取消预约")
    await tap(phone, "取消这次就诊")
    await expect(phone.get_by_role("heading", name="已取消")).to_be_visible()
