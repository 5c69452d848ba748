"""What a session looks like to those in it: PROTOCOL.md's SessionView, in durations."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from media.rate.ladder import Rung
from server.events import Cause, Doubt, Outcome, WeakLeg
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
    State,
    Verifying,
    Waiting,
    Weakness,
)
from server.session_state import Guest
from server.views import session_view, state_name
from signaling.seats import Role

NAMES = {Role.GUARDIAN: "张*", Role.PHYSICIAN: "李医生"}
SEATS = {
    Role.GUARDIAN: Seat(2, connected=True, media=True, doubts=(Doubt.PAGE_HIDDEN,)),
    Role.PHYSICIAN: Seat(1, connected=True, media=True),
    Role.INTERPRETER: Seat(1, connected=True),
}


def session(state: State, referral: FiledReferral | None = None) -> Session:
    consents = {"consultation": Consent.GIVEN, "recording": Consent.GIVEN}
    return Session(
        "s1",
        Rules(),
        state,
        SEATS,
        consents,
        True,
        True,
        Recorder.RUNNING,
        3,
        referral,
        17,
        guest=Guest("i1", Role.INTERPRETER),
    )


def test_a_held_session_says_why_since_when_and_how_long() -> None:
    held = Held(Live(), {Cause.GUARDIAN_SILENT: Span(100, 220), Cause.RECORDING_LOST: Span(105, 225)})
    assert session_view(session(held), 110.5, NAMES) == {
        "version": 17,
        "state": "held",
        "admitted": True,
        "text": False,
        "family_denied": False,
        "stills": {"allowed": False, "taken": 0},
        "gate": False,
        "recording": "running",
        "until_ms": 109_500,
        "causes": [
            {"cause": "guardian_silent", "elapsed_ms": 10_500, "remaining_ms": 109_500},
            {"cause": "recording_lost", "elapsed_ms": 5_500, "remaining_ms": 114_500},
        ],
        "resume_to": "live",
        "outcome": None,
        "referral": None,
        "rungs": [],
        "seats": [
            {"role": "guardian", "name": "张*", "connected": True, "presence": "doubtful", "doubts": ["page_hidden"]},
            {"role": "physician", "name": "李医生", "connected": True, "presence": "present", "doubts": []},
            {"role": "interpreter", "name": "", "connected": True, "presence": "absent", "doubts": []},
        ],
    }


def test_a_family_is_told_that_others_were_expected() -> None:
    view = session_view(replace(session(Waiting(200)), admitted=False, family_denied=True), 110, NAMES)
    assert (view["admitted"], view["family_denied"]) == (False, True)


def test_an_open_session_has_no_clock() -> None:
    view = session_view(session(Live()), 110, NAMES)
    assert (view["gate"], view["until_ms"], view["causes"], view["resume_to"]) == (True, None, [], None)


def test_a_waiting_room_that_is_over_has_nothing_left() -> None:
    assert session_view(session(Waiting(100)), 90, NAMES)["until_ms"] == 10_000
    assert session_view(session(Waiting(100)), 101, NAMES)["until_ms"] == 0


def test_an_ended_session_names_its_outcome_and_the_referral() -> None:
    ended = session(Ended(Outcome.REFERRED, 100), FiledReferral("r1", "poor_picture", "within_2w"))
    view = session_view(ended, 110, NAMES)
    assert view["outcome"] == "referred"
    assert view["referral"] == {"id": "r1", "reason": "poor_picture", "urgency": "within_2w"}


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (Waiting(1), "waiting"),
        (Verifying(), "verifying"),
        (Live(), "live"),
        (Held(Verifying(), {Cause.PHYSICIAN_HOLD: Span(1, 2)}), "held"),
        (Ended(Outcome.CANCELLED, 1), "ended"),
    ],
)
def test_every_state_has_its_name_and_goes_over_the_wire(state: State, name: str) -> None:
    assert state_name(state) == name
    assert json.loads(json.dumps(session_view(session(state), 1, NAMES)))["state"] == name


def test_a_direction_that_is_weak_is_shown_with_the_leg_that_is() -> None:
    weak = replace(session(Live()), rungs={(Role.GUARDIAN, Role.PHYSICIAN): Weakness(Rung.STILLS, WeakLeg.DOWNLINK)})
    shown = session_view(weak, 0, NAMES)["rungs"]
    assert shown == [{"from": "guardian", "to": "physician", "rung": "stills", "why": "downlink"}]


def test_a_seat_whose_invitation_is_over_is_not_shown() -> None:
    over = replace(session(Live()), guest=None)
    assert [seat["role"] for seat in session_view(over, 110, NAMES)["seats"]] == ["guardian", "physician"]
