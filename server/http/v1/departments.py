"""Departments: where visits belong. One that is not active is kept, and takes no more bookings."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from server.http.v1.cursors import page, position
from server.http.v1.models import FieldOfCare, Given, Id, Line, Page, Paged, Taken, left_out
from server.http.v1.operations import Answer, Call, Operation, there
from server.store import departments
from server.store.database import Transaction


def _each_once(fields: list[FieldOfCare]) -> list[FieldOfCare]:
    if len(set(fields)) < len(fields):
        raise ValueError("每个领域只能出现一次", "may name each field once only")
    return fields


Fields = Annotated[
    list[FieldOfCare], Field(min_length=1, max_length=3, json_schema_extra={"uniqueItems": True}), AfterValidator(_each_once)
]


class NewDepartment(Taken):
    name: Line
    name_en: Line
    fields: Fields


class DepartmentChange(Taken):
    name: Line = left_out()
    name_en: Line = left_out()
    fields: Fields = left_out()
    active: bool = left_out()


class Department(Given):
    id: Id
    name: str
    name_en: str
    fields: list[FieldOfCare]
    active: bool


class Departments(Page[Department]):
    pass


async def list_all(call: Call) -> Answer:
    asked: Paged = call.query
    after = position(asked, str)
    rows = await call.read(lambda t: departments.some(t, call.hospital, after[0] if after else None, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.id,))
    return Answer(Departments(items=[Department.model_validate(row) for row in shown], next=next))


async def add(call: Call) -> Answer:
    asked: NewDepartment = call.body
    new = departments.Department(
        call.house.new_id(), call.hospital, asked.name, asked.name_en, tuple(asked.fields), active=True
    )

    async def work(transaction: Transaction) -> Answer:
        return _answer(await departments.add(transaction, new))

    return await call.create(work)


async def read(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: departments.one(transaction, call.hospital, call.path["department"])))
    return _answer(found)


async def change(call: Call) -> Answer:
    asked: DepartmentChange = call.body
    changes: dict[str, Any] = asked.model_dump(exclude_unset=True)
    if "fields" in changes:
        changes["fields"] = tuple(changes["fields"])

    async def work(transaction: Transaction) -> Answer:
        found = there(await departments.one(transaction, call.hospital, call.path["department"], to_change=True))
        call.match(found.revision)
        changed = replace(found, **changes, revision=found.revision + 1)
        await departments.change(transaction, changed)
        return _answer(changed)

    return await call.write(work)


def _answer(row: departments.Department) -> Answer:
    return Answer(Department.model_validate(row), row.revision)


_ONE = "/departments/{department}"
OPERATIONS = (
    Operation(
        "list_departments", "GET", "/departments", "departments:read", "The hospital's departments", list_all, Departments,
        query=Paged,
    ),
    Operation(
        "add_department", "POST", "/departments", "departments", "Add a department", add, Department, NewDepartment,
        status=201, problems=("name_taken",), creates=True,
    ),
    Operation("read_department", "GET", _ONE, "departments:read", "One department", read, Department),
    Operation(
        "change_department", "PATCH", _ONE, "departments", "Change a department; what is left out stays", change, Department,
        DepartmentChange, problems=("name_taken",), conditional=True,
    ),
)  # fmt: skip
