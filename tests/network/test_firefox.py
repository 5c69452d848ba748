"""A guardian in Firefox and a physician in Chromium: the call connects and comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.people import Physician
from tests.network.bed import bed
from tests.network.firefox import FirefoxGuardian, firefox_guardian, sees_anything_move
from tests.network.house import house
from tests.network.visit import another_path, physician_at, sees_moving_again

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]


async def test_a_guardian_in_firefox_sees_is_seen_and_comes_back_after_a_blackout_and_at_a_new_address(tmp_path: Path) -> None:
    async with (
        bed(seed=7) as b,
        house(b, tmp_path) as server,
        firefox_guardian(b, tmp_path) as guardian,
        physician_at(b, tmp_path) as physician,
    ):
        await guardian.joins(server.made.guardian_link)
        await physician.signs_in(server.made.physician_link, server.made.physician_login, server.made.physician_password)
        await physician.opens(server.made.visit)
        await physician.acts("admit")
        await both_see_something_move(guardian, physician, within_s=20)

        await b.blackout("phone", True)
        await asyncio.sleep(10)
        await b.blackout("phone", False)
        await both_see_something_move(guardian, physician, within_s=20)

        async with another_path(guardian, within_s=15):
            await b.new_address("phone")
        await both_see_something_move(guardian, physician, within_s=20)


async def both_see_something_move(guardian: FirefoxGuardian, physician: Physician, within_s: float) -> None:
    await asyncio.gather(sees_moving_again(guardian, "physician", within_s), sees_anything_move(physician, within_s))
