"""The written delegation of a visit: handed in as one, seen by the physician, and only then the family is admitted."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import select, update

from server import events as ev
from server.booking.limits import Limits
from server.errors import Refused
from server.journal import Journal
from server.store.limits import set_limits
from server.store.tables import relation, visit
from tests.server.documents.samples import jpeg
from tests.server.http.conftest import ORIGIN, Browser, House

TUS = {"Tus-Resumable": "1.0.0", "Origin": ORIGIN}


async def hand_in(guardian: Browser, house: House, metadata: str = "") -> Any:
    picture = jpeg()
    headers = TUS | {"Upload-Length": str(len(picture))} | ({"Upload-Metadata": metadata} if metadata else {})
    begun = await guardian.client.post(f"{house.visit}/documents", headers=headers)
    if begun.status != 201:
        return begun
    part = TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    return await guardian.client.patch(begun.headers["Location"], data=picture, headers=part)


def purpose(word: str) -> str:
    return f"filename eA==, purpose {base64.b64encode(word.encode()).decode()}"


async def grandmother(house: House, *, allowed: bool) -> None:
    """The visit's adult is a delegated one."""

    async def work(transaction: Any) -> None:
        await transaction.execute(update(relation).values(kind="delegated", proof="written_delegation"))
        hospital = await transaction.scalar(select(visit.c.hospital).where(visit.c.id == house.made.visit))
        await set_limits(hospital, Limits(delegated_adults=allowed))(transaction)

    await house.server.database.write(work)


async def admission(house: House) -> str:
    """Why nobody is admitted; empty when somebody may be."""
    try:
        await house.server._check_eligible(house.made.visit, "")
    except Refused as refused:
        return refused.code
    return ""


async def test_a_delegated_adult_is_not_let_in_where_the_hospital_does_not_allow_it(house: House) -> None:
    await grandmother(house, allowed=False)
    assert await admission(house) == "delegate_not_allowed"


async def test_the_paper_is_handed_in_and_seen_before_anybody_is_admitted(
    house: House, guardian: Browser, physician: Browser
) -> None:
    await guardian.consent_to_everything(house.visit)
    await grandmother(house, allowed=True)
    assert (await (await guardian.get(house.visit)).json())["delegated"] is True
    assert (await hand_in(guardian, house)).status == 204  # an examination's result is no delegation
    assert await admission(house) == "delegation_missing"
    assert (await hand_in(guardian, house, purpose("delegation"))).status == 204
    assert await admission(house) == "delegation_unread"
    seen = await (await physician.get(f"{house.visit}/family")).json()
    assert (seen["delegation"], seen["guardians"][0]["relation"]) == ("unread", "delegated")
    listed = (await (await physician.get(f"{house.visit}/documents")).json())["documents"]
    assert [each["purpose"] for each in listed] == ["examination", "delegation"]
    assert (await physician.get(listed[1]["url"])).status == 200
    assert await admission(house) == ""
    assert (await (await physician.get(f"{house.visit}/family")).json())["delegation"] == "read"
    journal = [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]
    assert [event.purpose for event in journal if isinstance(event, ev.DocumentAdded)] == ["examination", "delegation"]


async def test_the_familys_own_look_at_it_is_not_the_physicians(house: House, guardian: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    await grandmother(house, allowed=True)
    await hand_in(guardian, house, purpose("delegation"))
    listed = (await (await guardian.get(f"{house.visit}/documents")).json())["documents"]
    assert (await guardian.get(listed[0]["url"])).status == 200
    assert await admission(house) == "delegation_unread"


@pytest.mark.parametrize("metadata", [purpose("prescription"), "purpose", "purpose !!!!", "purpose w6k="])
async def test_a_purpose_that_there_is_not_is_refused(house: House, guardian: Browser, metadata: str) -> None:
    await guardian.consent_to_everything(house.visit)
    assert (await hand_in(guardian, house, metadata)).status == 400
