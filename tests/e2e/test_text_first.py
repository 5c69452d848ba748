"""Two real pages: the visit begins by text without any device, both write, and it becomes a video visit in the same session."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian, Physician

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]


async def test_a_visit_that_begins_by_text_becomes_one_by_video(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.joins_to_write(server.guardian_link)
    await physician.signs_in(server.physician_link, server.physician_login, server.physician_password)
    await physician.opens(server.visit)
    await physician.acts("begin_text")
    await physician.confirms()
    await guardian.reads("医师正在用文字与您交流，稍后可能转为视频")

    await physician.writes("您好，孩子哪里不舒服？")
    await guardian.reads("您好，孩子哪里不舒服？")
    await guardian.writes("手臂上起了红疹，有三天了。")
    await physician.reads("手臂上起了红疹，有三天了。")
    await asyncio.gather(guardian.screenshot("text"), physician.screenshot("text"))
    await expect(physician.page.locator(".recording")).to_be_empty()
    assert (await physician.picture(), await guardian.picture()) == (None, None)

    await guardian.page.reload()
    await guardian.reads("手臂上起了红疹，有三天了。")
    await physician.admits()
    await guardian.reads("医师请您开始视频")
    await guardian.click("打开摄像头和麦克风")
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
    await physician.reads("手臂上起了红疹，有三天了。")
    await physician.attests()
    await physician.completes("湿疹，保湿护理。")
    await guardian.reads("就诊已完成")
    await guardian.reads("湿疹，保湿护理。")
    await physician.reads("就诊已完成")
