"""Reads data that a hospital writes (checklists, pathways, note forms …) strictly: the thing, or every fault with its place.

A reader notes each fault and reads on with something harmless in the place, so that all are found at once. What it returns
counts only when it has no fault. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from server.referral import Words

MOST_BYTES = 1 << 20

T = TypeVar("T")


class Malformed(ValueError):
    """The text is not what it should be; ``faults`` are sentences, each beginning with the place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Unread(Exception):
    """An object that cannot be read at all; the fault is noted already."""


class Reader:
    """A path is like ``rules/0/when``, the empty one the document's."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, path: str, what: str) -> None:
        self.faults.append(f"{path or 'document'}: {what}")

    def document(self, text: str, read: Callable[[Any], T]) -> T | None:
        """What ``read`` makes of the JSON text (RFC 8259), fractions as ``Decimal``; None, with a fault, if it cannot be."""
        if len(text.encode(errors="replace")) > MOST_BYTES:
            self.fault("", f"more than {MOST_BYTES} bytes")
            return None
        try:
            document = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            self.fault("", f"not JSON: {error}")
            return None
        try:
            return read(document)
        except Unread:
            return None

    def whole(self, text: str, read: Callable[[Any], T], wrong: type[Malformed]) -> T:
        """As ``document``, without any fault. Raises ``wrong`` with all of them."""
        document = self.document(text, read)
        if self.faults or document is None:
            raise wrong(self.faults)
        return document

    # --- values -----------------------------------------------------------------------------------

    def object(self, path: str, value: Any, needed: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
        """With all that is needed and nothing that is not known. Raises ``Unread``."""
        if not isinstance(value, dict):
            self.fault(path, "an object belongs here")
            raise Unread
        needed = list(needed)
        for name in needed:
            if name not in value:
                self.fault(_below(path, name), "is missing")
        for name in sorted(value.keys() - {*needed, *optional}):
            self.fault(_below(path, name), "is not known")
        if any(name not in value for name in needed):
            raise Unread
        return value

    def each(
        self, path: str, value: Any, read: Callable[[str, Any], T], least: int = 1, most: int | None = None
    ) -> tuple[T, ...]:
        """Whatever of the list can be read."""
        if not isinstance(value, list) or len(value) < least:
            self.fault(path, "a list with something in it belongs here" if least else "a list belongs here")
            return ()
        if most is not None and len(value) > most:
            self.fault(path, f"at most {most}")
            return ()
        found = []
        for n, each in enumerate(value):
            try:
                found.append(read(f"{path}/{n}", each))
            except Unread:
                continue
        return tuple(found)

    def words(self, path: str, value: Any, most: int | None = None) -> Words:
        try:
            of = self.object(path, value, ["zh", "en"])
        except Unread:
            return Words("", "")
        return Words(self.text(f"{path}/zh", of["zh"], most), self.text(f"{path}/en", of["en"], most))

    def text(self, path: str, value: Any, most: int | None = None) -> str:
        """With ``most``: one line of at most so many characters."""
        if not isinstance(value, str) or not value.strip():
            self.fault(path, "a text belongs here")
            return ""
        if most is not None and (len(value) > most or not value.isprintable()):
            self.fault(path, f"one line of at most {most} characters belongs here")
            return ""
        return value

    def matching(self, path: str, value: Any, pattern: re.Pattern[str]) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fault(path, f"does not match {pattern.pattern}")
            return ""
        return value

    def integer(self, path: str, value: Any, least: int, most: int) -> int:
        if type(value) is not int or not least <= value <= most:
            self.fault(path, f"a whole number from {least} to {most} belongs here")
            return least
        return value

    def boolean(self, path: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.fault(path, "true or false belongs here")
            return False
        return value

    def one_of(self, path: str, value: Any, known: Iterable[str]) -> str:
        names = [*map(str, known)]
        if not isinstance(value, str) or value not in names:
            self.fault(path, f"one of {', '.join(names)} belongs here")
            return names[0] if names else ""
        return value

    def named(self, path: str, value: Any, things: Mapping[str, T]) -> T:
        """The thing of that name. Raises ``Unread``."""
        if not isinstance(value, str) or value not in things:
            self.fault(path, f"there is no {value!r}" if isinstance(value, str) else "a name belongs here")
            raise Unread
        return things[value]

    def unique(self, path: str, codes: Iterable[str]) -> None:
        listed = list(codes)
        for code in sorted({code for code in listed if listed.count(code) > 1}):
            self.fault(path, f"{code} is there twice")


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
