"""The hospital as it is asked for."""

from __future__ import annotations

from tests.server.http.v1.kit import Asked, Example, Place


async def _read(place: Place) -> Asked:
    return Asked()


async def _change(place: Place) -> Asked:
    return Asked(body={"phone": "01065171234"})


EXAMPLES: dict[str, Example] = {"read_hospital": _read, "change_hospital": _change}
