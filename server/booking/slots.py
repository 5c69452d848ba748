"""Schedules and the slots they give: half-open spans of time, ``[starts_at, ends_at)``, in seconds since 1970.

A schedule is a span in which one physician sees one field for one department; it is cut into slots of equal length from its
start. What is left at the end and is shorter than a slot is not bookable. Two spans that only touch do not overlap, so that one
visit may begin when another ends; a physician's schedules never overlap, nor do a schedule and a visit outside of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOT_MINUTES: Final = range(5, 121)
LONGEST_H: Final = 24
MOST_SLOTS: Final = LONGEST_H * 60 // SLOT_MINUTES[0]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """``[starts_at, ends_at)``; empty when it does not end after it starts."""

    starts_at: float
    ends_at: float

    @property
    def lasts_s(self) -> float:
        return max(0.0, self.ends_at - self.starts_at)


class Unschedulable(ValueError):
    """No schedule can be made of this; ``member`` names what is wrong with it (``ends_at`` or ``slot_minutes``)."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(why)
        self.member = member


def cut(span: Span, slot_minutes: int) -> tuple[Span, ...]:
    """The schedule's slots, by time; at least one, at most ``MOST_SLOTS``. Raises ``Unschedulable``."""
    if slot_minutes not in SLOT_MINUTES:
        raise Unschedulable("slot_minutes", f"from {SLOT_MINUTES[0]} to {SLOT_MINUTES[-1]} minutes")
    if span.lasts_s > LONGEST_H * 3600:
        raise Unschedulable("ends_at", f"a schedule lasts {LONGEST_H} hours at most")
    slot_s = slot_minutes * 60
    count = int(span.lasts_s // slot_s)
    if count == 0:
        raise Unschedulable("ends_at", "not even one slot fits in before it")
    starts = [span.starts_at + slot_s * n for n in range(count)]
    return tuple(Span(at, at + slot_s) for at in starts)
