"""Visits: booked into a slot, listed, moved, called off, marked as no-shows; and the family's link."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from server.booking.refusals import OF_A_BOOKING
from server.booking.rules import Cancellation, Occasion, VisitKind
from server.bookings import book, counted
from server.errors import Refused
from server.events import Outcome
from server.http.problems import Fault, Invalid
from server.http.v1.cursors import page, position
from server.http.v1.models import FieldOfCare, Given, Id, Moment, Page, Paged, Taken, left_out, moment
from server.http.v1.operations import Answer, Call, Operation, there
from server.store import bookings, departments, families, schedules
from server.store.bookings import Booked, Wanted
from server.store.database import Transaction
from server.store.visits import Visit as Row

FOR_EVER: Final = (0.0, 253_402_300_799.0)
"""To the end of the year 9999."""
REASONS = tuple(reason.value for reason in OF_A_BOOKING)

State = Literal["waiting", "text", "verifying", "live", "held", "ended"]
"""``text``: the physician began by text; nobody is seen yet, and it may become a video visit in the same session."""


class NewVisit(Taken):
    slot: Id
    child: Id
    guardian: Id = Field(description="Who comes with the child; their relation must be on the register.")
    kind: VisitKind = VisitKind.FIRST


class Move(Taken):
    slot: Id = Field(description="A free one of the same physician, department and field.")


class CallOff(Taken):
    reason: Cancellation


class VisitsQuery(Paged):
    since: Moment = left_out()
    until: Moment = left_out()
    physician: Id = left_out()
    child: Id = left_out()
    state: State = left_out()


class Visit(Given):
    """``department``, an id, and ``slot`` are null for a visit that was booked outside slots, at the desk."""

    id: Id
    kind: VisitKind
    field: FieldOfCare
    child: Id
    guardian: Id
    physician: Id
    department: Id | None
    department_name: str
    slot: Id | None
    starts_at: Moment
    ends_at: Moment
    booked_at: Moment | None
    state: State
    outcome: Outcome | None
    ended_at: Moment | None


class BookedVisit(Visit):
    """With the family's join link, told once: null when the answer is given again. ``POST …/link`` makes a new one."""

    link: str | None
    link_expires_at: Moment


class Link(Given):
    """The family's join link, told once. The former one, and the device that used it, are shut out."""

    link: str
    link_expires_at: Moment


class Visits(Page[Visit]):
    pass


async def book_visit(call: Call) -> Answer:
    asked: NewVisit = call.body
    id, message = call.house.new_id(), call.house.new_id()

    async def work(transaction: Transaction) -> Answer:
        return await book_in(transaction, call, asked, id, message)

    return await counted(call.house.database, call.hospital, call.place, call.now, call.create(work))


async def book_in(transaction: Transaction, call: Call, asked: NewVisit, id: str, message: str) -> Answer:
    """The visit and its link, in a transaction that may have registered the family; a ``BookedVisit``.

    Raises ``Invalid``, ``NotBookable``.
    """
    new = await _asked(transaction, call, asked, id)
    await book(transaction, new, Occasion.BOOKING, message, call.now)
    expires_at = max(call.now + call.house.config.link_valid_s, new.ends_at)
    token, issued = call.house.links.drawn(id, call.now, expires_at)
    await issued(transaction)
    found = await bookings.one(transaction, call.hospital, id)
    assert found is not None
    link = f"{call.house.config.origin}/j/{token}"
    return Answer(BookedVisit(**_values(found), link=link, link_expires_at=moment(expires_at)), found.revision)


async def _asked(transaction: Transaction, call: Call, asked: NewVisit, id: str) -> Row:
    """The visit as it would be. Raises ``Invalid`` for what is not this hospital's."""
    slot = await schedules.slot_of(transaction, call.hospital, asked.slot)
    wrong = [] if slot is not None else [_unknown("slot")]
    if await families.child_of(transaction, call.hospital, asked.child) is None:
        wrong.append(_unknown("child"))
    if await families.guardian_of(transaction, call.hospital, asked.guardian) is None:
        wrong.append(_unknown("guardian"))
    if slot is None or wrong:
        raise Invalid(*wrong)
    department = await departments.one(transaction, call.hospital, slot.department)
    assert department is not None
    return Row(
        id,
        call.hospital,
        department.name,
        slot.field,
        asked.child,
        asked.guardian,
        slot.physician,
        slot.starts_at,
        slot.ends_at,
        asked.kind.value,
        slot.id,
        booked_at=call.now,
    )


async def list_visits(call: Call) -> Answer:
    asked: VisitsQuery = call.query
    since = asked.since.timestamp() if asked.since is not None else FOR_EVER[0]
    until = asked.until.timestamp() if asked.until is not None else FOR_EVER[1]
    wanted = Wanted(since, until, asked.physician or None, asked.child or None, asked.state or None)
    after = position(asked, float, str)
    rows = await call.read(lambda t: bookings.some(t, call.hospital, wanted, after, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.starts_at, row.id))
    return Answer(Visits(items=[Visit(**_values(row)) for row in shown], next=next))


async def read_visit(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: bookings.one(transaction, call.hospital, call.path["visit"])))
    return _answer(found)


async def move_visit(call: Call) -> Answer:
    asked: Move = call.body
    try:
        moved = await call.house.bookings.move(call.hospital, call.path["visit"], asked.slot, call.match, call.place, call.who)
    except Refused as refused:
        if refused.code == "slot_unknown":
            raise Invalid(_unknown("slot")) from None
        raise
    return _answer(moved)


async def cancel_visit(call: Call) -> Answer:
    asked: CallOff = call.body
    return _answer(await call.house.bookings.cancel(call.hospital, call.path["visit"], asked.reason, _any_revision, call.who))


async def mark_no_show(call: Call) -> Answer:
    return _answer(await call.house.bookings.mark_no_show(call.hospital, call.path["visit"], _any_revision, call.who))


async def make_link(call: Call) -> Answer:
    id = call.path["visit"]

    async def work(transaction: Transaction) -> Answer:
        found = there(await bookings.one(transaction, call.hospital, id))
        expires_at = max(call.now + call.house.config.link_valid_s, found.ends_at)
        token, issued = call.house.links.drawn(id, call.now, expires_at)
        await issued(transaction)
        return Answer(Link(link=f"{call.house.config.origin}/j/{token}", link_expires_at=moment(expires_at)))

    return await call.house.bookings.make_link(call.hospital, id, "", call.who, work)


def _any_revision(revision: int) -> None:
    """Whoever calls off need not have read what it has become."""


def _unknown(name: str) -> Fault:
    return Fault(f"#/{name}", "没有这条记录", "is not known")


def _values(row: Booked) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in Visit.model_fields}
    times = {name: None if known[name] is None else moment(known[name]) for name in _TIMES}
    return known | times


def _answer(row: Booked) -> Answer:
    return Answer(Visit.model_validate(_values(row)), row.revision)


_TIMES = ("starts_at", "ends_at", "booked_at", "ended_at")
_ONE = "/visits/{visit}"
OPERATIONS = (
    Operation(
        "list_visits", "GET", "/visits", "visits:read", "Visits by their time", list_visits, Visits, query=VisitsQuery,
    ),
    Operation(
        "book_visit", "POST", "/visits", "visits", "Book a visit into a free slot", book_visit, BookedVisit, NewVisit,
        status=201, problems=REASONS, creates=True, told_once=("link",),
    ),
    Operation("read_visit", "GET", _ONE, "visits:read", "One visit", read_visit, Visit),
    Operation(
        "move_visit", "POST", f"{_ONE}/move", "visits", "Move a visit that nobody was admitted to", move_visit, Visit, Move,
        problems=(*REASONS, "slot_elsewhere", "visit_under_way", "session_ended"), conditional=True,
    ),
    Operation(
        "cancel_visit", "POST", f"{_ONE}/cancel", "visits", "Call a visit off that nobody was admitted to", cancel_visit, Visit,
        CallOff, problems=("visit_under_way", "session_ended"),
    ),
    Operation(
        "mark_no_show", "POST", f"{_ONE}/no-show", "visits", "Nobody came; from the visit's start on", mark_no_show, Visit,
        problems=("visit_under_way", "too_early", "session_ended"),
    ),
    Operation(
        "make_link", "POST", f"{_ONE}/link", "visits", "A new join link; the former one is shut out", make_link, Link,
        problems=("session_ended",),
        description="Also after the visit's end, to what the family may read of it: for 180 days, and while its referral is "
        "open; `session_ended` then.",
    ),
)  # fmt: skip
