"""What the tests of the gateway share."""

from __future__ import annotations

import asyncio
from typing import Any

from signaling import messages as m
from signaling.seats import Role

# the fixtures' types; conftest is not importable under importlib mode
Clinic = Any
Page = Any
Opener = Any

CHAT = {"type": "chat", "client_id": "c1", "text": "您好"}


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def auth(clinic: Clinic, **changed: Any) -> dict[str, Any]:
    hello = {"token": clinic.desk.token(), "instance": "instance-0000000001", "language": "en", "resume": None}
    return hello | changed


def chats(page: Page) -> list[str]:
    return [each["message"]["text"] for each in page.told if each["type"] == "chat"]


def say(clinic: Clinic, text: str, role: Role = Role.GUARDIAN) -> None:
    clinic.gateway.send("session-1", role, m.ChatPosted(m.Chat(text, Role.PHYSICIAN, text, "2026-02-02T09:00:00+08:00")))


async def welcome_of(page: Any) -> str:
    """Reads to the welcome."""
    while (frame := await page.receive()) is not None:
        if "welcome" in frame:
            return str(frame)
    raise AssertionError("the server closed")
