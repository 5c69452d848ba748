"""The port through which families are reached: what a way to them must be able to do (docs/reminders.md).

An adapter is handed one message for one family and says what became of it. It keeps nothing, tries nothing twice by itself, and
writes no number, address or text into a log: when to try again, and what was told, is `service.py`'s affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from server.reminders.words import Notice


class Outcome(StrEnum):
    DELIVERED = "delivered"
    """Taken by the next hand (a mail server, a provider), which is all that a sender can know."""
    REFUSED = "refused"
    """It will not be taken, now or later."""
    TRY_AGAIN = "try_again"
    """It may be taken later, or may have been taken: nobody knows."""
    NO_ADDRESS = "no_address"
    """There is nothing on the register by which this way could reach the family."""


@dataclass(frozen=True, slots=True, repr=False)
class Addressee:
    """How a guardian can be reached, as the register has it."""

    phone: str
    email: str | None


class Messenger(Protocol):
    """One way to families. ``name`` stands in logs and in the table of what was told."""

    @property
    def name(self) -> str: ...

    def reaches(self, to: Addressee) -> bool:
        """Whether the register has something by which this way could reach them; where not, ``send`` gives ``NO_ADDRESS``."""
        ...

    async def send(self, to: Addressee, notice: Notice) -> Outcome:
        """Raises nothing that an adapter can foresee; an unforeseen fault counts as ``TRY_AGAIN``."""
        ...
