"""Schedules, when a physician sees a field for a department, and the slots that are free in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import Field

from server.booking.slots import SLOT_MINUTES, Span, Unschedulable, cut
from server.http.problems import Fault, Invalid
from server.http.v1.cursors import page, position
from server.http.v1.models import FieldOfCare, Given, Id, Moment, Page, Paged, Taken, Whole, left_out, moment
from server.http.v1.operations import Answer, Call, Operation, there
from server.http.v1.visits import FOR_EVER
from server.store import departments, people, schedules
from server.store.database import Transaction
from server.store.schedules import Wanted

FURTHEST_S: Final = 400 * 86_400.0
"""How far ahead a schedule may begin."""


class NewSchedule(Taken):
    physician: Id
    department: Id
    field: FieldOfCare
    starts_at: Moment
    ends_at: Moment
    slot_minutes: Whole = Field(ge=SLOT_MINUTES[0], le=SLOT_MINUTES[-1], description="The length of each slot.")


class ScheduleChange(Taken):
    active: bool = Field(description="false: takes no more bookings; the visits that it has stay as they are.")


class SchedulesQuery(Paged):
    since: Moment = left_out()
    until: Moment = left_out()
    physician: Id = left_out()
    department: Id = left_out()
    field: FieldOfCare = left_out()


class Schedule(Given):
    id: Id
    physician: Id
    department: Id
    field: FieldOfCare
    starts_at: Moment
    ends_at: Moment
    slot_minutes: int
    active: bool


class Schedules(Page[Schedule]):
    pass


class Slot(Given):
    id: Id
    schedule: Id
    physician: Id
    department: Id
    field: FieldOfCare
    starts_at: Moment
    ends_at: Moment


class Slots(Page[Slot]):
    pass


async def list_schedules(call: Call) -> Answer:
    asked: SchedulesQuery = call.query
    wanted = _wanted(asked, FOR_EVER[0])
    after = position(asked, float, str)
    rows = await call.read(lambda t: schedules.some(t, call.hospital, wanted, after, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.starts_at, row.id))
    return Answer(Schedules(items=[_schedule(row) for row in shown], next=next))


async def list_slots(call: Call) -> Answer:
    asked: SchedulesQuery = call.query
    wanted = _wanted(asked, call.now)
    after = position(asked, float, str)
    rows = await call.read(lambda t: schedules.free_slots(t, call.hospital, wanted, after, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.starts_at, row.id))
    return Answer(Slots(items=[_slot(row) for row in shown], next=next))


async def add(call: Call) -> Answer:
    asked: NewSchedule = call.body
    span = Span(asked.starts_at.timestamp(), asked.ends_at.timestamp())
    if not call.now < span.ends_at < call.now + FURTHEST_S:
        raise Invalid(Fault("#/ends_at", "须在未来400天之内", "must lie ahead, within 400 days"))
    try:
        spans = cut(span, asked.slot_minutes)
    except Unschedulable as wrong:
        raise Invalid(Fault(f"#/{wrong.member}", "放不下一个号源，或排班超过24小时", str(wrong))) from None
    slots = [(call.house.new_id(), each) for each in spans]
    names = (asked.physician, asked.department, asked.field)
    new = schedules.Schedule(
        call.house.new_id(), call.hospital, *names, span.starts_at, span.ends_at, slot_minutes=asked.slot_minutes
    )

    async def work(transaction: Transaction) -> Answer:
        await _check(transaction, call, asked)
        return _answer(await schedules.add(transaction, new, slots))

    return await call.create(work)


async def _check(transaction: Transaction, call: Call, asked: NewSchedule) -> None:
    """Raises ``Invalid`` for what is not this hospital's, and for a field that the department does not offer."""
    physician = await people.member(transaction, call.hospital, asked.physician)
    department = await departments.one(transaction, call.hospital, asked.department)
    wrong = []
    if physician is None or physician.role != "physician":
        wrong.append(Fault("#/physician", "没有这位医师", "is no physician here"))
    if department is None or not department.active:
        wrong.append(Fault("#/department", "没有这个科室，或已停用", "is not known, or closed"))
    elif asked.field not in department.fields:
        wrong.append(Fault("#/field", "该科室不提供此专业", "is not offered by the department"))
    if wrong:
        raise Invalid(*wrong)


async def read(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: schedules.one(transaction, call.hospital, call.path["schedule"])))
    return _answer(found)


async def change(call: Call) -> Answer:
    asked: ScheduleChange = call.body

    async def work(transaction: Transaction) -> Answer:
        found = there(await schedules.one(transaction, call.hospital, call.path["schedule"], to_change=True))
        call.match(found.revision)
        changed = replace(found, active=asked.active, revision=found.revision + 1)
        await schedules.set_active(transaction, changed)
        return _answer(changed)

    return await call.write(work)


def _wanted(asked: SchedulesQuery, earliest: float) -> Wanted:
    since = max(asked.since.timestamp(), earliest) if asked.since is not None else earliest
    until = asked.until.timestamp() if asked.until is not None else FOR_EVER[1]
    return Wanted(since, until, asked.physician or None, asked.department or None, asked.field or None)


def _schedule(row: schedules.Schedule) -> Schedule:
    known = {name: getattr(row, name) for name in Schedule.model_fields}
    return Schedule.model_validate(known | {"starts_at": moment(row.starts_at), "ends_at": moment(row.ends_at)})


def _slot(row: schedules.Slot) -> Slot:
    known = {name: getattr(row, name) for name in Slot.model_fields}
    return Slot.model_validate(known | {"starts_at": moment(row.starts_at), "ends_at": moment(row.ends_at)})


def _answer(row: schedules.Schedule) -> Answer:
    return Answer(_schedule(row), row.revision)


_ONE = "/schedules/{schedule}"
OPERATIONS = (
    Operation(
        "list_schedules", "GET", "/schedules", "schedules:read", "Schedules by their time", list_schedules, Schedules,
        query=SchedulesQuery,
    ),
    Operation(
        "add_schedule", "POST", "/schedules", "schedules", "Add a schedule; it is cut into slots at once", add, Schedule,
        NewSchedule, status=201, problems=("schedule_overlaps",), creates=True,
    ),
    Operation("read_schedule", "GET", _ONE, "schedules:read", "One schedule", read, Schedule),
    Operation(
        "change_schedule", "PATCH", _ONE, "schedules", "Close a schedule, or open it again", change, Schedule, ScheduleChange,
        problems=("schedule_overlaps",), conditional=True,
    ),
    Operation(
        "list_slots", "GET", "/slots", "schedules:read", "Slots that are free from now on, by their time", list_slots, Slots,
        query=SchedulesQuery,
    ),
)  # fmt: skip
