"""The further guardians of a visit: listed, added with a join link of their own, removed before the visit."""

from __future__ import annotations

from pydantic import Field

from server.booking.limits import Limits
from server.booking.rules import against_further
from server.http.problems import Fault, Invalid, Problem
from server.http.v1.families import ProofOrNone
from server.http.v1.models import Given, Id, Taken, moment
from server.http.v1.operations import Answer, Call, Operation, there
from server.http.v1.visits import Link
from server.kinship import RelationKind
from server.store import bookings, families, guardians, limits
from server.store.bookings import Booked
from server.store.database import Transaction
from server.store.visits import Relation


class NewVisitGuardian(Taken):
    guardian: Id = Field(description="A parent or legal guardian of the child; a proof of the relation was seen.")


class VisitGuardian(Link):
    """A further guardian who may come with the child, with a join link of their own, told once. A former link of the same
    guardian, and the device that used it, are shut out; nobody else's are."""

    guardian: Id


class Further(Given):
    guardian: Id
    kind: RelationKind
    proof: ProofOrNone


class FurtherOfVisit(Given):
    """Who may come with the child besides the guardian whom the visit is booked with, in the order in which they were added."""

    guardians: list[Further] = Field(max_length=guardians.MOST)


async def list_guardians(call: Call) -> Answer:
    return await _listed(call)


async def add_guardian(call: Call) -> Answer:
    visit, asked = call.path["visit"], call.body.guardian

    async def work(transaction: Transaction) -> Answer:
        return Answer(await added_in(transaction, call, visit, asked))

    return await call.house.bookings.add_guardian(call.hospital, visit, asked, call.who, work)


async def remove_guardian(call: Call) -> Answer:
    await call.house.bookings.remove_guardian(call.hospital, call.path["visit"], call.path["guardian"], call.who)
    return await _listed(call)


async def added_in(transaction: Transaction, call: Call, visit: str, guardian: str) -> VisitGuardian:
    """The guardian may come, with a new link, in a transaction that may have registered them. Raises ``Invalid``."""
    found = there(await bookings.one(transaction, call.hospital, visit))
    await _check(transaction, found, guardian)
    await guardians.add(transaction, visit, guardian, call.now)
    return await linked_in(transaction, call, found, guardian)


async def linked_in(transaction: Transaction, call: Call, of: Booked, guardian: str) -> VisitGuardian:
    """A new link; the former one, and the device that used it, are shut out."""
    expires_at = max(call.now + call.house.config.link_valid_s, of.ends_at)
    token, issued = call.house.links.drawn(of.id, call.now, expires_at, guardian)
    await issued(transaction)
    link = f"{call.house.config.origin}/j/{token}"
    return VisitGuardian(guardian=guardian, link=link, link_expires_at=moment(expires_at))


def may_come(relation: Relation, allowed: Limits) -> bool:
    """Whether somebody so related may be a further guardian."""
    return not against_further(relation.kind, relation.proof, allowed)


async def _check(transaction: Transaction, of: Booked, guardian: str) -> None:
    """Raises ``Invalid`` for one who may not come besides the booked one. The child's row is held to the transaction's end."""
    await families.child_of(transaction, of.hospital, of.child, to_change=True)
    if await families.guardian_of(transaction, of.hospital, guardian) is None:
        raise _wrong("没有这条记录", "is not known")
    relation = await families.related(transaction, of.child, guardian)
    if guardian == of.guardian:
        raise _wrong("就诊已为这位监护人预约", "is the guardian whom the visit is booked with")
    if relation is None:
        raise _wrong("与患儿的关系未登记", "has no relation to the child on the register")
    if not may_come(relation, await limits.of_hospital(transaction, of.hospital)):
        raise _wrong("尚无医院认可的关系证明", "has no proof of the relation that the hospital accepts")
    ever = await guardians.ever_of_visit(transaction, of.id)
    here = {each.id for each in ever if each.here}
    if guardian not in here and len(here) >= guardians.MOST:
        raise _wrong(f"最多另加 {guardians.MOST} 位监护人", f"would be one more than {guardians.MOST}")
    if guardian not in {each.id for each in ever} and len(ever) >= guardians.MOST_EVER:
        raise _wrong("这次就诊的监护人更换次数过多", "would be one change too many")


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid(Fault("#/guardian", zh, en))


async def _listed(call: Call) -> Answer:
    async def work(transaction: Transaction) -> list[guardians.Further]:
        if await bookings.one(transaction, call.hospital, call.path["visit"]) is None:
            raise Problem("not_found")
        return await guardians.of_visit(transaction, call.path["visit"])

    there = await call.read(work)
    further = [Further.model_validate({"guardian": each.id, "kind": each.relation, "proof": each.proof}) for each in there]
    return Answer(FurtherOfVisit(guardians=further))


_ALL = "/visits/{visit}/guardians"
OPERATIONS = (
    Operation(
        "list_visit_guardians", "GET", _ALL, "visits:read", "A visit's further guardians", list_guardians, FurtherOfVisit,
    ),
    Operation(
        "add_visit_guardian", "POST", _ALL, "visits", "A further guardian's own join link", add_guardian,
        VisitGuardian, NewVisitGuardian, problems=("session_ended",),
        description="Each guardian confirms the child and agrees for themselves; one at a time is in the visit with the child.",
    ),
    Operation(
        "remove_visit_guardian", "DELETE", f"{_ALL}/{{guardian}}", "visits", "A further guardian comes no more",
        remove_guardian, FurtherOfVisit, problems=("visit_under_way", "session_ended"),
        description="As long as nobody was admitted. Their links, and the devices that used them, are shut out.",
    ),
)  # fmt: skip
