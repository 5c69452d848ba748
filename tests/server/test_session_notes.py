"""The note is signed after the end only; complaints and incidents are written down whenever. None of it changes the session."""

from __future__ import annotations

import pytest

from server.errors import Refused
from server.events import ComplaintFiled, ConcernTold, Event, IncidentRecorded, NoteAmended, NoteSigned, VisitCancelled
from server.session import Ended, Rules, new_session, step

SIGNED = (NoteSigned("n1", "b1", "aa"), NoteAmended("a1", "b2", "bb"))
CONCERNS = (
    ComplaintFiled("c1", "aa"),
    IncidentRecorded("c2", "privacy", "physician", "bb"),
    ConcernTold("c1", "answered", "coordinator", "cc"),
)
WAITING = new_session("v1", Rules(), until=100.0)
ENDED, _ = step(WAITING, VisitCancelled("family"), 1.0)


@pytest.mark.parametrize("event", SIGNED)
def test_nothing_is_signed_while_the_visit_goes_on(event: Event) -> None:
    with pytest.raises(Refused, match="wrong_state"):
        step(WAITING, event, 1.0)


@pytest.mark.parametrize("event", SIGNED + CONCERNS)
def test_after_the_end_each_is_noted_and_changes_nothing(event: Event) -> None:
    assert isinstance(ENDED.state, Ended)
    after, effects = step(ENDED, event, 2.0)
    assert after is ENDED
    assert effects == ()


@pytest.mark.parametrize("event", CONCERNS)
def test_a_concern_is_noted_in_the_waiting_room_too(event: Event) -> None:
    assert step(WAITING, event, 1.0) == (WAITING, ())
