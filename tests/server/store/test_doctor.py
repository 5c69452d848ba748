"""The doctor's links: an hour, a bounded number of uses, hashed; reports bounded and kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.store.database import Database
from server.store.doctor import KEPT_S, LASTS_S, MOST_REPORTS, MOST_USES, DoctorLinks
from server.store.tables import doctor_link
from tests.server.conftest import NOW


def secrets() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"secret-{next(numbers):040d}"


@pytest.fixture
def links(database: Database) -> DoctorLinks:
    return DoctorLinks(database, secrets())


async def rows(database: Database) -> list[str]:
    async def work(connection: AsyncConnection) -> list[str]:
        return list(await connection.scalars(select(doctor_link.c.token_sha256)))

    return await database.read(work)


async def test_a_link_is_good_to_the_end_of_its_hour(links: DoctorLinks) -> None:
    token = await links.issue(NOW)
    await links.use(token, NOW + 600)
    await links.use(token, NOW + LASTS_S - 1)


async def test_only_the_links_hash_is_kept(links: DoctorLinks, database: Database) -> None:
    token = await links.issue(NOW)
    (kept,) = await rows(database)
    assert token not in kept
    assert len(kept) == 64


async def test_after_an_hour_it_is_over(links: DoctorLinks) -> None:
    token = await links.issue(NOW)
    with pytest.raises(Refused, match="link_expired"):
        await links.use(token, NOW + LASTS_S)
    with pytest.raises(Refused, match="link_expired"):
        await links.report(token, "{}", NOW + LASTS_S)
    assert await links.last() is None


async def test_another_token_opens_nothing(links: DoctorLinks) -> None:
    await links.issue(NOW)
    with pytest.raises(Refused, match="link_unknown"):
        await links.use("secret-of-somebody-else", NOW)


async def test_uses_are_limited(links: DoctorLinks) -> None:
    token = await links.issue(NOW)
    for _ in range(MOST_USES):
        await links.use(token, NOW)
    with pytest.raises(Refused, match="doctor_link_spent"):
        await links.use(token, NOW)


async def test_the_last_report_of_all_links_is_found_and_their_number_is_limited(links: DoctorLinks) -> None:
    first, second = await links.issue(NOW), await links.issue(NOW)
    for n in range(MOST_REPORTS):
        await links.report(first, f'{{"n": {n}}}', NOW + n)
    with pytest.raises(Refused, match="doctor_link_spent"):
        await links.report(first, '{"n": 99}', NOW + 99)
    last = await links.last()
    assert last is not None
    assert (last.at, last.report) == (NOW + MOST_REPORTS - 1, f'{{"n": {MOST_REPORTS - 1}}}')
    await links.report(second, '{"other": true}', NOW + 200)
    last = await links.last()
    assert last is not None
    assert last.report == '{"other": true}'


async def test_old_links_go_with_their_reports(links: DoctorLinks, database: Database) -> None:
    token = await links.issue(NOW)
    await links.report(token, "{}", NOW)
    await links.issue(NOW + KEPT_S + 1)
    assert len(await rows(database)) == 1
    assert await links.last() is None
