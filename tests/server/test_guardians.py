"""Several guardians of one child, as the session's machine knows them: who may take the seat, and what each of them says."""

from __future__ import annotations

import pytest

from server.effects import ShowOut, ShowState
from server.events import (
    Attested,
    ChildConfirmed,
    ChildDenied,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Event,
    GuardianAdded,
    GuardianRemoved,
    HoldPlaced,
    MediaAlive,
    Outcome,
    SeatLeft,
    SeatTaken,
)
from server.session import Agreement, Cause, Consent, Held, Live, Verifying, Waiting, step
from tests.server.session_kit import (
    AGREED,
    ALL_CHECKS,
    LIVE,
    PREPARED,
    SEATED,
    VERIFYING,
    G,
    P,
    after,
    causes,
    outcome,
    refusal,
    unchanged,
)

M = "guardian-2"
MOTHER_CAME = SeatTaken(G, 2, M)
MOTHER_AGREED: tuple[Event, ...] = (
    ChildConfirmed(M),
    ConsentGiven("consultation", "1", "zh", "aa", M),
    ConsentGiven("recording", "1", "zh", "bb", M),
)


def test_of_a_guardian_who_said_nothing_everything_is_open() -> None:
    assert after(*PREPARED).agreement(M) == Agreement()
    assert not Agreement().complete


@pytest.mark.parametrize("before", [(), PREPARED, VERIFYING, LIVE], ids=["empty", "waiting", "verifying", "live"])
@pytest.mark.parametrize("missing", range(3))
def test_a_further_guardian_gets_the_seat_only_after_confirming_and_agreeing(before: tuple[Event, ...], missing: int) -> None:
    said = MOTHER_AGREED[:missing] + MOTHER_AGREED[missing + 1 :]
    assert refusal(after(*before, *said), MOTHER_CAME) == "consent_missing"
    seated = after(*before, *MOTHER_AGREED, MOTHER_CAME)
    assert (seated.guardian, seated.seats[G].epoch) == (M, 2)


def test_what_one_guardian_says_is_not_said_for_the_other() -> None:
    session = after(*AGREED, ChildDenied(M), ConsentRefused("recording", "1", M))
    assert session.agreement("").complete
    assert session.agreement(M) == Agreement(
        child_denied=True, consents={"consultation": Consent.OPEN, "recording": Consent.REFUSED}
    )
    other = after(*MOTHER_AGREED)
    assert other.agreement(M).complete
    assert not other.agreement("").complete


def test_the_consents_that_count_are_of_whoever_holds_the_seat() -> None:
    alone = after(*MOTHER_AGREED, SeatTaken(G, 1, M))
    assert alone.consented
    back = after(*MOTHER_AGREED, SeatTaken(G, 1, M), SeatLeft(G, 1), SeatTaken(G, 2))
    assert (back.guardian, back.consented) == ("", False)


def test_in_the_waiting_room_another_guardian_takes_over_and_is_waited_with() -> None:
    session = after(*PREPARED, *MOTHER_AGREED, MOTHER_CAME)
    assert isinstance(session.state, Waiting)
    assert session.seats[G].connected


def test_a_guardian_who_takes_over_holds_the_visit_until_their_media_comes_and_is_then_to_be_attested() -> None:
    held = after(*LIVE, *MOTHER_AGREED, MOTHER_CAME)
    assert causes(held) == {Cause.GUARDIAN_SILENT}
    assert isinstance(held.state, Held)
    assert held.state.resume_to == Verifying()
    there = after(*LIVE, *MOTHER_AGREED, MOTHER_CAME, MediaAlive(G, 2))
    assert there.state == Verifying()
    assert after(*LIVE, *MOTHER_AGREED, MOTHER_CAME, MediaAlive(G, 2), Attested(ALL_CHECKS)).state == Live()


def test_the_same_guardian_who_comes_again_at_once_need_not_be_attested_again() -> None:
    assert after(*LIVE, SeatTaken(G, 2), MediaAlive(G, 2)).state == Live()


def test_a_takeover_while_held_is_attested_too_and_keeps_the_physicians_hold() -> None:
    session = after(*LIVE, HoldPlaced("other"), *MOTHER_AGREED, MOTHER_CAME, MediaAlive(G, 2))
    assert causes(session) == {Cause.PHYSICIAN_HOLD}
    assert isinstance(session.state, Held)
    assert session.state.resume_to == Verifying()


def test_the_booked_guardian_takes_the_seat_back() -> None:
    session = after(*LIVE, *MOTHER_AGREED, MOTHER_CAME, MediaAlive(G, 2), SeatTaken(G, 3), MediaAlive(G, 3))
    assert (session.guardian, session.state) == ("", Verifying())


def test_once_the_waiting_room_is_left_the_booked_guardian_too_must_have_agreed() -> None:
    with_mother = (*MOTHER_AGREED, SeatTaken(G, 1, M), *VERIFYING[1:2], *VERIFYING[5:])
    session = after(*with_mother)
    assert session.state == Verifying()
    assert refusal(session, SeatTaken(G, 2)) == "consent_missing"
    assert after(*with_mother, *AGREED, SeatTaken(G, 2)).guardian == ""


def test_an_older_connection_of_another_guardian_takes_nothing() -> None:
    assert unchanged(after(*LIVE, *MOTHER_AGREED), SeatTaken(G, 1, M))


@pytest.mark.parametrize("kind", ["consultation", "recording"])
def test_a_guardian_who_takes_back_what_they_gave_ends_the_visit_in_the_seat_or_not(kind: str) -> None:
    assert outcome(after(*LIVE, *MOTHER_AGREED, ConsentWithdrawn(kind, M))) is Outcome.CONSENT_WITHDRAWN
    assert outcome(after(*LIVE, *MOTHER_AGREED, ConsentRefused(kind, "1", M))) is Outcome.CONSENT_WITHDRAWN
    assert outcome(after(*LIVE, *MOTHER_AGREED, MOTHER_CAME, ConsentWithdrawn(kind))) is Outcome.CONSENT_WITHDRAWN


def test_a_guardian_who_never_agreed_and_does_not_ends_nothing() -> None:
    session = after(*LIVE, ConsentRefused("recording", "1", M))
    assert session.state == Live()
    assert session.agreement(M).consents["recording"] is Consent.REFUSED


def test_a_denial_during_the_visit_is_that_guardians_word_and_ends_nothing() -> None:
    session = after(*LIVE, *MOTHER_AGREED, ChildDenied(M))
    assert (session.state, session.agreement(M).child_denied, session.child_denied) == (Live(), True, False)


def test_stills_are_kept_only_if_the_guardian_in_the_seat_agreed() -> None:
    stills = ConsentGiven("stills", "1", "zh", "cc")
    assert after(*LIVE, stills).stills_allowed
    assert not after(*LIVE, stills, *MOTHER_AGREED, MOTHER_CAME).stills_allowed


def test_a_physicians_seat_is_nobodys_to_take_over() -> None:
    assert after(*SEATED, SeatTaken(P, 2)).guardian == ""


def test_a_guardian_is_added_at_any_time_before_the_end_which_changes_nothing() -> None:
    for before in ((), PREPARED, LIVE):
        assert unchanged(after(*before), GuardianAdded(M, "staff-1"))
    ended = after(*LIVE, ConsentWithdrawn("recording"))
    assert refusal(ended, GuardianAdded(M, "staff-1")) == refusal(ended, GuardianRemoved(M, "staff-1")) == "session_ended"


def test_what_a_guardian_who_is_removed_agreed_to_is_over_and_nobody_elses_word_is() -> None:
    session = after(*PREPARED, *AGREED, *MOTHER_AGREED, GuardianRemoved(M, "staff-1"))
    assert (session.agreement(M), session.agreement("").complete) == (Agreement(), True)
    assert session.seats[G].connected, "the booked guardian holds the seat"
    assert refusal(session, MOTHER_CAME) == "consent_missing"


def test_a_guardian_who_is_removed_leaves_the_seat_at_once() -> None:
    before = after(*PREPARED, *MOTHER_AGREED, MOTHER_CAME)
    session, effects = step(before, GuardianRemoved(M, "staff-1"), 5.0)
    assert (session.guardian, session.seats[G].connected, session.seats[G].epoch) == ("", False, 2)
    assert effects == (ShowOut(G), ShowState())
    assert unchanged(session, MediaAlive(G, 2))


@pytest.mark.parametrize("before", [VERIFYING, LIVE], ids=["verifying", "live"])
def test_nobody_is_removed_once_somebody_was_admitted(before: tuple[Event, ...]) -> None:
    assert refusal(after(*before, *MOTHER_AGREED), GuardianRemoved(M, "staff-1")) == "visit_under_way"
