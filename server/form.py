"""What was typed at the command line: texts by name (``birth-date``, ``starts-at`` …), read with every fault noted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

Given = Mapping[str, str]

LONGEST = 100


class Faults(Exception):
    """Everything that is wrong with what was given: ``name: why``, each a line."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class Form:
    """What was typed, read name by name; every fault is noted and reading goes on."""

    def __init__(self, given: Given) -> None:
        self.faults: list[str] = []
        self._given = given

    def has(self, name: str) -> bool:
        return name in self._given

    def fault(self, name: str, why: str) -> None:
        self.faults.append(f"{name}: {why}")

    def text(self, name: str, default: str | None = None) -> str:
        """One line; empty when that was a fault."""
        if name not in self._given and default is not None:
            return default
        text = self._given.get(name, "").strip()
        if not text:
            self.fault(name, "is missing")
        elif len(text) > LONGEST or not text.isprintable():
            self.fault(name, f"one line of at most {LONGEST} characters belongs here")
            return ""
        return text

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        text = self.text(name, default)
        if text and text not in choices:
            self.fault(name, f"one of {', '.join(choices)} belongs here, not {text!r}")
        return text

    def shape(self, name: str, shape: re.Pattern[str], what: str) -> str:
        text = self.text(name)
        if text and not shape.fullmatch(text):
            self.fault(name, f"{what} belongs here, not {text!r}")
        return text

    def day(self, name: str) -> date | None:
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.fault(name, f"a date such as 2018-03-05 belongs here, not {text!r}")
            return None

    def moment(self, name: str, default: float) -> float:
        text = self.text(name) if self.has(name) else ""
        if not text:
            return default
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fault(name, f"a time with its zone such as 2027-01-31T09:30:00+08:00 belongs here, not {text!r}")
            return default
        return at.timestamp()

    def whole(self, name: str, within: range, unit: str, default: int) -> int:
        """A whole number of that unit (``minutes``)."""
        text = self.text(name, str(default))
        if text and not (text.isdecimal() and int(text) in within):
            self.fault(name, f"{unit} from {within[0]} to {within[-1]} belong here, not {text!r}")
            return default
        return int(text or default)


def stop_at(form: Form) -> None:
    """Raises ``Faults`` when there are any."""
    if form.faults:
        raise Faults(form.faults)
