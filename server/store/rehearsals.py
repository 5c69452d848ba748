"""Which visits are rehearsals (`./peitong rehearse`): those of a physician of their own, on a hospital's real books.

Their referrals are filed and can be received as any other, so that a rehearsal plays the whole way; but no child waits behind
one. So none is sent to a destination's system, none is ever overdue, and no coordinator is shown one.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, select

from server.store.tables import staff, visit

REHEARSAL_LOGIN: Final = "peitong-rehearsal"
"""Kept for the physician of rehearsals; nobody else is enrolled with it."""


def rehearsed() -> ColumnElement[bool]:
    """Whether the row of ``visit`` in a query is a rehearsal."""
    return visit.c.physician.in_(select(staff.c.id).where(staff.c.login == REHEARSAL_LOGIN))
