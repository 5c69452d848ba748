"""The rules of a session, one sentence each: what holds it, for how long, and what a restart of the server makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from server.effects import AnchorRecording, CloseGate, EndMedia, OpenGate, ShowState, StartRecording
from server.events import (
    Admitted,
    Cause,
    DeadlinePassed,
    Event,
    HoldCleared,
    HoldPlaced,
    MediaAlive,
    MediaSilent,
    Outcome,
    RecorderLost,
    RecorderReady,
    SeatTaken,
    ServerRestarted,
)
from server.session import Held, Live, Recorder, Seat, Span, Verifying, Waiting, step
from tests.server.session_kit import HELD, LIVE, PREPARED, UNTIL, G, P, after, causes, outcome, refusal, unchanged

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
