"""The API answers as its document says, whatever is asked: schemathesis draws requests from it, lawful and not, and judges.

Each operation has a hospital of its own, in which its example lies; ids of the example are drawn often, so that more is tried
than what is not there. A lawful request may be refused for what it means (a time that has passed, an id that is unknown), never
for its shape: then the document would promise more than is taken.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from server.http.house import HOUSE
from server.http.v1 import faults
from server.http.v1.api import OPERATIONS
from server.http.v1.conditions import etag
from server.http.v1.openapi import document
from server.http.v1.operations import BASE, Operation
from tests.server.http.conftest import opened
from tests.server.http.v1.kit import Asked, another_hospital, examples
from tests.server.http.v1.test_matrix import ids_in

pytestmark = [pytest.mark.process, pytest.mark.unhurried]

DRAWN_EACH = 5
OF_SHAPE = frozenset({"malformed", "unsupported_media_type", "idempotency_key_required", "precondition_required"})
SHAPES = [re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(en))) for _, en in (*faults.SAID.values(), faults.ELSE)]


class Unthrottled:
    """For an address that tries thousands of wrong keys because it was told to."""

    async def begin(self, counted: object, now: float) -> None:
        return None


@dataclass(slots=True)
class Site:
    """A server: by an operation's name the token of its hospital's key, and its example."""

    origin: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)


@pytest.fixture(scope="module")
def site(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """In a thread of its own, since schemathesis waits for each answer."""
    site, is_up, may_end = Site(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with opened(seeded, tmp_path_factory.mktemp("site")) as house:
            app = house.server.app
            app._state[HOUSE] = replace(app[HOUSE], throttle=Unthrottled())  # type: ignore[arg-type]
            for name, example in examples().items():
                place = await another_hospital(house)
                site.asked[name], site.tokens[name] = await example(place), await place.key()
            site.origin = str(house.web.make_url("/")).rstrip("/")
            is_up.set()
            await asyncio.to_thread(may_end.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert is_up.wait(60)
    yield site
    may_end.set()
    thread.join(60)


@pytest.fixture(scope="module")
def described(site: Site) -> Any:
    return described_by(document(OPERATIONS), site)


def described_by(said: dict[str, Any], site: Site) -> Any:
    return schemathesis.openapi.from_dict(said, config=SchemathesisConfig.from_dict(_config(site)))


def can_be_unlawful(operation: Operation) -> bool:
    return bool(operation.takes or operation.query or operation.in_path or operation.creates or operation.conditional)


def _config(site: Site) -> dict[str, Any]:
    dictionaries: dict[str, Any] = {}
    operations = []
    for name, asked in site.asked.items():
        drawn = {f"path.{at}": [id] for at, id in asked.path.items()}
        drawn |= {f"body.{at}": [id] for at, id in ids_in(asked.body)}
        drawn |= {"header.If-Match": [etag(asked.revision), "*"]} if asked.revision is not None else {}
        bound = {at: {"dictionary": f"{name} {at}", "probability": 0.7} for at in drawn}
        dictionaries |= {f"{name} {at}": {"values": values} for at, values in drawn.items()}
        operations += [{"include-operation-id": name, "parameters": bound}] if bound else []
    return {
        "generation": {"max-examples": DRAWN_EACH, "deterministic": True, "database": "none"},
        "phases": {"stateful": {"enabled": False}},
        "checks": {
            "positive_data_acceptance": {"enabled": False},  # ours is exacter: ``shape_is_accepted``
            "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "405", "412", "415", "422", "428"]},
            "missing_required_header": {"expected-statuses": ["400", "401", "428"]},
        },
        "dictionaries": dictionaries,
        "operations": operations,
    }


WAYS = [
    pytest.param(operation, mode, id=f"{operation.name}-{way}")
    for operation in OPERATIONS
    for mode, way in ((GenerationMode.POSITIVE, "lawful"), (GenerationMode.NEGATIVE, "unlawful"))
    if mode is GenerationMode.POSITIVE or can_be_unlawful(operation)
]


@pytest.mark.parametrize(("operation", "mode"), WAYS)
def test_every_answer_is_one_that_the_document_has(
    operation: Operation, mode: GenerationMode, site: Site, described: Any
) -> None:
    judged(described, operation, mode, site)


@pytest.mark.parametrize("broken", ["id", "status"])
def test_what_the_document_does_not_have_is_found(broken: str, site: Site) -> None:
    """The judge itself: a document that says something else of the same answer."""
    (operation,) = (each for each in OPERATIONS if each.name == "read_hospital")
    said = json.loads(json.dumps(document(OPERATIONS)))
    if broken == "id":
        said["components"]["schemas"]["Hospital"]["properties"]["id"] = {"type": "integer"}
    else:
        answers = said["paths"][BASE + operation.path]["get"]["responses"]
        answers["202"] = answers.pop("200")
    with pytest.raises(FailureGroup):
        judged(described_by(said, site), operation, GenerationMode.POSITIVE, site)


def judged(described: Any, operation: Operation, mode: GenerationMode, site: Site) -> None:
    """Asks some times, each time in another way; the same ways in every run."""
    headers = {"Authorization": f"Bearer {site.tokens[operation.name]}", "Accept-Language": "en"}
    quiet = list(HealthCheck)

    # without shrinking, which asks for minutes: whoever mends it sees what was sent
    @settings(max_examples=DRAWN_EACH, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=quiet)
    @given(case=described[BASE + operation.path][operation.method].as_strategy(generation_mode=mode))
    def answers(case: Any) -> None:
        answer = case.call_and_validate(base_url=site.origin, headers=headers)
        if mode is GenerationMode.POSITIVE:
            assert not refused_for_its_shape(answer), (case.body, answer.text)

    answers()


def refused_for_its_shape(answer: Any) -> bool:
    if answer.status_code not in (400, 415, 422, 428):
        return False
    problem = answer.json()
    told = [error["detail"] for error in problem.get("errors", [])]
    return problem["code"] in OF_SHAPE or any(shape.fullmatch(detail) for shape in SHAPES for detail in told)
