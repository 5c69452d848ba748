"""Departments as they are asked for."""

from __future__ import annotations

from server.store import departments
from server.store.departments import Department
from tests.server.http.v1.kit import Asked, Example, Place

NAMES = {"name": "内分泌科", "name_en": "Endocrinology"}


async def department(place: Place, **values: object) -> Department:
    """One that is there already."""
    known: dict[str, object] = {"fields": ("growth",), "active": True, **NAMES, **values}
    new = Department(id=place.new_id(), hospital=place.hospital, **known)  # type: ignore[arg-type]
    return await place.write(lambda transaction: departments.add(transaction, new))


async def _list(place: Place) -> Asked:
    await department(place)
    return Asked()


async def _add(place: Place) -> Asked:
    return Asked(body={**NAMES, "fields": ["growth", "nutrition"]})


async def _read(place: Place) -> Asked:
    return Asked(path={"department": (await department(place)).id})


async def _change(place: Place) -> Asked:
    there = await department(place)
    return Asked(path={"department": there.id}, body={"name": "皮肤科", "fields": ["skin"]}, revision=there.revision)


EXAMPLES: dict[str, Example] = {
    "list_departments": _list,
    "add_department": _add,
    "read_department": _read,
    "change_department": _change,
}
