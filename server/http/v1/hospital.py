"""The hospital whose key it is: its names, and the number under which families call it."""

from __future__ import annotations

from pydantic import Field

from server.http.v1.models import Given, Id, Phone, Taken
from server.http.v1.operations import Answer, Call, Operation
from server.store import people


class Hospital(Given):
    id: Id
    name: str
    name_en: str
    phone: str | None = Field(description="Where families call; null where none is on the register.")


class HospitalChange(Taken):
    phone: Phone | None


async def read(call: Call) -> Answer:
    found = await call.read(lambda transaction: people.hospital_of(transaction, call.hospital))
    assert found is not None, "a key belongs to a hospital that is there"
    return Answer(Hospital.model_validate(found))


async def change(call: Call) -> Answer:
    asked: HospitalChange = call.body
    await call.write(lambda transaction: people.set_phone(transaction, call.hospital, asked.phone))
    return await read(call)


OPERATIONS = (
    Operation("read_hospital", "GET", "/hospital", "hospital:read", "The key's hospital", read, Hospital),
    Operation("change_hospital", "PATCH", "/hospital", "hospital", "Set where families call", change, Hospital, HospitalChange),
)
