"""Several guardians at the desk: who may come to a visit besides the one it is booked with, each with a link of their own.

Numbers are masked. Who is added is on the register with a proof that was seen, or is registered with it here, both or neither.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from pydantic import Field

from server import qr
from server.http.desk_models import GuardianShown, LinkShown, RelationGiven, RelationShown, link_shown
from server.http.problems import Fault, Invalid, Problem
from server.http.v1.families import NewGuardian
from server.http.v1.models import Given, Id, Moment, Taken, left_out
from server.http.v1.operations import Answer, Call, Operation
from server.http.v1.visit_guardians import VisitGuardian, added_in, linked_in, may_come
from server.masking import mask_phone
from server.store import bookings, families, front_desk, guardians, limits
from server.store.database import Transaction
from server.store.families import Related
from server.store.visits import Guardian, Relation

ROLE: Final = "desk"
MOST_RELATED: Final = 50


class FurtherShown(Given):
    """Somebody who may come besides the booked guardian; ``link`` is theirs, null when none holds."""

    guardian: GuardianShown
    relation: RelationShown
    link: LinkShown | None


class RelatedShown(Given):
    guardian: GuardianShown
    relation: RelationShown


class FurtherGiven(Given):
    """``others``: the child's registered guardians who can be added, at most ``MOST_RELATED``."""

    guardians: list[FurtherShown] = Field(max_length=guardians.MOST)
    others: list[RelatedShown] = Field(max_length=MOST_RELATED)
    most: int


class NewFurther(Taken):
    """A guardian that is on the register, or who they are; with their relation to the child, unless it is registered."""

    guardian: Id = left_out()
    new_guardian: NewGuardian = left_out()
    relation: RelationGiven = left_out()


class FurtherTold(Given):
    """That guardian's join link, told once, and its QR code as an SVG image: both null when the request is answered again."""

    visit: Id
    guardian: Id
    link: str | None
    link_expires_at: Moment
    qr: str | None


async def listed(call: Call) -> Answer:
    return Answer(await call.read(lambda transaction: _given(transaction, call)))


async def add(call: Call) -> Answer:
    asked: NewFurther = call.body
    _check(asked)
    visit, guardian = call.path["visit"], asked.guardian or call.house.new_id()

    async def work(transaction: Transaction) -> Answer:
        await _register(transaction, call, asked, guardian)
        return _told(visit, await added_in(transaction, call, visit, guardian))

    return await call.house.bookings.add_guardian(call.hospital, visit, guardian, call.who, call.creating(work))


async def make_link(call: Call) -> Answer:
    visit, guardian = call.path["visit"], call.path["guardian"]

    async def work(transaction: Transaction) -> Answer:
        found = await bookings.one(transaction, call.hospital, visit)
        if found is None or guardian not in {each.id for each in await guardians.of_visit(transaction, visit)}:
            raise Problem("not_found")
        return _told(visit, await linked_in(transaction, call, found, guardian))

    return await call.house.bookings.make_link(call.hospital, visit, guardian, call.who, work)


async def remove(call: Call) -> Answer:
    await call.house.bookings.remove_guardian(call.hospital, call.path["visit"], call.path["guardian"], call.who)
    return await listed(call)


def _check(asked: NewFurther) -> None:
    """Raises ``Invalid``."""
    wrong = []
    if (asked.guardian is None) == (asked.new_guardian is None):
        wrong.append(Fault("#/guardian", "请选择已登记的人，或填写新的人，二者之一", "is needed, or somebody new; not both"))
    if asked.new_guardian is not None and asked.relation is None:
        wrong.append(Fault("#/relation", "请填写监护关系和证明", "is needed with somebody new"))
    if wrong:
        raise Invalid(*wrong)


async def _register(transaction: Transaction, call: Call, asked: NewFurther, guardian: str) -> None:
    """What of it is not on the register yet. Raises ``Problem``, ``Invalid``; ``Refused`` relation_exists."""
    found = await bookings.one(transaction, call.hospital, call.path["visit"])
    if found is None:
        raise Problem("not_found")
    if asked.new_guardian is not None:
        said = asked.new_guardian
        new = Guardian(guardian, call.hospital, said.name, said.phone, email=said.email, language=said.language)
        await families.add_guardian(transaction, new)
    elif await families.guardian_of(transaction, call.hospital, guardian) is None:
        raise Invalid(Fault("#/guardian", "没有这条记录", "is not known"))
    if asked.relation is not None:
        await families.relate(transaction, Relation(guardian, found.child, asked.relation.kind, asked.relation.proof))


async def _given(transaction: Transaction, call: Call) -> FurtherGiven:
    visit = call.path["visit"]
    found = await bookings.one(transaction, call.hospital, visit)
    if found is None:
        raise Problem("not_found")
    here = await guardians.of_visit(transaction, visit)
    links = await front_desk.links_of_further(transaction, visit)
    related = await families.some_related(transaction, call.hospital, found.child, None, MOST_RELATED)
    allowed = await limits.of_hospital(transaction, call.hospital)
    known = {found.guardian, *(each.id for each in here)}
    others = [each for each in related if each.guardian.id not in known and may_come(each.relation, allowed)]
    return FurtherGiven(
        guardians=[_shown(each, links.get(each.id)) for each in here],
        others=[_related(each) for each in others],
        most=guardians.MOST,
    )


def _shown(of: guardians.Further, link: front_desk.Link | None) -> FurtherShown:
    return FurtherShown(
        guardian=GuardianShown(id=of.id, name=of.name, phone=mask_phone(of.phone)),
        relation=RelationShown.model_validate({"kind": of.relation, "proof": of.proof}),
        link=None if link is None else link_shown(link),
    )


def _related(of: Related) -> RelatedShown:
    guardian = GuardianShown(id=of.guardian.id, name=of.guardian.name, phone=mask_phone(of.guardian.phone))
    return RelatedShown(guardian=guardian, relation=RelationShown.model_validate(of.relation))


def _told(visit: str, given: VisitGuardian) -> Answer:
    assert given.link is not None
    expires_at, code = given.link_expires_at, quote(qr.svg(given.link))
    return Answer(FurtherTold(visit=visit, guardian=given.guardian, link=given.link, link_expires_at=expires_at, qr=code))


_ALL = "/visits/{visit}/guardians"
_ONE = f"{_ALL}/{{guardian}}"
OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("further", "GET", _ALL, ROLE, "A visit's further guardians", listed, FurtherGiven),
    Operation(
        "add_further",
        "POST",
        _ALL,
        ROLE,
        "A further guardian may come, who may be new",
        add,
        FurtherTold,
        NewFurther,
        status=201,
        creates=True,
        told_once=("link", "qr"),
    ),
    Operation(
        "link_further", "POST", f"{_ONE}/link", ROLE, "A new link of theirs; the former one is shut out", make_link, FurtherTold
    ),
    Operation("remove_further", "POST", f"{_ONE}/remove", ROLE, "A further guardian comes no more", remove, FurtherGiven),
)
