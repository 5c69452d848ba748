"""The keyring: a key is good for what it was made for; what was wrongly asked is named, all of it, and nothing is made."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from server.form import Faults
from server.keyring import LASTS_DAYS, Keyring
from server.store import visits
from server.store.api_keys import ApiKeys
from server.store.database import Database
from server.store.visits import Hospital
from tests.server.conftest import NOW

ASKED = {"name": "预约系统", "scopes": "departments visits"}


@pytest.fixture
async def keyring(database: Database) -> Keyring:
    await visits.book(database, [Hospital("h1", "示范儿童医院", "Demo")])
    return Keyring(database, lambda: secrets.token_hex(16), lambda: secrets.token_urlsafe(32))


@pytest.fixture
def keys(database: Database) -> ApiKeys:
    """As the server looks keys up."""
    return ApiKeys(database, lambda: "unused", lambda: "unused")


async def faults(doing: Any) -> list[str]:
    with pytest.raises(Faults) as found:
        await doing
    return [fault.split(":")[0] for fault in found.value.faults]


async def test_a_new_key_is_good_at_the_server_for_a_year(keyring: Keyring, keys: ApiKeys) -> None:
    made = await keyring.issue(ASKED, NOW)
    found = await keys.use(made.token, NOW)
    assert found is not None
    assert (found.hospital, found.name, found.scopes) == ("h1", "预约系统", ("departments", "visits"))
    assert found.expires_at == NOW + LASTS_DAYS * 86_400
    assert made.token not in repr(made)


async def test_a_key_may_be_good_for_less_long(keyring: Keyring, keys: ApiKeys) -> None:
    made = await keyring.issue(ASKED | {"days": "2"}, NOW)
    assert await keys.use(made.token, NOW + 2 * 86_400 - 1) is not None
    assert await keys.use(made.token, NOW + 2 * 86_400) is None


@pytest.mark.parametrize(
    ("typed", "scopes"),
    [
        ("visits,departments", ("departments", "visits")),
        ("visits, visits:read visits", ("visits",)),
        ("hospital:read", ("hospital:read",)),
        ("staff:read visits", ("staff:read", "visits")),
    ],
)
async def test_scopes_are_told_apart_however_they_are_written(keyring: Keyring, typed: str, scopes: tuple[str, ...]) -> None:
    assert (await keyring.issue(ASKED | {"scopes": typed}, NOW)).key.scopes == scopes


async def test_every_fault_is_named_and_no_key_is_made(keyring: Keyring) -> None:
    wrong = {"scopes": "visits everything root", "days": "0", "hospital": "h9"}
    assert await faults(keyring.issue(wrong, NOW)) == ["days", "name", "scopes", "scopes", "hospital"]
    assert await faults(keyring.issue({"days": "x"}, NOW)) == ["days", "name", "scopes"]
    assert await faults(keyring.issue(ASKED | {"days": "3651"}, NOW)) == ["days"]
    assert await keyring.all({}, NOW) == []


async def test_where_there_are_several_hospitals_one_is_named(keyring: Keyring, database: Database) -> None:
    await visits.book(database, [Hospital("h2", "另一家医院", "Another")])
    assert await faults(keyring.issue(ASKED, NOW)) == ["hospital"]
    await keyring.issue(ASKED | {"hospital": "h2"}, NOW)
    await keyring.issue(ASKED | {"hospital": "h1"}, NOW + 1)
    assert [held.hospital_name for held in await keyring.all({}, NOW)] == ["另一家医院", "示范儿童医院"]
    assert [held.key.hospital for held in await keyring.all({"hospital": "h1"}, NOW)] == ["h1"]
    assert await faults(keyring.all({"hospital": "h9"}, NOW)) == ["hospital"]


async def test_the_list_says_what_each_is_good_for_now(keyring: Keyring) -> None:
    await keyring.issue(ASKED | {"days": "1"}, NOW)
    revoked = await keyring.issue(ASKED, NOW + 1)
    await keyring.issue(ASKED, NOW + 2)
    assert await keyring.revoke({"key": revoked.key.id}, NOW + 3) == revoked.key.id
    assert [held.state for held in await keyring.all({}, NOW + 86_400)] == ["expired", "revoked", "good"]


async def test_an_unknown_key_cannot_be_revoked(keyring: Keyring) -> None:
    assert await faults(keyring.revoke({"key": "x"}, NOW)) == ["key"]
    assert await faults(keyring.revoke({}, NOW)) == ["key"]
