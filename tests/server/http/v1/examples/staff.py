"""Staff as they are asked for."""

from __future__ import annotations

from tests.server.http.v1.examples.clinic import clinic
from tests.server.http.v1.kit import Asked, Example, Place


async def _list(place: Place) -> Asked:
    await clinic(place)
    return Asked(query={"role": "physician"})


async def _add(place: Place) -> Asked:
    credentials = {"licence": "110-2", "rank": "attending", "practice_since": "2015-07-01", "trained_until": "2099-12-31"}
    names = {"login": f"li-{place.new_id()}", "role": "physician", "name": "李梅", "title": "主治医师"}
    return Asked(body={**names, **credentials, "whitelisted": True})


async def _read(place: Place) -> Asked:
    return Asked(path={"member": (await clinic(place)).physician})


async def _change(place: Place) -> Asked:
    body = {"whitelisted": False, "trained_until": "2027-01-31"}
    return Asked(path={"member": (await clinic(place)).physician}, body=body, revision=1)


EXAMPLES: dict[str, Example] = {
    "list_staff": _list,
    "add_member": _add,
    "read_member": _read,
    "change_member": _change,
}
