"""What a family tells before the visit, on the real pages: read by the physician, and nobody has to."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian, Physician

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

MOST_SCREENS = 15
FINISH = "填好了"
READ = "未经医师核实"


async def test_what_a_family_prepares_in_the_waiting_room_is_before_the_physician(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.joins(server.guardian_link)
    await physician.signs_in(server.physician_link, server.physician_login, server.physician_password)
    await physician.opens(server.visit)
    await physician.reads("家属没有填写")

    await guardian.click("开始填写")
    await answers_every_screen(guardian)
    await guardian.screenshot("measurements")
    await gives_a_height(guardian, "92.5", "2025-06-01")
    await guardian.click(FINISH)
    await guardian.reads("准备好了，谢谢您")
    await guardian.click("回到就诊页面")
    await guardian.is_in_the_waiting_room()
    await guardian.reads("已经填好")

    await physician.reads(READ)
    await physician.reads("身高 92.5 厘米")
    await physician.screenshot("prepared")
    await physician.admits()
    await physician.sees_moving("guardian")
    fold = physician.page.locator(".prepared-fold")
    await expect(fold.get_by_text(READ)).to_be_hidden()
    await fold.locator("summary").click()
    await expect(fold.get_by_text(READ)).to_be_visible()


async def answers_every_screen(guardian: Guardian) -> None:
    """The last answer to whatever must be answered: none of the signs, no."""
    finish = guardian.page.get_by_role("button", name=FINISH)
    further = guardian.page.get_by_role("button", name="下一步")
    for _ in range(MOST_SCREENS):
        await expect(finish.or_(further)).to_be_visible()
        if await finish.is_visible():
            return
        for question in await guardian.page.locator("fieldset").all():
            await question.locator("label.choice").last.click()
        title = await guardian.page.locator("h1").inner_text()
        await further.click()
        await expect(guardian.page.locator("h1")).not_to_have_text(title)
    raise AssertionError(f"more than {MOST_SCREENS} screens of questions")


async def gives_a_height(guardian: Guardian, centimetres: str, on: str) -> None:
    """Whatever a child of this visit measures: the page may ask whether it is right."""
    await guardian.page.locator("#row-value").fill(centimetres)
    await guardian.page.locator("#row-on").fill(on)
    await guardian.click("添加这条记录")
    sure = guardian.page.get_by_role("button", name="没有填错，就是这样")
    given = guardian.page.get_by_text(f"身高 {centimetres} 厘米")
    await expect(sure.or_(given).first).to_be_visible()
    if await sure.is_visible():
        await sure.click()
    await expect(given).to_be_visible()
