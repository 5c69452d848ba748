"""What is sent to a destination, read back by the R4B models."""

from __future__ import annotations

import json
from collections.abc import Callable

from fhir.resources.R4B.bundle import Bundle

from server.fhir.referral import transaction
from server.letter.letter import Letter
from tests.server.letter.conftest import letter

__all__ = ["letter"]
MakeLetter = Callable[..., Letter]


def test_the_transaction_is_read_by_the_models_and_loses_nothing(letter: MakeLetter) -> None:
    sent = transaction(letter())
    read = Bundle.model_validate_json(json.dumps(sent, ensure_ascii=False))
    assert json.loads(read.model_dump_json()) == sent


def test_the_task_is_about_the_request_for_the_destination_and_says_by_when(letter: MakeLetter) -> None:
    request, task = transaction(letter())["entry"]
    assert request["resource"]["resourceType"] == "ServiceRequest"
    assert request["fullUrl"] == "urn:uuid:01234567-89ab-cdef-0123-456789abcdef" == task["resource"]["focus"]["reference"]
    assert (task["resource"]["status"], task["resource"]["intent"], task["resource"]["priority"]) == (
        "requested",
        "order",
        "asap",
    )
    assert task["resource"]["owner"]["display"] == "示范儿童医院 内分泌遗传代谢科"
    assert task["resource"]["restriction"]["period"]["end"] == "2026-03-02T17:30:00+08:00"
    assert "restriction" not in transaction(letter(urgency="routine"))["entry"][1]["resource"]


def test_what_is_sent_twice_is_created_once(letter: MakeLetter) -> None:
    for entry in transaction(letter())["entry"]:
        assert entry["request"]["ifNoneExist"] == "identifier=urn:peitong:referral-number|260301-01234567"
        assert entry["resource"]["identifier"][0]["value"] == "260301-01234567"
