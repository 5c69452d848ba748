"""The hospital as it is asked for."""

from __future__ import annotations

from tests.server.http.v1.kit import Asked, Example, Place


async def _read(place: Place) -> Asked:
    return Asked()


EXAMPLES: dict[str, Example] = {"read_hospital": _read}
