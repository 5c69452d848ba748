"""A visit that begins by text and becomes one by video: the physician writes first, and nobody is seen before an admission."""

from __future__ import annotations

import pytest

from server.effects import ShowState
from server.events import (
    Admitted,
    Attested,
    Cancelled,
    ChildConfirmed,
    ChildDenied,
    Completed,
    ConsentRefused,
    DeadlinePassed,
    Event,
    FamilyDenied,
    MediaAlive,
    NoShowMarked,
    Outcome,
    RecorderReady,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    TextBegun,
    VisitCancelled,
    VisitMoved,
)
from server.session import Live, Recorder, Rules, Verifying, Waiting, step
from signaling.seats import Role
from tests.server.session_kit import (
    AGREED,
    ALL_CHECKS,
    HELD,
    LIVE,
    MEDIA,
    PREPARED,
    REFERRED,
    SEATED,
    UNTIL,
    VERIFYING,
    G,
    P,
    after,
    outcome,
    refusal,
    unchanged,
)

RULES = Rules()
BY_TEXT = (*PREPARED, TextBegun())
FROM_OUTSIDE = (VisitCancelled("family"), NoShowMarked(0), VisitMoved(88_200_000_000, 90_000_000_000, 3_200_000_000))


def test_beginning_by_text_opens_nothing_and_records_nothing() -> None:
    session, effects = step(after(*PREPARED, *MEDIA, RecorderReady()), TextBegun(), 100)
    assert (session.state, session.text, session.under_way) == (Waiting(UNTIL, text_since=100), True, True)
    assert (session.gate_open, session.admitted) == (False, False)
    assert effects == (ShowState(),)


@pytest.mark.parametrize("missing", AGREED)
def test_it_needs_the_child_and_both_consents_as_an_admission_does(missing: Event) -> None:
    before = after(*SEATED, *(event for event in AGREED if event != missing))
    assert refusal(before, TextBegun()) == refusal(before, Admitted()) == "consent_missing"


def test_it_needs_the_guardian_to_be_here() -> None:
    assert refusal(after(*PREPARED, SeatLeft(G, 1)), TextBegun()) == "wrong_state"


@pytest.mark.parametrize("before", [(*PREPARED, Admitted()), VERIFYING, LIVE, HELD])
def test_text_comes_first_or_not_at_all(before: tuple[Event, ...]) -> None:
    assert refusal(after(*before), TextBegun()) == "wrong_state"


def test_begun_again_it_is_what_it_was() -> None:
    assert unchanged(after(*BY_TEXT), TextBegun(), 900)


def test_an_admission_makes_it_a_video_visit_that_is_attested_as_any_other() -> None:
    video = after(*BY_TEXT, Admitted(), *MEDIA, RecorderReady())
    assert (video.state, video.generation, video.text, video.under_way) == (Verifying(), 1, False, True)
    assert refusal(video, Completed("dd")) == "wrong_state"
    attested, _ = step(video, Attested(ALL_CHECKS), 100)
    assert attested.state == Live()


def test_until_all_are_seen_and_recorded_an_admission_leaves_it_a_visit_by_text() -> None:
    session = after(*BY_TEXT, Admitted(), MediaAlive(P, 1))
    assert (session.text, session.gate_open, session.recorder) == (True, False, Recorder.STARTING)


def test_by_text_alone_a_child_is_referred_and_no_visit_is_completed() -> None:
    assert refusal(after(*BY_TEXT), Completed("dd")) == "wrong_state"
    assert outcome(step(after(*BY_TEXT), REFERRED, 200)[0]) is Outcome.REFERRED
    assert outcome(step(after(*BY_TEXT), Cancelled(), 200)[0]) is Outcome.CANCELLED


def test_after_the_end_nothing_begins() -> None:
    assert refusal(after(*BY_TEXT, REFERRED), TextBegun()) == "session_ended"


@pytest.mark.parametrize("event", FROM_OUTSIDE)
def test_nothing_is_decided_from_outside_any_more(event: Event) -> None:
    assert refusal(after(*BY_TEXT, SeatLeft(G, 1)), event, 2000.0) == "visit_under_way"


@pytest.mark.parametrize("kind", ["consultation", "recording"])
def test_refusing_a_consent_takes_it_back(kind: str) -> None:
    assert outcome(step(after(*BY_TEXT), ConsentRefused(kind, "1"), 200)[0]) is Outcome.CONSENT_WITHDRAWN


def test_a_child_that_is_denied_by_text_is_confirmed_before_anybody_is_seen() -> None:
    denied = after(*BY_TEXT, ChildDenied())
    assert denied.text
    assert refusal(denied, Admitted()) == "consent_missing"
    assert step(step(denied, ChildConfirmed(), 200)[0], Admitted(), 200)[0].admitted


def test_these_are_others_ends_the_text_until_it_begins_again() -> None:
    others = after(*BY_TEXT, FamilyDenied())
    assert (others.text, others.family_denied, others.under_way) == (False, True, False)
    again, _ = step(others, TextBegun(), 300)
    assert (again.state, again.family_denied) == (Waiting(UNTIL, text_since=300), False)


# --- the waiting room's closing ---


def test_a_late_beginning_keeps_the_waiting_room_open() -> None:
    late, _ = step(after(*PREPARED), TextBegun(), UNTIL - 10)
    assert late.deadline == UNTIL - 10 + RULES.waiting_after_end_s


def test_it_stays_open_as_long_as_both_are_connected() -> None:
    session, effects = step(after(*BY_TEXT), DeadlinePassed(), UNTIL)
    assert session.state == Waiting(UNTIL + RULES.waiting_after_end_s, text_since=100)
    assert effects == (ShowState(),)
    assert unchanged(session, DeadlinePassed(), UNTIL)


@pytest.mark.parametrize(("away", "expected"), [(G, Outcome.GUARDIAN_ABSENT), (P, Outcome.PHYSICIAN_ABSENT)])
def test_when_it_closes_whoever_is_not_connected_is_absent(away: Role, expected: Outcome) -> None:
    gone = after(*BY_TEXT, SeatLeft(away, 1))
    assert outcome(step(gone, DeadlinePassed(), UNTIL)[0]) is expected


def test_after_a_restart_it_goes_on_by_text() -> None:
    session, _ = step(after(*BY_TEXT), ServerRestarted(2000), 300)
    assert session.state == Waiting(UNTIL, text_since=100)
    assert not session.seats[G].connected
    late, _ = step(after(*BY_TEXT), ServerRestarted(2000), UNTIL + 5)
    assert late.state == Waiting(UNTIL + 5 + RULES.restart_grace_s, text_since=100)
    back, _ = step(late, SeatTaken(G, 2), UNTIL + 6)
    assert back.text
