"""Every family is told what to watch for and when to call 120."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from server import notes
from server.notes.aftercare import MalformedAftercare, parse_aftercare
from server.referral import FIELDS

TEXT = files(notes).joinpath("aftercare-2026-1.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("completed", [True, False])
def test_every_family_is_told_when_to_call_120_in_both_languages(field: str, completed: bool) -> None:
    net = notes.load().aftercare.safety_net(field, completed=completed)
    assert any("120" in words.zh for words in net)
    assert any("120" in words.en for words in net)
    assert len(set(net)) == len(net) >= 4


def test_a_visit_that_was_not_completed_is_not_taken_for_all_clear() -> None:
    care = notes.load().aftercare
    assert care.safety_net("skin", completed=False)[: len(care.not_completed)] == care.not_completed
    assert not set(care.not_completed) & set(care.safety_net("skin", completed=True))


def test_the_older_versions_stay_readable() -> None:
    texts = notes.load()
    assert texts.aftercares[texts.aftercare.version] is texts.aftercare
    assert texts.forms[texts.form.version] is texts.form


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", ""),
        ("always", []),
        ("always", ["not_replaced"]),
        ("always", "call_120"),
        ("not_completed", ["nobody_wrote_this"]),
        ("by_field", {"growth": ["growth"]}),
        ("texts", {"call_120": {"zh": "120"}}),
        ("texts", []),
        ("ratified_by", ""),
    ],
)
def test_a_fault_is_found(name: str, value: Any) -> None:
    with pytest.raises(MalformedAftercare):
        parse_aftercare(json.dumps(json.loads(TEXT) | {name: value}))
