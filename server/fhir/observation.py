"""What a family measured before the visit: an ``Observation`` for each height and weight.

They follow the vital signs profiles: LOINC 8302-2 body height, and 8306-3 beside it when lying, 29463-7 body weight, in cm and
kg (https://hl7.org/fhir/R4B/bodyheight.html). Nobody of the hospital took them, so they are ``preliminary``.
"""

from __future__ import annotations

from collections.abc import Iterable

from fhir.resources.R4B.observation import Observation

from server.fhir import Resource, checked
from server.fhir.questionnaire_response import Telling
from server.questionnaires.measurements import Kind, Measurement
from server.questionnaires.measuring import CLOTHES, METHODS, UNITS
from server.referral import Words

LOINC = "http://loinc.org"
_CODES = {
    Kind.HEIGHT: ("8302-2", "Body height", "身高"),
    Kind.WEIGHT: ("29463-7", "Body weight", "体重"),
}
_LYING = {"system": LOINC, "code": "8306-3", "display": "Body height --lying"}


def observations(told: Telling, measurements: Iterable[Measurement]) -> list[Resource]:
    """One for each measurement, in the order given."""
    return [_observation(told, n, measured) for n, measured in enumerate(measurements, 1)]


def _observation(told: Telling, n: int, measured: Measurement) -> Resource:
    code, display, text = _CODES[measured.kind]
    codings = [{"system": LOINC, "code": code, "display": display}]
    if measured.method.lying:
        codings.append(_LYING)
    unit = UNITS[measured.kind]
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    note = [{"text": _both(CLOTHES[measured.clothes])}] if measured.clothes is not None else None
    resource = {
        "resourceType": "Observation",
        "id": f"{told.id}-{n}",
        "status": "preliminary",
        "category": [{"coding": [category]}],
        "code": {"coding": codings, "text": text},
        **told.about,
        "effectiveDateTime": measured.on.isoformat(),
        "issued": told.at,
        "performer": None if told.teller is None else [told.teller],
        "valueQuantity": {
            "value": measured.value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
        "method": {
            "coding": [{"system": "urn:peitong:measuring-method", "code": measured.method.value}],
            "text": _both(METHODS[measured.method]),
        },
        "note": note,
    }
    return checked(Observation, resource)


def _both(words: Words) -> str:
    return f"{words.zh} {words.en}"
