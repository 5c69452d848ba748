"""What leaves the house as FHIR R4, and what all of it has in common.

Only what R4 and R4B share is used, and every resource has been through fhir.resources' R4B model before it leaves. Codes of our
own carry URNs (``urn:peitong:…``); a hospital maps them to its systems.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_RELATION = {"mother": ("MTH", "mother"), "father": ("FTH", "father"), "legal_guardian": ("GUARD", "guardian")}


def relationship(kind: str) -> dict[str, Any]:
    """The guardian's relation to the child, by the code of HL7's RoleCode."""
    code, display = _RELATION.get(kind, ("GUARD", "guardian"))
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": code, "display": display}]}


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def checked(model: type[BaseModel], resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as its R4B model reads it; a fault is a bug of ours and raises pydantic's ``ValidationError``."""
    read: dict[str, Any] = model.model_validate(without_none(resource)).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    return {"resourceType": resource["resourceType"]} | read
