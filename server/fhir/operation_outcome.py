"""An error as FHIR tells it: an ``OperationOutcome`` with our stable code beside FHIR's kind of issue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fhir.resources.R4B.operationoutcome import OperationOutcome

from server.fhir import Resource, checked, concept

PROBLEM: Final = "urn:peitong:problem"
_KINDS: Final = {
    "not_found": "not-found",
    "invalid": "invalid",
    "invalid_token": "login",
    "insufficient_scope": "forbidden",
    "too_many_attempts": "throttled",
    "unavailable": "transient",
    "internal": "exception",
}


def operation_outcome(code: str, sentence: str, places: Iterable[str] = ()) -> Resource:
    """``places`` say what is wrong where: one issue for each; one for the whole when nothing more is known."""
    issues = [
        {"severity": "error", "code": _KINDS.get(code, "processing"), "details": concept(PROBLEM, code, text=sentence)}
        | ({"diagnostics": place} if place else {})
        for place in (tuple(places) or ("",))
    ]
    return checked(OperationOutcome, {"resourceType": "OperationOutcome", "issue": issues})
