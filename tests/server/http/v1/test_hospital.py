"""The hospital over HTTP."""

from __future__ import annotations

from tests.server.http.v1.kit import Client, Place


async def test_a_key_reads_its_own_hospital(place: Place, system: Client) -> None:
    told = await system.get("/hospital")
    assert told == {"id": place.hospital, "name": "另一家医院", "name_en": "Another hospital"}
