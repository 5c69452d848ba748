"""What the desk's page asks (role ``desk``): a hospital's day, its families, booking and what becomes of a booked visit.

The operations are the booking API's own wherever there is one (`server.http.v1`): the same models, acts and rules
(`server.bookings`), with a signed-in member of staff in the place of a key. What is the desk's only is here: lists with the
people in them, a family and its visit registered together or not at all, the proof that the desk saw, what was refused.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from aiohttp import web

from server import qr
from server.booking.refusals import WORDS, Place, Refusal
from server.bookings import counted
from server.calendar import day_of, span_of
from server.http import desk_guardians
from server.http.crowd import Doorway
from server.http.desk_models import (
    MOST_VISITS,
    CountShown,
    DayGiven,
    DayQuery,
    DepartmentShown,
    DeskVisit,
    Families,
    Find,
    LinkTold,
    NewBooking,
    Offer,
    PhoneTold,
    PhysicianShown,
    Reason,
    Refusals,
    RefusalsQuery,
    Seen,
    family,
    visit,
)
from server.http.house import member
from server.http.problems import Fault, Invalid, Problem
from server.http.shell import Handler
from server.http.v1 import schedules, visits
from server.http.v1.families import check_birth
from server.http.v1.models import moment
from server.http.v1.operations import Answer, Call, Operation
from server.http.v1.shell import Creations, read_call
from server.http.v1.visits import BookedVisit, NewVisit, book_in
from server.reminders.port import Addressee
from server.revealing import reveal_phone
from server.store import departments, families, front_desk, limits, people
from server.store.database import Transaction
from server.store.visits import Child, Guardian, Relation

ROLE: Final = "desk"
BASE: Final = "/api/desk"
AT_ONCE: Final = 16
MOST_FAMILIES: Final = 20
MOST_DEPARTMENTS: Final = 200
MOST_PHYSICIANS: Final = 500
MOST_DAYS: Final = 92


async def day(call: Call) -> Answer:
    asked: DayQuery = call.query
    shown = asked.day if asked.day is not None else day_of(call.now)
    rows = await call.read(lambda t: front_desk.day(t, call.hospital, *span_of(shown), MOST_VISITS + 1))
    listed = [visit(row, _notified(call, row)) for row in rows[:MOST_VISITS]]
    return Answer(DayGiven(now=moment(call.now), day=shown, visits=listed, more=len(rows) > MOST_VISITS))


async def one(call: Call) -> Answer:
    return Answer(await _one(call))


async def phone(call: Call) -> Answer:
    visit = (await _one(call)).id
    return Answer(PhoneTold(phone=await reveal_phone(call.house.database, call.house.consultations, visit, call.by)))


async def offer(call: Call) -> Answer:
    async def work(transaction: Transaction) -> Offer:
        kept = await departments.some(transaction, call.hospital, None, MOST_DEPARTMENTS)
        staff = await people.members(transaction, call.hospital, "physician", None, MOST_PHYSICIANS)
        own = await limits.of_hospital(transaction, call.hospital)
        return Offer(
            departments=[DepartmentShown.model_validate(each) for each in kept if each.active],
            physicians=[PhysicianShown(id=each.id, name=each.name, title=each.title) for each in staff],
            fields=list(own.fields),
            proofs=list(own.proofs),
            delegated_adults=own.delegated_adults,
        )

    return Answer(await call.read(work))


async def find(call: Call) -> Answer:
    asked: Find = call.body
    rows = await call.read(lambda t: front_desk.find(t, call.hospital, asked.text, MOST_FAMILIES + 1))
    return Answer(Families(families=[family(row) for row in rows[:MOST_FAMILIES]], more=len(rows) > MOST_FAMILIES))


async def book(call: Call) -> Answer:
    """Family, visit and link in one transaction. Sent again under its key, it books nothing again and tells the visit; its
    link, told once, is not told again: a new one shuts it out."""
    asked: NewBooking = call.body
    _check(asked, call.now)
    id, message = call.house.new_id(), call.house.new_id()

    async def work(transaction: Transaction) -> Answer:
        child, guardian = await _registered(transaction, call, asked)
        new = NewVisit(slot=asked.slot, child=child, guardian=guardian, kind=asked.kind)
        booked = (await book_in(transaction, call, new, id, message)).given
        assert isinstance(booked, BookedVisit)
        return _told(id, booked)

    return await counted(call.house.database, call.hospital, call.place, call.now, call.create(work))


def _check(asked: NewBooking, now: float) -> None:
    """Raises ``Invalid``."""
    wrong = [
        Fault(f"#/{name}", "请选择已登记的人，或填写新的人，二者之一", "is needed, or somebody new; not both")
        for name in ("child", "guardian")
        if (getattr(asked, name) is None) == (getattr(asked, f"new_{name}") is None)
    ]
    if (asked.new_child is not None or asked.new_guardian is not None) and asked.relation is None:
        wrong.append(Fault("#/relation", "请填写监护关系和证明", "is needed with somebody new"))
    if wrong:
        raise Invalid(*wrong)
    if asked.new_child is not None:
        check_birth(asked.new_child.birth_date, now, "#/new_child/birth_date")


async def _registered(transaction: Transaction, call: Call, asked: NewBooking) -> tuple[str, str]:
    """The ids of child and guardian, who are registered where they are new. Raises ``Invalid``; ``Refused`` relation_exists."""
    new_id, hospital = call.house.new_id, call.hospital
    child, guardian = asked.child, asked.guardian
    if asked.new_child is not None:
        born = asked.new_child.birth_date.isoformat()
        new = Child(new_id(), hospital, asked.new_child.name, asked.new_child.sex, born)
        child = (await families.add_child(transaction, new)).id
    elif await families.child_of(transaction, hospital, child) is None:
        raise Invalid(Fault("#/child", "没有这条记录", "is not known"))
    if asked.new_guardian is not None:
        said = asked.new_guardian
        added = Guardian(new_id(), hospital, said.name, said.phone, email=said.email, language=said.language)
        guardian = (await families.add_guardian(transaction, added)).id
    elif await families.guardian_of(transaction, hospital, guardian) is None:
        raise Invalid(Fault("#/guardian", "没有这条记录", "is not known"))
    if asked.relation is not None:
        await families.relate(transaction, Relation(guardian, child, asked.relation.kind, asked.relation.proof))
    return child, guardian


async def make_link(call: Call) -> Answer:
    answer = await visits.make_link(call)
    assert isinstance(answer.given, visits.Link)
    return _told(call.path["visit"], answer.given)


async def verify(call: Call) -> Answer:
    """The desk saw this proof. The visit anew."""
    asked: Seen = call.body
    await call.house.bookings.verify_relation(call.hospital, call.path["visit"], asked.proof, call.by)
    return Answer(await _one(call))


async def refusals(call: Call) -> Answer:
    asked: RefusalsQuery = call.query
    until = asked.until if asked.until is not None else day_of(call.now)
    since = asked.since if asked.since is not None else until - timedelta(days=30)
    if not timedelta() <= until - since < timedelta(days=MOST_DAYS):
        raise Invalid(Fault("since", f"须在截止日之前，最多{MOST_DAYS}天", f"must lie at most {MOST_DAYS} days before until"))
    rows = await call.read(lambda transaction: limits.counts(transaction, call.hospital, since, until))
    codes = {row.code for row in rows}
    reasons = [Reason(code=each.value, zh=WORDS[each].zh, en=WORDS[each].en) for each in Refusal if each.value in codes]
    counts = [CountShown(day=row.day, code=row.code, count=row.count) for row in rows]
    return Answer(Refusals(since=since, until=until, counts=counts, reasons=reasons))


async def _one(call: Call) -> DeskVisit:
    found = await call.read(lambda transaction: front_desk.line(transaction, call.hospital, call.path["visit"]))
    if found is None:
        raise Problem("not_found")
    return visit(found, _notified(call, found))


def _notified(call: Call, row: front_desk.Line) -> bool:
    return call.house.reminders.reaches(Addressee(row.guardian.phone, row.guardian.email))


def _told(visit: str, given: BookedVisit | visits.Link) -> Answer:
    assert given.link is not None
    return Answer(LinkTold(visit=visit, link=given.link, link_expires_at=given.link_expires_at, qr=quote(qr.svg(given.link))))


def _same(operations: tuple[Operation, ...], name: str) -> Operation:
    """The booking API's own operation, for the desk."""
    return next(replace(each, scope=ROLE) for each in operations if each.name == name)


_ONE = "/visits/{visit}"
OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("day", "GET", "/visits", ROLE, "The visits of a day", day, DayGiven, query=DayQuery),
    Operation("one", "GET", _ONE, ROLE, "One visit", one, DeskVisit),
    Operation("phone", "POST", f"{_ONE}/phone", ROLE, "The family's whole number; who saw it is journaled", phone, PhoneTold),
    Operation("offer", "GET", "/offer", ROLE, "Departments, physicians, fields, proofs", offer, Offer),
    _same(schedules.OPERATIONS, "list_slots"),
    Operation("find", "POST", "/families", ROLE, "Families by a name or a number", find, Families, Find),
    Operation(
        "book",
        "POST",
        "/visits",
        ROLE,
        "Book a visit, for a family that may be new",
        book,
        LinkTold,
        NewBooking,
        status=201,
        creates=True,
        told_once=("link", "qr"),
    ),
    _same(visits.OPERATIONS, "move_visit"),
    _same(visits.OPERATIONS, "cancel_visit"),
    _same(visits.OPERATIONS, "mark_no_show"),
    Operation("link", "POST", f"{_ONE}/link", ROLE, "A new link; the former one is shut out", make_link, LinkTold),
    Operation("verify", "POST", f"{_ONE}/proof", ROLE, "The proof of the relation was seen", verify, DeskVisit, Seen),
    *desk_guardians.OPERATIONS,
    Operation("refusals", "GET", "/refusals", ROLE, "What was refused, by day", refusals, Refusals, query=RefusalsQuery),
)


def add_desk(app: web.Application) -> None:
    door, creations = Doorway(AT_ONCE), Creations()
    for operation in OPERATIONS:
        app.router.add_route(operation.method, BASE + operation.path, _handler(operation, door, creations))


def _handler(operation: Operation, door: Doorway, creations: Creations) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        who = await member(request, ROLE)
        call = await read_call(request, operation, who.hospital, who.id, Place.DESK)
        with door:
            return await creations.answer(operation, call)

    return handle
