"""What pages are shown of answers and measurements: the family in its language, the physician signs first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.questionnaires.answers import Answers
from server.questionnaires.conditions import Answer
from server.questionnaires.measurements import Measurement, Velocity, latest_velocity, plain
from server.questionnaires.questionnaire import Question, Questionnaire, said
from server.questionnaires.questionnaire import plain as plain_value
from server.questionnaires.routing import Route, route
from server.referral import Checklist

_YES, _NO = {"zh": "是", "en": "Yes"}, {"zh": "否", "en": "No"}


def form(questionnaire: Questionnaire, language: str) -> dict[str, Any]:
    """The questionnaire as a page shows it, with the hash of just that."""
    return questionnaire.shown(language) | {"sha256": questionnaire.shown_sha256(language)}


def family_route(found: Route | None, language: str) -> dict[str, Any] | None:
    """Where it leads and what to do, in words; no codes, and nothing of what is only for the physician."""
    if found is None:
        return None
    return {
        "outcome": found.outcome.value,
        "field": found.field,
        "why": [said(words, language) for words in found.words],
        "safety_net": [said(words, language) for words in found.safety_net],
    }


def flags(found: Route | None, checklist: Checklist, language: str) -> list[dict[str, str]]:
    """For the physician: each coded reason once, the most severe first, in the checklist's words."""
    if found is None:
        return []
    rows: dict[str, dict[str, str]] = {}
    for rule in found.rules:
        if rule.reason is not None and rule.reason not in rows:
            known = checklist.reason(rule.reason)
            text = rule.reason if known is None else said(known.text, language)
            rows[rule.reason] = {"reason": rule.reason, "outcome": rule.outcome.value, "text": text}
    return list(rows.values())


def answered(questionnaire: Questionnaire, given: Answers, language: str) -> list[dict[str, Any]]:
    """Question and answer in words, in the order in which they were asked; ``flag`` where an answer fulfils a severe rule."""
    found = route(questionnaire, given.values)
    severe = [rule for rule in found.rules if rule.outcome.severity > 0] if found is not None else []
    rows = []
    for question in questionnaire.questions():
        if question.link_id not in given.values:
            continue
        alone = route(questionnaire, {question.link_id: given.values[question.link_id]})
        flagged = alone is not None and any(rule in severe for rule in alone.rules)
        rows.append(
            {
                "link_id": question.link_id,
                "text": said(question.text, language),
                "answer": in_words(question, given.values[question.link_id], language),
                "flag": flagged,
            }
        )
    return rows


def in_words(question: Question, answer: Answer, language: str) -> str:
    """An answer as somebody would say it."""
    if isinstance(answer, bool):
        return (_YES if answer else _NO)[language]
    if question.options:
        codes = answer if isinstance(answer, tuple) else (answer,)
        chosen = [said(option.text, language) for option in question.options if option.code in codes]
        return ("；" if language == "zh" else "; ").join(chosen)
    assert not isinstance(answer, tuple)  # only a choice has several answers
    text = str(plain_value(answer))
    return f"{text} {said(question.unit, language)}" if question.unit is not None else text


def measured(taken: Iterable[Measurement]) -> dict[str, Any]:
    """The measurements and how fast the child grows, as far as they tell."""
    rows = list(taken)
    return {"items": [plain(each) for each in rows], "velocity": _velocity(latest_velocity(rows))}


def _velocity(found: Velocity | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "cm_per_year": format(found.cm_per_year, "f"),
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "at_home": found.at_home,
        "converted": found.converted,
    }
