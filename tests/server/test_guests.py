"""The third seat in the machine: who may take it, when it is over, and that it changes nothing for anybody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rate.ladder import Rung
from server import guests
from server.effects import Effect, MakeRoom, ShowOut, ShowState
from server.errors import Refused
from server.events import (
    Admitted,
    Attested,
    ChildConfirmed,
    ConsentGiven,
    ConsentWithdrawn,
    DeadlinePassed,
    Doubt,
    Doubted,
    Event,
    GuestAgreed,
    GuestDeclined,
    GuestInvited,
    HoldCleared,
    HoldPlaced,
    InvitationTakenBack,
    MediaAlive,
    MediaSilent,
    RecorderLost,
    RecorderReady,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    WeakLeg,
)
from server.session import Rules, Session, new_session, step
from server.session_state import Guest, Seat
from signaling.seats import Role
from tests.server.session_kit import ALL_CHECKS, LIVE, REFERRED, G, P, X, after, refusal, unchanged

D = Role.LOCAL_DOCTOR
INVITED = GuestInvited(X, "i1", "aa")
AGREED = GuestAgreed("i1", "1", "zh", "bb")
HERE = (*LIVE, INVITED, AGREED, SeatTaken(X, 1), MediaAlive(X, 1))


def test_an_invitation_names_a_seat_for_all_and_makes_room_for_it() -> None:
    session, effects = step(after(*LIVE), INVITED, 101)
    assert session.guest == Guest("i1", X)
    assert guests.here(session) == (G, P, X)
    assert guests.room_for(session) == 2
    assert effects == (MakeRoom(), ShowState())
    assert unchanged(session, INVITED)


def test_one_guest_at_a_time_and_only_in_the_two_roles() -> None:
    assert refusal(after(*LIVE, INVITED), GuestInvited(D, "i2", "aa")) == "guest_invited"
    assert refusal(after(*LIVE), GuestInvited(G, "i1", "aa")) == "not_allowed"
    assert refusal(after(*LIVE), GuestInvited(P, "i1", "aa")) == "not_allowed"


def test_nobody_takes_the_seat_without_an_invitation_for_it_that_they_agreed_to() -> None:
    assert refusal(after(*LIVE), SeatTaken(X, 1)) == "not_allowed"
    assert refusal(after(*LIVE, INVITED), SeatTaken(X, 1)) == "not_allowed"
    assert refusal(after(*LIVE, INVITED, AGREED), SeatTaken(D, 1)) == "not_allowed"
    session, effects = step(after(*LIVE, INVITED, AGREED), SeatTaken(X, 1), 105)
    assert session.seats[X].connected
    assert session.guest == Guest("i1", X, agreed=True, since=105)
    assert effects == (ShowState(),)


def test_a_guest_who_comes_again_came_when_they_first_came() -> None:
    back, _ = step(after(*HERE), SeatTaken(X, 2), 300)
    assert back.guest == Guest("i1", X, agreed=True, since=100)
    assert unchanged(after(*HERE), SeatTaken(X, 1))


@pytest.mark.parametrize("over", [InvitationTakenBack("i1"), GuestDeclined("i1", "1")])
def test_when_it_is_over_the_guest_is_out_at_once_and_cannot_come_back(over: Event) -> None:
    session, effects = step(after(*HERE), over, 120)
    assert session.guest is None
    assert session.seats[X] == Seat(1, away_since=120)
    assert guests.here(session) == (G, P)
    assert effects == (ShowOut(X), ShowState())
    assert session.gate_open
    assert refusal(session, SeatTaken(X, 2)) == "not_allowed"
    assert unchanged(session, MediaAlive(X, 1))


def test_what_is_taken_back_twice_is_taken_back_and_a_stranger_agrees_to_nothing() -> None:
    over = after(*HERE, InvitationTakenBack("i1"))
    assert unchanged(over, InvitationTakenBack("i1"))
    assert unchanged(after(*HERE), InvitationTakenBack("i0"))
    assert refusal(over, AGREED) == refusal(over, GuestDeclined("i1", "1")) == "not_allowed"
    assert refusal(after(*HERE), GuestAgreed("i0", "1", "zh", "bb")) == "not_allowed"
    assert unchanged(after(*HERE), AGREED)


def test_another_guest_after_the_first_has_a_seat_of_their_own_or_the_same_anew() -> None:
    over = (*HERE, InvitationTakenBack("i1"))
    doctor, effects = step(after(*over), GuestInvited(D, "i2", "cc"), 130)
    assert guests.here(doctor) == (G, P, D)
    assert guests.room_for(doctor) == 3
    assert MakeRoom() in effects
    again, effects = step(after(*over), GuestInvited(X, "i2", "cc"), 130)
    assert again.seats[X].epoch == 1
    assert MakeRoom() not in effects
    seated = after(*over, GuestInvited(X, "i2", "cc"), GuestAgreed("i2", "1", "zh", "bb"))
    assert unchanged(seated, SeatTaken(X, 1))
    taken, _ = step(seated, SeatTaken(X, 2), 140)
    assert taken.guest == Guest("i2", X, agreed=True, since=140)


@pytest.mark.parametrize("event", [INVITED, AGREED, GuestDeclined("i1", "1"), InvitationTakenBack("i1")])
def test_after_the_end_nobody_is_invited(event: Event) -> None:
    assert refusal(after(*LIVE, REFERRED), event) == "session_ended"


def test_a_restart_keeps_the_invitation_and_empties_the_seat() -> None:
    session = after(*HERE, ServerRestarted(5000))
    assert session.guest == Guest("i1", X, agreed=True, since=100)
    assert not session.seats[X].connected


# --- no sequence of what a guest does changes the gate's decision ---

OF_GUESTS = st.one_of(
    st.builds(GuestInvited, st.sampled_from((X, D)), st.sampled_from(("i1", "i2", "i3")), st.just("aa")),
    st.builds(GuestAgreed, st.sampled_from(("i1", "i2", "i3")), st.just("1"), st.just("zh"), st.just("bb")),
    st.builds(GuestDeclined, st.sampled_from(("i1", "i2", "i3")), st.just("1")),
    st.builds(InvitationTakenBack, st.sampled_from(("i1", "i2", "i3"))),
    st.builds(SeatTaken, st.sampled_from((X, D)), st.integers(1, 4)),
    st.builds(SeatLeft, st.sampled_from((X, D)), st.integers(1, 4)),
    st.builds(MediaAlive, st.sampled_from((X, D)), st.integers(1, 4)),
    st.builds(MediaSilent, st.sampled_from((X, D)), st.integers(1, 4)),
    st.builds(Doubted, st.sampled_from((X, D)), st.integers(1, 4), st.just((Doubt.PAGE_HIDDEN,))),
    st.builds(RungChanged, st.sampled_from((X, G)), st.sampled_from((D, X)), st.sampled_from(Rung), st.sampled_from(WeakLeg)),
)
OF_THE_VISIT = st.sampled_from(
    (
        SeatTaken(G, 1), SeatTaken(G, 2), SeatTaken(P, 1), SeatLeft(G, 1), SeatLeft(P, 1), MediaAlive(G, 1), MediaAlive(G, 2),
        MediaAlive(P, 1), MediaSilent(G, 1), MediaSilent(P, 1), ChildConfirmed(), ConsentGiven("consultation", "1", "zh", "aa"),
        ConsentGiven("recording", "1", "zh", "bb"), ConsentWithdrawn("recording"), Admitted(), Attested(ALL_CHECKS),
        RecorderReady(), RecorderLost("disk_full"), HoldPlaced("other"), HoldCleared(), DeadlinePassed(), ServerRestarted(0),
        REFERRED,
    )
)  # fmt: skip
GUESTS_ALONE = (MakeRoom, ShowOut, ShowState)


def stepped(session: Session, event: Event, now: float) -> tuple[Session, tuple[Effect, ...], str]:
    try:
        return *step(session, event, now), ""
    except Refused as refused:
        return session, (), refused.code


def decision(session: Session) -> Session:
    """All that the session is but for the guest."""
    seats = {role: seat for role, seat in session.seats.items() if role in (G, P)}
    rungs = {way: weak for way, weak in session.rungs.items() if set(way) <= {G, P}}
    return replace(session, seats=seats, rungs=rungs, guest=None, version=0)


@settings(max_examples=300, deadline=None)
@given(
    begun=st.sampled_from(((), LIVE)),
    events=st.lists(st.tuples(st.one_of(OF_GUESTS, OF_THE_VISIT), st.sampled_from((0.0, 5.0, 130.0))), max_size=30),
)
def test_whatever_guests_do_the_gate_and_the_end_are_decided_as_without_them(
    begun: tuple[Event, ...], events: list[tuple[Event, float]]
) -> None:
    now = 100.0
    alone = with_guests = new_session("s1", Rules(), until=5000.0)
    for event, later in [(event, 0.0) for event in begun] + events:
        now += later
        before = with_guests
        with_guests, effects, refused = stepped(with_guests, event, now)
        of_guest = getattr(event, "role", None) in (X, D) or isinstance(
            event, GuestInvited | GuestAgreed | GuestDeclined | InvitationTakenBack | RungChanged
        )
        if of_guest:
            assert all(isinstance(effect, GUESTS_ALONE) for effect in effects)
            assert decision(with_guests) == decision(before)
        else:
            alone, wanted, code = stepped(alone, event, now)
            assert (effects, refused) == (wanted, code)
        assert decision(with_guests) == decision(alone)
        assert with_guests.gate_open == alone.gate_open
        assert with_guests.deadline == alone.deadline
