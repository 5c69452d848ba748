"""Whom the physician is about to meet and where they are: told by the guardian, whole to the physician alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server import events as ev
from server.http.attesting import MOST_TURNS
from server.journal import Journal
from server.store import bodies
from server.store.audit import verify_journal
from tests.server.http.conftest import Browser, House

PLACE = "江苏省苏州市姑苏区示范路1号"


async def tell(guardian: Browser, house: House, call_back: str = "", location: str = PLACE) -> Any:
    return await guardian.post(f"{house.visit}/whereabouts", {"call_back": call_back, "location": location})


async def told(house: House) -> list[ev.WhereaboutsTold]:
    journal = await Journal(house.server.database).replay(house.made.visit)
    return [event for event, _ in journal if isinstance(event, ev.WhereaboutsTold)]


@pytest.fixture
async def prepared(house: House, guardian: Browser) -> Browser:
    await guardian.consent_to_everything(house.visit)
    return guardian


async def test_before_anything_is_told_the_booked_number_is_shown_masked(house: House, prepared: Browser) -> None:
    seen = await (await prepared.get(f"{house.visit}/whereabouts")).json()
    assert seen == {"call_back": "138****0000", "location": "", "told": False}


async def test_a_guardian_tells_the_place_and_leaves_the_number_as_it_is(
    house: House, prepared: Browser, physician: Browser
) -> None:
    answer = await tell(prepared, house)
    assert await answer.json() == {"call_back": "138****0000", "location": PLACE, "told": True}
    seen = (await (await physician.get(f"{house.visit}/family")).json())["whereabouts"]
    assert (seen["call_back"], seen["location"], seen["by"]) == ("13800000000", PLACE, "guardian")


async def test_another_number_stays_until_the_next_one(house: House, prepared: Browser, physician: Browser) -> None:
    await tell(prepared, house, "139 1111 2222")
    await tell(prepared, house, "", "上海市黄浦区示范路2号")
    seen = (await (await physician.get(f"{house.visit}/family")).json())["whereabouts"]
    assert (seen["call_back"], seen["location"]) == ("13911112222", "上海市黄浦区示范路2号")


async def test_the_words_stand_in_a_body_and_only_their_hash_in_the_journal(house: House, prepared: Browser) -> None:
    await tell(prepared, house, "13911112222")
    await tell(prepared, house, "13911112222")  # the same again is nothing new
    (event,) = await told(house)
    links = await Journal(house.server.database).links(house.made.visit)
    assert not any("示范" in link.record or "13911112222" in link.record for link in links)
    await bodies.forget(house.server.database, event.body)
    assert (await verify_journal(house.server.database)).ok


@pytest.mark.parametrize(
    ("call_back", "location", "code"),
    [("打妈妈电话", PLACE, "call_back_unclear"), ("", "  ", "location_missing"), ("", "路" * 201, "location_missing")],
)
async def test_what_helps_nobody_is_refused(house: House, prepared: Browser, call_back: str, location: str, code: str) -> None:
    answer = await tell(prepared, house, call_back, location)
    assert (answer.status, await prepared.problem(answer)) == (409, code)
    assert await told(house) == []


async def test_it_cannot_be_told_for_ever(house: House, prepared: Browser) -> None:
    for n in range(MOST_TURNS):
        assert (await tell(prepared, house, "", f"示范路{n}号")).status == 200
    assert await prepared.problem(await tell(prepared, house, "", "示范路")) == "too_many_attempts"


async def test_before_the_consents_nothing_is_asked_and_nothing_shown(house: House, guardian: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    assert await guardian.problem(await guardian.get(f"{house.visit}/whereabouts")) == "consent_missing"
    assert await guardian.problem(await tell(guardian, house)) == "consent_missing"


async def test_the_physician_reads_masked_names_with_the_relation_and_its_proof(house: House, physician: Browser) -> None:
    seen = await (await physician.get(f"{house.visit}/family")).json()
    assert seen["child"] == {"name": "张*明", "age_years": 8, "sex": "male"}
    assert seen["guardians"] == [{"name": "李*", "relation": "father", "proof": "household_register", "seated": True}]
    assert (seen["denied"], seen["whereabouts"]["by"], seen["whereabouts"]["call_back"]) == (False, None, "13800000000")
    assert "张小明" not in json.dumps(seen, ensure_ascii=False)


async def test_each_side_asks_for_its_own_half(house: House, prepared: Browser, physician: Browser) -> None:
    assert await prepared.problem(await prepared.get(f"{house.visit}/family")) == "not_allowed"
    assert await physician.problem(await physician.get(f"{house.visit}/whereabouts")) == "not_allowed"
    assert await physician.problem(await tell(physician, house)) == "not_allowed"
    stranger = house.client()
    for path in ("whereabouts", "family"):
        assert await stranger.problem(await stranger.get(f"{house.visit}/{path}")) == "not_signed_in"
    await stranger.client.close()
