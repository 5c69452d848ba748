"""Answers to a questionnaire: which questions they make visible, and whether they are whole.

Answers come as JSON by linkId. ``validate`` reads them strictly and gives typed ``Answers``, or every fault at once; a draft
may leave required questions open, and is otherwise as strict. Decimals come as text (``"3.25"``), dates as ``YYYY-MM-DD``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, assert_never

from server.questionnaires.conditions import Answer, holds
from server.questionnaires.questionnaire import Question, Questionnaire, Type, canonical, plain
from server.referral import clean

_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
EARLIEST = date(1900, 1, 1)


class Why(StrEnum):
    """What can be wrong with an answer."""

    UNKNOWN_QUESTION = "unknown_question"
    NOT_ASKED = "not_asked"  # its enableWhen does not hold
    REQUIRED = "required"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_OPTION = "unknown_option"
    CONTRADICTION = "contradiction"  # "none of these", and one of these
    OUT_OF_RANGE = "out_of_range"
    IN_FUTURE = "in_future"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Fault:
    question: str
    why: Why


class InvalidAnswers(ValueError):
    """Every fault, in the order of the questions; unknown ones last."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.question}: {fault.why}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Answers:
    """Typed answers to the visible questions of one version of a questionnaire; ``complete``: none that is required is open."""

    version: str
    values: Mapping[str, Answer]
    complete: bool

    def plain(self) -> dict[str, Any]:
        """As JSON holds them, by linkId."""
        return {link: list(value) if isinstance(value, tuple) else plain(value) for link, value in self.values.items()}

    def canonical(self) -> bytes:
        """The one byte form of version and answers."""
        return canonical({"version": self.version, "answers": self.plain()})


def visible(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """The questions that these answers make visible. A hidden question's own answer counts for nothing."""
    seen: dict[str, Answer] = {}
    found = []
    for question in questionnaire.questions():
        if holds(question.enable_when, seen):
            found.append(question)
            if question.link_id in answers:
                seen[question.link_id] = answers[question.link_id]
    return tuple(found)


def validate(questionnaire: Questionnaire, given: Mapping[str, Any], *, today: date, draft: bool = False) -> Answers:
    """The answers, typed and whole. ``today`` is the hospital's day: no date lies after it. Raises ``InvalidAnswers``."""
    faults: list[Fault] = []
    values: dict[str, Answer] = {}
    complete = True
    for question in questionnaire.questions():
        link = question.link_id
        asked = holds(question.enable_when, values)
        if link not in given or _is_empty(question, given[link]):
            if asked and question.required:
                complete = False
                faults += [] if draft else [Fault(link, Why.REQUIRED)]
            continue
        if not asked:
            faults.append(Fault(link, Why.NOT_ASKED))
            continue
        read = _read(question, given[link], today)
        if isinstance(read, Why):
            faults.append(Fault(link, read))
        else:
            values[link] = read
    known = {question.link_id for question in questionnaire.questions()}
    faults += [Fault(link, Why.UNKNOWN_QUESTION) for link in given if link not in known]
    if faults:
        raise InvalidAnswers(faults)
    return Answers(questionnaire.version, values, complete)


def _is_empty(question: Question, value: Any) -> bool:
    """Nothing was said: null, a blank text, nothing ticked."""
    if question.type is Type.TEXT and isinstance(value, str):
        return not clean(value)
    return value is None or (question.repeats and value == [])


def _read(question: Question, value: Any, today: date) -> Answer | Why:
    match question.type:
        case Type.CHOICE if question.repeats:
            return _several(question, value)
        case Type.CHOICE:
            return _one(question, value)
        case Type.BOOLEAN:
            return value if isinstance(value, bool) else Why.WRONG_TYPE
        case Type.INTEGER:
            if type(value) is not int:
                return Why.WRONG_TYPE
            return value if _within(question, Decimal(value)) else Why.OUT_OF_RANGE
        case Type.DECIMAL:
            if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
                return Why.WRONG_TYPE
            return _without_tail(Decimal(value)) if _within(question, Decimal(value)) else Why.OUT_OF_RANGE
        case Type.DATE:
            return _day(value, today)
        case Type.TEXT:
            if not isinstance(value, str):
                return Why.WRONG_TYPE
            text = clean(value)
            return text if len(text) <= question.max_length else Why.TOO_LONG
        case _:
            assert_never(question.type)


def _one(question: Question, value: Any) -> str | Why:
    if not isinstance(value, str):
        return Why.WRONG_TYPE
    return value if question.option(value) is not None else Why.UNKNOWN_OPTION


def _several(question: Question, value: Any) -> tuple[str, ...] | Why:
    """The ticked codes in the order of the options, whatever the order in which they were ticked."""
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        return Why.WRONG_TYPE
    ticked = set(value)
    if len(ticked) != len(value):
        return Why.WRONG_TYPE
    options = [option for option in question.options if option.code in ticked]
    if len(options) != len(ticked):
        return Why.UNKNOWN_OPTION
    if len(options) > 1 and any(option.exclusive for option in options):
        return Why.CONTRADICTION
    return tuple(option.code for option in options)


def _day(value: Any, today: date) -> date | Why:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return Why.WRONG_TYPE
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return Why.WRONG_TYPE
    if day > today:
        return Why.IN_FUTURE
    return day if day >= EARLIEST else Why.OUT_OF_RANGE


def _within(question: Question, number: Decimal) -> bool:
    least, most = question.min_value, question.max_value
    return (least is None or number >= least) and (most is None or number <= most)


def _without_tail(number: Decimal) -> Decimal:
    """3.50 and 3.5 are one answer, and have one canonical form."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
