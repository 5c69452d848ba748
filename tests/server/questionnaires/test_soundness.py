"""What would make routes untrustworthy is found when the data is read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.questionnaires.kit import SMALL, comparison, faults_of, raw, words

NOT_THERE = "rules/spoiled: asks for something that is not there"
MAY_HIDE = "questions/age: another sign may hide this one"


def severe(when: Any) -> dict[str, Any]:
    return {"id": "spoiled", "when": when, "outcome": "in_person", "reason": "growth_low_sugar", "words": words("why")}


@pytest.mark.parametrize(
    "when",
    [
        comparison("puberty", "yes", "!="),
        comparison("worried", False, "exists"),
        comparison("signs", "none"),
        {"all": [comparison("signs", "vision"), {"any": [comparison("puberty", "no", "!=")]}]},
    ],
)
def test_a_severe_rule_that_asks_for_what_is_not_there_is_refused(when: Any) -> None:
    assert faults_of(SMALL | {"rules": [*SMALL["rules"], severe(when)]}) == [NOT_THERE]


@pytest.mark.parametrize(
    "when", [comparison("worried", True, "exists"), comparison("worried", False), comparison("age", 8, "<")]
)
def test_a_severe_rule_may_ask_for_anything_that_was_said(when: Any) -> None:
    assert faults_of(SMALL | {"rules": [*SMALL["rules"], severe(when)]}) == []


def test_a_sign_may_not_hide_another() -> None:
    rules = [severe(comparison("age", 8, "<")), severe(comparison("puberty", "no")) | {"id": "other"}]
    assert faults_of(SMALL | {"rules": [*SMALL["rules"], *rules]}) == [MAY_HIDE]


def test_nor_may_it_hide_one_through_a_third_question() -> None:
    document = raw()
    document["groups"][1]["questions"][0]["enableWhen"] = [comparison("age", True, "exists")]
    document["rules"] += [severe(comparison("worried", True)), severe(comparison("puberty", "no")) | {"id": "other"}]
    assert faults_of(document) == ["questions/worried: another sign may hide this one"]


def test_every_complete_set_of_answers_must_lead_somewhere() -> None:
    somewhere = [
        {"id": code, "when": comparison("puberty", code), "outcome": "field", "field": "growth"} for code in ("yes", "no")
    ]
    assert faults_of(SMALL | {"rules": somewhere}) == []
    for left in somewhere:
        assert faults_of(SMALL | {"rules": [left]}) == ["rules: a complete set of answers may lead nowhere"]


@pytest.mark.parametrize("change", [{"required": False}, {"enableWhen": [comparison("signs", "none")]}])
def test_a_choice_that_may_stay_open_decides_nothing(change: dict[str, Any]) -> None:
    document = raw()
    document["groups"][0]["questions"][1] |= change
    document["rules"] = [
        {"id": code, "when": comparison("puberty", code), "outcome": "field", "field": "growth"} for code in ("yes", "no")
    ]
    assert faults_of(document) == ["rules: a complete set of answers may lead nowhere"]
