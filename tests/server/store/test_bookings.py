"""A slot is one visit's until that is cancelled; what the rules are told of a visit is what the records say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from server.booking.limits import Limits
from server.booking.refusals import NotBookable, Refusal
from server.booking.rules import Department, Occasion
from server.booking.slots import Span
from server.bookings import book
from server.errors import Refused
from server.store import bookings, limits, schedules
from server.store.bookings import Wanted
from server.store.database import Database
from server.store.schedules import Schedule
from server.store.schedules import Wanted as Slots
from server.store.tables import schedule, staff
from server.store.visits import Child, Guardian, Relation, Snapshot, add, snapshot
from tests.server.booking_kit import HOUR_S, Clinic, open_clinic, told

NOW = 1_795_000_000.0
DAYS = Wanted(NOW, NOW + 90 * 86_400)
SLOTS = Slots(NOW, NOW + 90 * 86_400)


@pytest.fixture
async def clinic(database: Database) -> Clinic:
    return await open_clinic(database, NOW)


async def booked(database: Database, clinic: Clinic, id: str, nth: int = 0, **changes: Any) -> None:
    new = clinic.visit(id, nth, **changes)
    await database.write(lambda transaction: book(transaction, new, Occasion.BOOKING, f"m-{id}", NOW))


async def reasons(database: Database, clinic: Clinic, nth: int = 0, **changes: Any) -> tuple[Refusal, ...]:
    with pytest.raises(NotBookable) as refused:
        await booked(database, clinic, "refused", nth, **changes)
    return refused.value.reasons


async def free(database: Database, clinic: Clinic) -> list[str]:
    found = await database.read(lambda t: schedules.free_slots(t, clinic.hospital, SLOTS, None, 50))
    return [each.id for each in found]


async def another_child(database: Database, clinic: Clinic, name: str) -> dict[str, str]:
    records = (
        Child(name, clinic.hospital, "李小红", "female", "2019-01-01"),
        Relation(clinic.guardian, name, "father", "birth_certificate"),
    )
    await database.write(add(*records))
    return {"child": name}


async def test_a_visit_is_booked_into_its_slot_and_the_hospital_is_told(database: Database, clinic: Clinic) -> None:
    await booked(database, clinic, "v1", 2)
    found = await database.read(lambda t: bookings.one(t, clinic.hospital, "v1"))
    assert found is not None
    assert (found.slot, found.department, found.state, found.revision) == (clinic.slots[2], clinic.department, "waiting", 1)
    assert await free(database, clinic) == [slot for slot in clinic.slots if slot != clinic.slots[2]]
    ((kind, data),) = await told(database, "v1")
    assert kind == "visit.booked"
    assert "张" not in data
    assert clinic.slots[2] in data


async def test_two_children_cannot_have_one_slot(database: Database, clinic: Clinic) -> None:
    other = await another_child(database, clinic, "hong")
    await booked(database, clinic, "v1")
    assert await reasons(database, clinic, **other) == (Refusal.SLOT_TAKEN, Refusal.PHYSICIAN_BUSY)
    assert await told(database, "refused") == []


async def test_of_two_bookings_at_once_one_wins(database: Database, clinic: Clinic) -> None:
    other = await another_child(database, clinic, "hong")
    both = await asyncio.gather(booked(database, clinic, "v1"), booked(database, clinic, "v2", **other), return_exceptions=True)
    assert sorted(type(each) for each in both if each is not None) == [NotBookable]
    assert len(await database.read(lambda t: bookings.some(t, clinic.hospital, DAYS, None, 10))) == 1


async def test_whoever_passed_the_rules_still_cannot_have_a_slot_that_was_taken_meanwhile(
    database: Database, clinic: Clinic
) -> None:
    """The database's own rule, should everything before it have been overtaken."""
    await booked(database, clinic, "v1")
    with pytest.raises(NotBookable) as refused:
        await database.write(lambda t: bookings.add(t, clinic.visit("v2")))
    assert refused.value.reasons == (Refusal.SLOT_TAKEN,)


async def test_a_cancelled_visit_gives_its_slot_back_and_keeps_what_it_was(database: Database, clinic: Clinic) -> None:
    await booked(database, clinic, "v1")
    await database.write(snapshot("v1", Snapshot("ended", "cancelled", ended_at=NOW)))
    assert await free(database, clinic) == list(clinic.slots)
    await booked(database, clinic, "v2")
    found = await database.read(lambda t: bookings.some(t, clinic.hospital, DAYS, None, 10))
    assert [(each.id, each.slot) for each in found] == [("v1", clinic.slots[0]), ("v2", clinic.slots[0])]


@pytest.mark.parametrize("outcome", ["completed", "no_show", "referred"])
async def test_a_visit_that_took_place_keeps_its_slot(database: Database, clinic: Clinic, outcome: str) -> None:
    await booked(database, clinic, "v1")
    await database.write(snapshot("v1", Snapshot("ended", outcome, ended_at=NOW)))
    assert await reasons(database, clinic) == (Refusal.SLOT_TAKEN,)


async def test_a_child_has_one_open_visit_in_a_field(database: Database, clinic: Clinic) -> None:
    await booked(database, clinic, "v1")
    assert await reasons(database, clinic, 3) == (Refusal.VISIT_OPEN,)
    await database.write(snapshot("v1", Snapshot("ended", "completed", ended_at=NOW)))
    await booked(database, clinic, "v2", 3)


async def test_a_visit_at_the_desk_keeps_the_physician_busy(database: Database, clinic: Clinic) -> None:
    other = await another_child(database, clinic, "hong")
    squeezed = clinic.visit("desk", 1, slot=None, starts_at=clinic.opens_at + 900, ends_at=clinic.opens_at + 1860, **other)
    await database.write(lambda t: book(t, squeezed, Occasion.DESK, "m", NOW))
    assert await free(database, clinic) == list(clinic.slots[2:])
    assert await reasons(database, clinic, 1) == (Refusal.PHYSICIAN_BUSY,)


async def test_a_closed_schedule_takes_no_more_bookings(database: Database, clinic: Clinic) -> None:
    found = await database.read(lambda t: schedules.one(t, clinic.hospital, clinic.schedule))
    assert found is not None
    await database.write(lambda t: t.execute(update(schedule).values(active=False)))
    assert await free(database, clinic) == []
    assert await reasons(database, clinic) == (Refusal.SCHEDULE_CLOSED,)


async def test_the_rules_are_told_what_the_records_say(database: Database, clinic: Clinic) -> None:
    async def case(**changes: Any) -> Any:
        return await database.read(lambda t: bookings.case(t, clinic.visit("v9", **changes)))

    in_slot = await case()
    assert in_slot.department == Department(active=True, fields=frozenset({"growth"}))
    assert (str(in_slot.born), in_slot.proof, in_slot.credentials.licence) == ("2018-03-05", "household_register", "110-1")
    assert (await case(slot=None)).department is None
    assert (await case(slot=None, department="内分泌科1")).department == in_slot.department
    await database.write(add(Guardian("aunt", clinic.hospital, "韩梅", "13900000000")))
    assert (await case(guardian="aunt")).proof is None


async def test_every_reason_is_told_at_once(database: Database, clinic: Clinic) -> None:
    await database.write(lambda t: t.execute(update(staff).values(whitelisted=False, trained_until="2026-11-01")))
    await database.write(limits.set_limits(clinic.hospital, Limits(oldest_years=5, proofs=("court_order",), fields=("skin",))))
    assert await reasons(database, clinic) == (
        Refusal.TRAINING_EXPIRED, Refusal.NOT_WHITELISTED, Refusal.FIELD_NOT_OFFERED, Refusal.AGE_OUTSIDE_LIMITS,
        Refusal.PROOF_NOT_ACCEPTED,
    )  # fmt: skip


async def test_physicians_are_not_scheduled_twice_at_a_time(database: Database, clinic: Clinic) -> None:
    async def scheduled(id: str, starts_at: float) -> None:
        new = Schedule(id, clinic.hospital, clinic.physician, clinic.department, "growth", starts_at, starts_at + HOUR_S, 30)
        await database.write(lambda t: schedules.add(t, new, [(f"slot-{id}", Span(starts_at, starts_at + 1800))]))

    await scheduled("after", clinic.opens_at + 3 * HOUR_S)
    await scheduled("before", clinic.opens_at - HOUR_S)
    with pytest.raises(Refused, match="schedule_overlaps"):
        await scheduled("within", clinic.opens_at + 3 * HOUR_S - 1)


async def test_another_hospital_sees_nothing_of_it(database: Database, clinic: Clinic) -> None:
    other = await open_clinic(database, NOW, "2")
    await booked(database, clinic, "v1")
    read: list[Any] = [
        await database.read(lambda t: bookings.one(t, other.hospital, "v1")),
        await database.read(lambda t: schedules.one(t, other.hospital, clinic.schedule)),
        await database.read(lambda t: schedules.slot_of(t, other.hospital, clinic.slots[0])),
    ]
    assert read == [None, None, None]
    assert await database.read(lambda t: bookings.some(t, other.hospital, DAYS, None, 10)) == []
    assert await free(database, other) == list(other.slots)


async def test_lists_go_on_where_they_stopped(database: Database, clinic: Clinic) -> None:
    for nth in range(3):
        await booked(database, clinic, f"v{nth}", nth)
        await database.write(snapshot(f"v{nth}", Snapshot("ended", "completed", ended_at=NOW)))
    read = [await database.read(lambda t: bookings.some(t, clinic.hospital, DAYS, None, 2))]
    last = read[0][-1]
    read.append(await database.read(lambda t: bookings.some(t, clinic.hospital, DAYS, (last.starts_at, last.id), 2)))
    assert [[each.id for each in page] for page in read] == [["v0", "v1"], ["v2"]]
    of_nobody = Wanted(DAYS.since, DAYS.until, physician="nobody")
    assert await database.read(lambda t: bookings.some(t, clinic.hospital, of_nobody, None, 2)) == []


async def test_another_state_is_another_revision(database: Database, clinic: Clinic) -> None:
    await booked(database, clinic, "v1")
    for state in ("waiting", "verifying", "verifying"):
        await database.write(snapshot("v1", Snapshot(state)))
    found = await database.read(lambda t: bookings.one(t, clinic.hospital, "v1"))
    assert found is not None
    assert found.revision == 2


async def test_visits_from_before_are_first_visits(database: Database, visit: str) -> None:
    found = await database.read(lambda t: bookings.one(t, "h1", visit))
    assert found is not None
    assert (found.kind, found.slot, found.booked_at, found.revision) == ("first", None, None, 1)
