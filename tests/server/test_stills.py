"""When the physician may save a picture out of the call: live, and while the guardian in the visit agrees to it."""

from __future__ import annotations

import pytest

from server import stills
from server.effects import ShowState
from server.errors import Refused
from server.events import Completed, ConsentGiven, ConsentRefused, ConsentWithdrawn, Event, HoldPlaced, StillTaken
from server.session import Session, step
from server.views import session_view
from tests.server.session_kit import HELD, LIVE, PREPARED, VERIFYING, after, refusal

AGREED = ConsentGiven("stills", "1", "zh", "dd")
TAKEN = StillTaken("d1", "ee")


def shown(session: Session) -> object:
    return session_view(session, 100.0, {})["stills"]


def test_a_still_is_counted_and_shown_to_all() -> None:
    before = after(AGREED, *LIVE)
    session, effects = step(before, TAKEN, 100.0)
    assert (session.stills, session.version) == (1, before.version + 1)
    assert any(isinstance(effect, ShowState) for effect in effects)
    assert shown(session) == {"allowed": True, "taken": 1}


@pytest.mark.parametrize("events", [PREPARED, VERIFYING, HELD, (*LIVE, HoldPlaced("other"))])
def test_only_while_it_is_live(events: tuple[Event, ...]) -> None:
    assert refusal(after(AGREED, *events), TAKEN) == "wrong_state"


def test_none_after_the_end() -> None:
    ended = after(AGREED, *LIVE, Completed("ff"))
    assert refusal(ended, TAKEN) == "session_ended"
    with pytest.raises(Refused) as refused:
        stills.check(ended)
    assert refused.value.code == "session_ended"


@pytest.mark.parametrize("said", [(), (ConsentRefused("stills", "1"),)])
def test_none_of_a_family_that_did_not_agree(said: tuple[Event, ...]) -> None:
    with pytest.raises(Refused) as refused:
        step(after(*said, *LIVE), TAKEN, 100.0)
    assert (refused.value.code, refused.value.said) == ("consent_missing", stills.NOT_AGREED)


def test_taking_the_consent_back_stops_further_ones_and_leaves_what_was_taken() -> None:
    session = after(AGREED, *LIVE, TAKEN, ConsentWithdrawn("stills"))
    assert refusal(session, TAKEN) == "consent_missing"
    assert shown(session) == {"allowed": False, "taken": 1}
