"""Reminders in the store: what visits they may be about, what was decided on, and what became of it.

That each is decided on once is the table's own rule. One is ``waiting`` until it was tried with an end; while it is tried it is
``sending``, and what a stopped process left so is ``unknown``: it may have arrived, and nobody is told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, or_, select, update

from server.access import RECORDS_OPEN_S
from server.booking.limits import DECLARED
from server.referrals.track import Stage
from server.reminders.plan import DAY_S, HOUR_S, Appointment, Kind, Told
from server.store.database import Transaction
from server.store.links import records_open
from server.store.tables import guardian, hospital, outbox, referral, relation, reminder, visit, visit_guardian
from server.webhooks import events

LOOK_BACK_S = DAY_S + 12 * HOUR_S
"""What happened longer ago is no news any more (plan.py): a day, and a night's patience."""
LOOK_AHEAD_S = DAY_S + 12 * HOUR_S
MOST_AT_ONCE = 8
JOINABLE = ("waiting", "text")
"""States of a visit that a family may still come to with a new link."""
NOT_HELD = ("cancelled", "no_show")
"""Outcomes of a visit that has left a family nothing to read."""


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    NO_ADDRESS = "no_address"
    OVERTAKEN = "overtaken"
    """Before it was sent, it had become untrue or late."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class Due:
    """A reminder that is to be tried now, with all that it needs."""

    id: str
    kind: Kind
    said_starts_at: float
    at: float
    attempts: int
    of: Appointment
    hospital: str
    hospital_en: str
    phone: str
    email: str | None
    language: str


_OF_MOVES = (outbox.c.session == visit.c.id, outbox.c.kind == events.Kind.VISIT_MOVED.value)
_MOVED_AT = select(func.max(outbox.c.created_at)).where(*_OF_MOVES).scalar_subquery()
_REFERRED = case((exists().where(referral.c.visit == visit.c.id, referral.c.state != Stage.SEEN.value), 1), else_=0)
"""Whether its referral is open."""
_APPOINTMENT = (
    visit.c.id, visit.c.starts_at, visit.c.ends_at, visit.c.booked_at, _MOVED_AT.label("moved_at"), visit.c.outcome,
    visit.c.ended_at, visit.c.state, visit.c.waiting_since_at, _REFERRED.label("referred"),
)  # fmt: skip


async def appointments(transaction: Transaction, now: float, after: str, limit: int) -> list[Appointment]:
    """The visits of which something may be due, by their ids, each for all its guardians: at most ``limit`` visits, those after
    ``after``."""
    lately = now - LOOK_BACK_S
    added = exists().where(visit_guardian.c.visit == visit.c.id, visit_guardian.c.added_at >= lately)
    news = or_(visit.c.starts_at <= now + LOOK_AHEAD_S, visit.c.booked_at >= lately, lately <= _MOVED_AT, added)
    opened = (visit.c.state == "waiting") & (visit.c.ends_at > now) & news
    called_off = (visit.c.outcome == "cancelled") & (visit.c.ended_at >= lately)
    query = select(*_APPOINTMENT).where(visit.c.id > after, opened | called_off).order_by(visit.c.id).limit(limit)
    booked = [_appointment(row) for row in await transaction.execute(query)]
    c = visit_guardian.c
    further: dict[str, list[tuple[str, float]]] = defaultdict(list)
    of_them = select(c.visit, c.guardian, c.added_at).where(c.visit.in_([of.visit for of in booked]), c.removed_at.is_(None))
    for id, whose, added_at in await transaction.execute(of_them.order_by(c.n)):
        further[id].append((whose, added_at))
    return [each for of in booked for each in (of, *(_for(of, *one) for one in further[of.visit]))]


async def told(transaction: Transaction, visits: Sequence[str]) -> dict[tuple[str, str], list[Told]]:
    """What was decided on for these visits, by visit and guardian, whatever became of it."""
    found: dict[tuple[str, str], list[Told]] = defaultdict(list)
    c = reminder.c
    columns = (c.visit, c.guardian, c.kind, c.occasion_us, c.starts_at, c.at)
    for id, whose, kind, *rest in await transaction.execute(select(*columns).where(c.visit.in_(visits))):
        found[id, whose].append(Told(Kind(kind), *rest))
    return found


async def decide(transaction: Transaction, id: str, of: Appointment, kind: Kind, occasion_us: int, now: float) -> bool:
    """Notes that this is to be told; False when it was decided on before."""
    same = {"visit": of.visit, "guardian": of.guardian, "kind": kind.value, "occasion_us": occasion_us}
    if (
        await transaction.scalar(select(reminder.c.id).where(*(reminder.c[name] == it for name, it in same.items())))
        is not None
    ):
        return False
    row = same | {"id": id, "starts_at": of.starts_at, "at": now}
    await transaction.execute(insert(reminder), row | {"state": State.WAITING.value, "attempts": 0, "next_at": now})
    return True


async def waiting(transaction: Transaction, now: float) -> list[Due]:
    """Those whose turn has come, the longest due first, at most ``MOST_AT_ONCE``."""
    people = (hospital.c.name, hospital.c.name_en, guardian.c.phone, guardian.c.email, guardian.c.language)
    own = (reminder.c.guardian, visit_guardian.c.added_at, visit_guardian.c.removed_at)
    columns = (reminder.c.id, reminder.c.kind, reminder.c.starts_at, reminder.c.at, reminder.c.attempts, *own)
    joined = reminder.join(visit, visit.c.id == reminder.c.visit).join(hospital, hospital.c.id == visit.c.hospital)
    further = and_(visit_guardian.c.visit == reminder.c.visit, visit_guardian.c.guardian == reminder.c.guardian)
    joined = joined.outerjoin(visit_guardian, further)
    joined = joined.join(guardian, guardian.c.id == func.coalesce(func.nullif(reminder.c.guardian, ""), visit.c.guardian))
    query = select(*columns, *people, *_APPOINTMENT).select_from(joined)
    query = query.where(reminder.c.state == State.WAITING.value, reminder.c.next_at <= now)
    found = []
    for row in await transaction.execute(query.order_by(reminder.c.next_at, reminder.c.id).limit(MOST_AT_ONCE)):
        id, kind, said_starts_at, at, attempts, whose, added_at, removed_at = row[: len(columns)]
        name, name_en, phone, email, language = row[len(columns) : len(columns) + len(people)]
        of = _appointment(row[len(columns) + len(people) :])
        if whose:
            of = _for(of, whose, added_at) if removed_at is None else _taken_from(of)
        found.append(Due(id, Kind(kind), said_starts_at, at, attempts, of, name, name_en, phone, email, language))
    return found


async def begin(transaction: Transaction, id: str, through: str) -> bool:
    """This attempt is one's own; False when somebody else has it."""
    free = (reminder.c.id == id, reminder.c.state == State.WAITING.value)
    values = {"state": State.SENDING.value, "through": through, "attempts": reminder.c.attempts + 1}
    return (await transaction.execute(update(reminder).where(*free).values(values))).rowcount == 1


async def settle(transaction: Transaction, id: str, state: State, now: float) -> None:
    await transaction.execute(update(reminder).where(reminder.c.id == id).values(state=state.value, settled_at=now))


async def postpone(transaction: Transaction, id: str, next_at: float) -> None:
    """It is to be tried again."""
    await transaction.execute(update(reminder).where(reminder.c.id == id).values(state=State.WAITING.value, next_at=next_at))


async def left_unknown(transaction: Transaction, now: float) -> int:
    """At a start: of what was being sent when the former process stopped nobody knows whether it arrived. How many that is."""
    under_way = reminder.c.state == State.SENDING.value
    return (await transaction.execute(update(reminder).where(under_way).values(state="unknown", settled_at=now))).rowcount


async def coming_of(transaction: Transaction, phones: Sequence[str], now: float, limit: int) -> list[Appointment]:
    """The coming visits of whoever has this number, in whatever hospital, each for that guardian. Those of a family that a
    hospital knows come before those that anybody may have booked with its number; of each kind the next first."""
    return await _of_phone(transaction, phones, (visit.c.state.in_(JOINABLE), visit.c.ends_at > now), 1, limit)


async def held_of(transaction: Transaction, phones: Sequence[str], now: float, limit: int) -> list[Appointment]:
    """As ``coming_of``, the visits that took place and whose records are open; of each kind the last first."""
    over = (visit.c.state == "ended", visit.c.outcome.not_in(NOT_HELD), records_open(now))
    return await _of_phone(transaction, phones, over, -1, limit)


async def _of_phone(
    transaction: Transaction, phones: Sequence[str], such: Sequence[ColumnElement[bool]], sign: int, limit: int
) -> list[Appointment]:
    """By their time, or with ``sign`` -1 against it."""
    wanted = (guardian.c.phone.in_(phones), *such)
    related = and_(relation.c.guardian == guardian.c.id, relation.c.child == visit.c.child)
    only_said = case((relation.c.proof == DECLARED, 1), else_=0).label("only_said")
    order = (only_said, visit.c.starts_at * sign, visit.c.id)
    booked = visit.join(guardian, guardian.c.id == visit.c.guardian).join(relation, related)
    query = select(only_said, *_APPOINTMENT).select_from(booked).where(*wanted).order_by(*order).limit(limit)
    found = [(said, _appointment(row)) for said, *row in await transaction.execute(query)]
    c = visit_guardian.c
    comes = (
        visit_guardian.join(visit, visit.c.id == c.visit).join(guardian, guardian.c.id == c.guardian).join(relation, related)
    )
    query = select(only_said, c.guardian, c.added_at, *_APPOINTMENT).select_from(comes).where(*wanted, c.removed_at.is_(None))
    rows = await transaction.execute(query.order_by(*order, c.n).limit(limit))
    found += [(said, _for(_appointment(row), whose, added_at)) for said, whose, added_at, *row in rows]
    found.sort(key=lambda each: (each[0], each[1].starts_at * sign, each[1].visit))
    return [of for _, of in found[:limit]]


def _for(of: Appointment, guardian: str, added_at: float) -> Appointment:
    """As a further guardian is reminded of it."""
    return replace(of, guardian=guardian, booked_at=added_at)


def _taken_from(of: Appointment) -> Appointment:
    """As a guardian who was removed hears of it: not at all."""
    return replace(of, open=False, cancelled_at=None, records_until=None)


def _appointment(row: Sequence[Any]) -> Appointment:
    id, starts_at, ends_at, booked_at, moved_at, outcome, ended_at, state, waiting_since_at, referred = row
    held = ended_at is not None and outcome not in NOT_HELD
    return Appointment(
        id,
        starts_at,
        ends_at,
        booked_at,
        moved_at,
        cancelled_at=ended_at if outcome == "cancelled" else None,
        open=state in JOINABLE,
        here=waiting_since_at is not None,
        records_until=None if not held else inf if referred else ended_at + RECORDS_OPEN_S,
    )
