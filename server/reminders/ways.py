"""Which way to families a server has, by its configuration."""

from __future__ import annotations

from collections.abc import Callable

from server.config import Config
from server.reminders.console import Console
from server.reminders.port import Messenger
from server.reminders.smtp import Smtp


def messenger_of(config: Config, clock: Callable[[], float], write: Callable[[str], None]) -> Messenger | None:
    """``write`` prints a line where the server was started; None: families are not reached from here."""
    if config.reminders == "console":
        return Console(write)
    if config.reminders == "smtp" and config.mail is not None:
        return Smtp(config.mail, clock)
    return None
