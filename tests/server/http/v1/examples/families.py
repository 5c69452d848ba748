"""Children, guardians and relations as they are asked for."""

from __future__ import annotations

from server.store import families
from server.store.visits import Guardian
from tests.server.http.v1.examples.clinic import clinic
from tests.server.http.v1.kit import Asked, Example, Place


async def _nothing(place: Place) -> Asked:
    await clinic(place)
    return Asked()


async def _add_child(place: Place) -> Asked:
    return Asked(body={"name": "李小红", "sex": "female", "birth_date": "2019-01-31"})


async def _read_child(place: Place) -> Asked:
    return Asked(path={"child": (await clinic(place)).child})


async def _change_child(place: Place) -> Asked:
    return Asked(path={"child": (await clinic(place)).child}, body={"birth_date": "2018-03-06"}, revision=1)


async def _add_guardian(place: Place) -> Asked:
    return Asked(body={"name": "韩梅梅", "phone": "+8613900000000"})


async def _read_guardian(place: Place) -> Asked:
    return Asked(path={"guardian": (await clinic(place)).guardian})


async def _change_guardian(place: Place) -> Asked:
    return Asked(path={"guardian": (await clinic(place)).guardian}, body={"phone": "13900000001"}, revision=1)


async def _add_relation(place: Place) -> Asked:
    there, mother = await clinic(place), Guardian(place.new_id(), place.hospital, "韩梅梅", "13900000000")
    await place.write(lambda transaction: families.add_guardian(transaction, mother))
    body = {"guardian": mother.id, "kind": "mother", "proof": "birth_certificate"}
    return Asked(path={"child": there.child}, body=body)


async def _read_relation(place: Place) -> Asked:
    there = await clinic(place)
    return Asked(path={"child": there.child, "guardian": there.guardian})


async def _change_relation(place: Place) -> Asked:
    there = await clinic(place)
    return Asked(path={"child": there.child, "guardian": there.guardian}, body={"proof": "court_order"}, revision=1)


EXAMPLES: dict[str, Example] = {
    "list_children": _nothing,
    "add_child": _add_child,
    "read_child": _read_child,
    "change_child": _change_child,
    "list_guardians": _nothing,
    "add_guardian": _add_guardian,
    "read_guardian": _read_guardian,
    "change_guardian": _change_guardian,
    "list_relations": _read_child,
    "add_relation": _add_relation,
    "read_relation": _read_relation,
    "change_relation": _change_relation,
}
