"""A join link works once, on one device, until it expires or a newer one is issued."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from pathlib import Path

import pytest

from server.errors import Refused
from server.store.database import Database
from server.store.links import Device, Links, Redeemed
from signaling.seats import Role

NOW = 1_795_000_000.0
LATER = NOW + 3600


@pytest.fixture
def links(database: Database) -> Links:
    return Links(database, lambda: secrets.token_urlsafe(32))


async def refusal(links: Links, token: str, cookie: str | None = None, now: float = NOW) -> str:
    with pytest.raises(Refused) as refused:
        await links.redeem(token, cookie, now)
    return refused.value.code


async def test_a_link_gives_a_device_its_visit(links: Links, visit: str) -> None:
    redeemed = await links.redeem(await links.issue(visit, NOW, LATER), None, NOW)
    assert redeemed.visit == visit
    assert redeemed.cookie is not None
    device = await links.device(redeemed.cookie)
    assert device is not None
    assert (device.visit, device.role) == (visit, Role.GUARDIAN)
    assert await links.device("somebody's cookie") is None


async def test_the_same_device_may_tap_the_link_again_and_another_may_not(links: Links, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    cookie = (await links.redeem(token, None, NOW)).cookie
    assert await links.redeem(token, cookie, NOW + 10) == Redeemed(visit, None)
    assert await links.redeem(token, cookie, LATER + 10) == Redeemed(visit, None)
    assert await refusal(links, token) == "link_used"
    assert await refusal(links, token, "another cookie") == "link_used"
    assert await refusal(links, token, now=LATER + 10) == "link_used"


async def test_unknown_and_expired_links_are_refused(links: Links, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    assert await refusal(links, "nonsense") == "link_unknown"
    assert await refusal(links, token[:-1]) == "link_unknown"
    assert await refusal(links, "\ud800") == "link_unknown"
    assert await refusal(links, token, now=LATER) == "link_expired"
    assert (await links.redeem(token, None, LATER - 0.001)).visit == visit


async def test_a_cookie_of_one_visit_opens_no_other(links: Links, visit: str) -> None:
    foreign = (await links.redeem(await links.issue("visit-2", NOW, LATER), None, NOW)).cookie
    token = await links.issue(visit, NOW, LATER)
    redeemed = await links.redeem(token, foreign, NOW)
    assert redeemed.visit == visit
    assert redeemed.cookie not in (None, foreign)
    assert await refusal(links, token, foreign) == "link_used"


async def test_issuing_again_revokes_the_old_link_and_the_old_device(links: Links, visit: str) -> None:
    old = await links.issue(visit, NOW, LATER)
    cookie = (await links.redeem(old, None, NOW)).cookie
    untouched = await links.issue("visit-2", NOW, LATER)
    new = await links.issue(visit, NOW + 60, LATER)
    assert cookie is not None
    assert await links.device(cookie) is None
    assert await refusal(links, old, cookie) == "link_expired"
    assert (await links.redeem(new, cookie, NOW + 70)).cookie not in (None, cookie)
    assert (await links.redeem(untouched, None, NOW + 70)).visit == "visit-2"


async def test_of_many_devices_at_once_exactly_one_wins(links: Links, database_url: str, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    other = Database(database_url)
    elsewhere = Links(other, lambda: secrets.token_urlsafe(32))
    tries = [asyncio.create_task(place.redeem(token, None, NOW)) for place in (links, elsewhere) for _ in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    won = [result for result in results if isinstance(result, Redeemed)]
    lost = [result.code for result in results if isinstance(result, Refused)]
    assert len(won) == 1
    assert lost == ["link_used"] * 11
    await other.close()


async def test_no_secret_is_in_the_database(links: Links, database: Database, database_file: Path, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    cookie = (await links.redeem(token, None, NOW)).cookie
    await database.close()
    stored = "\n".join(sqlite3.connect(database_file).iterdump())
    assert cookie is not None
    assert token not in stored
    assert cookie not in stored


async def test_a_device_is_named_by_its_hash(links: Links, visit: str) -> None:
    cookie = (await links.redeem(await links.issue(visit, NOW, LATER), None, NOW)).cookie
    device = await links.device(cookie or "")
    assert isinstance(device, Device)
    assert len(device.id) == 64
    assert cookie != device.id
