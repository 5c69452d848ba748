"""What a hospital is told: which change of a session is an event, and its body."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.events import Outcome
from server.session import Ended, FiledReferral, Rules, Session, Waiting, new_session
from server.webhooks.events import Fact, Kind, Message, body, facts

BEFORE = new_session("visit-1", Rules(), until=100.0)
REFERRED = FiledReferral("r1", "poor_picture", "within_2w")


def ended(session: Session, outcome: Outcome) -> Session:
    return replace(session, state=Ended(outcome, 50.0))


def test_what_changes_nothing_for_the_hospital_is_not_told() -> None:
    assert facts(BEFORE, BEFORE) == ()
    assert facts(BEFORE, replace(BEFORE, state=Waiting(200.0), child_confirmed=True)) == ()


def test_an_admission_is_the_start() -> None:
    admitted = replace(BEFORE, admitted=True)
    assert facts(BEFORE, admitted) == (Fact(Kind.VISIT_STARTED, json.dumps({"by": "video"})),)
    assert facts(admitted, replace(admitted, generation=2)) == ()


def test_a_visit_that_begins_by_text_tells_so_and_tells_again_when_it_becomes_one_by_video() -> None:
    by_text = replace(BEFORE, state=Waiting(200.0, text_since=50.0))
    assert facts(BEFORE, by_text) == (Fact(Kind.VISIT_STARTED, json.dumps({"by": "text"})),)
    assert facts(by_text, replace(by_text, version=9)) == ()
    assert facts(by_text, replace(by_text, admitted=True)) == (Fact(Kind.VISIT_STARTED, json.dumps({"by": "video"})),)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_end_is_told_with_its_outcome(outcome: Outcome) -> None:
    assert facts(BEFORE, ended(BEFORE, outcome)) == (Fact(Kind.VISIT_ENDED, json.dumps({"outcome": outcome.value})),)
    over = ended(BEFORE, outcome)
    assert facts(over, replace(over, version=9)) == ()


def test_a_referral_is_told_before_the_end_that_it_made() -> None:
    admitted = replace(BEFORE, admitted=True)
    after = replace(ended(admitted, Outcome.REFERRED), referral=REFERRED)
    issued, end = facts(admitted, after)
    assert issued.kind is Kind.REFERRAL_ISSUED
    assert json.loads(issued.data) == {"referral": "r1", "reason": "poor_picture", "urgency": "within_2w"}
    assert end.kind is Kind.VISIT_ENDED


def test_a_referral_that_comes_after_the_end_is_told_alone() -> None:
    over = ended(BEFORE, Outcome.CONSENT_WITHDRAWN)
    assert [each.kind for each in facts(over, replace(over, referral=REFERRED))] == [Kind.REFERRAL_ISSUED]


def test_a_body_is_one_json_object() -> None:
    message = Message("m1", "visit-1", 3, Kind.VISIT_ENDED, "2026-11-22T08:00:00.000Z", '{"outcome": "completed"}')
    assert body(message) == (
        b'{"id":"m1","type":"visit.ended","visit":"visit-1","n":3,"at":"2026-11-22T08:00:00.000Z","data":{"outcome":"completed"}}'
    )
