"""Two real Chromium pages meet at a relay that advertises an address of each family, one page over each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from media import control
from tests.media.pages import ARGUMENTS, join
from tests.media.relay_rig import running

pytestmark = [pytest.mark.browser, pytest.mark.process]


async def test_ipv6_over_udp_and_tcp_beside_ipv4(tmp_path: Path) -> None:
    async with running(tmp_path, ("127.0.0.1", "::1")) as rig, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*ARGUMENTS, "--allow-loopback-in-peer-connection"]
        )
        rig.open_room()
        guardian = await join(browser, rig, "guardian", 1, of=r" udp \d+ ::1 ")
        physician = await join(browser, rig, "physician", 2, of=r" tcp \d+ ::1 ")
        await rig.open_gate(1)
        await asyncio.gather(guardian.sees(30), physician.sees(30), guardian.hears(), physician.hears())
        assert [(await each.figures())["way"] for each in (guardian, physician)] == ["udp", "tcp"]
        told = await rig.inbox.until(control.LegStatistics, lambda m: len(m.legs) == 2)
        assert [leg["candidate"] for leg in told.legs] == ["udp", "tcp"]
        await browser.close()
