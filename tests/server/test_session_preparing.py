"""Preparing a visit is written down, changes nothing, and has its place in the waiting room only."""

from __future__ import annotations

import pytest

from server.events import Completed, Event, Measured, QuestionnaireAnswered
from server.session import REQUIRED_CONSENTS, Waiting
from tests.server.session_kit import HELD, LIVE, PREPARED, SEATED, VERIFYING, after, refusal, unchanged

ANSWERED = QuestionnaireAnswered("growth-2026-1", "aa", "emergency", "b1", "bb")
MEASURED = Measured("b2", "cc")
BOTH = pytest.mark.parametrize("event", [ANSWERED, MEASURED])


@BOTH
@pytest.mark.parametrize("before", [(), SEATED, PREPARED])
def test_in_the_waiting_room_it_changes_nothing(event: Event, before: tuple[Event, ...]) -> None:
    assert unchanged(after(*before), event)


@BOTH
@pytest.mark.parametrize("before", [VERIFYING, LIVE, HELD])
def test_once_admitted_the_physician_asks(event: Event, before: tuple[Event, ...]) -> None:
    assert refusal(after(*before), event) == "wrong_state"


@BOTH
def test_after_the_end_nothing_is_told_any_more(event: Event) -> None:
    assert refusal(after(*LIVE, Completed("dd")), event) == "session_ended"


def test_nobody_is_kept_out_for_not_having_prepared() -> None:
    """Every other test of the machine admits without; so much is asked for and no more."""
    assert REQUIRED_CONSENTS == ("consultation", "recording")
    assert isinstance(after(*PREPARED).state, Waiting)
    assert after(*PREPARED).consented
