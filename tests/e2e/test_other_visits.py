"""Visits that take another course, on the real pages: refused, withdrawn, slept through."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import DemoServer, NewGuardian
from tests.e2e.people import Guardian, Physician

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]


async def in_the_call(server: DemoServer, guardian: Guardian, physician: Physician) -> None:
    await guardian.joins(server.guardian_link)
    await physician.signs_in(server.physician_link, server.physician_login, server.physician_password)
    await physician.opens(server.visit)
    await physician.admits()
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))


@pytest.mark.unhurried
async def test_refusing_the_recording_offers_in_person_care_and_a_used_link_says_so(
    server: DemoServer, guardian: Guardian, new_guardian: NewGuardian
) -> None:
    await guardian.redeems(server.guardian_link)
    await guardian.click("用中文继续")
    await guardian.click("是，这是我的孩子")
    await guardian.click("我已阅读，同意线上就诊")
    await guardian.click("不同意录制")
    await guardian.reads("好的，请带孩子到医院就诊")
    await guardian.screenshot("declined")

    stranger = await new_guardian()
    await stranger.redeems(server.guardian_link)
    await stranger.reads("这个链接已在另一台设备上使用")
    await stranger.redeems(f"{server.origin}/j/{'x' * 32}")
    await stranger.reads("这个链接无法使用")
    await stranger.page.goto(f"{server.origin}/family/?visit={server.visit}")
    await expect(stranger.page.get_by_role("heading").first).to_be_visible()
    assert "张" not in await stranger.page.inner_text("body")


async def test_a_guardian_who_withdraws_in_the_call_ends_it_and_can_still_be_referred(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await in_the_call(server, guardian, physician)
    await guardian.click("更多")
    await guardian.click("撤回同意并结束就诊")
    await guardian.page.get_by_text("撤回对录制的同意").click()
    await guardian.page.locator("dialog, [role=dialog]").get_by_role("button", name="撤回同意并结束就诊").click()
    await guardian.reads("您已撤回同意，就诊已结束")
    await physician.reads("就诊已结束：监护人撤回了同意")
    await asyncio.gather(physician.sees_no_more(3), guardian.sees_no_more(3))
    await physician.click("仍然转线下就诊")
    await physician.page.locator("[data-reason]").first.click()
    await physician.confirms()
    await physician.reads("打开转诊单")
    await guardian.reads("打开转诊单 PDF")


async def test_a_phone_that_slept_beyond_the_resume_window_comes_back_by_itself(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await in_the_call(server, guardian, physician)
    wake = await guardian.falls_asleep()
    try:
        await physician.reads("已暂停：监护人一方的声音和画面中断")
        await physician.is_told_that_the_guardian_left()
    finally:
        wake()
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
