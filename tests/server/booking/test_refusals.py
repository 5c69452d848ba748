"""Every reason against a visit can be said to a family and to a hospital, in both languages."""

from __future__ import annotations

import re

import pytest

from server.booking.refusals import WORDS, NotBookable, Refusal, explained
from server.eligibility import Ineligible


@pytest.mark.parametrize("reason", Refusal)
def test_each_reason_has_a_sentence_in_both_languages(reason: Refusal) -> None:
    said = WORDS[reason]
    assert re.search(r"[一-鿿]", said.zh)
    assert said.zh.endswith("。")
    assert said.en.isascii()
    assert said.en.endswith(".")


def test_the_physicians_reasons_are_among_them_under_the_same_codes() -> None:
    assert {reason.value for reason in Ineligible} <= {reason.value for reason in Refusal}


def test_several_are_said_one_after_the_other() -> None:
    said = explained((Refusal.SLOT_TAKEN, Refusal.IN_THE_PAST))
    assert said.zh == "该号源已被预约。预约时间已过。"
    assert said.en == "This slot is taken. That time has passed."


def test_a_refusal_has_the_first_code_and_every_reason() -> None:
    refused = NotBookable((Refusal.RANK_TOO_LOW, Refusal.VISIT_OPEN))
    assert (refused.code, refused.reasons) == ("rank_too_low", (Refusal.RANK_TOO_LOW, Refusal.VISIT_OPEN))
    assert refused.said == explained(refused.reasons)
