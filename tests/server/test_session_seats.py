"""The rules of a session, one sentence each: who has a seat, and what a weak network leaves of what they send."""

from __future__ import annotations

import pytest

from media.rate.ladder import Rung
from server.effects import CloseGate, OpenGate, ShowState
from server.events import (
    Admitted,
    Cause,
    Doubt,
    Doubted,
    Event,
    MediaAlive,
    MediaSilent,
    RecorderReady,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    WeakLeg,
)
from server.session import Live, Weakness, step
from signaling.seats import Role
from tests.server.session_kit import INVITED, LIVE, PREPARED, G, P, X, after, causes, unchanged

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
    session = after(*LIVE, *INVITED, SeatTaken(X, 1), MediaAlive(X, 1))
    assert session.present(X)
    session, effects = step(session, SeatLeft(X, 1), 100)
    assert session.gate_open
    assert effects == (ShowState(),)
    waiting = after(*PREPARED, *INVITED, SeatTaken(X, 1), MediaAlive(X, 1), Admitted(), MediaAlive(P, 1), RecorderReady())
    assert not waiting.gate_open


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


@pytest.mark.parametrize("kept", [MediaSilent(G, 1), INVITED[0], SeatLeft(G, 9), SeatTaken(P, 1)])
def test_a_rung_outlasts_what_is_not_its_own(kept: Event) -> None:
    assert set(after(*LIVE, WEAK, kept).rungs) == {(G, P)}


@pytest.mark.parametrize("way", [(G, X), (X, P), (G, G)])
def test_a_rung_of_somebody_who_is_not_here_is_not_heard(way: tuple[Role, Role]) -> None:
    assert unchanged(after(*LIVE), RungChanged(*way, Rung.SOUND, WeakLeg.UPLINK))
