"""What the hospital may do to a visit from outside the room: move it, call it off, say that nobody came."""

from __future__ import annotations

import pytest

from server.effects import EndMedia, ShowState
from server.events import (
    Admitted,
    Cancelled,
    DeadlinePassed,
    Event,
    NoShowMarked,
    Outcome,
    SeatLeft,
    ServerRestarted,
    VisitCancelled,
    VisitMoved,
)
from server.session import Rules, Waiting, begun, new_session, step
from tests.server.session_kit import AGREED, HELD, LIVE, PREPARED, SEATED, VERIFYING, G, P, after, outcome, refusal, unchanged

RULES = Rules()
START, END, LATER = 2000.0, 3200.0, 90_000.0
CALLED_OFF = VisitCancelled("family")
NO_SHOW = NoShowMarked(2_000_000_000)
MOVED = VisitMoved(88_200_000_000, 90_000_000_000, 3_200_000_000)
FROM_OUTSIDE = (CALLED_OFF, NO_SHOW, MOVED)


@pytest.mark.parametrize("before", [(), AGREED, PREPARED])
def test_a_visit_nobody_was_admitted_to_can_be_called_off(before: tuple[Event, ...]) -> None:
    session, effects = step(after(*before), CALLED_OFF, 100)
    assert outcome(session) is Outcome.CANCELLED
    assert effects == (EndMedia(), ShowState())


@pytest.mark.parametrize("event", FROM_OUTSIDE)
@pytest.mark.parametrize("before", [(*PREPARED, Admitted()), VERIFYING, LIVE, HELD])
def test_once_somebody_was_admitted_it_is_the_physicians(before: tuple[Event, ...], event: Event) -> None:
    assert refusal(after(*before), event, START) == "visit_under_way"


def test_a_move_gives_the_waiting_room_its_new_end_and_keeps_who_is_there() -> None:
    before = after(*PREPARED)
    session, effects = step(before, MOVED, 100)
    assert session.state == Waiting(LATER + RULES.waiting_after_end_s)
    assert (session.seats, session.consents, session.child_confirmed) == (before.seats, before.consents, True)
    assert effects == (ShowState(),)
    assert unchanged(session, MOVED)
    assert unchanged(session, DeadlinePassed(), LATER)


def test_a_no_show_is_none_before_the_start() -> None:
    assert refusal(after(), NO_SHOW, START - 0.001) == "too_early"
    session, effects = step(after(*(SEATED[1],)), NO_SHOW, START)
    assert outcome(session) is Outcome.NO_SHOW
    assert effects == (EndMedia(), ShowState())


def test_a_family_that_waits_did_come() -> None:
    assert refusal(after(*SEATED), NO_SHOW, START) == "visit_under_way"
    assert outcome(step(after(*SEATED, SeatLeft(G, 1)), NO_SHOW, START)[0]) is Outcome.NO_SHOW


@pytest.mark.parametrize(
    ("end", "again"), [(CALLED_OFF, CALLED_OFF), (Cancelled(), CALLED_OFF), (CALLED_OFF, Cancelled()), (NO_SHOW, NO_SHOW)]
)
def test_the_same_end_again_changes_nothing(end: Event, again: Event) -> None:
    assert unchanged(step(after(), end, START)[0], again, START)


@pytest.mark.parametrize(("end", "then"), [(CALLED_OFF, NO_SHOW), (NO_SHOW, CALLED_OFF), (CALLED_OFF, MOVED), (NO_SHOW, MOVED)])
def test_after_the_end_nothing_else_is_possible(end: Event, then: Event) -> None:
    assert refusal(step(after(), end, START)[0], then, START) == "session_ended"


def test_a_session_that_was_never_moved_begins_with_its_appointments_end() -> None:
    session = begun("s1", RULES, ends_at=END, journal=[])
    assert session == new_session("s1", RULES, until=END + RULES.waiting_after_end_s)


def test_a_replay_of_a_moved_session_is_the_session_that_was_moved() -> None:
    """Though the appointment that the records hold by then is the last one."""
    session, journal = begun("s1", RULES, ends_at=END, journal=[]), []
    again = VisitMoved(500_000_000_000, 501_000_000_000, 90_000_000_000)
    happened = [(SEATED[0], 100.0), (MOVED, 200.0), (ServerRestarted(5), 90_000.0), (again, 95_000.0), (SEATED[1], 96_000.0)]
    for event, at in happened:
        session, _ = step(session, event, at)
        journal.append((event, at))
    assert session.seats[P].connected
    assert session.deadline == 501_000.0 + RULES.waiting_after_end_s
    assert begun("s1", RULES, ends_at=501_000.0, journal=journal) == session


def test_times_that_no_microsecond_holds_are_the_same_before_and_after_a_move() -> None:
    ends_at = 1_795_000_000.123456 + 1800.0
    live = begun("s1", RULES, ends_at=ends_at, journal=[])
    moved = VisitMoved(1, 2, round(ends_at * 1e6))
    assert begun("s1", RULES, ends_at=0.000002, journal=[(moved, 1.0)]) == step(live, moved, 1.0)[0]
