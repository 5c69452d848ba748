"""What a family answered before the visit as a ``QuestionnaireResponse``, in the words that it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, assert_never

from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from server.fhir import Reference, Resource, checked, without_none
from server.fhir.people import People, Who
from server.questionnaires.answers import Answers
from server.questionnaires.conditions import Answer, Value
from server.questionnaires.questionnaire import Question, Questionnaire, Type, said


@dataclass(frozen=True, slots=True)
class Telling:
    """One giving: its id, when (RFC 3339; None where that is not told), by which guardian of these people (empty: the booked
    one; None: one who is not among them), about the child, at the visit (None where its Encounter is not at hand)."""

    id: str
    at: str | None
    people: People
    encounter: Reference | None
    guardian: str | None = ""

    @property
    def about(self) -> Mapping[str, Reference]:
        return without_none({"subject": self.people.refer(Who.PATIENT), "encounter": self.encounter})

    @property
    def teller(self) -> Reference | None:
        return None if self.guardian is None else self.people.refer_guardian(self.guardian)


def questionnaire_response(
    told: Telling, questionnaire: Questionnaire, answers: Answers, language: str, shown_sha256: str
) -> Resource:
    items = []
    for group in questionnaire.groups:
        inner = [_item(question, answers, language) for question in group.questions if question.link_id in answers.values]
        if inner:
            items.append({"linkId": group.link_id, "text": said(group.text, language), "item": inner})
    resource = {
        "resourceType": "QuestionnaireResponse",
        "id": told.id,
        "language": "en" if language == "en" else "zh-CN",
        "extension": [{"url": "urn:peitong:shown-sha256", "valueString": shown_sha256}],
        "questionnaire": f"urn:peitong:questionnaire:{questionnaire.version}",
        "status": "completed" if answers.complete else "in-progress",
        **told.about,
        "authored": told.at,
        "author": told.teller,
        "source": told.teller,
        "item": items or None,
    }
    return checked(QuestionnaireResponse, resource)


def _item(question: Question, answers: Answers, language: str) -> dict[str, Any]:
    said_answers = [_answer(question, value, language) for value in _values(answers.values[question.link_id])]
    return {"linkId": question.link_id, "text": said(question.text, language), "answer": said_answers}


def _values(answer: Answer) -> tuple[Value, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _answer(question: Question, value: Value, language: str) -> dict[str, Any]:
    match question.type:
        case Type.CHOICE:
            option = question.option(str(value))
            coding: dict[str, Any] = {"system": f"urn:peitong:question:{question.link_id}", "code": str(value)}
            return {"valueCoding": coding | ({"display": said(option.text, language)} if option is not None else {})}
        case Type.BOOLEAN:
            return {"valueBoolean": value}
        case Type.INTEGER:
            return {"valueInteger": value}
        case Type.DECIMAL:
            return {"valueDecimal": Decimal(str(value))}
        case Type.DATE:
            return {"valueDate": value.isoformat() if isinstance(value, date) else value}
        case Type.TEXT:
            return {"valueString": value}
        case _:
            assert_never(question.type)
