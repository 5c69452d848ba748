"""A family's whole telephone number, for a member of staff who calls: who sees it stands in the journal before it is told."""

from __future__ import annotations

from server.events import PhoneRevealed
from server.outside import Sessions, post
from server.store import families
from server.store.database import Database


async def reveal_phone(
    database: Database, sessions: Sessions, visit: str, staff: str, *, referral: str = "", concern: str = ""
) -> str:
    """The number of the guardian whom the visit is booked with. ``referral`` or ``concern`` is what the call is about (an id),
    or neither: the visit itself. Raises ``Unavailable``, and then nothing is told."""
    await post(sessions, visit, PhoneRevealed(referral, staff, concern))
    return await database.read(lambda transaction: families.phone_at_visit(transaction, visit))
