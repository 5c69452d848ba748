"""What can go wrong in the store, by name: unreachable, overtaken, unknown, or refused (``server.errors``)."""

from __future__ import annotations

from server.errors import Refused


class StoreError(Exception):
    """Any error of the store."""


class Unavailable(StoreError):
    """The database could not be reached, locked or written in time.

    The transaction may or may not take effect later: repeat it with the same expected version, or replay.
    """


class VersionConflict(StoreError):
    """Somebody else appended to this session first; replay and decide again."""

    def __init__(self, session: str, expected: int, found: int) -> None:
        super().__init__(f"expected version {expected}, found {found}")
        self.session = session
        self.expected = expected
        self.found = found


class UnknownSession(StoreError):
    """No such visit is booked."""


class BrokenChain(StoreError):
    """The stored events of a session do not follow from each other: they were changed behind the journal's back."""


class TooManyAttempts(Refused):
    """Guessing is slowed down; it may be tried again after ``retry_after_s``."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_attempts")
        self.retry_after_s = retry_after_s
