"""Visits as they are asked for."""

from __future__ import annotations

from tests.server.http.v1.examples.clinic import another_guardian, begun, booked, clinic, coming
from tests.server.http.v1.kit import Asked, Example, Place


async def _list(place: Place) -> Asked:
    there = await clinic(place)
    await booked(place, there)
    return Asked(query={"physician": there.physician, "since": "2026-01-01T00:00:00+08:00"})


async def _book(place: Place) -> Asked:
    there = await clinic(place)
    return Asked(body={"slot": there.slots[0], "child": there.child, "guardian": there.guardian, "kind": "follow_up"})


async def _read(place: Place) -> Asked:
    return Asked(path={"visit": await booked(place, await clinic(place))})


async def _move(place: Place) -> Asked:
    there = await clinic(place)
    return Asked(path={"visit": await booked(place, there)}, body={"slot": there.slots[3]}, revision=1)


async def _cancel(place: Place) -> Asked:
    return Asked(path={"visit": await booked(place, await clinic(place))}, body={"reason": "family"})


async def _no_show(place: Place) -> Asked:
    return Asked(path={"visit": await begun(place, await clinic(place))})


async def _link(place: Place) -> Asked:
    return Asked(path={"visit": await booked(place, await clinic(place))})


async def _guardian(place: Place) -> Asked:
    there = await clinic(place)
    visit = await booked(place, there)
    return Asked(path={"visit": visit}, body={"guardian": await another_guardian(place, there)})


async def _guardians(place: Place) -> Asked:
    there = await clinic(place)
    visit = await booked(place, there)
    await coming(place, there, visit)
    return Asked(path={"visit": visit})


async def _remove(place: Place) -> Asked:
    there = await clinic(place)
    visit = await booked(place, there)
    return Asked(path={"visit": visit, "guardian": await coming(place, there, visit)})


EXAMPLES: dict[str, Example] = {
    "list_visits": _list,
    "book_visit": _book,
    "read_visit": _read,
    "move_visit": _move,
    "cancel_visit": _cancel,
    "mark_no_show": _no_show,
    "make_link": _link,
    "list_visit_guardians": _guardians,
    "add_visit_guardian": _guardian,
    "remove_visit_guardian": _remove,
}
