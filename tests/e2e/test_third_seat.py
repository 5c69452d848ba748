"""Three real pages: the physician invites an interpreter into a visit that goes on, and takes the invitation back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from rehearsal.sealed import sealed as whole
from tests.e2e import sealed
from tests.e2e.clips import INTERPRETER
from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian, Guest, Physician
from tests.e2e.test_other_visits import in_the_call

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(240)]

NAME = "阿依古丽"


async def test_an_interpreter_is_invited_named_seen_by_both_recorded_and_shown_out(
    server: DemoServer, guardian: Guardian, physician: Physician, guest: Guest, tmp_path: Path
) -> None:
    await in_the_call(server, guardian, physician)
    link = await physician.invites_interpreter(NAME)
    await guardian.reads(f"已邀请翻译 {NAME}")
    await guest.joins(link)

    third = "video[data-role=interpreter]"
    beside_family, beside_physician = (replace(person, remote=third) for person in (guardian, physician))
    await asyncio.gather(
        beside_family.sees_moving(INTERPRETER.name),
        beside_physician.sees_moving(INTERPRETER.name),
        guest.sees_moving("guardian"),
        replace(guest, remote="video[data-role=physician]").sees_moving("physician"),
    )
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))  # as before
    heard = await beside_family.hears_hz()
    assert heard is not None
    assert abs(heard - INTERPRETER.hz) < 30
    for person in (guardian, physician, guest):
        await person.screenshot("three")

    await physician.page.locator("#guest-take-back").click()
    await guest.reads("不能进入就诊", timeout_ms=5000)
    await expect(guardian.page.locator(third)).to_have_count(0, timeout=3000)
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))

    await physician.attests()
    await physician.completes("生长速度正常，三个月后复诊。")
    await guardian.reads("就诊已完成")
    await whole(server.recording)
    parts = sealed.open_parts(server.recording, server.identity, tmp_path / "opened")
    (with_guest,) = (part for part in parts if any("interpreter" in track.seat for track in part.tracks()))
    assert {seen.clip for seen in with_guest.pictures("interpreter")} - {None} == {INTERPRETER.name}
    assert abs(with_guest.hz("interpreter") - INTERPRETER.hz) < 30
    assert {seen.clip for seen in with_guest.pictures("guardian")} - {None} == {"guardian"}
