"""A role may do what the contract says, in its own visit, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.access import ACTS, BEFORE_CONFIRMATION, Grant, check, may
from server.errors import Refused
from signaling.seats import Role

PROTOCOL = Path(__file__).parents[2] / "signaling" / "PROTOCOL.md"
WHO = {"all": set(Role), "guardian": {Role.GUARDIAN}, "physician": {Role.PHYSICIAN}}


def intents_of_the_contract() -> dict[str, set[Role]]:
    section = PROTOCOL.read_text(encoding="utf-8").split("## 4.")[1].split("## 5.")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)
    return {intent: WHO[who] for intent, who in rows}


def test_each_intent_is_allowed_to_exactly_those_whom_the_contract_names() -> None:
    contract = intents_of_the_contract()
    assert len(contract) >= 12
    assert {intent: {role for role in Role if may(role, intent)} for intent in contract} == contract


def test_only_parties_to_the_visit_read_its_letter_and_summary() -> None:
    for act in ("visit_read", "letter_read", "summary_read"):
        assert {role for role in Role if may(role, act)} == {Role.GUARDIAN, Role.PHYSICIAN}


def test_consent_and_the_right_child_are_the_guardians_alone() -> None:
    for act in ("consent_texts_read", "consent_give", "child_confirm", "withdraw_consent"):
        assert {role for role in Role if may(role, act)} == {Role.GUARDIAN}


def test_the_guardian_alone_prepares_and_the_physician_alone_reads_it() -> None:
    for act in ("questionnaire_read", "questionnaire_answer", "measurements_give"):
        assert {role for role in Role if may(role, act)} == {Role.GUARDIAN}
    assert {role for role in Role if may(role, "prepared_read")} == {Role.PHYSICIAN}


def test_a_guardians_device_that_was_not_asked_whose_child_it_is_opens_that_question_and_nothing_more() -> None:
    unconfirmed = Grant("visit-1", Role.GUARDIAN, confirmed=False)
    for act in BEFORE_CONFIRMATION:
        check(unconfirmed, "visit-1", act)
    for act in {act for act in ACTS if may(Role.GUARDIAN, act)} - BEFORE_CONFIRMATION:
        with pytest.raises(Refused) as refused:
            check(unconfirmed, "visit-1", act)
        assert refused.value.code == "child_not_confirmed"


def test_a_grant_opens_its_own_visit() -> None:
    for act, roles in ACTS.items():
        for role in roles:
            check(Grant("visit-1", role), "visit-1", act)


@pytest.mark.parametrize(
    ("visit", "act"),
    [("visit-2", "chat"), ("visit-1", "admit"), ("visit-1", "no_such_act"), ("visit-1", "")],
)
def test_another_visit_another_role_and_an_unlisted_act_are_refused_alike(visit: str, act: str) -> None:
    with pytest.raises(Refused) as refused:
        check(Grant("visit-1", Role.GUARDIAN), visit, act)
    assert refused.value.code == "not_allowed"
