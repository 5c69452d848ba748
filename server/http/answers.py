"""Answers to a questionnaire as they come over HTTP, and what is said of those that will not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server.calendar import day_of
from server.http.house import HOUSE
from server.http.problems import Problem
from server.http.shell import body
from server.questionnaires import views
from server.questionnaires.answers import Answers, InvalidAnswers, Why, validate
from server.questionnaires.questionnaire import Questionnaire
from server.questionnaires.routing import Route, route

MOST_ERRORS = 60


@dataclass(frozen=True, slots=True)
class SentAnswers:
    """What was sent, read: ``complete`` says whether it was meant so; ``language`` is what was shown, ``zh`` or ``en``."""

    answers: Answers
    complete: bool
    language: str
    route: Route | None

    def family_route(self) -> dict[str, Any] | None:
        """Where it leads, in the family's words; nothing before anything was said."""
        return views.family_route(self.route, self.language) if self.answers.values else None


async def sent_answers(request: web.Request, asked: Questionnaire) -> SentAnswers:
    """The body's answers to just this questionnaire, in the words shown now. Raises ``Problem``."""
    sent = await body(request, version=str, sha256=str, language=str, answers=dict, complete=bool)
    language = "en" if sent["language"] == "en" else "zh"
    if (sent["version"], sent["sha256"]) != (asked.version, asked.shown_sha256(language)):
        raise Problem("questionnaire_changed")
    today = day_of(request.app[HOUSE].clock())
    try:
        read = validate(asked, sent["answers"], today=today, draft=not sent["complete"])
    except InvalidAnswers as invalid:
        raise Unfit([(_pointer(asked, f.question), f.why.value, False, _WORDS[f.why]) for f in invalid.faults]) from None
    return SentAnswers(read, sent["complete"], language, route(asked, read.values))


def _pointer(asked: Questionnaire, link_id: str) -> str:
    """To the answer; what is no question of ours is not said back."""
    return f"#/answers/{link_id}" if asked.question(link_id) is not None else "#/answers"


class Unfit(Problem):
    """``invalid``, with a code beside each error, and whether it only asks "are you sure"."""

    def __init__(self, errors: list[tuple[str, str, bool, tuple[str, str]]]) -> None:
        super().__init__("invalid")
        self.errors = errors[:MOST_ERRORS]

    def members(self, lang: str) -> dict[str, Any]:
        return {
            "errors": [
                {"pointer": pointer, "code": code, "asks": asks, "detail": words[1] if lang == "en" else words[0]}
                for pointer, code, asks, words in self.errors
            ]
        }


_WORDS: dict[Why, tuple[str, str]] = {
    Why.UNKNOWN_QUESTION: ("问卷里没有这个问题。", "The questionnaire has no such question."),
    Why.NOT_ASKED: ("这个问题不需要回答。", "This question is not asked."),
    Why.REQUIRED: ("请回答这个问题。", "Please answer this question."),
    Why.WRONG_TYPE: ("请检查填写的内容。", "Please check what was entered."),
    Why.UNKNOWN_OPTION: ("请从列出的选项中选择。", "Please choose one of the options."),
    Why.CONTRADICTION: ("“以上都没有”不能和其他选项同时选。", "“None of these” cannot go with another option."),
    Why.OUT_OF_RANGE: ("这个数值不可能，请检查单位和小数点。", "This cannot be; please check the unit and the decimal point."),
    Why.IN_FUTURE: ("日期不能晚于今天。", "The date cannot be after today."),
    Why.TOO_LONG: ("内容过长，请写短一些。", "This is too long; please shorten it."),
}
