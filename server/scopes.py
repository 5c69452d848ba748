"""What a key of the booking API may be good for. Pure.

A scope is the name of a group of resources; with ``:read`` it only reads, without it reading is included. Scopes are kept and
typed as RFC 6749, section 3.3 writes them: separated by spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

READ: Final = ":read"
GROUPS: Final = ("hospital", "departments", "staff", "families", "schedules", "visits", "referrals", "webhooks")
SCOPES: Final = ("fhir:read", *(scope for group in GROUPS for scope in (group, group + READ)))


def fits(held: Iterable[str], needed: str) -> bool:
    """Whether one of the held scopes is the needed one, or includes it."""
    return any(scope in (needed, needed.removesuffix(READ)) for scope in held)
