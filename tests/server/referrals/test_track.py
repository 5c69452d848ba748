"""A referral goes forward, whatever is told in whatever order, until it is reopened; what is not told in time is overdue."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.referral import Urgency
from server.referrals.pathways import shipped
from server.referrals.track import (
    MAY_TELL,
    MOST_ATTEMPTS,
    Deadlines,
    Due,
    Fact,
    Limits,
    Source,
    Stage,
    Track,
    advance,
    alarms,
    attempt_at,
    booked_too_late,
    next_alarm_at,
    overdue,
    waited_for,
)

H = 3600.0
BY = Limits(received_s=4 * H, booked_s=12 * H, seen_s=24 * H, missed_s=6 * H).after(0.0)
NEW = Track(Urgency.WITHIN_24H, issued_at=0.0)
ORDER = list(Stage)
APPOINTMENTS = st.one_of(st.none(), st.integers(1, 60).map(lambda h: h * H))


@dataclass(frozen=True)
class Told:
    fact: Fact
    at: float
    appointment_at: float | None


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    """Anything, told one after the other, with some time between."""
    at, told = 0.0, []
    for _ in range(draw(st.integers(0, 14))):
        at += draw(st.sampled_from((0.0, 5.0, 60.0, H, 7 * H)))
        told.append(Told(draw(st.sampled_from(Fact)), at, draw(APPOINTMENTS)))
    return told


def fold(told: list[Told], track: Track = NEW) -> Track:
    for each in told:
        track = advance(track, each.fact, each.at, each.appointment_at)
    return track


def first(told: list[Told], *facts: Fact) -> float | None:
    return next((each.at for each in told if each.fact in facts), None)


def closed(before: list[Told]) -> bool:
    """Whether of what opens and closes, closing was told last."""
    return next((each.fact for each in reversed(before) if each.fact in (Fact.SEEN, Fact.REOPENED)), None) is Fact.SEEN


@given(histories())
def test_times_are_of_when_it_was_told_first_and_seen_implies_received(told: list[Told]) -> None:
    """The oracle looks into the list of what was told; it folds nothing."""
    track = fold(told)
    while_open = [each for n, each in enumerate(told) if not closed(told[:n])]
    reopened = [n for n, each in enumerate(told) if each.fact is Fact.REOPENED and closed(told[:n])]
    seen = first(told[reopened[-1] + 1 :] if reopened else told, Fact.SEEN)
    taken = first(while_open, Fact.RECEIVED, Fact.BOOKED)
    assert track.seen_at == seen
    assert track.reopened_at == (told[reopened[-1]].at if reopened else None)
    assert track.received_at == (seen if taken is None else taken)
    assert track.sent_at == first(told, Fact.SENT)
    assert track.booked_at == first(while_open, Fact.BOOKED)
    named = [each.appointment_at for each in while_open if each.fact is Fact.BOOKED and each.appointment_at is not None]
    assert track.appointment_at == (named[-1] if named else None)
    until_sent = told[: [each.fact for each in told].index(Fact.SENT)] if track.sent_at is not None else told
    assert track.failures == sum(each.fact is Fact.NOT_SENT for each in until_sent)


@given(histories(), histories())
def test_a_referral_never_steps_back_unless_it_is_reopened(told: list[Told], later: list[Told]) -> None:
    track = fold(told)
    onward = [each for each in later if each.fact is not Fact.REOPENED]
    assert ORDER.index(fold(onward, track).stage) >= ORDER.index(track.stage)


@given(histories(), st.integers(0, 80))
def test_what_is_reopened_is_as_if_the_child_had_never_been_seen_and_its_alarms_run_again(told: list[Told], hour: int) -> None:
    """The oracle never hears of what closed it, nor of what was told while it was closed and therefore not heard."""
    at, now = (told[-1].at if told else 0.0), hour * H
    reopened = advance(advance(fold(told), Fact.SEEN, at), Fact.REOPENED, at)
    heard = [each for n, each in enumerate(told) if each.fact not in (Fact.SEEN, Fact.REOPENED) and not _unheard(told, n)]
    never = fold(heard)
    assert (reopened.stage, waited_for(reopened, BY)) == (never.stage, waited_for(never, BY))
    assert reopened.alarmed == frozenset()
    assert alarms(reopened, BY, now) == tuple(Fact(f"overdue_{due.stage}") for due in waited_for(never, BY) if due.at <= now)


def _unheard(told: list[Told], n: int) -> bool:
    return told[n].fact in (Fact.RECEIVED, Fact.BOOKED) and closed(told[:n])


def test_a_tap_in_error_is_taken_back_and_what_was_told_before_holds() -> None:
    booked = advance(advance(NEW, Fact.RECEIVED, H), Fact.BOOKED, 2 * H, 8 * H)
    again = advance(advance(booked, Fact.SEEN, 3 * H), Fact.REOPENED, 4 * H)
    assert (again.stage, again.received_at, again.appointment_at) == (Stage.BOOKED, H, 8 * H)
    assert next_alarm_at(again, BY) == 14 * H
    unheard = advance(advance(NEW, Fact.SEEN, H), Fact.REOPENED, 2 * H)
    assert (unheard.stage, unheard.received_at) == (Stage.ISSUED, None), "nobody else ever said that it was received"
    assert attempt_at(unheard) == NEW.issued_at
    assert advance(unheard, Fact.SEEN, 5 * H).seen_at == 5 * H


@given(histories(), st.sampled_from([fact for fact in Fact if fact is not Fact.NOT_SENT]), APPOINTMENTS)
def test_what_is_told_twice_counts_once(told: list[Told], fact: Fact, appointment_at: float | None) -> None:
    at = told[-1].at if told else 0.0
    once = advance(fold(told), fact, at, appointment_at)
    assert advance(once, fact, at + 1, appointment_at) is once


@given(histories(), st.integers(0, 80))
def test_what_is_overdue_is_what_was_due_and_not_told(told: list[Told], hour: int) -> None:
    """The oracle asks for each step in turn, of the times alone."""
    track, now = fold(told), hour * H
    missing = []
    if track.seen_at is None:
        if track.received_at is None and now >= 4 * H:
            missing.append(Due(4 * H, Stage.RECEIVED))
        if track.booked_at is None and now >= 12 * H:
            missing.append(Due(12 * H, Stage.BOOKED))
        by = 24 * H if track.appointment_at is None else min(24 * H, track.appointment_at + 6 * H)
        if now >= by:
            missing.append(Due(by, Stage.SEEN))
    assert overdue(track, BY, now) == min(missing, default=None)
    assert {*alarms(track, BY, now)} == {Fact(f"overdue_{due.stage}") for due in missing if due.stage not in track.alarmed}


@given(histories(), st.integers(0, 80))
def test_an_alarm_is_given_once_and_the_next_one_comes_later(told: list[Told], hour: int) -> None:
    track, now = fold(told), hour * H
    for fact in alarms(track, BY, now):
        track = advance(track, fact, now)
    assert alarms(track, BY, now) == ()
    following = next_alarm_at(track, BY)
    assert following is None or following > now


def test_an_emergency_must_be_received_within_the_hour() -> None:
    track, by = Track(Urgency.EMERGENCY, 0.0), shipped().limits[Urgency.EMERGENCY].after(0.0)
    assert overdue(track, by, H - 1) is None
    assert overdue(track, by, H) == Due(H, Stage.RECEIVED)
    received = advance(track, Fact.RECEIVED, 0.5 * H)
    assert overdue(received, by, H) is None
    assert [due.stage for due in waited_for(received, by)] == [Stage.SEEN], "nobody books an emergency"


def test_a_late_receipt_after_the_visit_changes_nothing() -> None:
    seen = advance(NEW, Fact.SEEN, 10.0)
    assert seen.stage is Stage.SEEN
    for fact in (Fact.RECEIVED, Fact.BOOKED, Fact.SEEN):
        assert advance(seen, fact, 20.0, 30.0) is seen
    assert waited_for(seen, BY) == ()
    assert next_alarm_at(seen, BY) is None


def test_what_need_not_be_told_is_not_waited_for() -> None:
    assert waited_for(NEW, Limits(None, None, H, H).after(5.0)) == (Due(H + 5, Stage.SEEN),)
    unlimited = Deadlines(None, None, None, H)
    assert waited_for(NEW, unlimited) == ()
    assert not booked_too_late(advance(NEW, Fact.BOOKED, H, 999 * H), unlimited)


def test_a_missed_appointment_is_overdue_before_the_limit_and_a_new_one_lifts_it() -> None:
    booked = advance(NEW, Fact.BOOKED, H, 8 * H)
    assert overdue(booked, BY, 14 * H) == Due(14 * H, Stage.SEEN)
    told = advance(booked, Fact.OVERDUE_SEEN, 14 * H)
    again = advance(told, Fact.BOOKED, 15 * H, 16 * H)
    assert overdue(again, BY, 15 * H) is None
    assert alarms(again, BY, 22 * H) == (Fact.OVERDUE_SEEN,), "the second missed appointment is told as well"


def test_an_appointment_later_than_the_child_must_be_seen_is_too_late() -> None:
    assert booked_too_late(advance(NEW, Fact.BOOKED, H, 25 * H), BY)
    assert not booked_too_late(advance(NEW, Fact.BOOKED, H, 24 * H), BY)
    assert not booked_too_late(NEW, BY)
    assert not booked_too_late(advance(advance(NEW, Fact.BOOKED, H, 25 * H), Fact.SEEN, 2 * H), BY)


def test_what_was_not_taken_is_sent_again_ever_more_rarely_and_not_for_ever() -> None:
    track, at, pauses = NEW, 0.0, []
    assert attempt_at(track) == track.issued_at
    while (again := attempt_at(track)) is not None:
        pauses.append(again - at)
        at = again
        track = advance(track, Fact.NOT_SENT, at)
    assert track.failures == MOST_ATTEMPTS == len(pauses)
    assert pauses[1:5] == [30.0, 60.0, 120.0, 240.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 6 * H
    assert 24 * H < at < 72 * H


def test_what_was_sent_or_is_over_is_not_sent() -> None:
    assert attempt_at(advance(NEW, Fact.SENT, 1.0)) is None
    assert attempt_at(advance(NEW, Fact.SEEN, 1.0)) is None
    assert attempt_at(advance(NEW, Fact.RECEIVED, 1.0)) == 0.0, "the paper was faster; their system should still have it"


def test_two_calls_are_two_and_two_taps_are_one() -> None:
    called = advance(NEW, Fact.CONTACTED, 100.0)
    assert advance(called, Fact.CONTACTED, 105.0) is called
    assert advance(called, Fact.CONTACTED, 200.0).contacted_at == 200.0


@pytest.mark.parametrize("fact", list(Fact))
def test_every_fact_is_somebodys_to_tell(fact: Fact) -> None:
    assert any(fact in facts for facts in MAY_TELL.values())


def test_only_the_server_tells_what_it_did_itself() -> None:
    theirs = frozenset({Fact.RECEIVED, Fact.BOOKED, Fact.SEEN})
    assert MAY_TELL[Source.QR] == MAY_TELL[Source.API] == theirs
    assert MAY_TELL[Source.COORDINATOR] == theirs | {Fact.CONTACTED, Fact.REOPENED}
    assert not MAY_TELL[Source.SERVER] & MAY_TELL[Source.COORDINATOR]
