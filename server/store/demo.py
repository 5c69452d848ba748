"""A demo hospital: one physician, one of each other role that signs in, one child with a guardian, a visit that starts now, and
free slots that families may book by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from server.booking.limits import Limits
from server.booking.slots import Span, cut
from server.calendar import day_of, start_of
from server.eligibility import Rank
from server.passwords import Passwords
from server.store import consents, departments, schedules
from server.store.database import Database, Transaction, Write, together
from server.store.departments import Department
from server.store.limits import set_limits
from server.store.links import Links
from server.store.schedules import Schedule
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, Visit, add

PHYSICIAN_LOGIN = "physician"
OPERATIONS_LOGIN = "operations"
COORDINATOR_LOGIN = "coordinator"
DESK_LOGIN = "desk"
VISIT_LASTS_S = 1800.0
DEPARTMENT = "内分泌遗传代谢科"
SCHEDULED_DAYS = 14
_HOURS = (("growth", 9, 12), ("nutrition", 14, 17))
"""When the physician sees which field, every day, by the hospital's clock."""


@dataclass(frozen=True, slots=True, repr=False)
class Demo:
    """What is there now, and the secrets to print once: the guardian's link and the four passwords."""

    hospital: str
    visit: str
    link_token: str
    physician_login: str
    physician_password: str
    operations_login: str
    operations_password: str
    coordinator_login: str
    coordinator_password: str
    desk_login: str
    desk_password: str


async def create_demo(
    database: Database,
    passwords: Passwords,
    new_id: Callable[[], str],
    new_secret: Callable[[], str],
    now: float,
    link_valid_s: float = 7 * 86_400.0,
) -> Demo:
    """Fill an empty, migrated database. A second call is refused by the logins, which exist already (``IntegrityError``)."""
    today = day_of(now)
    demo_passwords = [new_secret()[:16] for _ in range(4)]
    hashes = [await asyncio.to_thread(passwords.hash, password) for password in demo_passwords]
    hospital, physician, child, guardian, visit = (new_id() for _ in range(5))
    records = (
        Hospital(hospital, "示范儿童医院", "Demo Children's Hospital", "01000000000"),
        Staff(
            physician,
            hospital,
            PHYSICIAN_LOGIN,
            hashes[0],
            "physician",
            "王芳",
            "主任医师",
            licence="110110000000001",
            rank=Rank.CHIEF,
            practice_since=(today - timedelta(days=15 * 365)).isoformat(),
            trained_until=(today + timedelta(days=365)).isoformat(),
            whitelisted=True,
        ),
        Staff(new_id(), hospital, OPERATIONS_LOGIN, hashes[1], "operations", "赵敏", "运行值班"),
        Staff(new_id(), hospital, COORDINATOR_LOGIN, hashes[2], "coordinator", "周琳", "转诊协调员"),
        Staff(new_id(), hospital, DESK_LOGIN, hashes[3], "desk", "孙静", "预约台"),
        Child(child, hospital, "张小明", "male", (today - timedelta(days=8 * 365 + 60)).isoformat()),
        Guardian(guardian, hospital, "李雷", "13800000000"),
        Relation(guardian, child, "father", "household_register"),
        Visit(visit, hospital, DEPARTMENT, "growth", child, guardian, physician, now, now + VISIT_LASTS_S, booked_at=now),
    )
    publish = consents.publish(hospital, consents.shipped(), now)

    bookable = _bookable(hospital, physician, new_id, today)
    await database.write(together(add(*records), publish, set_limits(hospital, Limits(public_booking=True)), bookable))
    token = await Links(database, new_secret).issue(visit, now, now + link_valid_s)
    logins = (PHYSICIAN_LOGIN, OPERATIONS_LOGIN, COORDINATOR_LOGIN, DESK_LOGIN)
    return Demo(hospital, visit, token, *(each for pair in zip(logins, demo_passwords, strict=True) for each in pair))


def _bookable(hospital: str, physician: str, new_id: Callable[[], str], today: date) -> Write:
    """A department, and slots of half an hour from today on."""
    fields = tuple(field for field, _, _ in _HOURS)
    department = Department(new_id(), hospital, DEPARTMENT, "Endocrinology, Genetics and Metabolism", fields, active=True)

    async def write(transaction: Transaction) -> None:
        await departments.add(transaction, department)
        for day in (today + timedelta(days=n) for n in range(SCHEDULED_DAYS)):
            for field, opens, closes in _HOURS:
                span = Span(start_of(day) + opens * 3600, start_of(day) + closes * 3600)
                new = Schedule(new_id(), hospital, physician, department.id, field, span.starts_at, span.ends_at, 30)
                await schedules.add(transaction, new, [(new_id(), each) for each in cut(span, new.slot_minutes)])

    return write
