"""What a family told before the visit as FHIR R4: a ``QuestionnaireResponse``, and an ``Observation`` for each measurement.

Observations follow the vital signs profiles: LOINC 8302-2 body height, and 8306-3 beside it when lying, 29463-7 body weight, in
cm and kg (https://hl7.org/fhir/R4B/bodyheight.html). Nobody of the hospital took them, so they are ``preliminary``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from server.fhir import checked
from server.questionnaires.answers import Answers
from server.questionnaires.conditions import Answer, Value
from server.questionnaires.measurements import Clothes, Kind, Measurement, Method
from server.questionnaires.questionnaire import Question, Questionnaire, Type, said

LOINC = "http://loinc.org"
_CODES = {
    Kind.HEIGHT: ("8302-2", "Body height", "身高"),
    Kind.WEIGHT: ("29463-7", "Body weight", "体重"),
}
_LYING = {"system": LOINC, "code": "8306-3", "display": "Body height --lying"}
_UNITS = {Kind.HEIGHT: "cm", Kind.WEIGHT: "kg"}
_METHODS = {
    Method.LYING_HOME: "在家躺着用软尺测量 lying, with a tape at home",
    Method.LYING_CLINIC: "在医疗机构躺着用量床测量 lying, on a length board at a clinic",
    Method.STANDING_HOME: "在家站着用软尺测量 standing, with a tape at home",
    Method.STANDING_CLINIC: "在医疗机构站着用身高计测量 standing, with a stadiometer at a clinic",
    Method.SCALE_HOME: "家用体重秤 a scale at home",
    Method.SCALE_CLINIC: "医疗机构体重秤 a scale at a clinic",
}
_CLOTHES = {
    Clothes.NONE: "裸身或干净尿布 bare, or a dry nappy",
    Clothes.LIGHT: "单衣 light clothes",
    Clothes.HEAVY: "厚衣 heavy clothes",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """Who told it and of whom, as pages name them (masked); ``at``: when, RFC 3339; ``id``: of the giving."""

    id: str
    visit: str
    child: str
    guardian: str
    at: str

    def about(self) -> dict[str, Any]:
        """What every resource says of the visit and the child."""
        encounter = {"type": "Encounter", "identifier": {"system": "urn:peitong:visit", "value": self.visit}}
        return {"subject": {"type": "Patient", "display": self.child}, "encounter": encounter}

    def teller(self) -> dict[str, Any]:
        return {"type": "RelatedPerson", "display": self.guardian}


def questionnaire_response(
    told: Telling, questionnaire: Questionnaire, answers: Answers, language: str, shown_sha256: str
) -> dict[str, Any]:
    """The completed answers, in the words that the family was shown."""
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
        **told.about(),
        "authored": told.at,
        "author": told.teller(),
        "source": told.teller(),
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


def observations(told: Telling, measurements: Iterable[Measurement]) -> list[dict[str, Any]]:
    """One for each measurement, in the order given."""
    return [_observation(told, n, measured) for n, measured in enumerate(measurements, 1)]


def _observation(told: Telling, n: int, measured: Measurement) -> dict[str, Any]:
    code, display, text = _CODES[measured.kind]
    codings = [{"system": LOINC, "code": code, "display": display}]
    if measured.method.lying:
        codings.append(_LYING)
    unit = _UNITS[measured.kind]
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    note = [{"text": _CLOTHES[measured.clothes]}] if measured.clothes is not None else None
    resource = {
        "resourceType": "Observation",
        "id": f"{told.id}-{n}",
        "status": "preliminary",
        "category": [{"coding": [category]}],
        "code": {"coding": codings, "text": text},
        **told.about(),
        "effectiveDateTime": measured.on.isoformat(),
        "issued": told.at,
        "performer": [told.teller()],
        "valueQuantity": {
            "value": measured.value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
        "method": {
            "coding": [{"system": "urn:peitong:measuring-method", "code": measured.method.value}],
            "text": _METHODS[measured.method],
        },
        "note": note,
    }
    return checked(Observation, resource)


def bundle(resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A ``collection`` of them."""
    entries = [{"fullUrl": f"urn:peitong:{each['resourceType']}:{each['id']}", "resource": each} for each in resources]
    return checked(Bundle, {"resourceType": "Bundle", "type": "collection", "entry": entries or None})
