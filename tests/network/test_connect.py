"""Real browsers and the real server over the bed: a call connects, and comes back after what a network does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.network.bed import Bed, bed
from tests.network.house import house
from tests.network.visit import consultation

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]


@pytest.fixture
async def b() -> AsyncIterator[Bed]:
    async with bed(seed=7) as made:
        yield made


async def test_both_see_each_other_over_a_clean_link_and_a_blackout_lasts_as_long_as_it_lasts(b: Bed, tmp_path: Path) -> None:
    async with house(b, tmp_path) as server, consultation(b, server, tmp_path) as (guardian, physician):
        await b.blackout("phone", True)
        await physician.sees_no_more(8)
        await asyncio.sleep(2)
        await b.blackout("phone", False)
        await asyncio.gather(physician.sees_moving("guardian", 10), guardian.sees_moving("physician", 10))
