"""Bookings: visits are booked, moved, called off and marked as no-shows here, whoever asks.

The rules (`server.booking.rules`) are asked inside the transaction that books or moves, with the physician's and the child's
rows held, so that what they saw still holds when it is written; and again when the physician admits. Whatever happens to a
booked visit is an event of its session (`server.events`), and leaves a message for the hospital's systems in the same
transaction. What is refused is counted by day, place and code.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from server.booking.delegation import WRITTEN
from server.booking.refusals import NotBookable, Place, Refusal
from server.booking.rules import Cancellation, Occasion, against, against_further
from server.calendar import day_of
from server.chain import microseconds
from server.consultations import Consultations
from server.errors import Refused
from server.events import (
    Event,
    GuardianAdded,
    GuardianRemoved,
    LinkMade,
    NoShowMarked,
    RelationVerified,
    VisitCancelled,
    VisitMoved,
)
from server.kinship import DELEGATED
from server.store import bookings, families, guardians, limits, links, outbox, schedules
from server.store.bookings import Booked
from server.store.database import Database, Transaction, Write
from server.store.schedules import Slot
from server.store.visits import Relation, Visit
from server.visit_view import moment
from server.webhooks.events import Kind

T = TypeVar("T")
Match = Callable[[int], None]
"""Raises when the revision that it is given is not the one that was meant."""


async def book(transaction: Transaction, new: Visit, occasion: Occasion, message: str, now: float) -> None:
    """In the transaction that has the visit's people; ``message`` is the id of what the hospital is told.

    Raises ``NotBookable``, with every reason.
    """
    await check(transaction, new, occasion, now)
    await bookings.add(transaction, new)
    said = {"kind": new.kind, "field": new.field, "child": new.child, "physician": new.physician, "slot": new.slot}
    await _tell(new.id, Kind.VISIT_BOOKED, message, now, said | _times(new))(transaction)


async def check(transaction: Transaction, asked: Visit, occasion: Occasion, now: float) -> None:
    """Raises ``NotBookable``. The physician's and the child's rows are held to the transaction's end."""
    await schedules.hold_physician(transaction, asked.physician)
    await families.child_of(transaction, asked.hospital, asked.child, to_change=True)
    reasons = against(
        await bookings.case(transaction, asked), await limits.of_hospital(transaction, asked.hospital), occasion, now
    )
    if reasons:
        raise NotBookable(reasons)


async def counted(database: Database, hospital: str, place: Place, now: float, doing: Awaitable[T]) -> T:
    """What ``doing`` gives; a refusal is counted and raised on."""
    try:
        return await doing
    except NotBookable as refused:
        await database.write(limits.count(hospital, day_of(now), place, refused.reasons))
        raise


class Bookings:
    """A server's. ``new_id`` gives 128 random bits as text."""

    def __init__(self, database: Database, rooms: Consultations, clock: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._database = database
        self._rooms = rooms
        self._clock = clock
        self._new_id = new_id

    async def check_admission(self, session: str, guardian: str) -> None:
        """The rules again, as they are now, also for the further ``guardian`` (empty: the booked one) who is in the seat.

        Raises ``NotBookable``, or ``Refused`` not_allowed for no visit.
        """
        now = self._clock()
        found = await self._database.read(lambda transaction: bookings.by_id(transaction, session))
        if found is None:
            raise Refused("not_allowed")
        asked = found

        async def reasons(transaction: Transaction) -> None:
            case, of_hospital = await bookings.case(transaction, asked), await limits.of_hospital(transaction, asked.hospital)
            found = set(against(case, of_hospital, Occasion.ADMISSION, now))
            if guardian:
                seated = await families.related(transaction, asked.child, guardian)
                kind, proof = ("", None) if seated is None else (seated.kind, seated.proof)
                found.update(against_further(kind, proof, of_hospital))
            if found:
                raise NotBookable([reason for reason in Refusal if reason in found])

        await counted(self._database, asked.hospital, Place.ADMISSION, now, self._database.read(reasons))

    async def move(self, hospital: str, id: str, slot: str, match: Match, place: Place, by: str) -> Booked:
        """To another slot of the same physician, department and field; ``place`` is where it is asked for.

        Raises ``Refused``, or what ``match`` does.
        """

        async def decide() -> tuple[Event, tuple[Write, ...]]:
            found, to = await self._read(hospital, id, match), await self._slot(hospital, slot)
            if (to.physician, to.field) != (found.physician, found.field) or found.department not in (None, to.department):
                raise Refused("slot_elsewhere")
            event = VisitMoved(microseconds(to.starts_at), microseconds(to.ends_at), microseconds(found.ends_at), by)
            return event, (self._moved(found, to),)

        await counted(self._database, hospital, place, self._clock(), self._rooms.decide_outside(id, decide))
        return await self._again(hospital, id)

    async def cancel(self, hospital: str, id: str, reason: Cancellation, match: Match, by: str) -> Booked:
        async def decide() -> tuple[Event, tuple[Write, ...]]:
            await self._read(hospital, id, match)
            told = _tell(id, Kind.VISIT_CANCELLED, self._new_id(), self._clock(), {"reason": reason.value})
            return VisitCancelled(reason.value, by), (told,)

        await self._rooms.decide_outside(id, decide)
        return await self._again(hospital, id)

    async def mark_no_show(self, hospital: str, id: str, match: Match, by: str) -> Booked:
        async def decide() -> tuple[Event, tuple[Write, ...]]:
            found = await self._read(hospital, id, match)
            return NoShowMarked(microseconds(found.starts_at), by), (
                _tell(id, Kind.VISIT_NO_SHOW, self._new_id(), self._clock(), {}),
            )

        await self._rooms.decide_outside(id, decide)
        return await self._again(hospital, id)

    async def verify_relation(self, hospital: str, id: str, proof: str, staff: str) -> Relation:
        """This member of staff saw this kind of proof that the visit's guardian is entitled; the relation as it is now.

        What the register says already is not written again.

        Raises ``Refused``: ``not_found``, ``session_ended``, ``proof_not_accepted``.
        """

        async def decide() -> tuple[Event, tuple[Write, ...]]:
            found = await self._again(hospital, id)
            if found.state == "ended":
                raise Refused("session_ended")
            return RelationVerified(proof, staff), (families.prove(found.child, found.guardian, proof),)

        booked = await self._again(hospital, id)
        accepted = await self._database.read(lambda transaction: limits.of_hospital(transaction, hospital))
        known = await self._relation(booked)
        if proof not in ((WRITTEN,) if known.kind == DELEGATED else accepted.proofs):
            raise Refused(Refusal.PROOF_NOT_ACCEPTED.value)
        if known.proof != proof:
            await self._rooms.decide_outside(id, decide)
        return await self._relation(booked)

    async def add_guardian(
        self, hospital: str, id: str, guardian: str, by: str, work: Callable[[Transaction], Awaitable[T]]
    ) -> T:
        """A further guardian may come, as ``work`` writes it; who may come already has a new link, also after the end as long
        as the visit's records are open. What it gives.

        Raises ``Refused``: ``not_found``, ``session_ended``; what ``work`` raises.
        """
        done: list[T] = []

        async def write(transaction: Transaction) -> None:
            done.append(await work(transaction))

        async def decide() -> tuple[Event, tuple[Write, ...]]:
            if guardian not in await self._further(id):
                return GuardianAdded(guardian, by), (write,)
            await self._check_open(id)
            return LinkMade(guardian, by), (write,)

        await self._again(hospital, id)
        await self._rooms.decide_outside(id, decide)
        return done[-1]

    async def make_link(self, hospital: str, id: str, guardian: str, by: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """A new link of that guardian (empty: the booked one), as ``work`` writes it, also after the end as long as the visit's
        records are open. What it gives.

        Raises ``Refused``: ``not_found``, ``session_ended``; what ``work`` raises.
        """
        done: list[T] = []

        async def write(transaction: Transaction) -> None:
            done.append(await work(transaction))

        async def decide() -> tuple[Event, tuple[Write, ...]]:
            await self._again(hospital, id)
            await self._check_open(id)
            return LinkMade(guardian, by), (write,)

        await self._rooms.decide_outside(id, decide)
        return done[-1]

    async def remove_guardian(self, hospital: str, id: str, guardian: str, by: str) -> None:
        """A further guardian comes no more; their links and devices are shut out.

        Raises ``Refused``: ``not_found``, ``visit_under_way``, ``session_ended``.
        """

        async def decide() -> tuple[Event, tuple[Write, ...]]:
            await self._again(hospital, id)
            if guardian not in await self._further(id):
                raise Refused("not_found")
            now = self._clock()
            return GuardianRemoved(guardian, by), (guardians.remove(id, guardian, now), links.shut_out(id, guardian, now))

        await self._rooms.decide_outside(id, decide)

    async def _check_open(self, id: str) -> None:
        """Raises ``Refused`` session_ended for a visit whose records are closed."""
        if not await self._database.read(lambda transaction: links.may_return(transaction, id, self._clock())):
            raise Refused("session_ended")

    async def _further(self, id: str) -> set[str]:
        return {each.id for each in await self._database.read(lambda transaction: guardians.of_visit(transaction, id))}

    async def _relation(self, of: Booked) -> Relation:
        found = await self._database.read(lambda transaction: families.related(transaction, of.child, of.guardian))
        assert found is not None, "a visit has its relation"
        return found

    def _moved(self, found: Booked, to: Slot) -> Write:
        """Everything that goes with a move, in the transaction of its event."""

        async def write(transaction: Transaction) -> None:
            now = self._clock()
            asked = Visit(
                found.id,
                found.hospital,
                found.department_name,
                found.field,
                found.child,
                found.guardian,
                found.physician,
                to.starts_at,
                to.ends_at,
                slot=to.id,
            )
            await check(transaction, asked, Occasion.BOOKING, now)
            await bookings.move(transaction, found.id, to)
            await links.last_until(found.id, to.ends_at)(transaction)
            await _tell(found.id, Kind.VISIT_MOVED, self._new_id(), now, {"slot": to.id} | _times(to))(transaction)

        return write

    async def _read(self, hospital: str, id: str, match: Match) -> Booked:
        found = await self._again(hospital, id)
        match(found.revision)
        return found

    async def _again(self, hospital: str, id: str) -> Booked:
        found = await self._database.read(lambda transaction: bookings.one(transaction, hospital, id))
        if found is None:
            raise Refused("not_found")
        return found

    async def _slot(self, hospital: str, id: str) -> Slot:
        found = await self._database.read(lambda transaction: schedules.slot_of(transaction, hospital, id))
        if found is None:
            raise Refused("slot_unknown")
        return found


def _tell(visit: str, kind: Kind, id: str, now: float, data: Mapping[str, str | None]) -> Write:
    """A message for the hospital's systems: ids, codes and times."""
    return outbox.post(outbox.Outgoing(id, visit, kind, json.dumps(data), now))


def _times(of: Visit | Slot) -> dict[str, str]:
    return {"starts_at": moment(of.starts_at), "ends_at": moment(of.ends_at)}
