"""What a questionnaire's rules must be like so that its routes can be trusted, whatever the answers.

*Total*: every complete set of answers leads somewhere. *Monotone*: a sign more never makes a route milder. For that, severe
rules (in person, emergency) ask only for what was said, never for what was not, and of questions that no other sign can hide.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.questionnaires.conditions import ALWAYS, Comparison, Operator, comparisons
from server.questionnaires.questionnaire import Questionnaire


def unsound(questionnaire: Questionnaire) -> list[str]:
    """What breaks these promises, each with its place; empty when they are kept."""
    faults = [] if _is_total(questionnaire) else ["rules: a complete set of answers may lead nowhere"]
    severe = [rule for rule in questionnaire.rules if rule.outcome.severity > 0]
    for rule in severe:
        if not all(_is_affirmative(questionnaire, each) for each in comparisons(rule.when)):
            faults.append(f"rules/{rule.id}: asks for something that is not there")
    signs = {each.question for rule in severe for each in comparisons(rule.when)}
    hangs_on = {q.link_id: {each.question for each in comparisons(q.enable_when)} for q in questionnaire.questions()}
    for sign in sorted(signs):
        if _reached(sign, hangs_on) & signs:
            faults.append(f"questions/{sign}: another sign may hide this one")
    return faults


def _is_total(questionnaire: Questionnaire) -> bool:
    """One rule holds always, or each option of a choice that everybody must make has its own."""
    whens = [rule.when for rule in questionnaire.rules]
    return ALWAYS in whens or any(
        all(Comparison(question.link_id, Operator.EQUAL, option.code) in whens for option in question.options)
        for question in questionnaire.questions()
        if question.required and question.options and question.enable_when == ALWAYS
    )


def _is_affirmative(questionnaire: Questionnaire, comparison: Comparison) -> bool:
    """Whether it is about something that was said, so that saying more cannot undo it."""
    match comparison.operator:
        case Operator.NOT_EQUAL:
            return False
        case Operator.EXISTS:
            return comparison.answer is True
        case _:
            question = questionnaire.question(comparison.question)
            options = question.options if question is not None else ()
            return not any(option.exclusive for option in options if option.code == comparison.answer)


def _reached(question: str, hangs_on: Mapping[str, set[str]]) -> set[str]:
    """Every question on which the visibility of this one hangs, directly or not."""
    found: set[str] = set()
    ahead = set(hangs_on.get(question, ()))
    while ahead:
        each = ahead.pop()
        found.add(each)
        ahead |= hangs_on.get(each, set()) - found
    return found
