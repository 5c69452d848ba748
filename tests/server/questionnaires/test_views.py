"""What the family is shown is in its words and language; the physician sees signs first."""

from __future__ import annotations

from typing import Any

from server.questionnaires.answers import Answers, validate
from server.questionnaires.measurements import read_back
from server.questionnaires.routing import Route, route
from server.questionnaires.views import answered, family_route, flags, form, in_words, measured
from tests.server.questionnaires.kit import CHECKLIST, SMALL, TODAY, WHOLE, comparison, small

QUESTIONNAIRE = small()


def given(**answers: Any) -> Answers:
    return validate(QUESTIONNAIRE, WHOLE | answers, today=TODAY)


def found(**answers: Any) -> Route | None:
    return route(QUESTIONNAIRE, given(**answers).values)


def test_a_form_comes_with_the_hash_of_what_is_shown() -> None:
    shown = form(QUESTIONNAIRE, "zh")
    assert shown.pop("sha256") == QUESTIONNAIRE.shown_sha256("zh")
    assert shown == QUESTIONNAIRE.shown("zh")
    signs, puberty, age = shown["groups"][0]["questions"]
    assert signs["options"][0]["text"] == "headache（中）"
    assert signs["options"][2]["exclusive"] is True
    assert age["enable_when"] == {"all": [comparison("puberty", "yes")]}
    assert (age["min_value"], age["max_value"], age["unit"]) == ("0", "18", "years（中）")
    assert "enable_when" not in puberty
    assert shown["groups"][1]["questions"][0]["help"] == "help（中）"
    assert shown["groups"][1]["questions"][3]["max_length"] == 20


def test_a_form_may_hang_a_question_on_one_of_several_others() -> None:
    document = SMALL | {}
    document["groups"] = [SMALL["groups"][0], {**SMALL["groups"][1], "questions": [
        {**SMALL["groups"][1]["questions"][0], "enableBehavior": "any",
         "enableWhen": [comparison("puberty", "yes"), comparison("signs", True, "exists")]},
        SMALL["groups"][1]["questions"][1], SMALL["groups"][1]["questions"][2],
    ]}]  # fmt: skip
    shown = form(small(**document), "en")
    assert shown["groups"][1]["questions"][0]["enable_when"] == {
        "any": [comparison("puberty", "yes"), comparison("signs", True, "exists")]
    }


def test_the_family_hears_where_to_go_and_why_without_codes() -> None:
    assert family_route(found(signs=["headache", "vision"]), "en") == {
        "outcome": "emergency", "field": None, "why": ["headache"], "safety_net": ["120"],
    }  # fmt: skip
    assert family_route(None, "en") is None


def test_hints_for_the_physician_are_not_told_to_the_family() -> None:
    told = family_route(found(puberty="yes", age=7), "zh")
    assert told == {"outcome": "field", "field": "growth", "why": [], "safety_net": ["120（中）"]}


def test_the_physician_sees_the_gravest_flag_first_and_each_once() -> None:
    rows = flags(found(signs=["headache", "vision"], puberty="yes", age=7), CHECKLIST, "zh")
    assert [(row["reason"], row["outcome"]) for row in rows] == [
        ("growth_headache", "emergency"), ("growth_pressure_or_vision", "in_person"), ("growth_puberty_timing", "field"),
    ]  # fmt: skip
    assert rows[0]["text"] == "夜间或晨起头痛"
    assert flags(None, CHECKLIST, "zh") == []


def test_two_rules_of_one_reason_are_one_flag() -> None:
    twice = {**SMALL["rules"][0], "id": "vision_too", "when": comparison("signs", "vision")}
    both = small(rules=[*SMALL["rules"], twice])
    row = flags(route(both, given(signs=["headache", "vision"]).values), CHECKLIST, "en")
    assert [each["reason"] for each in row] == ["growth_headache", "growth_pressure_or_vision"]


def test_a_reason_that_the_checklist_has_no_more_keeps_its_code() -> None:
    other = type(CHECKLIST)("other", (), CHECKLIST.by_urgency, CHECKLIST.always)
    assert flags(found(signs=["vision"]), other, "en")[0]["text"] == "growth_pressure_or_vision"


def test_answers_read_as_sentences_and_a_sign_is_marked() -> None:
    rows = answered(QUESTIONNAIRE, given(signs=["headache", "vision"], puberty="yes", age=7, worried=True, weight="3.5"), "en")
    assert [(row["link_id"], row["answer"], row["flag"]) for row in rows] == [
        ("signs", "headache; vision", True),
        ("puberty", "yes", False),
        ("age", "7 years", False),
        ("worried", "Yes", False),
        ("weight", "3.5", False),
    ]


def test_every_type_of_answer_has_words() -> None:
    values = given(signs=["none"], worried=False, since="2026-02-01", note="慢").values
    words = {}
    for link, value in values.items():
        question = QUESTIONNAIRE.question(link)
        assert question is not None
        words[link] = in_words(question, value, "zh")
    assert words == {"signs": "none（中）", "puberty": "no（中）", "worried": "否", "since": "2026-02-01", "note": "慢"}


def test_nothing_answered_is_nothing_to_read() -> None:
    silent = small(rules=[{**SMALL["rules"][3], "id": code, "when": comparison("puberty", code)} for code in ("yes", "no")])
    partly = validate(silent, {"note": "慢"}, today=TODAY, draft=True)
    assert [row["flag"] for row in answered(silent, partly, "en")] == [False]


def test_measurements_come_with_how_fast_the_child_grows() -> None:
    one = {"kind": "height", "value": "115", "on": "2025-02-01", "method": "standing_clinic", "sure": False}
    other = {**one, "value": "120.5", "on": "2026-02-01", "method": "standing_home"}
    assert measured(read_back([one, other])) == {
        "items": [one, other],
        "velocity": {
            "cm_per_year": "5.5", "since": "2025-02-01", "until": "2026-02-01", "at_home": True, "converted": False,
        },
    }  # fmt: skip
    assert measured(read_back([one]))["velocity"] is None
