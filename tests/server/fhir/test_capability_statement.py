"""What the server says that it can do."""

from __future__ import annotations

from server.fhir.bundle import TYPES
from server.fhir.capability_statement import capability_statement


def test_it_reads_these_types_by_id_and_does_nothing_else() -> None:
    statement = capability_statement("https://visit.example/api/v1/fhir", TYPES)
    (rest,) = statement["rest"]
    assert (statement["fhirVersion"], statement["format"], rest["mode"]) == ("4.0.1", ["json"], "server")
    assert {each["type"]: each["interaction"] for each in rest["resource"]} == {each: [{"code": "read"}] for each in TYPES}
    assert statement["implementation"]["url"] == "https://visit.example/api/v1/fhir"
