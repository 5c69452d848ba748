"""Sessions at the places where a rule applies, and what is asked of them."""

from __future__ import annotations

import pytest

from server.attestation import CHECKS as ALL_CHECKS
from server.errors import Refused
from server.events import (
    Admitted,
    Attested,
    Cause,
    ChildConfirmed,
    ConsentGiven,
    Event,
    GuestAgreed,
    GuestInvited,
    MediaAlive,
    MediaSilent,
    Outcome,
    RecorderReady,
    Referred,
    SeatTaken,
)
from server.session import Ended, Held, Rules, Session, new_session, replay, step
from signaling.seats import Role

G, P, X = Role.GUARDIAN, Role.PHYSICIAN, Role.INTERPRETER
UNTIL = 5000.0
AGREED = (ChildConfirmed(), ConsentGiven("consultation", "1", "zh", "aa"), ConsentGiven("recording", "1", "zh", "bb"))
SEATED = (SeatTaken(G, 1), SeatTaken(P, 1))
MEDIA = (MediaAlive(G, 1), MediaAlive(P, 1))
REFERRED = Referred("r1", "poor_picture", "within_2w", "v1", "cc")

INVITED = (GuestInvited(X, "i1", "aa"), GuestAgreed("i1", "1", "zh", "bb"))

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
