"""A concern: a family's complaint, or an incident that the physician or operations record, and what is told of it after that.

Who may tell what is one table; the visit's physician tells nothing of a complaint and is shown none. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

TEXT_MAX = 2000
MOST_A_VISIT = 20
"""Of one source's; whoever complains more often adds to one that is there."""
MOST_FACTS = 50


class Kind(StrEnum):
    COMPLAINT = "complaint"
    INCIDENT = "incident"


class Category(StrEnum):
    """What an incident is about; a complaint has none but ``NONE``."""

    NONE = "none"
    CLINICAL = "clinical"
    IDENTITY = "identity"
    PRIVACY = "privacy"
    SAFEGUARDING = "safeguarding"
    TECHNICAL = "technical"
    OTHER = "other"


class Source(StrEnum):
    GUARDIAN = "guardian"
    PHYSICIAN = "physician"
    OPERATIONS = "operations"
    COORDINATOR = "coordinator"


class Fact(StrEnum):
    ADDED = "added"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


MAY_FILE: Mapping[Kind, frozenset[Source]] = MappingProxyType(
    {Kind.COMPLAINT: frozenset({Source.GUARDIAN}), Kind.INCIDENT: frozenset({Source.PHYSICIAN, Source.OPERATIONS})}
)

_PREFIX = {Kind.COMPLAINT: "TS", Kind.INCIDENT: "SJ"}


def may_tell(filed_by: Source, source: Source, fact: Fact) -> bool:
    """Whoever filed it adds to it, a family takes its own back, and the care coordinator answers."""
    match fact:
        case Fact.ADDED:
            return source is filed_by
        case Fact.WITHDRAWN:
            return source is filed_by is Source.GUARDIAN
        case Fact.ANSWERED:
            return source is Source.COORDINATOR
        case _:
            assert_never(fact)


def advance(state: State, fact: Fact) -> State:
    """What was answered is open again when something is added; what was answered cannot be taken back."""
    match fact:
        case Fact.ADDED:
            return State.OPEN
        case Fact.WITHDRAWN:
            return State.WITHDRAWN if state is State.OPEN else state
        case Fact.ANSWERED:
            return State.ANSWERED
        case _:
            assert_never(fact)


def number_of(kind: Kind, id: str, at: float) -> str:
    """What people call it by: `TS` (投诉) or `SJ` (事件), the day, and the beginning of its id."""
    return f"{_PREFIX[kind]}-{datetime.fromtimestamp(at, UTC):%y%m%d}-{id[:8].upper()}"


def category_of(kind: Kind, code: str) -> Category | None:
    """The category of that code, if a concern of this kind can have it."""
    if code not in tuple(Category):
        return None
    category = Category(code)
    return category if (kind is Kind.COMPLAINT) == (category is Category.NONE) else None
