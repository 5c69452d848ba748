"""Errors as an ``OperationOutcome``."""

from __future__ import annotations

import pytest

from server.fhir.operation_outcome import operation_outcome


@pytest.mark.parametrize(
    ("code", "kind"), [("not_found", "not-found"), ("insufficient_scope", "forbidden"), ("something_new", "processing")]
)
def test_it_has_our_code_the_sentence_and_fhir_s_kind(code: str, kind: str) -> None:
    (issue,) = operation_outcome(code, "没有找到")["issue"]
    assert (issue["severity"], issue["code"]) == ("error", kind)
    assert issue["details"] == {"coding": [{"system": "urn:peitong:problem", "code": code}], "text": "没有找到"}
    assert "diagnostics" not in issue


def test_each_place_that_is_wrong_is_an_issue() -> None:
    issues = operation_outcome("invalid", "x", ["_format: a", "limit: b"])["issue"]
    assert [issue["diagnostics"] for issue in issues] == ["_format: a", "limit: b"]
