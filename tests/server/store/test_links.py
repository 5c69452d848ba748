"""A join link works once, on one device, until it expires or a newer one is issued."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import update

from server.access import RECORDS_OPEN_S
from server.errors import Refused
from server.store import visits
from server.store.database import Database
from server.store.links import Device, Links, Redeemed, may_return, shut_out
from server.store.referrals import Referral, file
from server.store.tables import referral
from server.visit_cookies import Holding
from signaling.seats import Role

NOW = 1_795_000_000.0
LATER = NOW + 3600


@pytest.fixture
def links(database: Database) -> Links:
    return Links(database, lambda: secrets.token_urlsafe(32))


async def refusal(links: Links, token: str, held: dict[str, str] | None = None, now: float = NOW) -> str:
    with pytest.raises(Refused) as refused:
        await links.redeem(token, held or {}, now)
    return refused.value.code


async def cookie_of(links: Links, visit: str) -> str:
    """A new device's."""
    cookie = (await links.redeem(await links.issue(visit, NOW, LATER), {}, NOW)).cookie
    assert cookie is not None
    return cookie


async def test_a_link_gives_a_device_its_visit(links: Links, visit: str) -> None:
    redeemed = await links.redeem(await links.issue(visit, NOW, LATER), {}, NOW)
    assert redeemed.visit == visit
    assert redeemed.cookie is not None
    device = await links.device(redeemed.cookie)
    assert device is not None
    assert (device.visit, device.role) == (visit, Role.GUARDIAN)
    assert await links.device("somebody's cookie") is None


async def test_the_same_device_may_tap_the_link_again_and_another_may_not(links: Links, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    held = {visit: (await links.redeem(token, {}, NOW)).cookie or ""}
    assert await links.redeem(token, held, NOW + 10) == Redeemed(visit, None)
    assert await links.redeem(token, held, LATER + 10) == Redeemed(visit, None)
    assert await refusal(links, token) == "link_used"
    assert await refusal(links, token, {visit: "another cookie"}) == "link_used"
    assert await refusal(links, token, now=LATER + 10) == "link_used"


async def test_unknown_and_expired_links_are_refused(links: Links, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    assert await refusal(links, "nonsense") == "link_unknown"
    assert await refusal(links, token[:-1]) == "link_unknown"
    assert await refusal(links, "\ud800") == "link_unknown"
    assert await refusal(links, token, now=LATER) == "link_expired"
    assert (await links.redeem(token, {}, LATER - 0.001)).visit == visit


async def test_a_cookie_of_one_visit_opens_no_other(links: Links, visit: str) -> None:
    foreign = await cookie_of(links, "visit-2")
    token = await links.issue(visit, NOW, LATER)
    redeemed = await links.redeem(token, {visit: foreign}, NOW)
    assert redeemed.visit == visit
    assert redeemed.cookie not in (None, foreign)
    assert await refusal(links, token, {visit: foreign}) == "link_used"


async def test_of_what_a_browser_holds_that_counts_which_still_opens_its_visit(links: Links, visit: str) -> None:
    revoked, other = await cookie_of(links, visit), await cookie_of(links, "visit-2")
    assert await links.holdings({visit: revoked, "visit-2": other}) == [
        Holding(visit, NOW, None),
        Holding("visit-2", NOW, None),
    ]
    await links.issue(visit, NOW, LATER)
    assert await links.holdings({visit: revoked, "visit-2": other}) == [Holding("visit-2", NOW, None)]
    assert await links.holdings({visit: other}) == []
    assert await links.holdings({}) == []


async def test_after_the_end_a_family_may_return_for_half_a_year_and_as_long_as_its_referral_is_open(
    links: Links, database: Database, visit: str
) -> None:
    async def may_come(now: float) -> bool:
        return await database.read(lambda transaction: may_return(transaction, visit, now))

    assert await may_come(NOW + 10 * RECORDS_OPEN_S)
    await database.write(visits.snapshot(visit, visits.Snapshot("ended", "referred", ended_at=NOW)))
    assert [await may_come(NOW + after) for after in (0.0, RECORDS_OPEN_S - 1, RECORDS_OPEN_S)] == [True, True, False]
    await database.write(file(Referral("r1", visit, "R-1", "growth.headache", "routine", "2026-1", "letter", NOW)))
    assert await may_come(NOW + RECORDS_OPEN_S)
    await database.write(lambda transaction: transaction.execute(update(referral).values(state="seen")))
    assert [await may_come(NOW + after) for after in (RECORDS_OPEN_S - 1, RECORDS_OPEN_S)] == [True, False]
    assert not await database.read(lambda transaction: may_return(transaction, "nobody's", NOW))


async def test_a_link_that_was_made_after_the_end_outlives_what_becomes_known_later(
    links: Links, database: Database, visit: str
) -> None:
    ended = visits.Snapshot("ended", "referred", ended_at=NOW)
    before = await links.issue(visit, NOW - 5, LATER)
    await database.write(visits.snapshot(visit, ended))
    token, written = links.drawn_further(visit, NOW + 5, LATER)
    await database.write(written)
    await database.write(visits.snapshot(visit, ended))
    assert await refusal(links, before) == "link_expired"
    assert (await links.redeem(token, {}, NOW + 10)).visit == visit


async def test_a_devices_cookie_is_renewed_once_its_time_has_come_and_not_when_it_is_revoked(
    links: Links, database: Database, visit: str
) -> None:
    device = await links.device(await cookie_of(links, visit))
    assert device is not None
    assert device.renewed_at == NOW
    assert [await links.renew(device.id, NOW + more, NOW + 50 + more) for more in (0, 1, 1, 60)] == [False, True, False, True]
    await database.write(visits.snapshot(visit, visits.Snapshot("ended", "completed", ended_at=NOW)))
    after = NOW + RECORDS_OPEN_S
    assert await links.renew(device.id, after - 2, after - 1)
    assert not await links.renew(device.id, after, after)
    await database.write(shut_out(visit, "", NOW))
    assert not await links.renew(device.id, after - 1, after - 1)


async def test_issuing_again_revokes_the_old_link_and_the_old_device(links: Links, visit: str) -> None:
    old = await links.issue(visit, NOW, LATER)
    cookie = (await links.redeem(old, {}, NOW)).cookie
    untouched = await links.issue("visit-2", NOW, LATER)
    new = await links.issue(visit, NOW + 60, LATER)
    assert cookie is not None
    assert await links.device(cookie) is None
    assert await refusal(links, old, {visit: cookie}) == "link_expired"
    assert (await links.redeem(new, {visit: cookie}, NOW + 70)).cookie not in (None, cookie)
    assert (await links.redeem(untouched, {}, NOW + 70)).visit == "visit-2"


async def test_of_many_devices_at_once_exactly_one_wins(links: Links, database_url: str, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    other = Database(database_url)
    elsewhere = Links(other, lambda: secrets.token_urlsafe(32))
    tries = [asyncio.create_task(place.redeem(token, {}, NOW)) for place in (links, elsewhere) for _ in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    won = [result for result in results if isinstance(result, Redeemed)]
    lost = [result.code for result in results if isinstance(result, Refused)]
    assert len(won) == 1
    assert lost == ["link_used"] * 11
    await other.close()


async def test_no_secret_is_in_the_database(links: Links, database: Database, database_file: Path, visit: str) -> None:
    token = await links.issue(visit, NOW, LATER)
    cookie = (await links.redeem(token, {}, NOW)).cookie
    await database.close()
    stored = "\n".join(sqlite3.connect(database_file).iterdump())
    assert cookie is not None
    assert token not in stored
    assert cookie not in stored


async def test_a_device_is_named_by_its_hash(links: Links, visit: str) -> None:
    cookie = (await links.redeem(await links.issue(visit, NOW, LATER), {}, NOW)).cookie
    device = await links.device(cookie or "")
    assert isinstance(device, Device)
    assert len(device.id) == 64
    assert cookie != device.id
