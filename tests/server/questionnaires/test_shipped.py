"""The questionnaires that come with the server: few plain questions, no dead end, no dead rule, no word of a diagnosis."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import questionnaires
from server.questionnaires.answers import validate
from server.questionnaires.questionnaire import LANGUAGES, Outcome, Questionnaire
from server.questionnaires.routing import route
from server.referral import ANY_FIELD, FIELDS, Urgency, Words
from tests.server.questionnaires import oracle
from tests.server.questionnaires.kit import CHECKLIST, TODAY, given_to

SHIPPED = questionnaires.load(CHECKLIST).in_force
RAW = {
    field: json.loads(files(questionnaires).joinpath(f"{q.version}.json").read_text(encoding="utf-8"))
    for field, q in SHIPPED.items()
}
EVERY = pytest.mark.parametrize("field", ["routing", *FIELDS])

DIAGNOSES = (
    "诊断为", "患有", "肿瘤", "癌", "脑膜炎", "脑炎", "败血", "紫癜", "白血病", "过敏性休克", "荨麻疹", "湿疹", "川崎",
    "糖尿病", "低血糖", "脱水", "营养不良", "矮小症", "性早熟", "缺乏症", "感染", "综合征", "病毒",
    "tumour", "tumor", "cancer", "meningitis", "encephalitis", "sepsis", "leukaemia", "anaphyla", "urticaria", "eczema",
    "diabetes", "hypoglyc", "dehydrat", "malnutrition", "infection", "syndrome", "deficiency", "precocious", "disease",
)  # fmt: skip


def texts(questionnaire: Questionnaire) -> Iterator[Words]:
    """Everything a family reads."""
    yield from (questionnaire.title, questionnaire.intro)
    for group in questionnaire.groups:
        yield group.text
        for question in group.questions:
            yield question.text
            yield from (words for words in (question.help, question.unit) if words is not None)
            yield from (option.text for option in question.options)
    yield from (rule.words for rule in questionnaire.rules if rule.words is not None)
    yield from itertools.chain.from_iterable(questionnaire.safety_net.values())


def test_there_is_one_for_each_field_and_one_that_routes() -> None:
    assert set(SHIPPED) == {*FIELDS, "routing"}
    assert all(questionnaire.ratified_by is None for questionnaire in SHIPPED.values())  # ours; a hospital's own says whose


@EVERY
def test_the_questions_are_few(field: str) -> None:
    low, high = (4, 6) if field == "routing" else (8, 12)
    assert low <= len(list(SHIPPED[field].questions())) <= high
    assert all(len(group.questions) <= 5 for group in SHIPPED[field].groups)


@EVERY
def test_no_word_of_a_diagnosis_is_said_to_a_family(field: str) -> None:
    for words in texts(SHIPPED[field]):
        for word in DIAGNOSES:
            assert word not in words.zh.lower()
            assert word not in words.en.lower()


@EVERY
def test_every_field_asks_for_signs_first(field: str) -> None:
    first = next(SHIPPED[field].questions())
    assert first.required
    assert first.repeats
    assert first.options[-1].exclusive


@EVERY
def test_whoever_ticks_a_sign_is_sent_away_from_the_screen(field: str) -> None:
    """Every option of the first question but none-of-these leads to care in person."""
    questionnaire = SHIPPED[field]
    first = next(questionnaire.questions())
    for option in first.options:
        found = route(questionnaire, {first.link_id: (option.code,)})
        away = found is not None and found.outcome is not Outcome.FIELD
        assert away is not option.exclusive


@EVERY
def test_every_rule_can_decide_or_be_heard(field: str) -> None:
    """Static: for each rule there are complete answers for which it holds, and alone of its severity where it is severe."""
    questionnaire, document = SHIPPED[field], RAW[field]
    for rule, written in zip(questionnaire.rules, document["rules"], strict=True):
        assert any(
            rule in found.rules and (rule.outcome is Outcome.FIELD or found.outcome is rule.outcome)
            for answers in complete_answers(document, written["when"])
            if (found := route(questionnaire, validate(questionnaire, answers, today=TODAY).values)) is not None
        ), rule.id


@EVERY
def test_every_option_can_be_chosen_by_somebody_who_completes(field: str) -> None:
    document = RAW[field]
    for question in oracle.questions(document):
        for option in question.get("options", []):
            when = {"question": question["linkId"], "operator": "=", "answer": option["code"]}
            found = list(complete_answers(document, when))
            assert found, (question["linkId"], option["code"])
            for answers in found:
                validate(SHIPPED[field], answers, today=TODAY)


@given(st.data(), st.sampled_from(sorted(SHIPPED)))
def test_complete_answers_always_lead_somewhere_and_where_the_oracle_says(data: st.DataObject, field: str) -> None:
    questionnaire, document = SHIPPED[field], RAW[field]
    said: dict[str, Any] = {}
    for question in questionnaire.questions():
        if question.link_id in oracle.visible(document, said) and (question.required or data.draw(st.booleans())):
            said[question.link_id] = data.draw(given_to(question))
    read = validate(questionnaire, said, today=TODAY)
    found = route(questionnaire, read.values)
    assert found is not None
    assert found.outcome.value == oracle.outcome(document, said)
    assert (found.field in FIELDS) == (found.outcome is Outcome.FIELD)
    assert any("120" in words.zh for words in found.safety_net)
    for reason in found.reasons:
        known = CHECKLIST.reason(reason)
        assert known is not None
        assert field == "routing" or known.field in (field, ANY_FIELD)


def test_the_checklists_signs_that_cannot_wait_are_all_asked_for_before_anybody_books() -> None:
    asked = {rule.reason for rule in SHIPPED["routing"].rules if rule.outcome is Outcome.EMERGENCY}
    assert {r.code for r in CHECKLIST.reasons if r.urgency is Urgency.EMERGENCY} == asked


@pytest.mark.parametrize("field", FIELDS)
def test_the_checklists_own_reasons_of_a_field_are_asked_for_where_a_family_can_tell(field: str) -> None:
    measured = {"growth_short_3sd"}  # a height and a growth chart tell, not a family
    named = {rule.reason for rule in SHIPPED[field].rules}
    assert {r.code for r in CHECKLIST.reasons if r.field == field} - named <= measured


def test_what_is_shown_has_a_hash_of_its_own_in_each_language() -> None:
    hashes = {questionnaire.shown_sha256(language) for questionnaire in SHIPPED.values() for language in LANGUAGES}
    assert len(hashes) == 8
    shown = SHIPPED["growth"].shown("en")
    assert shown["groups"][0]["questions"][0]["options"][0]["text"] == "Headache at night or on waking"
    assert "rules" not in json.dumps(shown)


def complete_answers(document: Any, when: Any) -> Iterator[dict[str, Any]]:
    """Some complete answers that fulfil the condition: what it asks for, what that hangs on, and the mildest of the rest."""
    said: dict[str, Any] = {}
    _fulfil(document, when, said)
    for question in oracle.questions(document):
        link = question["linkId"]
        if link in said or not question.get("required") or link not in oracle.visible(document, said):
            continue
        said[link] = _mild(question)
    if oracle.true(when, said) and oracle.complete(document, said):
        yield said


def _fulfil(document: Any, when: Any, said: dict[str, Any]) -> None:
    for each in when.get("all", when.get("any", [when])):
        if "question" not in each:
            _fulfil(document, each, said)
            continue
        question = next(q for q in oracle.questions(document) if q["linkId"] == each["question"])
        for hung_on in question.get("enableWhen", []):
            _fulfil(document, hung_on, said)
        answer = each["answer"] - 1 if each["operator"] == "<" else each["answer"]
        said[each["question"]] = [answer] if question.get("repeats") else answer


def _mild(question: Any) -> Any:
    if question["type"] == "boolean":
        return False
    if question["type"] in ("integer", "decimal"):
        return question["maxValue"]
    codes = [option["code"] for option in question["options"]]
    mild = next((code for code in codes if code in ("none", "no", "growth")), codes[0])
    return [mild] if question.get("repeats") else mild
