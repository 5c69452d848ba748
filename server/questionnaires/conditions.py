"""Conditions over answers, as data: when a question is asked (FHIR's enableWhen) and when a rule of routing holds.

A condition compares one question's answers with a value, or joins others by all or any. An unanswered question fulfils only
``exists = false``; of several answers to one question any may fulfil a comparison, and ``!=`` wants that none is equal (FHIR
R4, QuestionnaireItemOperator).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, assert_never

Value = str | bool | int | Decimal | date
"""A choice's code or a text, a boolean, an integer, a decimal, a date."""

Answer = Value | tuple[str, ...]
"""One value, or the codes ticked of a choice that takes several."""


class Operator(StrEnum):
    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_OR_EQUAL = ">="
    LESS_OR_EQUAL = "<="


ORDERED = frozenset({Operator.GREATER, Operator.LESS, Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL})


@dataclass(frozen=True, slots=True)
class Comparison:
    """``answer`` is a boolean for ``exists``, otherwise of the question's type."""

    question: str
    operator: Operator
    answer: Value


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of them; of none at all it is true."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them; of none at all it is false."""

    of: tuple[Condition, ...]


Condition = Comparison | AllOf | AnyOf
ALWAYS = AllOf(())


def holds(condition: Condition, answers: Mapping[str, Answer]) -> bool:
    """Whether these answers fulfil the condition."""
    match condition:
        case AllOf(of):
            return all(holds(each, answers) for each in of)
        case AnyOf(of):
            return any(holds(each, answers) for each in of)
        case Comparison(question, operator, wanted):
            return _compares(_values(answers.get(question)), operator, wanted)
        case _:
            assert_never(condition)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in it, from left to right."""
    match condition:
        case AllOf(of) | AnyOf(of):
            for each in of:
                yield from comparisons(each)
        case Comparison():
            yield condition
        case _:
            assert_never(condition)


def _values(answer: Answer | None) -> tuple[Value, ...]:
    if answer is None:
        return ()
    return answer if isinstance(answer, tuple) else (answer,)


def _compares(values: tuple[Any, ...], operator: Operator, wanted: Any) -> bool:
    match operator:
        case Operator.EXISTS:
            return bool(values) is wanted
        case Operator.EQUAL:
            return wanted in values
        case Operator.NOT_EQUAL:
            return bool(values) and wanted not in values
        case Operator.GREATER:
            return any(value > wanted for value in values)
        case Operator.LESS:
            return any(value < wanted for value in values)
        case Operator.GREATER_OR_EQUAL:
            return any(value >= wanted for value in values)
        case Operator.LESS_OR_EQUAL:
            return any(value <= wanted for value in values)
        case _:
            assert_never(operator)
