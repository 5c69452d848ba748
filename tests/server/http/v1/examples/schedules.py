"""Schedules and slots as they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.server.http.v1.examples.clinic import clinic
from tests.server.http.v1.kit import Asked, Example, Place


def said(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


async def _list(place: Place) -> Asked:
    await clinic(place)
    return Asked(query={"field": "growth"})


async def _add(place: Place) -> Asked:
    there = await clinic(place)
    times = {"starts_at": said(there.opens_at + 86_400), "ends_at": said(there.opens_at + 90_000), "slot_minutes": 20}
    return Asked(body={"physician": there.physician, "department": there.department, "field": "growth", **times})


async def _read(place: Place) -> Asked:
    return Asked(path={"schedule": (await clinic(place)).schedule})


async def _change(place: Place) -> Asked:
    return Asked(path={"schedule": (await clinic(place)).schedule}, body={"active": False}, revision=1)


async def _slots(place: Place) -> Asked:
    there = await clinic(place)
    return Asked(query={"physician": there.physician, "until": said(there.opens_at + 86_400)})


EXAMPLES: dict[str, Example] = {
    "list_schedules": _list,
    "add_schedule": _add,
    "read_schedule": _read,
    "change_schedule": _change,
    "list_slots": _slots,
}
