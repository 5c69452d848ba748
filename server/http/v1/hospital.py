"""The hospital whose key it is."""

from __future__ import annotations

from server.http.problems import Problem
from server.http.v1.models import Given, Id
from server.http.v1.operations import Answer, Call, Operation
from server.store import people


class Hospital(Given):
    id: Id
    name: str
    name_en: str


async def read(call: Call) -> Answer:
    found = await call.read(lambda transaction: people.hospital_of(transaction, call.hospital))
    if found is None:
        raise Problem("not_found")
    return Answer(Hospital(id=found.id, name=found.name, name_en=found.name_en))


OPERATIONS = (Operation("read_hospital", "GET", "/hospital", "hospital:read", "The key's hospital", read, Hospital),)
