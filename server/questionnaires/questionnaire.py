"""A questionnaire as data: groups of questions (one screen each), and the rules that route its answers.

The semantics are FHIR's ``Questionnaire`` in small: a question has a linkId, a type, options with codes, and may be asked only
when earlier answers say so (enableWhen). Its rules lead to the field, to in-person care or to emergency care, with a coded
reason of the checklist; they name signs and what to do, never what a child has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, assert_never

from server.questionnaires.conditions import ALWAYS, AllOf, AnyOf, Comparison, Condition, Value
from server.referral import Words

LANGUAGES = ("zh", "en")


class Type(StrEnum):
    """FHIR's item types that we use. A decimal travels as text, so that nothing is rounded."""

    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a choice. An exclusive one (``none of these``) stands alone."""

    code: str
    text: Words
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``min_value`` and ``max_value`` bound a number, ``max_length`` a text in characters; ``unit`` stands beside a number."""

    link_id: str
    type: Type
    text: Words
    help: Words | None = None
    required: bool = False
    repeats: bool = False
    options: tuple[Option, ...] = ()
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    unit: Words | None = None
    max_length: int = 0
    enable_when: Condition = ALWAYS

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that stand on one screen."""

    link_id: str
    text: Words
    questions: tuple[Question, ...]


class Outcome(StrEnum):
    """Where answers lead, the most severe first."""

    EMERGENCY = "emergency"
    IN_PERSON = "in_person"
    FIELD = "field"

    @property
    def severity(self) -> int:
        """2 for emergency care, 1 for in-person care, 0 for the visit online."""
        return 2 - tuple(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """When it holds, answers lead at least to ``outcome``.

    ``field`` is which field, for the outcome ``field``; ``reason`` a code of the checklist, None only for that outcome;
    ``words`` tell the family, in signs, why. A rule without words says nothing (the plain way to the field).
    """

    id: str
    when: Condition
    outcome: Outcome
    field: str | None
    reason: str | None
    words: Words | None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """``field`` is growth, nutrition, skin, or routing: the one asked before anybody knows the field.

    ``ratified_by`` names the hospital that made it its own; None: it is ours, and a proposal.
    """

    version: str
    field: str
    title: Words
    intro: Words
    ratified_by: str | None
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    safety_net: dict[Outcome, tuple[Words, ...]]

    def questions(self) -> Iterator[Question]:
        """In the order in which they are asked."""
        for group in self.groups:
            yield from group.questions

    def question(self, link_id: str) -> Question | None:
        return next((question for question in self.questions() if question.link_id == link_id), None)

    def shown(self, language: str) -> dict[str, Any]:
        """What a family is shown in that language (``zh`` or ``en``), JSON-ready; rules are not shown."""
        return {
            "version": self.version,
            "field": self.field,
            "language": language,
            "title": said(self.title, language),
            "intro": said(self.intro, language),
            "groups": [
                {
                    "link_id": group.link_id,
                    "text": said(group.text, language),
                    "questions": [_shown(question, language) for question in group.questions],
                }
                for group in self.groups
            ],
        }

    def shown_sha256(self, language: str) -> str:
        """The hash of exactly what was shown: of the canonical JSON of ``shown``."""
        return hashlib.sha256(canonical(self.shown(language))).hexdigest()


def said(words: Words, language: str) -> str:
    return words.en if language == "en" else words.zh


def canonical(document: Any) -> bytes:
    """The one byte form: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def plain(value: Value) -> str | bool | int:
    """A value as JSON holds it: decimals and dates as text."""
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case _:
            assert_never(value)


def _shown(question: Question, language: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "link_id": question.link_id,
        "type": question.type.value,
        "text": said(question.text, language),
        "required": question.required,
        "repeats": question.repeats,
    }
    if question.help is not None:
        shown["help"] = said(question.help, language)
    if question.options:
        shown["options"] = [
            {"code": option.code, "text": said(option.text, language), "exclusive": option.exclusive}
            for option in question.options
        ]
    if question.min_value is not None and question.max_value is not None:
        shown |= {"min_value": plain(question.min_value), "max_value": plain(question.max_value)}
    if question.unit is not None:
        shown["unit"] = said(question.unit, language)
    if question.max_length:
        shown["max_length"] = question.max_length
    if question.enable_when != ALWAYS:
        shown["enable_when"] = _condition(question.enable_when)
    return shown


def _condition(condition: Condition) -> dict[str, Any]:
    match condition:
        case AllOf(of):
            return {"all": [_condition(each) for each in of]}
        case AnyOf(of):
            return {"any": [_condition(each) for each in of]}
        case Comparison(question, operator, answer):
            return {"question": question, "operator": operator.value, "answer": plain(answer)}
        case _:
            assert_never(condition)
