"""What leaves the house as FHIR R4, one module for each kind of resource; `bundle` puts a visit's together.

Pure: facts in, resources out, ready for JSON. Only what R4 and R4B share is used, and every resource has been through
fhir.resources' R4B model before it leaves. Codes of our own carry URNs (``urn:peitong:…``), which a hospital maps to its own.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

MEDIA_TYPE: Final = "application/fhir+json"

Resource = dict[str, Any]
Reference = dict[str, Any]

VISIT: Final = "urn:peitong:visit"
FIELDS: Final = {"growth": "生长发育", "nutrition": "营养", "skin": "皮肤"}


def concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    """A ``CodeableConcept`` of one code."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def of_field(field: str, department: str) -> dict[str, Any]:
    """The field of care, as ``serviceType``."""
    return concept("urn:peitong:field", field, FIELDS.get(field, field), department)


def journal_head(hash: str) -> list[dict[str, str]] | None:
    """The extension that pins the journal; None where nothing is in it yet."""
    return [{"url": "urn:peitong:journal-head", "valueString": hash}] if hash else None


def to_encounter(visit: str) -> Reference:
    """For where the visit's Encounter is at hand."""
    return {"reference": f"Encounter/{visit}"}


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def checked(model: type[BaseModel], resource: Resource) -> Resource:
    """The resource as its R4B model reads it; a fault is a bug of ours and raises pydantic's ``ValidationError``."""
    read: Resource = model.model_validate(without_none(resource)).model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"resourceType": resource["resourceType"]} | read
