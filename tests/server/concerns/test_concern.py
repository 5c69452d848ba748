"""Who may tell what of a complaint or an incident, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.concerns.concern import MAY_FILE, Category, Fact, Kind, Source, State, advance, category_of, may_tell, number_of


def test_a_family_complains_and_staff_record_incidents() -> None:
    assert {Kind.COMPLAINT: {Source.GUARDIAN}, Kind.INCIDENT: {Source.PHYSICIAN, Source.OPERATIONS}} == MAY_FILE


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("filed_by", [Source.GUARDIAN, Source.PHYSICIAN, Source.OPERATIONS])
def test_whoever_filed_adds_the_family_takes_back_and_the_coordinator_answers(filed_by: Source, source: Source) -> None:
    assert may_tell(filed_by, source, Fact.ADDED) == (source is filed_by)
    assert may_tell(filed_by, source, Fact.WITHDRAWN) == (source is filed_by is Source.GUARDIAN)
    assert may_tell(filed_by, source, Fact.ANSWERED) == (source is Source.COORDINATOR)


@given(st.lists(st.sampled_from(Fact)))
def test_the_last_addition_or_answer_says_how_it_stands(facts: list[Fact]) -> None:
    state = State.OPEN
    for fact in facts:
        state = advance(state, fact)
    said = [fact for fact in facts if fact is not Fact.WITHDRAWN]
    answered = bool(said) and said[-1] is Fact.ANSWERED
    withdrawn = not answered and bool(facts) and facts[-1] is Fact.WITHDRAWN
    assert state is (State.ANSWERED if answered else State.WITHDRAWN if withdrawn else State.OPEN)


def test_a_number_has_its_kind_and_its_day() -> None:
    assert number_of(Kind.COMPLAINT, "0123456789abcdef", 1_795_000_000.0) == "TS-261118-01234567"
    assert number_of(Kind.INCIDENT, "0123456789abcdef", 1_795_000_000.0).startswith("SJ-")


def test_an_incident_has_a_category_and_a_complaint_has_none() -> None:
    assert category_of(Kind.COMPLAINT, "none") is Category.NONE
    assert category_of(Kind.INCIDENT, "privacy") is Category.PRIVACY
    for kind, code in ((Kind.COMPLAINT, "privacy"), (Kind.INCIDENT, "none"), (Kind.INCIDENT, "weather")):
        assert category_of(kind, code) is None
