"""Questionnaires for tests: a small one by hand, and any one at all by chance; and answers to them."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

from hypothesis import strategies as st

from server import checklists
from server.questionnaires.questionnaire import Question, Questionnaire, Type
from server.questionnaires.reading import MalformedQuestionnaire, parse_questionnaire

CHECKLIST = checklists.load()
TODAY = date(2026, 3, 1)


def words(text: str) -> dict[str, str]:
    return {"zh": f"{text}（中）", "en": text}


def option(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "text": words(code), **more}


def comparison(question: str, answer: Any, operator: str = "=") -> dict[str, Any]:
    return {"question": question, "operator": operator, "answer": answer}


SMALL: dict[str, Any] = {
    "version": "growth-test-1",
    "field": "growth",
    "title": words("title"),
    "intro": words("intro"),
    "ratified_by": None,
    "groups": [
        {
            "linkId": "first",
            "text": words("first"),
            "questions": [
                {
                    "linkId": "signs", "type": "choice", "text": words("signs"), "required": True, "repeats": True,
                    "options": [option("headache"), option("vision"), option("none", exclusive=True)],
                },
                {"linkId": "puberty", "type": "choice", "text": words("puberty"), "required": True,
                 "options": [option("yes"), option("no")]},
                {"linkId": "age", "type": "integer", "text": words("age"), "required": True, "minValue": 0, "maxValue": 18,
                 "unit": words("years"), "enableWhen": [comparison("puberty", "yes")]},
            ],
        },
        {
            "linkId": "second",
            "text": words("second"),
            "questions": [
                {"linkId": "worried", "type": "boolean", "text": words("worried"), "help": words("help")},
                {"linkId": "weight", "type": "decimal", "text": words("weight"), "minValue": 0.4, "maxValue": 7},
                {"linkId": "since", "type": "date", "text": words("since")},
                {"linkId": "note", "type": "text", "text": words("note"), "maxLength": 20},
            ],
        },
    ],
    "rules": [
        {"id": "headache", "when": comparison("signs", "headache"), "outcome": "emergency", "reason": "growth_headache",
         "words": words("headache")},
        {"id": "vision", "when": comparison("signs", "vision"), "outcome": "in_person", "reason": "growth_pressure_or_vision",
         "words": words("vision")},
        {"id": "early", "when": comparison("age", 8, "<="), "outcome": "field", "field": "growth",
         "reason": "growth_puberty_timing"},
        {"id": "field", "when": {"all": []}, "outcome": "field", "field": "growth"},
    ],
    "safety_net": {outcome: [words("120")] for outcome in ("emergency", "in_person", "field")},
}  # fmt: skip

WHOLE: dict[str, Any] = {"signs": ["none"], "puberty": "no"}


def small(**changes: Any) -> Questionnaire:
    return parse_questionnaire(json.dumps(SMALL | changes), CHECKLIST)


def raw() -> Any:
    """A copy of the small one to spoil."""
    return copy.deepcopy(SMALL)


def faults_of(document: Any) -> list[str]:
    try:
        parse_questionnaire(document if isinstance(document, str) else json.dumps(document), CHECKLIST)
    except MalformedQuestionnaire as malformed:
        return list(malformed.faults)
    return []


# --- any questionnaire, any answers ---------------------------------------------------------------

CODES = ("a", "b", "c")
REASONS = {"emergency": "growth_headache", "in_person": "growth_pressure_or_vision", "field": "growth_low_velocity"}


@st.composite
def documents(draw: st.DrawFn, tame: bool = False) -> dict[str, Any]:
    """A questionnaire's JSON of up to six questions that hang on each other, with up to five rules; sound or not, unless
    ``tame``: then severe rules ask for one thing said, and one rule holds always, so that it mostly is.
    """
    asked: list[dict[str, Any]] = []
    for n in range(draw(st.integers(1, 6))):
        question: dict[str, Any] = {"linkId": f"q{n}", "text": words(f"q{n}"), "required": draw(st.booleans())}
        question["type"] = draw(st.sampled_from(["choice", "choice", "boolean", "integer", "date"]))
        if question["type"] == "choice":
            question["repeats"] = draw(st.booleans())
            question["options"] = [option(code) for code in CODES]
            if question["repeats"]:
                question["options"].append(option("none", exclusive=True))
        if question["type"] == "integer":
            question |= {"minValue": 0, "maxValue": 9}
        if asked and draw(st.booleans()):
            question["enableWhen"] = draw(st.lists(comparisons(asked), min_size=1, max_size=2))
            question["enableBehavior"] = draw(st.sampled_from(["all", "any"]))
        asked.append(question)
    rules = [draw(_rules(n, asked, tame)) for n in range(draw(st.integers(0, 5)))]
    if tame or draw(st.booleans()):
        rules.append({"id": "always", "when": {"all": []}, "outcome": "field", "field": "growth"})
    cut = draw(st.integers(0, len(asked) - 1))
    groups = [
        {"linkId": f"g{n}", "text": words("g"), "questions": part} for n, part in enumerate((asked[:cut], asked[cut:])) if part
    ]
    return SMALL | {
        "groups": groups,
        "rules": rules or [{"id": "none", "when": {"all": []}, "outcome": "field", "field": "growth"}],
    }


@st.composite
def _rules(draw: st.DrawFn, n: int, asked: list[dict[str, Any]], tame: bool) -> dict[str, Any]:
    outcome = draw(st.sampled_from(["emergency", "in_person", "field"]))
    if tame:
        asked = [question for question in asked if "enableWhen" not in question]
    when = draw(
        st.recursive(
            comparisons(asked),
            lambda inner: st.builds(
                lambda how, of: {how: of}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
            ),
            max_leaves=4,
        )
    )
    if tame and outcome != "field":
        when = draw(comparisons(asked).filter(lambda c: c["operator"] == "=" and c["answer"] != "none"))
    rule = {"id": f"r{n}", "when": when, "outcome": outcome, "reason": REASONS[outcome], "words": words("why")}
    return rule | ({"field": "growth"} if outcome == "field" else {})


def comparisons(asked: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(asked).flatmap(_comparison)


def _comparison(question: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    ordered = question["type"] in ("integer", "date")
    operators = ["=", "!=", *([">", "<", ">=", "<="] if ordered else [])]
    answers: dict[str, st.SearchStrategy[Any]] = {
        "choice": st.sampled_from([each["code"] for each in question.get("options", [])] or ["a"]),
        "boolean": st.booleans(),
        "integer": st.integers(0, 9),
        "date": st.sampled_from(["2026-01-01", "2026-02-01", "2026-03-01"]),
    }
    compared = st.builds(comparison, st.just(question["linkId"]), answers[question["type"]], st.sampled_from(operators))
    exists = st.builds(comparison, st.just(question["linkId"]), st.booleans(), st.just("exists"))
    return st.one_of(compared, compared, exists)


def given_to(question: Question) -> st.SearchStrategy[Any]:
    """An answer as a page sends it."""
    codes = [each.code for each in question.options]
    alone = [each.code for each in question.options if each.exclusive]
    together = [code for code in codes if code not in alone]
    match question.type:
        case Type.CHOICE if question.repeats:
            several = st.lists(st.sampled_from(together), min_size=1, unique=True)
            return st.one_of(several, st.sampled_from(alone).map(lambda code: [code])) if alone else several
        case Type.CHOICE:
            return st.sampled_from(codes)
        case Type.BOOLEAN:
            return st.booleans()
        case Type.INTEGER:
            return st.integers(int(question.min_value or 0), int(question.max_value or 0))
        case Type.DECIMAL:
            tenths = st.integers(int((question.min_value or 0) * 10) + 1, int((question.max_value or 0) * 10))
            return tenths.map(lambda n: f"{n // 10}.{n % 10}")
        case Type.DATE:
            return st.dates(date(2025, 12, 1), TODAY).map(date.isoformat)
        case Type.TEXT:
            return st.text("好abc ", min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
