"""The clinical rehearsal's own judgement: what it takes for a filed visit, and what it says when a step fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from rehearsal.__main__ import clinic_as_text, clinic_report
from rehearsal.clinic import LOOK, Clinic, Ground, picture, whole
from rehearsal.ground import patiently
from rehearsal.person import RehearsalFailed
from rehearsal.play import Steps
from server.documents.strip import strip
from server.fhir.bundle import of_visit
from server.store.errors import Unavailable
from tests.server.fhir.kit import BASE, BEGAN
from tests.server.fhir.test_bundle import WHOLE

FILED = of_visit(WHOLE, BASE, BEGAN)


def test_a_whole_bundle_is_counted() -> None:
    assert whole(FILED) == len(FILED["entry"])


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        (FILED | {"type": 7}, "not valid"),
        (FILED | {"entry": FILED["entry"][1:]}, "lead nowhere: Patient/child-1"),
        (of_visit(replace(WHOLE, letter=None), BASE, BEGAN), "lacks ServiceRequest, Task"),
    ],
)
def test_one_that_is_not_is_told_why(bundle: dict[str, Any], said: str) -> None:
    with pytest.raises(RehearsalFailed, match=said):
        whole(bundle)


def test_the_picture_is_one_that_a_family_may_hand_in() -> None:
    assert strip(picture()).facts.width == 64


async def test_a_step_that_fails_says_why_and_what_next() -> None:
    async def never(pins: tuple[str, ...]) -> Any:
        raise AssertionError("nothing to verify")

    told: list[str] = []
    clinic = Clinic(Ground("http://127.0.0.1:9", "p", "l", "x", "pk_1", "pk_2", never), lambda step: told.append(step.name))
    await clinic.perform()
    report = clinic_report(clinic.steps.done, clinic.resources)
    assert told == ["book"]
    assert (report["ok"], report["bundle_resources"]) == (False, None)
    (step,) = report["steps"]
    assert step["ok"] is False
    assert "127.0.0.1" in step["why"]
    assert "hospital limits" in step["next"] != LOOK
    assert "book: look whether" in clinic_as_text(report)


@pytest.mark.parametrize("failure", [aiohttp.ServerDisconnectedError(), json.JSONDecodeError("no JSON", "<html>", 0)])
async def test_a_server_that_hangs_up_or_answers_with_a_page_is_a_step_that_failed(failure: Exception) -> None:
    steps = Steps(lambda step: None)
    with pytest.raises(RehearsalFailed, match="book"):
        async with steps.step("book"):
            raise failure
    assert [(step.name, step.ok, bool(step.why)) for step in steps.done] == [("book", False, True)]


async def test_a_database_that_is_busy_for_a_moment_is_asked_again() -> None:
    asked: list[int] = []

    async def busy_at_first() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise Unavailable("no turn")
        return len(asked)

    assert await patiently(busy_at_first) == 2
