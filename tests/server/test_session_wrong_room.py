"""The wrong-room guard: both sides see masked names; who says "not mine" keeps everybody out until that is taken back."""

from __future__ import annotations

import pytest

from server.effects import ShowState
from server.events import Admitted, Attested, ChildConfirmed, ChildDenied, Completed, Event, FamilyDenied, WhereaboutsTold
from server.session import Waiting, step
from tests.server.session_kit import (
    ALL_CHECKS,
    HELD,
    LIVE,
    MEDIA,
    PREPARED,
    SEATED,
    UNTIL,
    VERIFYING,
    after,
    refusal,
    unchanged,
)

TOLD = WhereaboutsTold("b1", "aa")


def test_a_physician_who_says_that_these_are_others_admits_nobody() -> None:
    session, effects = step(after(*PREPARED, *MEDIA), FamilyDenied(), 100)
    assert (session.state, session.family_denied, session.admitted, session.gate_open) == (Waiting(UNTIL), True, False, False)
    assert effects == (ShowState(),)
    assert unchanged(session, FamilyDenied())


def test_the_physicians_last_word_counts() -> None:
    session, _ = step(after(*PREPARED, FamilyDenied()), Admitted(), 100)
    assert (session.admitted, session.family_denied) == (True, False)


def test_either_side_alone_keeps_everybody_out() -> None:
    both = after(*PREPARED, ChildDenied(), FamilyDenied())
    assert refusal(both, Admitted()) == "consent_missing"
    mended, _ = step(both, ChildConfirmed(), 100)
    assert (mended.family_denied, mended.admitted) == (True, False)


@pytest.mark.parametrize("before", [(*PREPARED, Admitted()), VERIFYING, LIVE, HELD])
def test_once_admitted_the_physician_holds_or_ends_instead(before: tuple[Event, ...]) -> None:
    assert refusal(after(*before), FamilyDenied()) == "wrong_state"


def test_after_the_end_nobody_is_denied_and_nothing_told() -> None:
    ended = after(*LIVE, Completed("dd"))
    assert refusal(ended, FamilyDenied()) == refusal(ended, TOLD) == "session_ended"


@pytest.mark.parametrize("before", [(), SEATED, PREPARED, VERIFYING, LIVE, HELD])
def test_where_they_are_may_be_told_until_the_end_and_changes_nothing(before: tuple[Event, ...]) -> None:
    assert unchanged(after(*before), TOLD)


def test_an_attestation_with_whereabouts_is_one() -> None:
    session, _ = step(after(*VERIFYING), Attested(ALL_CHECKS, "b1", "aa"), 100)
    assert unchanged(session, Attested(ALL_CHECKS, "b2", "bb"))
