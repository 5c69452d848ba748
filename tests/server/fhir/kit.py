"""A visit's facts for FHIR: the people, the booking, the journal and what was told, as the store gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from server import checklists
from server.events import Event
from server.fhir.bundle import Answered, Facts, Measured
from server.fhir.people import Ids, People
from server.ledger import Ledger, ledger
from server.letter.letter import Letter, compose
from server.questionnaires.answers import validate
from server.questionnaires.measurements import read_back
from server.session import Rules, new_session
from server.store.bookings import Booked
from server.store.charts import Deed, Paper
from server.store.consents import Answer
from server.store.documents import EXAMINATION
from server.store.preparation import Given
from tests.server.letter.conftest import make_record
from tests.server.questionnaires.kit import TODAY, WHOLE, small
from tests.server.session_kit import LIVE

BASE = "https://visit.example/api/v1/fhir"
BEGAN = 1_772_357_400.0  # 2026-03-01 09:30 UTC
UNTIL = BEGAN + 5000
HEAD = "a3f1" * 16
VISIT = "0123456789abcdef"
IDS = Ids("child-1", "guardian-1", "physician-1", "hospital-1", VISIT)
PEOPLE = People(
    "张小明", "李雷", "father", "王芳", "主任医师", "110", "示范儿童医院", "Demo Children's Hospital",
    "male", "2018-01-01", "declared", ids=IDS,
)  # fmt: skip
BOOKED = Booked(
    VISIT, IDS.hospital, "first", "growth", IDS.child, IDS.guardian, IDS.physician, "d1", "内分泌遗传代谢科", "slot-1",
    BEGAN, BEGAN + 1800, BEGAN - 86_400, "live", None, None, 3,
)  # fmt: skip
HEIGHT = {"kind": "height", "value": "121.5", "on": "2026-02-01", "method": "standing_clinic"}
LENGTH = {"kind": "height", "value": "75", "on": "2025-02-01", "method": "lying_home"}
WEIGHT = {"kind": "weight", "value": "24.5", "on": "2026-02-01", "method": "scale_home", "clothes": "light"}


def told(*later: tuple[float, Event], begun: tuple[Event, ...] = LIVE, now: float = 600) -> Ledger:
    """The ledger of a visit that began as ``begun``, and what came so many seconds later."""
    journal = [(event, BEGAN) for event in begun] + [(event, BEGAN + after) for after, event in later]
    return ledger(new_session(VISIT, Rules(), until=UNTIL), journal, BEGAN + now)


def given(kind: str, id: str = "g1", language: str | None = "zh") -> Given:
    return Given(id, VISIT, kind, "growth-test-1", language, "ab" * 32, "field", "b1", BEGAN - 600)


def answered() -> Answered:
    asked = small()
    return Answered(given("questionnaire"), asked, validate(asked, WHOLE, today=TODAY))


def measured(*rows: dict[str, Any]) -> Measured:
    return Measured(given("measurements", "g2"), read_back(rows))


def answer(kind: str, said: str, at: float = BEGAN - 900, language: str = "zh") -> Answer:
    return Answer(f"{kind}-{said}-{round(at)}", VISIT, kind, "2026-1", language, "cd" * 32, said, at)


def paper(n: int = 1, kind: str = "image/jpeg", sha256: str = "ef" * 32, purpose: str = EXAMINATION) -> Paper:
    return Paper(f"paper-{n}", n, BEGAN - 300, kind, 12345, sha256, purpose=purpose)


def deed(n: int, type: str, **record: Any) -> Deed:
    return Deed(n, BEGAN + n, type, {"type": type, **record}, f"{n:064x}")


def letter(**changes: Any) -> Letter:
    return compose(make_record(**changes), checklists.load())


def facts(**changes: Any) -> Facts:
    """A visit that goes on, of which nothing further is known."""
    values: dict[str, Any] = {"booked": BOOKED, "people": PEOPLE, "ledger": told(), "head": HEAD}
    return Facts(**values | changes)


def references(of: Any) -> Iterator[str]:
    """Every literal reference in a document."""
    for node in nodes(of):
        if isinstance(node.get("reference"), str):
            yield node["reference"]


def nodes(of: Any) -> Iterator[dict[str, Any]]:
    if isinstance(of, dict):
        yield of
        of = list(of.values())
    if isinstance(of, list):
        for each in of:
            yield from nodes(each)


def is_whole(bundle: dict[str, Any], base: str = BASE) -> None:
    """The R4B models read it and lose nothing; each entry is under its own address, once; no reference dangles."""
    read = Bundle.model_validate_json(json.dumps(bundle, ensure_ascii=False))
    assert json.loads(read.model_dump_json(by_alias=True)) == bundle
    there = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    assert len(there) == len(bundle["entry"])
    for address, resource in there.items():
        assert address == f"{base}/{resource['resourceType']}/{resource['id']}"
        assert "contained" not in resource
    assert {f"{base}/{reference}" for reference in references(bundle)} <= there.keys()
