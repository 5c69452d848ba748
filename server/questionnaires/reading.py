"""Reads a questionnaire's JSON strictly: a questionnaire, or every fault in it with the place where it is.

Besides the shape it holds the rules to what they promise: none is milder than the checklist's reason it names, every outcome
tells the family when to call 120, and what `server.questionnaires.soundness` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from server.questionnaires.conditions import ALWAYS, ORDERED, AllOf, AnyOf, Comparison, Condition, Operator, Value
from server.questionnaires.questionnaire import Group, Option, Outcome, Question, Questionnaire, Rule, Type
from server.questionnaires.soundness import unsound
from server.referral import ANY_FIELD, FIELDS, Checklist, Reason, Urgency, Words
from server.strict import Malformed, Reader, Unread

ROUTING = "routing"
TEXT_MAX = 2000
_QUESTIONNAIRE = ["version", "field", "title", "intro", "ratified_by", "groups", "rules", "safety_net"]
_MAY_HAVE = (
    "help",
    "required",
    "repeats",
    "options",
    "minValue",
    "maxValue",
    "unit",
    "maxLength",
    "enableWhen",
    "enableBehavior",
)
"""What a question can have besides linkId, type and text."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_NUMBERS = (Type.INTEGER, Type.DECIMAL)
_NOT_ORDERED = (Type.CHOICE, Type.BOOLEAN, Type.TEXT)


class MalformedQuestionnaire(Malformed):
    """The text is no questionnaire."""


def parse_questionnaire(text: str, checklist: Checklist) -> Questionnaire:
    """Raises ``MalformedQuestionnaire``. ``checklist`` has the reasons that rules may name."""
    reader = _Reader(checklist)
    return reader.whole(text, reader.questionnaire, MalformedQuestionnaire)


class _Reader(Reader):
    def __init__(self, checklist: Checklist) -> None:
        super().__init__()
        self._reasons: Mapping[str, Reason] = {reason.code: reason for reason in checklist.reasons}
        self._asked: dict[str, Question] = {}  # what has been read, in order: conditions may look back only
        self._names: set[str] = set()

    # --- the whole --------------------------------------------------------------------------------

    def questionnaire(self, document: Any) -> Questionnaire:
        of = self.object("", document, _QUESTIONNAIRE)
        field = self.one_of("field", of["field"], (*FIELDS, ROUTING))
        ratified_by = of["ratified_by"]
        if ratified_by is not None:
            ratified_by = self.text("ratified_by", ratified_by)
        read = Questionnaire(
            version=self.matching("version", of["version"], _VERSION),
            field=field,
            title=self.words("title", of["title"]),
            intro=self.words("intro", of["intro"]),
            ratified_by=ratified_by,
            groups=self.each("groups", of["groups"], self.group),
            rules=self.each("rules", of["rules"], lambda path, value: self.rule(path, value, field)),
            safety_net=self.nets(of["safety_net"]),
        )
        self.unique("rules", (rule.id for rule in read.rules))
        self.faults += unsound(read)
        return read

    # --- questions --------------------------------------------------------------------------------

    def group(self, path: str, value: Any) -> Group:
        of = self.object(path, value, ["linkId", "text", "questions"])
        return Group(
            link_id=self.name(f"{path}/linkId", of["linkId"]),
            text=self.words(f"{path}/text", of["text"]),
            questions=self.each(f"{path}/questions", of["questions"], self.question),
        )

    def question(self, path: str, value: Any) -> Question:
        of = self.object(path, value, ["linkId", "type", "text"], _MAY_HAVE)
        if of["type"] not in tuple(Type):
            self.fault(f"{path}/type", f"one of {', '.join(Type)} belongs here")
            raise Unread
        type = Type(of["type"])
        self.fitting(path, of, type)
        read = Question(
            link_id=self.name(f"{path}/linkId", of["linkId"]),
            type=type,
            text=self.words(f"{path}/text", of["text"]),
            help=self.words(f"{path}/help", of["help"]) if "help" in of else None,
            required=self.boolean(f"{path}/required", of.get("required", False)),
            repeats=self.boolean(f"{path}/repeats", of.get("repeats", False)),
            options=self.options(path, of) if type is Type.CHOICE else (),
            min_value=self.bound(path, of, "minValue", type),
            max_value=self.bound(path, of, "maxValue", type),
            unit=self.words(f"{path}/unit", of["unit"]) if "unit" in of else None,
            max_length=self.integer(f"{path}/maxLength", of.get("maxLength"), 1, TEXT_MAX) if type is Type.TEXT else 0,
            enable_when=self.enable_when(path, of),
        )
        if read.min_value is not None and read.max_value is not None and read.min_value > read.max_value:
            self.fault(path, "minValue is above maxValue")
        self._asked[read.link_id] = read
        return read

    def fitting(self, path: str, of: Mapping[str, Any], type: Type) -> None:
        """Members that a question of this type has no use for."""
        belongs: dict[str, tuple[Type, ...]] = dict.fromkeys(("options", "repeats"), (Type.CHOICE,))
        belongs["maxLength"] = (Type.TEXT,)
        belongs |= dict.fromkeys(("minValue", "maxValue", "unit"), _NUMBERS)
        for member, types in belongs.items():
            if member in of and type not in types:
                self.fault(f"{path}/{member}", f"has no place in a question of type {type}")

    def options(self, path: str, of: Mapping[str, Any]) -> tuple[Option, ...]:
        options = self.each(f"{path}/options", of.get("options"), self.option)
        if len(options) < 2:
            self.fault(f"{path}/options", "a choice has at least two")
        self.unique(f"{path}/options", (option.code for option in options))
        if any(option.exclusive for option in options) and of.get("repeats") is not True:
            self.fault(f"{path}/options", "exclusive means something only where several can be ticked")
        return options

    def option(self, path: str, value: Any) -> Option:
        of = self.object(path, value, ["code", "text"], ["exclusive"])
        return Option(
            code=self.matching(f"{path}/code", of["code"], _NAME),
            text=self.words(f"{path}/text", of["text"]),
            exclusive=self.boolean(f"{path}/exclusive", of.get("exclusive", False)),
        )

    def bound(self, path: str, of: Mapping[str, Any], member: str, type: Type) -> Decimal | None:
        """Every number has both bounds: what nobody can be is a slip of the finger."""
        if type not in _NUMBERS:
            return None
        value = of.get(member)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            self.fault(f"{path}/{member}", "a number that is not below 0 belongs here")
            return None
        return Decimal(value)

    # --- conditions -------------------------------------------------------------------------------

    def enable_when(self, path: str, of: Mapping[str, Any]) -> Condition:
        if "enableWhen" not in of:
            if "enableBehavior" in of:
                self.fault(f"{path}/enableBehavior", "has no place without enableWhen")
            return ALWAYS
        behavior = self.one_of(f"{path}/enableBehavior", of.get("enableBehavior", "all"), ("all", "any"))
        joined = self.each(f"{path}/enableWhen", of["enableWhen"], self.comparison)
        return AllOf(joined) if behavior == "all" else AnyOf(joined)

    def when(self, path: str, value: Any) -> Condition:
        try:
            return self.condition(path, value)
        except Unread:
            return ALWAYS

    def condition(self, path: str, value: Any) -> Condition:
        if isinstance(value, dict) and value.keys() == {"all"}:
            return AllOf(self.each(f"{path}/all", value["all"], self.condition, least=0))
        if isinstance(value, dict) and value.keys() == {"any"}:
            return AnyOf(self.each(f"{path}/any", value["any"], self.condition))
        return self.comparison(path, value)

    def comparison(self, path: str, value: Any) -> Comparison:
        of = self.object(path, value, ["question", "operator", "answer"])
        operator = Operator(self.one_of(f"{path}/operator", of["operator"], tuple(Operator)))
        link = of["question"]
        question = self._asked.get(link) if isinstance(link, str) else None
        if question is None:
            self.fault(f"{path}/question", "no question before this place has that linkId")
            raise Unread  # there is nothing to compare with
        return Comparison(question.link_id, operator, self.wanted(f"{path}/answer", question, operator, of["answer"]))

    def wanted(self, path: str, question: Question, operator: Operator, value: Any) -> Value:
        """What is compared with, of the question's type."""
        if operator is Operator.EXISTS:
            return self.boolean(path, value)
        if question.type is Type.TEXT or (operator in ORDERED and question.type in _NOT_ORDERED):
            self.fault(path, f"{operator} says nothing about a question of type {question.type}")
            raise Unread
        match question.type:
            case Type.CHOICE:
                return self.one_of(path, value, tuple(option.code for option in question.options))
            case Type.BOOLEAN:
                return self.boolean(path, value)
            case Type.DATE:
                return self.day(path, value)
            case _:
                return self.number(path, value, question.type)

    # --- rules ------------------------------------------------------------------------------------

    def rule(self, path: str, value: Any, field: str) -> Rule:
        of = self.object(path, value, ["id", "when", "outcome"], ["field", "reason", "words"])
        outcome = Outcome(self.one_of(f"{path}/outcome", of["outcome"], tuple(Outcome)))
        read = Rule(
            id=self.matching(f"{path}/id", of["id"], _NAME),
            when=self.when(f"{path}/when", of["when"]),
            outcome=outcome,
            field=self.one_of(f"{path}/field", of["field"], FIELDS) if "field" in of else None,
            reason=self.reason(f"{path}/reason", of["reason"], field, outcome) if "reason" in of else None,
            words=self.words(f"{path}/words", of["words"]) if "words" in of else None,
        )
        if (outcome is Outcome.FIELD) != (read.field is not None):
            self.fault(f"{path}/field", "belongs to the outcome field, and to it alone")
        if field != ROUTING and read.field not in (None, field):
            self.fault(f"{path}/field", f"a questionnaire of {field} leads to {field}")
        if outcome is not Outcome.FIELD and (read.reason is None or read.words is None):
            self.fault(path, "care in person needs a reason and words")
        return read

    def reason(self, path: str, code: Any, field: str, outcome: Outcome) -> str:
        known = self._reasons.get(code) if isinstance(code, str) else None
        if known is None or (field != ROUTING and known.field not in (field, ANY_FIELD)):
            self.fault(path, "no reason of the checklist for this field")
            return ""
        if known.urgency is Urgency.EMERGENCY and outcome is not Outcome.EMERGENCY:
            self.fault(path, "the checklist calls this reason an emergency")
        return known.code

    def nets(self, value: Any) -> dict[Outcome, tuple[Words, ...]]:
        try:
            of = self.object("safety_net", value, [outcome.value for outcome in Outcome])
        except Unread:
            return {}
        nets = {o: self.each(f"safety_net/{o}", of[o.value], self.words) for o in Outcome}
        for outcome, net in nets.items():
            if not any("120" in words.zh and "120" in words.en for words in net):
                self.fault(f"safety_net/{outcome}", "does not say when to call 120")
        return nets

    # --- plain values -----------------------------------------------------------------------------

    def name(self, path: str, value: Any) -> str:
        name = self.matching(path, value, _NAME)
        if name and name in self._names:
            self.fault(path, f"{name} is there twice")
        self._names.add(name)
        return name

    def number(self, path: str, value: Any, type: Type) -> Value:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | Decimal)
            or (type is Type.INTEGER and not isinstance(value, int))
        ):
            self.fault(path, f"a number of type {type} belongs here")
            return 0
        return value if type is Type.INTEGER else Decimal(value)

    def day(self, path: str, value: Any) -> date:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fault(path, "a date belongs here, YYYY-MM-DD")
            return date.min
