"""A hospital that can book: a department, a physician with a schedule of slots, a child with a guardian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from server.booking.slots import Span, cut
from server.store import departments, schedules
from server.store.database import Database
from server.store.departments import Department
from server.store.schedules import Schedule
from server.store.tables import outbox
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, Visit, add

HOUR_S = 3600.0
BORN = "2018-03-05"


@dataclass(frozen=True, slots=True)
class Clinic:
    """Everything has an id that ends in ``name``; ``slots`` are six of half an hour from ``opens_at`` on."""

    name: str
    hospital: str
    opens_at: float
    slots: tuple[str, ...]

    @property
    def physician(self) -> str:
        return f"staff-{self.name}"

    @property
    def child(self) -> str:
        return f"child-{self.name}"

    @property
    def guardian(self) -> str:
        return f"guardian-{self.name}"

    @property
    def department(self) -> str:
        return f"department-{self.name}"

    @property
    def schedule(self) -> str:
        return f"schedule-{self.name}"

    def visit(self, id: str, nth: int = 0, **changes: Any) -> Visit:
        """A visit in the nth slot."""
        starts_at = self.opens_at + nth * 1800
        values: dict[str, Any] = {
            "id": id,
            "hospital": self.hospital,
            "department": "内分泌科",
            "field": "growth",
            "child": self.child,
            "guardian": self.guardian,
            "physician": self.physician,
            "starts_at": starts_at,
            "ends_at": starts_at + 1800,
            "slot": self.slots[nth],
        }
        return Visit(**values | changes)


async def open_clinic(database: Database, now: float, name: str = "1", hospital: str | None = None) -> Clinic:
    """In a hospital of its own, or in one that is there."""
    slots = tuple(f"slot-{name}-{n}" for n in range(6))
    own = hospital or f"h-{name}"
    clinic = Clinic(name, own, now + 24 * HOUR_S, slots)
    records = [
        *([Hospital(own, "仁和儿童医院", "Renhe")] if hospital is None else []),
        Staff(
            clinic.physician, own, f"wang-{name}", "-", "physician", "王芳", "主任医师", "110-1", "chief", "2010-07-01",
            "2099-12-31", True,
        ),
        Child(clinic.child, own, "张小明", "male", BORN),
        Guardian(clinic.guardian, own, "李雷", "13800000000"),
        Relation(clinic.guardian, clinic.child, "father", "household_register"),
    ]  # fmt: skip
    await database.write(add(*records))
    department = Department(clinic.department, own, f"内分泌科{name}", "Endocrinology", ("growth",), active=True)
    await database.write(lambda transaction: departments.add(transaction, department))
    ends_at = clinic.opens_at + 3 * HOUR_S
    schedule = Schedule(
        clinic.schedule, own, clinic.physician, clinic.department, "growth", clinic.opens_at, ends_at, slot_minutes=30
    )
    spans = zip(slots, cut(Span(schedule.starts_at, schedule.ends_at), 30), strict=True)
    await database.write(lambda transaction: schedules.add(transaction, schedule, list(spans)))
    return clinic


def ids(prefix: str = "id") -> Callable[[], str]:
    """A new id each time."""
    made: list[str] = []

    def new_id() -> str:
        made.append("")
        return f"{prefix}-{len(made)}"

    return new_id


async def told(database: Database, visit: str) -> list[tuple[str, str]]:
    """The kinds and the data of what the hospital's systems are told of a visit."""

    async def work(connection: Any) -> list[tuple[str, str]]:
        query = select(outbox.c.kind, outbox.c.payload).where(outbox.c.session == visit)
        return [tuple(row) for row in await connection.execute(query.order_by(outbox.c.n))]

    return await database.read(work)
