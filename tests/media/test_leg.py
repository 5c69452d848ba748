"""A leg that nobody takes up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from media import leg, quality
from media.leg import Leg


class Room:
    """A switchboard that remembers."""

    def __init__(self) -> None:
        self.over: list[Leg] = []

    def ended(self, leg: Leg) -> None:
        self.over.append(leg)


class NeverAnswered:
    """A handshake whose peer never comes."""

    async def run(self) -> None:
        await asyncio.Event().wait()


async def test_a_leg_whose_handshake_never_ends_is_over_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg, "_HANDSHAKE_S", 0.05)
    room: Any = Room()
    handshake: Any = NeverAnswered()
    waiting = Leg("guardian", 1, 1, 7, quality.Leg("r", "guardian", 1, 0), room, lambda data, address: None)
    waiting.start(handshake)
    await asyncio.sleep(0.01)
    assert room.over == []
    async with asyncio.timeout(2):
        while not room.over:
            await asyncio.sleep(0.01)
    assert room.over == [waiting]
    assert not waiting.running
