"""The rules of a session, one sentence each: how it begins, goes on and ends. Seats and holds have files of their own, and
the machine as a whole is tried in test_session_machine.py.
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from server.effects import AnchorRecording, CloseGate, Effect, EndMedia, OpenGate, ShowState, StartRecording
from server.events import (
    Admitted,
    Attested,
    Cancelled,
    Chatted,
    ChildConfirmed,
    ChildDenied,
    ClockStepped,
    Completed,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    DeadlinePassed,
    Doubted,
    Event,
    GateLapsed,
    HoldCleared,
    HoldPlaced,
    MediaAlive,
    MediaSilent,
    Outcome,
    RecorderLost,
    RecorderReady,
    RecordingAnchored,
    Referred,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
)
from server.session import Consent, Ended, FiledReferral, Live, Recorder, Verifying, Waiting, step
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

# --- waiting ---


def test_a_new_session_waits_with_the_gate_closed() -> None:
    session = after()
    assert session.state == Waiting(UNTIL)
    assert session.deadline == UNTIL
    assert not session.gate_open


def test_admission_starts_the_recorder_and_opens_nothing() -> None:
    session, effects = step(after(*PREPARED, *MEDIA), Admitted(), 100)
    assert effects == (StartRecording(), ShowState())
    assert session.recorder is Recorder.STARTING
    assert not session.gate_open


@pytest.mark.parametrize("last", [RecorderReady(), MediaAlive(G, 1), MediaAlive(P, 1), Admitted()])
def test_the_gate_opens_with_whatever_was_missing_last(last: Event) -> None:
    conditions = [Admitted(), RecorderReady(), *MEDIA]
    before = after(*PREPARED, *(event for event in conditions if event != last))
    assert not before.gate_open
    session, effects = step(before, last, 100)
    assert session.state == Verifying()
    assert OpenGate(1) in effects


@pytest.mark.parametrize("missing", AGREED)
def test_admission_needs_the_child_and_both_consents(missing: Event) -> None:
    session = after(*SEATED, *(event for event in AGREED if event != missing))
    assert refusal(session, Admitted()) == "consent_missing"


def test_a_denied_child_is_remembered_and_the_last_word_counts() -> None:
    session = after(*PREPARED, ChildDenied())
    assert session.state == Waiting(UNTIL)
    assert (session.child_denied, session.child_confirmed) == (True, False)
    assert refusal(session, Admitted()) == "consent_missing"
    assert unchanged(session, ChildDenied())
    session, _ = step(session, ChildConfirmed(), 100)
    assert (session.child_denied, session.child_confirmed) == (False, True)


def test_a_denial_in_the_call_is_written_down_for_the_physician_and_closes_nothing() -> None:
    session, effects = step(after(*LIVE), ChildDenied(), 100)
    assert (session.state, session.child_denied, session.child_confirmed) == (Live(), True, True)
    assert effects == (ShowState(),)


def test_admission_needs_a_guardian_who_is_connected() -> None:
    assert refusal(after(*AGREED), Admitted()) == "wrong_state"
    assert refusal(after(*PREPARED, SeatLeft(G, 1)), Admitted()) == "wrong_state"


def test_a_guardian_who_refuses_the_recording_waits_on_and_cannot_be_admitted() -> None:
    session = after(*PREPARED, ConsentRefused("recording", "1"))
    assert session.state == Waiting(UNTIL)
    assert session.consents["recording"] is Consent.REFUSED
    assert refusal(session, Admitted()) == "consent_missing"


def test_a_refusal_after_admission_keeps_the_gate_closed_until_it_is_given_again() -> None:
    session = after(*PREPARED, Admitted(), ConsentRefused("recording", "1"), *MEDIA, RecorderReady())
    assert isinstance(session.state, Waiting)
    session, effects = step(session, AGREED[2], 100)
    assert session.gate_open
    assert OpenGate(1) in effects


def test_the_physician_can_cancel_while_waiting_only() -> None:
    session, effects = step(after(*PREPARED), Cancelled(), 100)
    assert outcome(session) is Outcome.CANCELLED
    assert effects == (EndMedia(), ShowState())
    assert refusal(after(*LIVE), Cancelled()) == "wrong_state"


def test_a_recorder_lost_while_waiting_ends_nothing() -> None:
    session, effects = step(after(*PREPARED, Admitted()), RecorderLost("disk_full"), 100)
    assert isinstance(session.state, Waiting)
    assert session.recorder is Recorder.LOST
    assert effects == (ShowState(),)


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ((), Outcome.NO_SHOW),
        ((SeatTaken(P, 1),), Outcome.NO_SHOW),
        ((SeatTaken(G, 1),), Outcome.PHYSICIAN_ABSENT),
        ((SeatTaken(G, 1), SeatLeft(G, 1)), Outcome.PHYSICIAN_ABSENT),
        (SEATED, Outcome.NO_SHOW),
    ],
)
def test_a_waiting_room_that_closes_says_who_did_not_come(came: tuple[Event, ...], expected: Outcome) -> None:
    session, effects = step(after(*came), DeadlinePassed(), UNTIL)
    assert outcome(session) is expected
    assert effects == (EndMedia(), ShowState())


def test_a_deadline_that_is_not_due_is_ignored() -> None:
    assert unchanged(after(), DeadlinePassed(), UNTIL - 0.001)
    assert unchanged(after(*LIVE), DeadlinePassed(), 1e9)


# --- verifying and live ---


@pytest.mark.parametrize("left_out", ALL_CHECKS)
def test_attesting_needs_every_check(left_out: str) -> None:
    checks = tuple(check for check in ALL_CHECKS if check != left_out)
    assert refusal(after(*VERIFYING), Attested((*checks, "something_else"))) == "attestation_incomplete"


def test_an_attested_session_is_live() -> None:
    session, effects = step(after(*VERIFYING), Attested(ALL_CHECKS), 100)
    assert session.state == Live()
    assert effects == (ShowState(),)


def test_attesting_is_for_verifying_only() -> None:
    assert refusal(after(*PREPARED), Attested(ALL_CHECKS)) == "wrong_state"
    assert refusal(after(*VERIFYING, MediaSilent(G, 1)), Attested(ALL_CHECKS)) == "wrong_state"


def test_completing_comes_after_attesting() -> None:
    assert refusal(after(*PREPARED), Completed("dd")) == "wrong_state"
    assert refusal(after(*VERIFYING), Completed("dd")) == "wrong_state"
    assert refusal(after(*VERIFYING, RecorderLost("x")), Completed("dd")) == "wrong_state"
    session, effects = step(after(*LIVE), Completed("dd"), 100)
    assert outcome(session) is Outcome.COMPLETED
    assert effects == (CloseGate(1), EndMedia(), AnchorRecording(), ShowState())


def test_an_attested_session_can_be_completed_while_held() -> None:
    session, effects = step(after(*HELD), Completed("dd"), 100)
    assert outcome(session) is Outcome.COMPLETED
    assert effects == (EndMedia(), AnchorRecording(), ShowState())


@pytest.mark.parametrize("before", [(), PREPARED, VERIFYING, LIVE, HELD])
def test_the_physician_can_refer_at_any_time(before: tuple[Event, ...]) -> None:
    session, effects = step(after(*before), REFERRED, 100)
    assert outcome(session) is Outcome.REFERRED
    assert session.referral == FiledReferral("r1", "poor_picture", "within_2w")
    assert EndMedia() in effects


def test_a_lapsed_gate_is_opened_anew_under_a_new_generation() -> None:
    session, effects = step(after(*LIVE), GateLapsed(1, "lease"), 100)
    assert session.state == Live()
    assert effects == (OpenGate(2),)
    assert unchanged(session, GateLapsed(1, "lease"))
    assert unchanged(after(*HELD), GateLapsed(1, "lease"))


@pytest.mark.parametrize("event", [Chatted(G, "m1", "ee"), RecordingAnchored("rec", 7, "ff"), ClockStepped(3_600_000)])
def test_chat_anchors_and_clock_steps_change_nothing(event: Event) -> None:
    assert unchanged(after(*LIVE), event)


# --- consent taken back ---


@pytest.mark.parametrize("kind", ["recording", "consultation"])
@pytest.mark.parametrize("before", [PREPARED, VERIFYING, LIVE, HELD])
def test_taking_back_either_consent_ends_the_session(before: tuple[Event, ...], kind: str) -> None:
    session = after(*before)
    was_open = session.gate_open
    session, effects = step(session, ConsentWithdrawn(kind), 100)
    assert outcome(session) is Outcome.CONSENT_WITHDRAWN
    assert session.consents[kind] is Consent.WITHDRAWN
    assert effects[: 1 + was_open] == ((CloseGate(1), EndMedia()) if was_open else (EndMedia(),))


def test_refusing_during_the_call_is_taking_back() -> None:
    session, _ = step(after(*LIVE), ConsentRefused("recording", "1"), 100)
    assert outcome(session) is Outcome.CONSENT_WITHDRAWN


def test_an_optional_consent_can_be_given_refused_and_taken_back_in_the_call() -> None:
    session = after(*LIVE, ConsentGiven("stills", "1", "zh", "aa"))
    assert session.consents["stills"] is Consent.GIVEN
    session, effects = step(session, ConsentWithdrawn("stills"), 100)
    assert session.state == Live()
    assert session.consents["stills"] is Consent.WITHDRAWN
    assert effects == (ShowState(),)


def test_a_child_whose_family_withdrew_can_still_be_referred_once() -> None:
    session = after(*LIVE, ConsentWithdrawn("recording"))
    session, effects = step(session, REFERRED, 200)
    assert effects == (ShowState(),)
    assert session.state == Ended(Outcome.CONSENT_WITHDRAWN, 100)
    assert session.referral == FiledReferral("r1", "poor_picture", "within_2w")
    assert unchanged(session, Referred("r2", "other", "routine", "v1", "gg"))


# --- the end ---

ENDS: dict[str, tuple[tuple[Event, ...], Event]] = {
    "completed": (LIVE, Completed("dd")),
    "referred": (LIVE, REFERRED),
    "cancelled": (PREPARED, Cancelled()),
    "consent_withdrawn": (LIVE, ConsentWithdrawn("recording")),
}
COMMANDS = (
    Admitted(),
    Attested(ALL_CHECKS),
    HoldPlaced("other"),
    HoldCleared(),
    Completed("dd"),
    REFERRED,
    Cancelled(),
    ConsentWithdrawn("recording"),
)


@pytest.mark.parametrize("end", ENDS)
def test_the_command_that_ended_it_can_be_repeated_and_any_other_is_refused(end: str) -> None:
    before, last = ENDS[end]
    session = after(*before, last)
    assert outcome(session) == end
    assert unchanged(session, last, 900)
    others = [c for c in COMMANDS if c != last and not (end == "consent_withdrawn" and c is REFERRED)]
    assert [refusal(session, command, 900) for command in others] == ["session_ended"] * len(others)


@pytest.mark.parametrize(
    "event",
    [
        SeatTaken(G, 9),
        SeatLeft(G, 1),
        MediaAlive(G, 1),
        MediaSilent(G, 1),
        Doubted(G, 1, ()),
        *AGREED,
        ChildDenied(),
        ConsentRefused("recording", "1"),
        Chatted(G, "m", "aa"),
        RecorderReady(),
        RecorderLost("x"),
        RecordingAnchored("r", 1, "aa"),
        GateLapsed(1, "lease"),
        DeadlinePassed(),
        ServerRestarted(),
        ClockStepped(5),
    ],
)
@pytest.mark.parametrize("end", ENDS)
def test_whatever_happens_afterwards_changes_nothing(end: str, event: Event) -> None:
    before, last = ENDS[end]
    assert unchanged(after(*before, last), event, 1e9)


def test_a_command_that_took_effect_can_be_repeated() -> None:
    assert unchanged(after(*PREPARED, Admitted()), Admitted())
    assert unchanged(after(*LIVE), Admitted())
    assert unchanged(after(*LIVE), Attested(ALL_CHECKS))
    assert unchanged(after(*HELD), Attested(ALL_CHECKS))
    assert unchanged(after(*LIVE), HoldCleared())
    assert unchanged(after(*HELD), HoldCleared())


# --- the machine itself ---


def test_the_version_rises_with_every_change_only() -> None:
    session = after(*LIVE)
    assert step(session, ClockStepped(1), 100)[0].version == session.version
    assert step(session, MediaSilent(G, 1), 100)[0].version == session.version + 1


def test_an_event_without_a_rule_is_a_bug() -> None:
    class Invented(Event):
        type: ClassVar[str] = "invented"

    with pytest.raises(TypeError, match="invented"):
        step(after(), Invented(), 100)


def test_what_closes_comes_before_what_opens() -> None:
    permissive = (OpenGate, StartRecording, AnchorRecording, ShowState)
    effects: tuple[Effect, ...] = step(after(*LIVE), REFERRED, 100)[1]
    kinds = [isinstance(effect, permissive) for effect in effects]
    assert kinds == sorted(kinds)
