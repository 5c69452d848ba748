"""Families: children, guardians, and how they are related, with the kind of proof that was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from server.booking.limits import ADULT_YEARS
from server.calendar import day_of
from server.config import MAILBOX
from server.eligibility import years_between
from server.http.problems import Fault, Invalid
from server.http.v1.cursors import page, position
from server.http.v1.models import Given, Id, Line, Page, Paged, Phone, Taken, left_out
from server.http.v1.operations import Answer, Call, Operation, there
from server.kinship import RelationKind, Sex
from server.store import families
from server.store.database import Transaction
from server.store.families import Related
from server.store.visits import Child as ChildRow
from server.store.visits import Guardian as GuardianRow
from server.store.visits import Relation as RelationRow

Proof = Literal["household_register", "birth_certificate", "court_order", "other", "written_delegation"]
ProofOrNone = Literal[
    "household_register", "birth_certificate", "court_order", "other", "written_delegation", "declared"
]  # fmt: skip
"""``declared``: what a family says of itself when it books on the hospital's page; no proof was seen yet."""
Language = Literal["zh", "en"]
Email = Annotated[str, StringConstraints(pattern=f"^{MAILBOX.pattern}$", max_length=254)]


class NewChild(Taken):
    name: Line
    sex: Sex
    birth_date: date


class ChildChange(Taken):
    name: Line = left_out()
    sex: Sex = left_out()
    birth_date: date = left_out()


class Child(Given):
    id: Id
    name: str
    sex: Sex
    birth_date: date


class Children(Page[Child]):
    pass


class NewGuardian(Taken):
    name: Line
    phone: Phone
    email: Email | None = Field(default=None, description="Where the family is written to, if the hospital reminds by e-mail.")
    language: Language = Field(default="zh", description="In which the family is written to.")


class GuardianChange(Taken):
    name: Line = left_out()
    phone: Phone = left_out()
    email: Email | None = left_out()
    language: Language = left_out()


class Guardian(Given):
    id: Id
    name: str
    phone: str
    email: str | None
    language: Language


class Guardians(Page[Guardian]):
    pass


class NewRelation(Taken):
    guardian: Id
    kind: RelationKind
    proof: Proof


class RelationChange(Taken):
    kind: RelationKind = left_out()
    proof: Proof = left_out()


class Relation(Given):
    guardian: Id
    child: Id
    kind: RelationKind
    proof: ProofOrNone


class RelatedGuardian(Relation):
    """With the guardian's own particulars."""

    name: str
    phone: str


class Relations(Page[RelatedGuardian]):
    pass


async def list_children(call: Call) -> Answer:
    asked: Paged = call.query
    after = position(asked, str)
    first = after[0] if after else None
    rows = await call.read(lambda t: families.some_children(t, call.hospital, first, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.id,))
    return Answer(Children(items=[Child.model_validate(row) for row in shown], next=next))


async def list_guardians(call: Call) -> Answer:
    asked: Paged = call.query
    after = position(asked, str)
    first = after[0] if after else None
    rows = await call.read(lambda t: families.some_guardians(t, call.hospital, first, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.id,))
    return Answer(Guardians(items=[Guardian.model_validate(row) for row in shown], next=next))


async def list_relations(call: Call) -> Answer:
    asked: Paged = call.query
    after = position(asked, str)
    child, first = call.path["child"], after[0] if after else None

    async def work(transaction: Transaction) -> list[Related]:
        there(await families.child_of(transaction, call.hospital, child))
        return await families.some_related(transaction, call.hospital, child, first, asked.limit + 1)

    shown, next = page(await call.read(work), asked, lambda row: (row.guardian.id,))
    items = [
        RelatedGuardian(
            guardian=row.guardian.id,
            child=child,
            kind=row.relation.kind,  # type: ignore[arg-type]
            proof=row.relation.proof,  # type: ignore[arg-type]
            name=row.guardian.name,
            phone=row.guardian.phone,
        )
        for row in shown
    ]
    return Answer(Relations(items=items, next=next))


async def add_child(call: Call) -> Answer:
    asked: NewChild = call.body
    check_birth(asked.birth_date, call.now)
    new = ChildRow(call.house.new_id(), call.hospital, asked.name, asked.sex, asked.birth_date.isoformat())

    async def work(transaction: Transaction) -> Answer:
        return _child(await families.add_child(transaction, new))

    return await call.create(work)


async def add_guardian(call: Call) -> Answer:
    asked: NewGuardian = call.body
    new = GuardianRow(call.house.new_id(), call.hospital, asked.name, asked.phone, email=asked.email, language=asked.language)

    async def work(transaction: Transaction) -> Answer:
        return _guardian(await families.add_guardian(transaction, new))

    return await call.create(work)


async def add_relation(call: Call) -> Answer:
    asked: NewRelation = call.body
    new = RelationRow(asked.guardian, call.path["child"], asked.kind, asked.proof)

    async def work(transaction: Transaction) -> Answer:
        there(await families.child_of(transaction, call.hospital, new.child))
        if await families.guardian_of(transaction, call.hospital, new.guardian) is None:
            raise Invalid(Fault("#/guardian", "没有这条记录", "is not known"))
        return _relation(await families.relate(transaction, new))

    return await call.create(work)


async def read_child(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: families.child_of(transaction, call.hospital, call.path["child"])))
    return _child(found)


async def read_guardian(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: families.guardian_of(transaction, call.hospital, call.path["guardian"])))
    return _guardian(found)


async def read_relation(call: Call) -> Answer:
    return _relation(await call.read(lambda transaction: _related(transaction, call)))


async def change_child(call: Call) -> Answer:
    asked: ChildChange = call.body
    changes: dict[str, Any] = asked.model_dump(exclude_unset=True)
    if "birth_date" in changes:
        check_birth(changes["birth_date"], call.now)
        changes["birth_date"] = changes["birth_date"].isoformat()

    async def work(transaction: Transaction) -> Answer:
        found = there(await families.child_of(transaction, call.hospital, call.path["child"], to_change=True))
        call.match(found.revision)
        changed = replace(found, **changes, revision=found.revision + 1)
        await families.change_child(transaction, changed)
        return _child(changed)

    return await call.write(work)


async def change_guardian(call: Call) -> Answer:
    asked: GuardianChange = call.body

    async def work(transaction: Transaction) -> Answer:
        found = there(await families.guardian_of(transaction, call.hospital, call.path["guardian"], to_change=True))
        call.match(found.revision)
        changed = replace(found, **asked.model_dump(exclude_unset=True), revision=found.revision + 1)
        await families.change_guardian(transaction, changed)
        return _guardian(changed)

    return await call.write(work)


async def change_relation(call: Call) -> Answer:
    asked: RelationChange = call.body

    async def work(transaction: Transaction) -> Answer:
        found = await _related(transaction, call, to_change=True)
        call.match(found.revision)
        changed = replace(found, **asked.model_dump(exclude_unset=True), revision=found.revision + 1)
        await families.change_relation(transaction, changed)
        return _relation(changed)

    return await call.write(work)


async def _related(transaction: Transaction, call: Call, *, to_change: bool = False) -> RelationRow:
    """The relation of the path. Raises ``Problem``."""
    there(await families.child_of(transaction, call.hospital, call.path["child"]))
    return there(await families.related(transaction, call.path["child"], call.path["guardian"], to_change=to_change))


def check_birth(born: date, now: float, at: str = "#/birth_date") -> None:
    """Raises ``Invalid``, for the place ``at``."""
    today = day_of(now)
    if born > today:
        raise Invalid(Fault(at, "不能晚于今天", "lies in the future"))
    if years_between(born, today) >= ADULT_YEARS:
        raise Invalid(Fault(at, "已满18周岁", f"{ADULT_YEARS} years or older: these visits are for children"))


def _child(row: ChildRow) -> Answer:
    return Answer(Child.model_validate(row), row.revision)


def _guardian(row: GuardianRow) -> Answer:
    return Answer(Guardian.model_validate(row), row.revision)


def _relation(row: RelationRow) -> Answer:
    return Answer(Relation.model_validate(row), row.revision)


_CHILD, _GUARDIAN = "/children/{child}", "/guardians/{guardian}"
_RELATION = "/children/{child}/guardians/{guardian}"
OPERATIONS = (
    Operation("list_children", "GET", "/children", "families:read", "Children", list_children, Children, query=Paged),
    Operation(
        "add_child", "POST", "/children", "families", "Register a child", add_child, Child, NewChild, status=201, creates=True,
    ),
    Operation("read_child", "GET", _CHILD, "families:read", "One child", read_child, Child),
    Operation(
        "change_child", "PATCH", _CHILD, "families", "Correct a child's particulars", change_child, Child, ChildChange,
        conditional=True,
    ),
    Operation("list_guardians", "GET", "/guardians", "families:read", "Guardians", list_guardians, Guardians, query=Paged),
    Operation(
        "add_guardian", "POST", "/guardians", "families", "Register a guardian", add_guardian, Guardian, NewGuardian,
        status=201, creates=True,
    ),
    Operation("read_guardian", "GET", _GUARDIAN, "families:read", "One guardian", read_guardian, Guardian),
    Operation(
        "change_guardian", "PATCH", _GUARDIAN, "families", "Correct a guardian's particulars", change_guardian, Guardian,
        GuardianChange, conditional=True,
    ),
    Operation(
        "list_relations", "GET", f"{_CHILD}/guardians", "families:read", "The child's guardians", list_relations, Relations,
        query=Paged,
    ),
    Operation(
        "add_relation", "POST", f"{_CHILD}/guardians", "families", "Register how a guardian is related, and the proof",
        add_relation, Relation, NewRelation, status=201, problems=("relation_exists",), creates=True,
    ),
    Operation("read_relation", "GET", _RELATION, "families:read", "One relation", read_relation, Relation),
    Operation(
        "change_relation", "PATCH", _RELATION, "families", "Correct a relation, or its proof", change_relation, Relation,
        RelationChange, conditional=True,
    ),
)  # fmt: skip
