"""The hospital whose key it is."""

from __future__ import annotations

from server.http.v1.models import Given, Id
from server.http.v1.operations import Answer, Call, Operation
from server.store import people


class Hospital(Given):
    id: Id
    name: str
    name_en: str


async def read(call: Call) -> Answer:
    found = await call.read(lambda transaction: people.hospital_of(transaction, call.hospital))
    assert found is not None, "a key belongs to a hospital that is there"
    return Answer(Hospital.model_validate(found))


OPERATIONS = (Operation("read_hospital", "GET", "/hospital", "hospital:read", "The key's hospital", read, Hospital),)
