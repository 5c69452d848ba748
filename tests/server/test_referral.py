"""A referral is whole or refused; the shipped checklist has what it must have; the canonical bytes are one and the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import checklists
from server.errors import Refused
from server.referral import (
    FIELDS,
    NOT_EXAMINED_MAX,
    NOTE_MAX,
    TOLD_FAMILY_MAX,
    Referral,
    Urgency,
    canonical,
    clean,
    validate,
)

CHECKLIST = checklists.load()
ISSUED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def referral(**changes: str) -> Referral:
    asked = {"id": "r1", "reason": "growth_headache", "urgency": "emergency", "note": "头痛两周"} | changes
    return validate(CHECKLIST, "growth", **asked)


def refusal(field: str = "growth", **changes: str) -> str:
    asked = {"id": "r1", "reason": "growth_headache", "urgency": "emergency"} | changes
    with pytest.raises(Refused) as refused:
        validate(CHECKLIST, field, **asked)
    return refused.value.code


# --- the checklist ---


def test_the_checklist_holds_every_reason_of_every_field() -> None:
    own = {field: [r for r in CHECKLIST.for_field(field) if r.field == field] for field in FIELDS}
    assert {field: len(reasons) for field, reasons in own.items()} == {"growth": 10, "nutrition": 4, "skin": 4}
    assert len([r for r in CHECKLIST.reasons if r.field == "any"]) == 6


def test_the_signs_that_cannot_wait_are_emergencies() -> None:
    emergencies = {r.code for r in CHECKLIST.reasons if r.urgency is Urgency.EMERGENCY}
    assert {
        "growth_headache", "growth_neurological", "growth_seizure",
        "skin_not_blanching", "skin_fever_spreading", "skin_breathing_swelling",
    } <= emergencies  # fmt: skip


def test_a_field_sees_its_own_reasons_first_and_no_foreign_ones() -> None:
    fields = [reason.field for reason in CHECKLIST.for_field("skin")]
    assert fields == ["skin"] * 4 + ["any"] * 6


@pytest.mark.parametrize("urgency", Urgency)
def test_every_reason_tells_the_family_what_to_watch_and_when_to_call(urgency: Urgency) -> None:
    for reason in CHECKLIST.reasons:
        net = CHECKLIST.safety_net(reason, urgency)
        assert len(net) >= 3
        assert len(set(net)) == len(net)
        assert any("120" in words.zh and "120" in words.en for words in net)
        assert ("现在" in net[0].zh) == (urgency is Urgency.EMERGENCY)


def test_the_letter_does_not_tell_the_family_of_a_safeguarding_concern() -> None:
    reason = CHECKLIST.reason("in_person_review")
    assert reason is not None
    assert "safeguarding" in reason.text.en.lower()
    assert "safeguarding" not in (reason.letter.en + reason.code).lower()
    assert "保护" not in reason.letter.zh


def test_an_unknown_code_has_no_reason() -> None:
    assert CHECKLIST.reason("growth_wings") is None


def test_a_version_that_is_not_there_cannot_be_loaded() -> None:
    with pytest.raises(KeyError):
        checklists.load("../../etc/passwd")


# --- validation ---


def test_a_whole_referral_keeps_the_physicians_words_and_the_checklists_version() -> None:
    made = referral(not_examined="神经系统查体", told_family="已告知")
    assert made == Referral(
        "r1", "growth", CHECKLIST.version, "growth_headache", Urgency.EMERGENCY, "头痛两周", "神经系统查体", "已告知"
    )


def test_the_physician_may_choose_another_urgency_than_the_suggested() -> None:
    assert referral(urgency="routine").urgency is Urgency.ROUTINE


def test_a_reason_of_another_field_is_unknown() -> None:
    assert refusal("skin") == "unknown_reason"


def test_a_reason_of_any_field_is_known_everywhere() -> None:
    for field in FIELDS:
        assert validate(CHECKLIST, field, id="r", reason="poor_picture", urgency="within_2w").reason == "poor_picture"


def test_nonsense_codes_are_unknown() -> None:
    assert refusal(reason="") == "unknown_reason"
    assert refusal(urgency="someday") == "unknown_reason"


def test_another_reason_must_be_put_in_words() -> None:
    assert refusal(reason="other", note=" \n\x07 ") == "unknown_reason"
    assert referral(reason="other", note="外地就医更方便").note == "外地就医更方便"


@pytest.mark.parametrize(
    ("text", "limit"), [("note", NOTE_MAX), ("not_examined", NOT_EXAMINED_MAX), ("told_family", TOLD_FAMILY_MAX)]
)
def test_a_text_is_taken_up_to_its_limit(text: str, limit: int) -> None:
    assert len(getattr(referral(**{text: "长" * limit}), text)) == limit
    assert refusal(**{text: "长" * (limit + 1)}) == "too_large"


def test_texts_are_cleaned_but_rare_characters_stay() -> None:
    assert clean(" 𠮷\u3400㛃\r\n䶮\r𬭎\tx\x00\x1b\ud800\u202e\u2067 ") == "𠮷\u3400㛃\n䶮\n𬭎\tx\ufffd"
    assert clean("\uf900") == "\uf900"  # a compatibility ideograph, which normalising would change


# --- by when ---


def test_an_emergency_is_at_once_and_the_rest_by_its_name() -> None:
    assert [urgency.by(ISSUED) for urgency in Urgency] == [
        ISSUED,
        ISSUED + timedelta(days=1),
        ISSUED + timedelta(days=14),
        ISSUED + timedelta(days=30),
        None,
    ]


# --- canonical bytes ---


TEXTS = st.text(alphabet='aZ09 "\\\r\n\t\x00é中𠮷䶮\u202e\ud800', max_size=50)


@given(TEXTS, TEXTS, st.sampled_from(Urgency))
def test_the_canonical_bytes_stand_for_one_referral(note: str, told: str, urgency: Urgency) -> None:
    made = referral(note=note, told_family=told, urgency=urgency)
    values = json.loads(canonical(made))
    assert Referral(**values | {"urgency": Urgency(values["urgency"])}) == made
    assert canonical(made) == json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_different_referrals_have_different_bytes() -> None:
    assert canonical(referral(note="a", told_family="b")) != canonical(referral(note="ab"))
