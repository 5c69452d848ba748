"""Chromium as a family's phone or a physician's desk: its camera and microphone are files, one pair for each process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Playwright

EXECUTABLE = os.environ.get("PEITONG_CHROMIUM", "/usr/bin/chromium")

_ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
_Options = dict[str, Any]
_CHINESE: _Options = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
_PHONE: _Options = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
_DESK: _Options = {"viewport": {"width": 1440, "height": 900}}


async def launch(playwright: Playwright, video: Path, tone: Path, executable: str | Path = EXECUTABLE) -> Browser:
    files = [f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={tone}"]
    return await playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS + files)


async def phone(browser: Browser, **options: Any) -> BrowserContext:
    return await browser.new_context(**{**_CHINESE, **_PHONE, **options})


async def desk(browser: Browser, **options: Any) -> BrowserContext:
    return await browser.new_context(**{**_CHINESE, **_DESK, **options})
