"""A link that is opened early: a countdown, the device test, and the waiting room that opens by itself, also after a reload."""

from __future__ import annotations

import sqlite3
import time

import pytest

from server.http.family import OPENS_BEFORE_S
from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.unhurried, pytest.mark.timeout(300)]


def moved_to(server: DemoServer, starts_at: float) -> None:
    """Behind the server's back, as nothing else can set an appointment to the second."""
    with sqlite3.connect(server.data / "peitong.db", timeout=20) as database:
        database.execute("UPDATE visit SET starts_at = ?, ends_at = ?", (starts_at, starts_at + 1800))


async def test_who_comes_early_tries_the_devices_and_is_let_in_when_it_is_time(server: DemoServer, guardian: Guardian) -> None:
    moved_to(server, time.time() + 26 * 3600)
    await guardian.redeems(server.guardian_link)
    await guardian.answers_what_is_asked()
    await guardian.reads("离就诊还有一段时间")
    await guardian.click("检查设备")
    await guardian.click("打开摄像头和麦克风")
    await guardian.click("设备可以用，返回")
    await guardian.reads("设备已检查")
    await guardian.screenshot("early")

    moved_to(server, time.time() + OPENS_BEFORE_S + 12)
    await guardian.page.reload()
    await guardian.reads("设备已检查")
    await guardian.reads("秒")
    await guardian.is_in_the_waiting_room()
