"""A family books by itself, without a link or an account: its people, its visit and its link, all or nothing.

A stranger is told nothing of anybody: each booking has people of its own, whoever else has that name or telephone number; that
they are one family is for the desk to see. What the family says of its relation is only declared (`server.booking.limits`). The
join link's token is made from the page's own key, so that a request whose answer was lost gets the same answer again while the
store keeps hashes only.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

from server.booking.details import Details
from server.booking.limits import DECLARED
from server.booking.refusals import NotBookable, Place, Refusal
from server.booking.rules import Occasion
from server.bookings import book, counted
from server.errors import Refused
from server.questionnaires.questionnaire import Outcome
from server.questionnaires.routing import Route
from server.store import bookings, departments, families, public_booking, schedules
from server.store.bookings import Booked
from server.store.database import Database, Transaction
from server.store.links import issue
from server.store.public_booking import Kept, Taken
from server.store.secrets import digest
from server.store.visits import Child, Guardian, Relation, Visit
from server.telephone import read_phone, spellings

MOST_OPEN = 4
"""Visits to come that were booked here with one telephone number, in whatever hospital, until a desk has seen who it is. Fewer
than a lost link is looked for among (`server.reminders.service`). Of what else is known of a number nothing is told."""
_LEADS_AWAY = {
    Outcome.EMERGENCY: Refusal.NEEDS_EMERGENCY_CARE,
    Outcome.IN_PERSON: Refusal.NEEDS_IN_PERSON_CARE,
}


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """``key``: 128 random bits or more that the page made for this one booking; ``request_sha256`` is of all that it sends;
    ``language`` (zh or en) is the page's, in which the family will be written to."""

    hospital: str
    slot: str
    details: Details
    route: Route
    key: str
    request_sha256: str
    language: str


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """The visit; ``token`` is its link's, None when a newer link has taken its place. ``again``: it was made before."""

    visit: Booked
    token: str | None
    link_expires_at: float
    again: bool


class FamilyBooking:
    """``link_key``: 32 secret bytes of this installation. A link works for ``link_valid_s``, at least to the visit's end."""

    def __init__(self, database: Database, new_id: Callable[[], str], link_key: bytes, link_valid_s: float) -> None:
        self._database = database
        self._new_id = new_id
        self._link_key = link_key
        self._link_valid_s = link_valid_s

    async def book(self, wish: Wish, now: float) -> Made:
        """Raises ``NotBookable``, which is counted; ``Refused`` slot_unknown or idempotency_mismatch."""
        before = await self._again(wish, now)
        if before is not None:
            return before
        try:
            visit = await counted(self._database, wish.hospital, Place.FAMILY, now, self._made(wish, now))
        except Taken:  # the same request, a moment ago
            before = await self._again(wish, now)
            if before is None:
                raise Refused("idempotency_busy") from None
            return before
        return visit

    async def _again(self, wish: Wish, now: float) -> Made | None:
        """What this key has made before. Raises ``Refused`` when that was asked for otherwise."""

        async def work(transaction: Transaction) -> Made | None:
            kept = await public_booking.find(transaction, digest(wish.key), now)
            if kept is None:
                return None
            if not hmac.compare_digest(kept.request_sha256, wish.request_sha256):
                raise Refused("idempotency_mismatch")
            visit = await bookings.one(transaction, wish.hospital, kept.visit)
            assert visit is not None, "it was booked in the key's own transaction"
            token = self._token(wish.key)
            lasts = await public_booking.link_until(transaction, visit.id, digest(token))
            return Made(visit, None if lasts is None else token, lasts or 0.0, again=True)

        return await self._database.read(work)

    async def _made(self, wish: Wish, now: float) -> Made:
        _check_route(wish)
        id, token = self._new_id(), self._token(wish.key)

        async def work(transaction: Transaction) -> Made:
            await public_booking.reserve(transaction, digest(wish.key), Kept(id, wish.request_sha256), now)
            new = await self._people(transaction, wish, id, now)
            await book(transaction, new, Occasion.BOOKING, self._new_id(), now)
            expires_at = max(now + self._link_valid_s, new.ends_at)
            await issue(id, token, now, expires_at)(transaction)
            visit = await bookings.one(transaction, wish.hospital, id)
            assert visit is not None
            return Made(visit, token, expires_at, again=False)

        return await self._database.write(work)

    async def _people(self, transaction: Transaction, wish: Wish, id: str, now: float) -> Visit:
        """The visit asked for, whose child, guardian and relation are written now. Raises ``Refused``."""
        of_number = spellings(read_phone(wish.details.phone) or wish.details.phone)
        if await public_booking.open_visits(transaction, of_number, now) >= MOST_OPEN:
            raise NotBookable((Refusal.TOO_MANY_OPEN,))
        slot = await schedules.slot_of(transaction, wish.hospital, wish.slot)
        if slot is None:
            raise Refused("slot_unknown")
        if slot.field != wish.route.field:
            raise NotBookable((Refusal.FIELD_NOT_ROUTED,))
        department = await departments.one(transaction, wish.hospital, slot.department)
        assert department is not None, "a schedule has its department"
        said, child, guardian = wish.details, self._new_id(), self._new_id()
        await families.add_child(transaction, Child(child, wish.hospital, said.child_name, said.sex, said.birth_date))
        new = Guardian(
            guardian, wish.hospital, said.guardian_name, said.phone, email=said.email or None, language=wish.language
        )
        await families.add_guardian(transaction, new)
        await families.relate(transaction, Relation(guardian, child, said.relation, DECLARED))
        return Visit(
            id,
            wish.hospital,
            department.name,
            slot.field,
            child,
            guardian,
            slot.physician,
            slot.starts_at,
            slot.ends_at,
            slot=slot.id,
            booked_at=now,
        )

    def _token(self, key: str) -> str:
        """256 bits as 43 URL-safe characters."""
        made = hmac.digest(self._link_key, f"public booking\0{key}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).decode().rstrip("=")


def _check_route(wish: Wish) -> None:
    away = _LEADS_AWAY.get(wish.route.outcome)
    if away is not None:
        raise NotBookable((away,))
