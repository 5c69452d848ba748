"""A socket token is good for a minute, one connection, and as long as whoever holds it is still welcome."""

from __future__ import annotations

import asyncio
import secrets

import pytest
from sqlalchemy import insert

from server.errors import Refused
from server.store.database import Database
from server.store.links import Links
from server.store.secrets import digest
from server.store.tables import staff_session
from server.store.tickets import LASTS_S, Ticket, Tickets
from signaling.seats import Role

NOW = 1_795_000_000.0


def a_secret() -> str:
    return secrets.token_urlsafe(32)


@pytest.fixture
def tickets(database: Database) -> Tickets:
    return Tickets(database, a_secret)


@pytest.fixture
async def guardian(database: Database, visit: str) -> Ticket:
    links = Links(database, a_secret)
    cookie = (await links.redeem(await links.issue(visit, NOW, NOW + 600), {}, NOW)).cookie
    return Ticket(visit, Role.GUARDIAN, device=digest(cookie or ""))


@pytest.fixture
async def physician(database: Database, visit: str) -> Ticket:
    row = {"cookie_sha256": "s" * 64, "staff": "staff-1", "created_at": NOW, "expires_at": NOW + 30}

    async def sign_in(connection: object) -> None:
        await connection.execute(insert(staff_session), row)  # type: ignore[attr-defined]

    await database.write(sign_in)
    return Ticket(visit, Role.PHYSICIAN, staff_session="s" * 64)


async def refused(tickets: Tickets, token: str, now: float) -> bool:
    with pytest.raises(Refused) as refusal:
        await tickets.use(token, now)
    return refusal.value.code == "bad_token"


async def test_a_token_says_who_may_connect_and_only_once(tickets: Tickets, guardian: Ticket, physician: Ticket) -> None:
    for ticket in (guardian, physician):
        token = await tickets.issue(ticket, NOW)
        assert await tickets.use(token, NOW + 1) == ticket
        assert await refused(tickets, token, NOW + 2)
    assert await refused(tickets, "nonsense", NOW)


async def test_a_token_is_too_old_after_a_minute(tickets: Tickets, guardian: Ticket) -> None:
    token = await tickets.issue(guardian, NOW)
    assert await refused(tickets, token, NOW + LASTS_S)
    assert await tickets.use(token, NOW + LASTS_S - 0.01) == guardian


async def test_a_revoked_device_cannot_use_the_token_it_still_holds(
    database: Database, tickets: Tickets, guardian: Ticket, visit: str
) -> None:
    token = await tickets.issue(guardian, NOW)
    await Links(database, a_secret).issue(visit, NOW, NOW + 600)
    assert await refused(tickets, token, NOW + 1)


async def test_a_connection_may_be_asked_again_whether_its_holder_is_still_welcome(
    database: Database, tickets: Tickets, guardian: Ticket, physician: Ticket, visit: str
) -> None:
    assert await tickets.still_good(guardian, NOW)
    assert await tickets.still_good(physician, NOW)
    await Links(database, a_secret).issue(visit, NOW, NOW + 600)
    assert not await tickets.still_good(guardian, NOW)
    assert not await tickets.still_good(physician, NOW + 30)


async def test_a_sign_in_that_ended_takes_its_tokens_with_it(tickets: Tickets, physician: Ticket) -> None:
    token = await tickets.issue(physician, NOW)
    assert await refused(tickets, token, NOW + 31)


async def test_a_token_of_a_device_opens_only_the_devices_own_visit(tickets: Tickets, guardian: Ticket) -> None:
    token = await tickets.issue(Ticket("visit-2", Role.GUARDIAN, device=guardian.device), NOW)
    assert await refused(tickets, token, NOW + 1)


async def test_of_two_connections_with_one_token_one_is_refused(tickets: Tickets, guardian: Ticket) -> None:
    token = await tickets.issue(guardian, NOW)
    results = await asyncio.gather(tickets.use(token, NOW), tickets.use(token, NOW), return_exceptions=True)
    assert sorted(isinstance(result, Refused) for result in results) == [False, True]


async def test_a_token_belongs_to_one_device_or_one_sign_in(tickets: Tickets, visit: str) -> None:
    for device, staff in ((None, None), ("d", "s")):
        with pytest.raises(ValueError, match="one device or one sign-in"):
            await tickets.issue(Ticket(visit, Role.GUARDIAN, device, staff), NOW)
