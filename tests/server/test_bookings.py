"""A relation that a family declared is verified by the desk, once, in the visit's own journal; then the physician may admit."""

from __future__ import annotations

import pytest

from server.booking.limits import Limits
from server.booking.refusals import NotBookable, Refusal
from server.booking.rules import Cancellation, Occasion
from server.bookings import book
from server.errors import Refused
from server.events import RelationVerified
from server.http.house import HOUSE
from server.journal import Journal
from server.store import families, limits
from server.store.visits import Guardian, Relation, add
from tests.server.booking_kit import Clinic, open_clinic
from tests.server.http.conftest import House, house, seeded

__all__ = ["house", "seeded"]


@pytest.fixture
async def declared(house: House) -> Clinic:
    """With the visit "v-1", of which nobody has seen a proof."""
    clinic = await open_clinic(house.server.database, house.clock())
    new = clinic.visit("v-1")

    async def work(transaction: object) -> None:
        await families.prove(clinic.child, clinic.guardian, "declared")(transaction)  # type: ignore[arg-type]
        await book(transaction, new, Occasion.BOOKING, "m-1", house.clock())  # type: ignore[arg-type]

    await house.server.database.write(work)
    return clinic


async def reasons(house: House, guardian: str = "") -> tuple[Refusal, ...]:
    try:
        await house.server.app[HOUSE].bookings.check_admission("v-1", guardian)
    except NotBookable as refused:
        return refused.reasons
    return ()


async def verified(house: House, clinic: Clinic, proof: str, visit: str = "v-1", hospital: str | None = None) -> Relation:
    return await house.server.app[HOUSE].bookings.verify_relation(hospital or clinic.hospital, visit, proof, "staff-9")


async def noted(house: House) -> list[object]:
    return [event for event, _ in await Journal(house.server.database).replay("v-1")]


async def test_nobody_is_admitted_before_the_desk_has_seen_a_proof(house: House, declared: Clinic) -> None:
    assert await reasons(house) == (Refusal.RELATION_UNVERIFIED,)
    assert (await verified(house, declared, "birth_certificate")).proof == "birth_certificate"
    assert await reasons(house) == ()


async def test_who_saw_which_proof_stands_in_the_visits_journal_once(house: House, declared: Clinic) -> None:
    for _ in range(2):
        assert (await verified(house, declared, "court_order")).revision == 3
    assert await noted(house) == [RelationVerified("court_order", "staff-9")]


async def test_a_proof_that_the_hospital_does_not_accept_verifies_nothing(house: House, declared: Clinic) -> None:
    await house.server.database.write(limits.set_limits(declared.hospital, Limits(proofs=("court_order",))))
    for proof in ("other", "declared", "word"):
        with pytest.raises(Refused, match="proof_not_accepted"):
            await verified(house, declared, proof)
    assert await reasons(house) == (Refusal.RELATION_UNVERIFIED,)
    assert await noted(house) == []


async def test_another_hospitals_desk_knows_no_such_visit(house: House, declared: Clinic) -> None:
    other = await open_clinic(house.server.database, house.clock(), "2")
    for visit in ("v-1", "v-0"):
        with pytest.raises(Refused, match="not_found"):
            await verified(house, other, "birth_certificate", visit)
    assert await noted(house) == []


async def test_what_has_ended_is_not_verified_any_more(house: House, declared: Clinic) -> None:
    await house.server.app[HOUSE].bookings.cancel(
        declared.hospital, "v-1", Cancellation.FAMILY, lambda revision: None, "family"
    )
    with pytest.raises(Refused, match="session_ended"):
        await verified(house, declared, "birth_certificate")


async def test_the_further_guardian_in_the_seat_is_looked_at_anew(house: House, declared: Clinic) -> None:
    await verified(house, declared, "birth_certificate")
    mother = Relation("guardian-2", declared.child, "mother", "household_register")
    await house.server.database.write(add(Guardian("guardian-2", declared.hospital, "韩梅梅", "13800000002"), mother))
    assert await reasons(house, "guardian-2") == ()
    await house.server.database.write(families.prove(declared.child, "guardian-2", "declared"))
    assert await reasons(house, "guardian-2") == (Refusal.RELATION_UNVERIFIED,)
    assert await reasons(house) == (), "the booked one is whom it was looked at for"
    await house.server.database.write(families.prove(declared.child, "guardian-2", "household_register"))
    await house.server.database.write(limits.set_limits(declared.hospital, Limits(proofs=("birth_certificate",))))
    assert await reasons(house, "guardian-2") == (Refusal.PROOF_NOT_ACCEPTED,)
    assert await reasons(house, "guardian-9") == (Refusal.RELATION_MISSING,)
