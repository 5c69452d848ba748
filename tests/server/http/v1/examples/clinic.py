"""What visits are booked with, laid into a hospital."""

from __future__ import annotations

from server.booking.rules import Occasion
from server.bookings import book
from server.store import bookings, families, guardians
from server.store.visits import Guardian, Relation
from tests.server.booking_kit import Clinic, open_clinic
from tests.server.http.v1.kit import Example, Place


async def clinic(place: Place) -> Clinic:
    return await open_clinic(place.house.server.database, place.house.clock(), place.new_id(), place.hospital)


async def booked(place: Place, there: Clinic, nth: int = 0) -> str:
    """A visit in the nth slot; its id."""
    id, now = place.new_id(), place.house.clock()
    new = there.visit(id, nth)
    await place.write(lambda transaction: book(transaction, new, Occasion.BOOKING, place.new_id(), now))
    return id


async def begun(place: Place, there: Clinic) -> str:
    """A visit whose time has come, booked at the desk; its id."""
    id, now = place.new_id(), place.house.clock()
    new = there.visit(id, slot=None, starts_at=now - 600, ends_at=now + 600)
    await place.write(lambda transaction: bookings.add(transaction, new))
    return id


async def another_guardian(place: Place, there: Clinic, kind: str = "mother", proof: str = "household_register") -> str:
    """The child's second guardian, with a proof that was seen; their id."""
    guardian = Guardian(place.new_id(), place.hospital, "韩梅梅", "13800000002")
    await place.write(lambda transaction: families.add_guardian(transaction, guardian))
    relation = Relation(guardian.id, there.child, kind, proof)
    await place.write(lambda transaction: families.relate(transaction, relation))
    return guardian.id


async def coming(place: Place, there: Clinic, visit: str) -> str:
    """A further guardian of the visit; their id."""
    guardian = await another_guardian(place, there)
    await place.write(lambda transaction: guardians.add(transaction, visit, guardian, place.house.clock()))
    return guardian


EXAMPLES: dict[str, Example] = {}
