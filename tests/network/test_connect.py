"""Real browsers and the real server over the bed: by which path a call connects, and what the scenes do not play."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.people import within
from tests.network.bed import Bed, bed
from tests.network.house import house, turn_server
from tests.network.impair import Impairments
from tests.network.visit import answers_on_its_path, both_see_each_other_again, chosen_path, consultation

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

NO_UDP = Impairments(blocked=frozenset({"udp"}))


@pytest.fixture
async def b() -> AsyncIterator[Bed]:
    async with bed(seed=7) as made:
        yield made


async def test_a_call_connects_and_comes_back_behind_a_new_binding(b: Bed, tmp_path: Path) -> None:
    async with house(b, tmp_path) as server, consultation(b, server, tmp_path) as (guardian, physician):
        assert await chosen_path(guardian) == ("host", "udp")

        answered = await answers_on_its_path(guardian)
        await b.rebind("phone")
        carried = partial(answers_on_its_path, guardian)
        await within(15, carried, lambda now: now not in (0, answered), "the new binding carries checks")
        await both_see_each_other_again(guardian, physician, within_s=20)


async def test_a_phone_whose_network_blocks_udp_joins_through_turn_over_tcp(b: Bed, tmp_path: Path) -> None:
    await b.set("phone", up=NO_UDP, down=NO_UDP)
    async with (
        turn_server(b, tmp_path) as settings,
        house(b, tmp_path, settings) as server,
        consultation(b, server, tmp_path) as (guardian, physician),
    ):
        assert await chosen_path(guardian) == ("relay", "tcp")
        assert await chosen_path(physician) == ("host", "udp")
