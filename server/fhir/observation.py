"""What a family measured before the visit: an ``Observation`` for each height and weight.

They follow the vital signs profiles: LOINC 8302-2 body height, and 8306-3 beside it when lying, 29463-7 body weight, in cm and
kg (https://hl7.org/fhir/R4B/bodyheight.html). Nobody of the hospital took them, so they are ``preliminary``.
"""

from __future__ import annotations

from collections.abc import Iterable

from fhir.resources.R4B.observation import Observation

from server.fhir import Resource, checked
from server.fhir.questionnaire_response import Telling
from server.questionnaires.measurements import Clothes, Kind, Measurement, Method

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


def observations(told: Telling, measurements: Iterable[Measurement]) -> list[Resource]:
    """One for each measurement, in the order given."""
    return [_observation(told, n, measured) for n, measured in enumerate(measurements, 1)]


def _observation(told: Telling, n: int, measured: Measurement) -> Resource:
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
        **told.about,
        "effectiveDateTime": measured.on.isoformat(),
        "issued": told.at,
        "performer": [told.teller],
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
