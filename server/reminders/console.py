"""The way to families of a demonstration: what would be sent is printed where it was started. Not for real families."""

from __future__ import annotations

from collections.abc import Callable

from server.masking import mask_phone
from server.reminders.port import Addressee, Outcome
from server.reminders.words import Notice


class Console:
    """``write`` takes one line; the number is masked, the link is whole: it is the delivery itself."""

    name = "console"

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def reaches(self, to: Addressee) -> bool:
        return True

    async def send(self, to: Addressee, notice: Notice) -> Outcome:
        self._write(f"[{notice.kind.value} → {mask_phone(to.phone)}] {notice.text}")
        return Outcome.DELIVERED
