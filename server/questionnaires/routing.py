"""Where answers lead: to the field's visit online, to in-person care, or to emergency care. Signs in, a way out, no diagnosis.

All rules that hold are kept; the most severe outcome among them is the route. So no rule can hide another, and a sign more
never makes a route milder (`server.questionnaires.soundness` is held to when the data is read).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.questionnaires.conditions import Answer, holds
from server.questionnaires.questionnaire import Outcome, Questionnaire, Rule
from server.referral import Words


@dataclass(frozen=True, slots=True)
class Route:
    """``rules``: all that hold, the most severe first, then in the questionnaire's order. ``safety_net``: what the family is
    to watch for, and when to call."""

    outcome: Outcome
    field: str | None
    rules: tuple[Rule, ...]
    safety_net: tuple[Words, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The checklist's codes, each once, the most severe first."""
        return tuple(dict.fromkeys(rule.reason for rule in self.rules if rule.reason is not None))

    @property
    def words(self) -> tuple[Words, ...]:
        """Why, for the family: of the rules that decided."""
        return tuple(rule.words for rule in self.rules if rule.outcome is self.outcome and rule.words is not None)


def route(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> Route | None:
    """Where these answers lead so far; None as long as no rule holds, which never is so for complete answers."""
    holding = [rule for rule in questionnaire.rules if holds(rule.when, answers)]
    if not holding:
        return None
    rules = tuple(sorted(holding, key=lambda rule: -rule.outcome.severity))
    outcome = rules[0].outcome
    field = next((rule.field for rule in rules if rule.field is not None), None) if outcome is Outcome.FIELD else None
    return Route(outcome, field, rules, questionnaire.safety_net[outcome])
