"""How an event stands in the journal: JSON-ready values under its type. What was written reads back as the very same event, and
nothing else is taken for one.

A field that has a default was added later: a row from before it has none, and reads as if the default stood there.

It is not the reading of what a page sends (`signaling.shapes`), which refuses what may be honest here (a NUL in a text) and
takes what may not (1.0 for 1). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from server.events import EVENTS, Event


class MalformedEvent(ValueError):
    """A journal row is not an event of this version."""


_FIELDS: Mapping[type[Event], Mapping[str, Any]] = MappingProxyType(
    {cls: {f.name: get_type_hints(cls)[f.name] for f in fields(cls)} for cls in EVENTS.values()}  # type: ignore[arg-type]
)
"""Each event's fields and their types; asking for them anew is what would make a long journal slow to read."""
_DEFAULTED: Mapping[type[Event], frozenset[str]] = MappingProxyType(
    {cls: frozenset(f.name for f in fields(cls) if f.default is not MISSING) for cls in EVENTS.values()}  # type: ignore[arg-type]
)


def to_record(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values; ``from_record`` reads it back."""
    record: dict[str, Any] = {"type": event.type}
    for field in fields(event):  # type: ignore[arg-type]
        value = getattr(event, field.name)
        record[field.name] = list(value) if isinstance(value, tuple) else value
    return record


def from_record(record: Mapping[str, Any]) -> Event:
    """Raises ``MalformedEvent``."""
    try:
        cls = EVENTS[record["type"]]
        absent = _DEFAULTED[cls] - record.keys()
        values = {name: _read(record[name], hint) for name, hint in _FIELDS[cls].items() if name not in absent}
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"not an event: {error}") from error
    return cls(**values)


def _read(value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise TypeError("not a list")
        return tuple(_read(each, get_args(hint)[0]) for each in value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if type(value) is not hint:
        raise TypeError(f"{type(value).__name__} where {hint.__name__} belongs")
    return value
