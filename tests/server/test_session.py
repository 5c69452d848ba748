"""The rules of a session, one sentence each. The machine as a whole is tried in test_session_machine.py."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from media.rate.ladder import Rung
from server.errors import Refused
from server.events import (
    Admitted,
    AnchorRecording,
    Attested,
    Cancelled,
    Cause,
    Chatted,
    ChildConfirmed,
    ChildDenied,
    ClockStepped,
    CloseGate,
    Completed,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    DeadlinePassed,
    Doubt,
    Doubted,
    Effect,
    EndMedia,
    Event,
    GateLapsed,
    HoldCleared,
    HoldPlaced,
    MediaAlive,
    MediaSilent,
    OpenGate,
    Outcome,
    RecorderLost,
    RecorderReady,
    RecordingAnchored,
    Referred,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    ShowState,
    StartRecording,
    WeakLeg,
)
from server.session import (
    Consent,
    Ended,
    FiledReferral,
    Held,
    Live,
    Recorder,
    Rules,
    Seat,
    Session,
    Span,
    Verifying,
    Waiting,
    Weakness,
    new_session,
    replay,
    step,
)
from signaling.seats import Role

G, P, X = Role.GUARDIAN, Role.PHYSICIAN, Role.INTERPRETER
UNTIL = 5000.0
ALL_CHECKS = ("guardian_seen", "child_seen", "identity_matches")
AGREED = (ChildConfirmed(), ConsentGiven("consultation", "1", "zh", "aa"), ConsentGiven("recording", "1", "zh", "bb"))
SEATED = (SeatTaken(G, 1), SeatTaken(P, 1))
MEDIA = (MediaAlive(G, 1), MediaAlive(P, 1))
REFERRED = Referred("r1", "poor_picture", "within_2w", "v1", "cc")

PREPARED = (*SEATED, *AGREED)
VERIFYING = (*PREPARED, Admitted(), *MEDIA, RecorderReady())
LIVE = (*VERIFYING, Attested(ALL_CHECKS))
HELD = (*LIVE, MediaSilent(G, 1))


def after(*events: Event, at: float = 100.0) -> Session:
    return replay(new_session("s1", Rules(), until=UNTIL), [(event, at) for event in events])


def refusal(session: Session, event: Event, now: float = 100.0) -> str:
    with pytest.raises(Refused) as refused:
        step(session, event, now)
    return refused.value.code


def outcome(session: Session) -> Outcome:
    assert isinstance(session.state, Ended)
    return session.state.outcome


def causes(session: Session) -> set[Cause]:
    assert isinstance(session.state, Held)
    return set(session.state.causes)


def unchanged(session: Session, event: Event, now: float = 100.0) -> bool:
    same, effects = step(session, event, now)
    return same is session and effects == ()


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


# --- seats ---


def test_a_newer_page_takes_the_seat_and_must_send_media_itself() -> None:
    session, effects = step(after(*LIVE), SeatTaken(G, 2), 100)
    assert causes(session) == {Cause.GUARDIAN_SILENT}
    assert effects[0] == CloseGate(1)
    assert unchanged(session, MediaAlive(G, 1))
    session, effects = step(session, MediaAlive(G, 2), 110)
    assert session.state == Live()
    assert effects == (OpenGate(2), ShowState())


@pytest.mark.parametrize(
    "event", [SeatTaken(G, 1), SeatTaken(G, 0), SeatLeft(G, 0), MediaSilent(G, 0), Doubted(G, 0, (Doubt.CAMERA_OFF,))]
)
def test_an_older_epoch_changes_nothing(event: Event) -> None:
    assert unchanged(after(*LIVE), event)


def test_media_that_lives_on_after_leaving_does_not_count() -> None:
    session, effects = step(after(*LIVE), SeatLeft(G, 1), 100)
    assert causes(session) == {Cause.GUARDIAN_SILENT}
    assert CloseGate(1) in effects
    assert unchanged(session, MediaAlive(G, 1))


def test_media_of_a_seat_nobody_took_does_not_count() -> None:
    assert unchanged(after(), MediaAlive(G, 0))


def test_presence_lost_is_remembered_until_it_returns() -> None:
    session = after(*LIVE)
    session, _ = step(session, MediaSilent(G, 1), 150)
    assert session.seats[G].away_since == 150
    session, _ = step(session, SeatTaken(G, 2), 160)
    assert session.seats[G].away_since == 150
    session, _ = step(session, MediaAlive(G, 2), 165)
    assert session.seats[G].away_since is None


def test_a_doubt_is_shown_and_closes_nothing() -> None:
    session, effects = step(after(*LIVE), Doubted(G, 1, (Doubt.PAGE_HIDDEN,)), 100)
    assert effects == (ShowState(),)
    assert session.gate_open
    assert session.seats[G].doubts == (Doubt.PAGE_HIDDEN,)
    assert unchanged(session, Doubted(G, 1, (Doubt.PAGE_HIDDEN,)))


def test_an_interpreter_neither_opens_nor_closes_the_gate() -> None:
    session = after(*LIVE, SeatTaken(X, 1), MediaAlive(X, 1))
    assert session.present(X)
    session, effects = step(session, SeatLeft(X, 1), 100)
    assert session.gate_open
    assert effects == (ShowState(),)
    waiting = after(*PREPARED, SeatTaken(X, 1), MediaAlive(X, 1), Admitted(), MediaAlive(P, 1), RecorderReady())
    assert not waiting.gate_open


# --- verifying and live ---


@pytest.mark.parametrize("left_out", ALL_CHECKS)
def test_attesting_needs_all_three_checks(left_out: str) -> None:
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


# --- held ---


def test_a_guardian_who_goes_silent_closes_the_gate() -> None:
    session, effects = step(after(*LIVE), MediaSilent(G, 1), 200)
    assert session.state == Held(Live(), {Cause.GUARDIAN_SILENT: Span(200, 320)})
    assert session.deadline == 320
    assert effects == (CloseGate(1), AnchorRecording(), ShowState())


@pytest.mark.parametrize(
    ("event", "cause", "limit_s", "expected"),
    [
        (MediaSilent(G, 1), Cause.GUARDIAN_SILENT, 120, Outcome.GUARDIAN_ABSENT),
        (MediaSilent(P, 1), Cause.PHYSICIAN_SILENT, 300, Outcome.PHYSICIAN_ABSENT),
        (RecorderLost("disk_full"), Cause.RECORDING_LOST, 120, Outcome.RECORDING_LOST),
        (HoldPlaced("guardian_not_with_child"), Cause.PHYSICIAN_HOLD, 900, Outcome.GUARDIAN_ABSENT),
        (HoldPlaced("technical"), Cause.PHYSICIAN_HOLD, 900, Outcome.CANCELLED),
    ],
)
def test_each_cause_has_its_own_limit_and_outcome(event: Event, cause: Cause, limit_s: float, expected: Outcome) -> None:
    session, _ = step(after(*LIVE), event, 200)
    assert causes(session) == {cause}
    assert session.deadline == 200 + limit_s
    session, effects = step(session, DeadlinePassed(), 200 + limit_s)
    assert outcome(session) is expected
    assert effects == (EndMedia(), AnchorRecording(), ShowState())


def test_overlapping_causes_must_all_go_before_the_gate_opens() -> None:
    session = after(*LIVE)
    for event, now in [(MediaSilent(G, 1), 200), (RecorderLost("x"), 205), (MediaAlive(G, 1), 210)]:
        session, effects = step(session, event, now)
        assert not any(isinstance(effect, OpenGate) for effect in effects)
    assert causes(session) == {Cause.RECORDING_LOST}
    session, effects = step(session, RecorderReady(), 215)
    assert session.state == Live()
    assert OpenGate(2) in effects


def test_the_cause_that_runs_out_first_names_the_outcome() -> None:
    session = after(*LIVE)
    session, _ = step(session, MediaSilent(P, 1), 200)
    session, _ = step(session, RecorderLost("x"), 250)
    assert session.deadline == 370
    session, _ = step(session, DeadlinePassed(), 370)
    assert outcome(session) is Outcome.RECORDING_LOST


@pytest.mark.parametrize(("back_at", "expected"), [(220.0, Live()), (220.5, Verifying())])
def test_a_guardian_who_was_away_too_long_is_verified_again(back_at: float, expected: Any) -> None:
    session, _ = step(after(*LIVE), MediaSilent(G, 1), 200)
    session, _ = step(session, MediaAlive(G, 1), back_at)
    assert session.state == expected


def test_a_long_absence_counts_even_when_the_hold_goes_on_for_another_cause() -> None:
    session = after(*LIVE)
    for event, now in [(MediaSilent(G, 1), 200), (RecorderLost("x"), 210), (MediaAlive(G, 1), 230), (RecorderReady(), 231)]:
        session, _ = step(session, event, now)
    assert session.state == Verifying()


def test_a_long_hold_for_another_cause_needs_no_new_attestation() -> None:
    session = after(*LIVE)
    session, _ = step(session, RecorderLost("x"), 200)
    session, _ = step(session, RecorderReady(), 290)
    assert session.state == Live()


def test_only_the_physician_lifts_the_physicians_hold() -> None:
    session = after(*HELD, HoldPlaced("other"), MediaAlive(G, 1))
    assert causes(session) == {Cause.PHYSICIAN_HOLD}
    session, effects = step(session, HoldCleared(), 100)
    assert session.state == Live()
    assert effects == (OpenGate(2), ShowState())


def test_holding_twice_does_not_start_the_clock_again() -> None:
    session, _ = step(after(*LIVE), HoldPlaced("other"), 200)
    assert unchanged(session, HoldPlaced("technical"), 300)


def test_there_is_nothing_to_hold_before_the_call() -> None:
    assert refusal(after(*PREPARED), HoldPlaced("other")) == "wrong_state"
    assert refusal(after(*PREPARED), HoldCleared()) == "wrong_state"


def test_of_two_causes_that_run_out_together_the_one_named_first_ends_it_whichever_came_first() -> None:
    both = (RecorderLost("x"), MediaSilent(G, 1))
    for events in (both, both[::-1]):
        session = after(*LIVE)
        for event in events:
            session, _ = step(session, event, 100)
        session, _ = step(session, DeadlinePassed(), 220)
        assert outcome(session) is Outcome.GUARDIAN_ABSENT


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


# --- restart ---


def test_a_restart_holds_an_open_session_until_all_are_back() -> None:
    session, effects = step(after(*LIVE), ServerRestarted(), 200)
    assert effects == (CloseGate(1), StartRecording(), AnchorRecording(), ShowState())
    assert session.state == Held(
        Live(),
        {
            Cause.GUARDIAN_SILENT: Span(200, 320),
            Cause.PHYSICIAN_SILENT: Span(200, 500),
            Cause.RECORDING_LOST: Span(200, 320),
        },
    )
    assert session.seats[G] == Seat(epoch=1, away_since=200)
    for event in (RecorderReady(), SeatTaken(G, 2), MediaAlive(G, 2), SeatTaken(P, 2), MediaAlive(P, 2)):
        session, effects = step(session, event, 210)
    assert session.state == Live()
    assert OpenGate(2) in effects


def test_a_guardian_counts_as_away_for_the_time_the_server_was() -> None:
    session = after(*LIVE)
    for event in (
        ServerRestarted(down_ms=21_000),
        RecorderReady(),
        SeatTaken(P, 2),
        MediaAlive(P, 2),
        SeatTaken(G, 2),
        MediaAlive(G, 2),
    ):
        session, _ = step(session, event, 200)
    assert session.state == Verifying()


def test_deadlines_that_passed_meanwhile_start_afresh_and_others_run_on() -> None:
    session = after(*LIVE)
    session, _ = step(session, MediaSilent(G, 1), 200)
    session, _ = step(session, HoldPlaced("other"), 201)
    session, _ = step(session, ServerRestarted(down_ms=500_000), 800)
    assert session.state == Held(
        Live(),
        {
            Cause.PHYSICIAN_SILENT: Span(300, 1100),
            Cause.RECORDING_LOST: Span(300, 920),
            Cause.GUARDIAN_SILENT: Span(200, 920),
            Cause.PHYSICIAN_HOLD: Span(201, 1101, "other"),
        },
    )


def test_a_waiting_room_survives_a_restart() -> None:
    session, effects = step(after(*PREPARED, Admitted()), ServerRestarted(), 300)
    assert session.state == Waiting(UNTIL)
    assert session.recorder is Recorder.STARTING
    assert effects == (StartRecording(), ShowState())
    assert step(session, ServerRestarted(), 301) == (session, (StartRecording(),))


def test_a_waiting_room_that_ran_out_meanwhile_stays_open_a_little() -> None:
    session, effects = step(after(*PREPARED), ServerRestarted(), UNTIL + 100)
    assert session.state == Waiting(UNTIL + 400)
    assert session.recorder is Recorder.OFF
    assert effects == (ShowState(),)


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


# --- what a weak network leaves ---

WEAK = RungChanged(G, P, Rung.SOUND, WeakLeg.UPLINK)


def test_a_rung_is_known_and_shown_and_nothing_else_changes() -> None:
    live = after(*LIVE)
    weak, effects = step(live, WEAK, 101)
    assert weak.rungs == {(G, P): Weakness(Rung.SOUND, WeakLeg.UPLINK)}
    assert effects == (ShowState(),)
    assert (weak.state, weak.seats, weak.generation) == (live.state, live.seats, live.generation)
    assert unchanged(weak, WEAK)


def test_each_direction_has_its_own_and_is_forgotten_when_it_carries_everything_again() -> None:
    both = after(*LIVE, WEAK, RungChanged(P, G, Rung.LOW, WeakLeg.DOWNLINK))
    assert set(both.rungs) == {(G, P), (P, G)}
    back, _ = step(both, RungChanged(G, P, Rung.FULL, WeakLeg.UPLINK), 101)
    assert back.rungs == {(P, G): Weakness(Rung.LOW, WeakLeg.DOWNLINK)}


@pytest.mark.parametrize("gone", [SeatTaken(G, 2), SeatLeft(P, 1), ServerRestarted(0)])
def test_a_rung_is_over_with_the_connection_of_either(gone: Event) -> None:
    assert after(*LIVE, WEAK, gone).rungs == {}


@pytest.mark.parametrize("kept", [MediaSilent(G, 1), SeatTaken(X, 1), SeatLeft(G, 9), SeatTaken(P, 1)])
def test_a_rung_outlasts_what_is_not_its_own(kept: Event) -> None:
    assert set(after(*LIVE, WEAK, kept).rungs) == {(G, P)}


@pytest.mark.parametrize("way", [(G, X), (X, P), (G, G)])
def test_a_rung_of_somebody_who_is_not_here_is_not_heard(way: tuple[Role, Role]) -> None:
    assert unchanged(after(*LIVE), RungChanged(*way, Rung.SOUND, WeakLeg.UPLINK))
