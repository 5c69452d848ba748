"""Which reminder a visit is due now. Pure: the appointment, what was told of it, and the time.

1.  A family is told that a visit is booked, a day and an hour before it, that it was moved, and that it was called off; the
    link goes with each but the last.
2.  Each is told at most once: a time before the visit for that time of the appointment, a move for that move. A later word
    takes an earlier one's place: who was told of a move just now needs no other word that says the same.
3.  Nobody is woken: what falls between ``EVENING`` and ``MORNING`` (the hospital's clock) waits for the morning, unless by
    then it would come less than ``URGENT_S`` before the visit. The hour before is told at its time, whatever the hour.
4.  What came too late to be of use is not told: each kind has its span.
5.  Once somebody was admitted nothing is told any more, nor the hour before to a family that waits already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from server.calendar import CHINA
from server.chain import microseconds

MORNING = 8
EVENING = 21
"""Whole hours of the hospital's clock."""
URGENT_S = 3 * 3600.0
DAY_S = 86_400.0
HOUR_S = 3_600.0
TOO_LATE_FOR_THE_DAY_S = 3 * HOUR_S
"""Less than this before the visit the day's reminder leaves it to the hour's."""
NEWS_LASTS_S = DAY_S
"""A booking or a move is told within a day, or no more."""
TOLD_LATELY_S = DAY_S + 12 * HOUR_S
"""Who was told of the booking less than this before the visit needs no word a day before."""
TOLD_JUST_NOW_S = 2 * HOUR_S
"""And less than this before it no word an hour before."""
LATE_CANCEL_S = 1_800.0
"""A visit that is called off after its start is still told for so long: the family may be on its way."""


class Kind(StrEnum):
    BOOKED = "booked"
    DAY_BEFORE = "day_before"
    HOUR_BEFORE = "hour_before"
    MOVED = "moved"
    CANCELLED = "cancelled"
    LINK = "link"
    """A new link for a family that asked for it: never planned, only kept of use."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit as far as one guardian is reminded of it; times are seconds since 1970.

    ``guardian``: a further one's id, empty for the one whom it is booked with; ``booked_at`` is when that guardian could come
    first, ``open`` also that they still may.
    ``moved_at``: when it was last moved, if ever. ``open``: nobody was admitted, and it has not ended. ``here``: the guardian
    is in the waiting room. ``records_until``: it took place and is over, and so long a family that asks gets a link to what is
    left of it; for ever (infinite) while its referral is open.
    """

    visit: str
    starts_at: float
    ends_at: float
    booked_at: float | None = None
    moved_at: float | None = None
    cancelled_at: float | None = None
    open: bool = True
    here: bool = False
    guardian: str = ""
    records_until: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder that was decided on ``at``, of an appointment at ``starts_at``; ``occasion_us`` is what it was about
    (``occasion_of``)."""

    kind: Kind
    occasion_us: int
    starts_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Span:
    """``[since, until)``."""

    since: float
    until: float

    def has(self, at: float) -> bool:
        return self.since <= at < self.until


_NEVER = Span(0.0, 0.0)
_PLANNED = (Kind.CANCELLED, Kind.BOOKED, Kind.MOVED, Kind.HOUR_BEFORE, Kind.DAY_BEFORE)
_NEWS = (Kind.BOOKED, Kind.MOVED)


def due(of: Appointment, told: Sequence[Told], now: float) -> Kind | None:
    """The one word that is due now, or none; what was told besides is not looked at again."""
    for kind in _PLANNED:
        if span_of(kind, of).has(now) and not_before(kind, of, now) == now and not _needless(kind, of, told):
            return kind
    return None


def occasion_of(kind: Kind, of: Appointment) -> int:
    """What a reminder of this kind is about, so that it is told once for it, in microseconds since 1970: a move for itself, all
    else for the appointment's time. Not of LINK, whose occasion is when it was asked for."""
    return microseconds(of.moved_at if kind is Kind.MOVED and of.moved_at is not None else of.starts_at)


def span_of(kind: Kind, of: Appointment) -> Span:
    """When such a word is of use; never, where it is not at all."""
    if kind is Kind.CANCELLED:
        if of.cancelled_at is None:
            return _NEVER
        return Span(_awake(of.cancelled_at, of.starts_at), max(of.starts_at, of.cancelled_at + LATE_CANCEL_S))
    if kind is Kind.LINK and of.records_until is not None:
        return Span(0.0, of.records_until)
    if not of.open:
        return _NEVER
    match kind:
        case Kind.BOOKED:
            return _news(of.booked_at, of)
        case Kind.MOVED:
            return _news(of.moved_at, of)
        case Kind.DAY_BEFORE:
            return Span(_awake(of.starts_at - DAY_S, of.starts_at), of.starts_at - TOO_LATE_FOR_THE_DAY_S)
        case Kind.HOUR_BEFORE:
            return _NEVER if of.here else Span(of.starts_at - HOUR_S, of.starts_at)
        case Kind.LINK:
            return Span(0.0, of.ends_at)
        case _:
            assert_never(kind)


def still(kind: Kind, said_starts_at: float, of: Appointment, now: float) -> bool:
    """Whether a reminder that was decided on for an appointment at ``said_starts_at`` is still worth sending."""
    same = kind in (Kind.LINK, Kind.BOOKED, Kind.MOVED) or said_starts_at == of.starts_at
    return same and now < span_of(kind, of).until


def not_before(kind: Kind, of: Appointment, now: float) -> float:
    """When it may be sent: ``now``, or the morning. Who asks for a link is awake."""
    return now if kind in (Kind.HOUR_BEFORE, Kind.LINK) else _awake(now, of.starts_at)


def _news(happened_at: float | None, of: Appointment) -> Span:
    """Of a booking or a move. A night's patience is added to how long it is worth telling."""
    if happened_at is None:
        return _NEVER
    since = _awake(happened_at, of.starts_at)
    return Span(since, min(of.ends_at, since + NEWS_LASTS_S))


def _needless(kind: Kind, of: Appointment, told: Sequence[Told]) -> bool:
    if any(word.kind is kind and word.occasion_us == occasion_of(kind, of) for word in told):
        return True
    match kind:
        case Kind.BOOKED:
            return any(word.kind in _NEWS for word in told)
        case Kind.MOVED if of.moved_at is not None:
            return any(word.at >= of.moved_at and word.kind is not Kind.LINK for word in told)
        case Kind.DAY_BEFORE:
            return _newly_told(told, of.starts_at - TOLD_LATELY_S)
        case Kind.HOUR_BEFORE:
            return _newly_told(told, of.starts_at - TOLD_JUST_NOW_S)
        case _:
            return False


def _newly_told(told: Sequence[Told], since: float) -> bool:
    return any(word.kind in _NEWS and word.at >= since for word in told)


def _awake(at: float, starts_at: float) -> float:
    """``at``, or the next morning if that is night and the morning early enough before the visit."""
    local = datetime.fromtimestamp(at, CHINA)
    if MORNING <= local.hour < EVENING:
        return at
    day = local.date() if local.hour < MORNING else local.date() + timedelta(days=1)
    morning = datetime(day.year, day.month, day.day, MORNING, tzinfo=CHINA).timestamp()
    return morning if morning + URGENT_S <= starts_at else at
