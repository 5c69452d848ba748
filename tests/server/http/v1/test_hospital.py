"""The hospital over HTTP."""

from __future__ import annotations

from server.http.v1.api import OPERATIONS
from server.store import people
from tests.server.http.v1.kit import Asked, Client, Place

CHANGE = next(each for each in OPERATIONS if each.name == "change_hospital")


async def test_a_key_reads_its_own_hospital(place: Place, system: Client) -> None:
    told = await system.get("/hospital")
    assert told == {"id": place.hospital, "name": "另一家医院", "name_en": "Another hospital", "phone": None}


async def test_where_families_call_is_set_and_taken_away_for_ones_own_hospital_only(place: Place, system: Client) -> None:
    told = await (await system.ask(CHANGE, Asked(body={"phone": "01065171234"}))).json()
    assert (told["id"], told["phone"]) == (place.hospital, "01065171234")
    database = place.house.server.database
    (others,) = [id for id in await people.hospitals(database) if id != place.hospital]
    other = await database.read(lambda t: people.hospital_of(t, others))
    assert other is not None
    assert other.phone != "01065171234"
    refused = await system.ask(CHANGE, Asked(body={"phone": "call us"}))
    assert (refused.status, [each["pointer"] for each in (await refused.json())["errors"]]) == (422, ["#/phone"])
    assert (await (await system.ask(CHANGE, Asked(body={"phone": None}))).json())["phone"] is None
