"""How far a referral has come: a fold of the facts that are told about it, and by when each step is due.

A referral is issued, sent, received, booked, seen. What is told moves it forward: a receipt that comes late, twice or out of
order never takes a step back, and who was seen has been received. Only *reopened* does, where "seen" was told in error: what
else was told stands, and what is due is asked for anew. Nothing ends by running out of time; a step that is due and was not
told is *overdue*, and stays so until it is told. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from server.referral import Urgency


class Stage(StrEnum):
    """In their order. ``sent`` is skipped where there is no system to send to."""

    ISSUED = "issued"
    SENT = "sent"
    RECEIVED = "received"
    BOOKED = "booked"
    SEEN = "seen"


class Fact(StrEnum):
    """What can be told of a referral."""

    SENT = "sent"
    NOT_SENT = "not_sent"  # one attempt to send it failed
    RECEIVED = "received"
    BOOKED = "booked"
    SEEN = "seen"
    REOPENED = "reopened"  # the child was not seen after all
    CONTACTED = "contacted"  # the care coordinator spoke with the family
    OVERDUE_RECEIVED = "overdue_received"
    OVERDUE_BOOKED = "overdue_booked"
    OVERDUE_SEEN = "overdue_seen"


class Source(StrEnum):
    """Who tells it, and by which way."""

    SERVER = "server"
    API = "api"  # the hospital's system, with its key
    QR = "qr"  # the destination's desk, with the code on the letter
    COORDINATOR = "coordinator"  # the care coordinator, on the page


MAY_TELL: Final[Mapping[Source, frozenset[Fact]]] = MappingProxyType(
    {
        Source.SERVER: frozenset(
            {Fact.SENT, Fact.NOT_SENT, Fact.OVERDUE_RECEIVED, Fact.OVERDUE_BOOKED, Fact.OVERDUE_SEEN},
        ),
        Source.API: frozenset({Fact.RECEIVED, Fact.BOOKED, Fact.SEEN}),
        Source.QR: frozenset({Fact.RECEIVED, Fact.BOOKED, Fact.SEEN}),
        Source.COORDINATOR: frozenset({Fact.CONTACTED, Fact.RECEIVED, Fact.BOOKED, Fact.SEEN, Fact.REOPENED}),
    }
)

OVERDUE: Final[Mapping[Stage, Fact]] = MappingProxyType(
    {Stage.RECEIVED: Fact.OVERDUE_RECEIVED, Stage.BOOKED: Fact.OVERDUE_BOOKED, Stage.SEEN: Fact.OVERDUE_SEEN}
)

FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 6 * 3600.0
MOST_ATTEMPTS: Final = 16
"""The pause after a failed attempt to send it doubles up to the longest; after the last one, in the second day, people act."""

ONE_CALL_S: Final = 10.0
"""Two taps on "contacted" within this time are one call."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when each step must be told (None: it need not be), and how long after an appointment that the child was seen."""

    received_at: float | None
    booked_at: float | None
    seen_at: float | None
    missed_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """``Deadlines`` in seconds after the issue."""

    received_s: float | None
    booked_s: float | None
    seen_s: float
    missed_s: float

    def after(self, issued_at: float) -> Deadlines:
        def at(limit_s: float | None) -> float | None:
            return None if limit_s is None else issued_at + limit_s

        return Deadlines(at(self.received_s), at(self.booked_s), at(self.seen_s), self.missed_s)


@dataclass(frozen=True, slots=True)
class Track:
    """Times are seconds since 1970, each of when it was told first; of several appointments the last one counts, and of the
    times it was reopened."""

    urgency: Urgency
    issued_at: float
    sent_at: float | None = None
    taken_at: float | None = None
    """When it was told to be received, or booked."""
    booked_at: float | None = None
    appointment_at: float | None = None
    seen_at: float | None = None
    reopened_at: float | None = None
    contacted_at: float | None = None
    failures: int = 0
    """How many attempts to send it failed before one succeeded, and when the last one did."""
    failed_at: float | None = None
    alarmed: frozenset[Stage] = frozenset()
    """The steps of which it was told that they are overdue."""

    @property
    def received_at(self) -> float | None:
        """Who was seen has been received."""
        return self.seen_at if self.taken_at is None else self.taken_at

    @property
    def stage(self) -> Stage:
        reached = (
            (Stage.SEEN, self.seen_at),
            (Stage.BOOKED, self.booked_at),
            (Stage.RECEIVED, self.received_at),
            (Stage.SENT, self.sent_at),
        )
        return next((stage for stage, at in reached if at is not None), Stage.ISSUED)

    @property
    def open(self) -> bool:
        return self.seen_at is None


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A step that has not been told, and by when it should be."""

    at: float
    stage: Stage


def advance(track: Track, fact: Fact, at: float, appointment_at: float | None = None) -> Track:
    """The track once that was told; the same object when nothing is new in it."""
    match fact:
        case Fact.SENT:
            return track if track.sent_at is not None else replace(track, sent_at=at)
        case Fact.NOT_SENT:
            return track if track.sent_at is not None else replace(track, failures=track.failures + 1, failed_at=at)
        case Fact.RECEIVED:
            return track if track.received_at is not None else replace(track, taken_at=at)
        case Fact.BOOKED:
            return _booked(track, at, appointment_at)
        case Fact.SEEN:
            return replace(track, seen_at=at) if track.open else track
        case Fact.REOPENED:
            return track if track.open else replace(track, seen_at=None, reopened_at=at, alarmed=frozenset())
        case Fact.CONTACTED:
            again = track.contacted_at is not None and at - track.contacted_at < ONE_CALL_S
            return track if again else replace(track, contacted_at=at)
        case Fact.OVERDUE_RECEIVED:
            return _alarmed(track, Stage.RECEIVED)
        case Fact.OVERDUE_BOOKED:
            return _alarmed(track, Stage.BOOKED)
        case Fact.OVERDUE_SEEN:
            return _alarmed(track, Stage.SEEN)
        case _:
            assert_never(fact)


def _booked(track: Track, at: float, appointment_at: float | None) -> Track:
    """A new appointment takes the former one's place, and a former alarm that nobody was seen is over with it."""
    if not track.open:
        return track
    appointment = track.appointment_at if appointment_at is None else appointment_at
    if track.booked_at is not None and appointment == track.appointment_at:
        return track
    booked = at if track.booked_at is None else track.booked_at
    taken = at if track.taken_at is None else track.taken_at
    alarmed = track.alarmed if appointment == track.appointment_at else track.alarmed - {Stage.SEEN}
    return replace(track, taken_at=taken, booked_at=booked, appointment_at=appointment, alarmed=alarmed)


def _alarmed(track: Track, stage: Stage) -> Track:
    return track if stage in track.alarmed else replace(track, alarmed=track.alarmed | {stage})


def waited_for(track: Track, by: Deadlines) -> tuple[Due, ...]:
    """The steps that are still to be told, the earliest first."""
    if not track.open:
        return ()
    missed_at = None if track.appointment_at is None else track.appointment_at + by.missed_s
    due = [
        (min((at for at in (by.seen_at, missed_at) if at is not None), default=None), Stage.SEEN),
        (by.received_at if track.received_at is None else None, Stage.RECEIVED),
        (by.booked_at if track.booked_at is None else None, Stage.BOOKED),
    ]
    return tuple(sorted(Due(at, stage) for at, stage in due if at is not None))


def overdue(track: Track, by: Deadlines, now: float) -> Due | None:
    """The step that has been overdue for longest."""
    return next((due for due in waited_for(track, by) if due.at <= now), None)


def alarms(track: Track, by: Deadlines, now: float) -> tuple[Fact, ...]:
    """What is overdue and was not told to be."""
    return tuple(OVERDUE[due.stage] for due in waited_for(track, by) if due.at <= now and due.stage not in track.alarmed)


def next_alarm_at(track: Track, by: Deadlines) -> float | None:
    """When the next step becomes overdue of which that was not told."""
    return next((due.at for due in waited_for(track, by) if due.stage not in track.alarmed), None)


def attempt_at(track: Track) -> float | None:
    """When to send it (again) to a destination that can be sent to; None when there is no more to try."""
    if track.sent_at is not None or not track.open or track.failures >= MOST_ATTEMPTS:
        return None
    if track.failed_at is None:
        return track.issued_at
    return track.failed_at + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (track.failures - 1))


def booked_too_late(track: Track, by: Deadlines) -> bool:
    """Whether the appointment is later than the child must be seen."""
    if not track.open or track.appointment_at is None or by.seen_at is None:
        return False
    return track.appointment_at > by.seen_at
