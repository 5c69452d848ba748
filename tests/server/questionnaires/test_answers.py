"""Answers are whole and typed, or every fault is told at once; what is hidden counts for nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.questionnaires.answers import Answers, Fault, InvalidAnswers, Why, validate, visible
from server.questionnaires.conditions import ALWAYS, AllOf, AnyOf, Comparison, Condition, Operator
from server.questionnaires.questionnaire import Group, Question, Questionnaire, Type
from server.questionnaires.reading import MalformedQuestionnaire, parse_questionnaire
from server.referral import Words
from tests.server.questionnaires import oracle
from tests.server.questionnaires.kit import CHECKLIST, TODAY, WHOLE, documents, given_to, small

SMALL = small()


def answered(**answers: Any) -> Answers:
    return validate(SMALL, WHOLE | answers, today=TODAY)


def faults(answers: Any, *, draft: bool = False) -> tuple[Fault, ...]:
    with pytest.raises(InvalidAnswers) as invalid:
        validate(SMALL, answers, today=TODAY, draft=draft)
    return invalid.value.faults


def why(**answers: Any) -> Why:
    (fault,) = faults(WHOLE | answers)
    return fault.why


def test_answers_are_read_into_their_types() -> None:
    read = answered(
        signs=["vision", "headache"], puberty="yes", age=8, worried=False, weight="3.25", since="2026-02-01", note=" 慢 "
    )
    assert read.values == {
        "signs": ("headache", "vision"), "puberty": "yes", "age": 8, "worried": False, "weight": Decimal("3.25"),
        "since": date(2026, 2, 1), "note": "慢",
    }  # fmt: skip
    assert read.complete
    assert read.version == "growth-test-1"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"signs": ["headache", "none"]}, Why.CONTRADICTION),
        ({"signs": ["cough"]}, Why.UNKNOWN_OPTION),
        ({"signs": "headache"}, Why.WRONG_TYPE),
        ({"signs": ["headache", "headache"]}, Why.WRONG_TYPE),
        ({"signs": [1]}, Why.WRONG_TYPE),
        ({"puberty": "perhaps"}, Why.UNKNOWN_OPTION),
        ({"puberty": ["no"]}, Why.WRONG_TYPE),
        ({"age": 8}, Why.NOT_ASKED),
        ({"worried": 1}, Why.WRONG_TYPE),
        ({"worried": "yes"}, Why.WRONG_TYPE),
        ({"weight": 3.25}, Why.WRONG_TYPE),
        ({"weight": "3,25"}, Why.WRONG_TYPE),
        ({"weight": "３"}, Why.WRONG_TYPE),
        ({"weight": "0.3"}, Why.OUT_OF_RANGE),
        ({"weight": "7.001"}, Why.OUT_OF_RANGE),
        ({"since": "2026-03-02"}, Why.IN_FUTURE),
        ({"since": "2026-02-30"}, Why.WRONG_TYPE),
        ({"since": "20260201"}, Why.WRONG_TYPE),
        ({"since": "1899-12-31"}, Why.OUT_OF_RANGE),
        ({"since": 20260201}, Why.WRONG_TYPE),
        ({"note": "长" * 21}, Why.TOO_LONG),
        ({"note": 5}, Why.WRONG_TYPE),
        ({"puberty": "yes"}, Why.REQUIRED),
        ({"puberty": "yes", "age": True}, Why.WRONG_TYPE),
        ({"puberty": "yes", "age": "8"}, Why.WRONG_TYPE),
        ({"puberty": "yes", "age": 19}, Why.OUT_OF_RANGE),
        ({"puberty": "yes", "age": -1}, Why.OUT_OF_RANGE),
        ({"colour": "red"}, Why.UNKNOWN_QUESTION),
    ],
)
def test_what_is_wrong_with_an_answer_is_named(answers: dict[str, Any], expected: Why) -> None:
    assert why(**answers) is expected


def test_every_fault_is_told_at_once_in_the_order_of_the_questions() -> None:
    assert [(f.question, f.why.value) for f in faults({"zzz": 1, "note": 5, "weight": "0", "puberty": "?"})] == [
        ("signs", "required"),
        ("puberty", "unknown_option"),
        ("weight", "out_of_range"),
        ("note", "wrong_type"),
        ("zzz", "unknown_question"),
    ]


@pytest.mark.parametrize("nothing", [{"note": " \n"}, {"note": None}, {"worried": None}, {"age": None}])
def test_an_empty_answer_is_none(nothing: dict[str, Any]) -> None:
    assert answered(**nothing).values == {"signs": ("none",), "puberty": "no"}


def test_ticking_nothing_is_no_answer_where_one_is_needed() -> None:
    assert faults(WHOLE | {"signs": []}) == (Fault("signs", Why.REQUIRED),)


def test_a_draft_may_stop_anywhere_and_is_otherwise_as_strict() -> None:
    draft = validate(SMALL, {"puberty": "yes"}, today=TODAY, draft=True)
    assert draft.values == {"puberty": "yes"}
    assert not draft.complete
    assert validate(SMALL, WHOLE, today=TODAY, draft=True).complete
    assert faults({"puberty": "perhaps"}, draft=True) == (Fault("puberty", Why.UNKNOWN_OPTION),)


def test_a_hidden_questions_answer_shows_no_other_question() -> None:
    assert [q.link_id for q in visible(SMALL, {"puberty": "no", "age": 3})] == [
        "signs", "puberty", "worried", "weight", "since", "note",
    ]  # fmt: skip


def test_one_answer_has_one_canonical_form() -> None:
    one = answered(signs=["vision", "headache"], weight="3.50")
    other = answered(signs=["headache", "vision"], weight="3.5", note="  ")
    assert one.canonical() == other.canonical()
    assert json.loads(one.canonical()) == {
        "version": "growth-test-1",
        "answers": {"signs": ["headache", "vision"], "puberty": "no", "weight": "3.5"},
    }
    assert answered(weight="3.00").plain()["weight"] == "3"


def of(document: Any) -> Questionnaire | None:
    try:
        return parse_questionnaire(json.dumps(document), CHECKLIST)
    except MalformedQuestionnaire:
        return None


@given(st.data(), documents(tame=True))
@settings(max_examples=60)
def test_visibility_and_completeness_are_what_the_oracle_says(data: st.DataObject, document: Any) -> None:
    questionnaire = of(document)
    if questionnaire is None:
        return
    asked = list(questionnaire.questions())
    said = {question.link_id: data.draw(given_to(question)) for question in asked if data.draw(st.booleans())}
    shown = oracle.visible(document, said)
    heard = {link: answer for link, answer in said.items() if link in shown}
    read = validate(questionnaire, heard, today=TODAY, draft=True)
    assert [question.link_id for question in visible(questionnaire, read.values)] == shown
    assert read.complete is oracle.complete(document, heard)
    assert validate(questionnaire, read.plain(), today=TODAY, draft=True) == read
    hidden = said.keys() - heard.keys()
    if hidden:
        with pytest.raises(InvalidAnswers) as invalid:
            validate(questionnaire, said, today=TODAY, draft=True)
        assert {(fault.question, fault.why) for fault in invalid.value.faults} == {(link, Why.NOT_ASKED) for link in hidden}


# --- the page asks the same ---

CORPUS = json.loads((Path(__file__).parents[2] / "corpus" / "questionnaires" / "visible.json").read_text(encoding="utf-8"))


def condition(shown: Any) -> Condition:
    """A condition as pages are sent it."""
    match shown:
        case None:
            return ALWAYS
        case {"all": of}:
            return AllOf(tuple(map(condition, of)))
        case {"any": of}:
            return AnyOf(tuple(map(condition, of)))
        case _:
            return Comparison(shown["question"], Operator(shown["operator"]), shown["answer"])


def shown_questionnaire() -> Questionnaire:
    groups = tuple(
        Group(
            group["link_id"],
            Words("", ""),
            tuple(
                Question(each["link_id"], Type(each["type"]), Words("", ""), enable_when=condition(each.get("enable_when")))
                for each in group["questions"]
            ),
        )
        for group in CORPUS["groups"]
    )
    return replace(SMALL, groups=groups)


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: json.dumps(case["answers"]))
def test_the_server_asks_the_questions_that_the_page_shows(case: Any) -> None:
    typed = {link: tuple(answer) if isinstance(answer, list) else answer for link, answer in case["answers"].items()}
    assert [question.link_id for question in visible(shown_questionnaire(), typed)] == case["visible"]
