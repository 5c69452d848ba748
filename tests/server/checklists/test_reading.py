"""A checklist is read, or every fault in it is named with its place."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest

from server import checklists
from server.checklists.reading import MalformedChecklist, parse_checklist

RAW: dict[str, Any] = json.loads(files(checklists).joinpath(f"{checklists.DEFAULT}.json").read_text(encoding="utf-8"))


def broken(path: list[Any], value: Any) -> str:
    data = copy.deepcopy(RAW)
    at: Any = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "document: not JSON"),
        ("[]", "document: an object belongs here"),
        ("null", "document: an object belongs here"),
        ("{}", "version: is missing"),
        (broken(["version"], ""), "version: a text belongs here"),
        (broken(["version"], 1), "version: a text belongs here"),
        (broken(["more"], 1), "more: is not known"),
        (broken(["reasons", 0, "field"], "cardiology"), "reasons/0/field: one of growth, nutrition, skin, any"),
        (broken(["reasons", 0, "urgency"], "soon"), "reasons/0/urgency: one of emergency"),
        (broken(["reasons", 0, "text"], {"zh": "头痛"}), "reasons/0/text/en: is missing"),
        (broken(["reasons", 0, "letter"], {"zh": "头痛", "en": " "}), "reasons/0/letter/en: a text belongs here"),
        (broken(["reasons", 0, "safety_net"], ["no_such_text"]), "reasons/0/safety_net/0: there is no 'no_such_text'"),
        (broken(["reasons", 0, "safety_net"], [["watch_head"]]), "reasons/0/safety_net/0: a name belongs here"),
        (broken(["reasons", 0, "safety_net"], "watch_head"), "reasons/0/safety_net: a list belongs here"),
        (broken(["reasons", 0, "code"], "growth_seizure"), "reasons: growth_seizure is there twice"),
        (broken(["reasons"], 7), "reasons: a list with something in it belongs here"),
        (broken(["by_urgency"], {"emergency": []}), "by_urgency/routine: is missing"),
        (broken(["safety_net"], []), "safety_net: an object belongs here"),
    ],
)
def test_a_faulty_checklist_is_refused_whole_with_the_place_of_the_fault(text: str, fault: str) -> None:
    with pytest.raises(MalformedChecklist) as refused:
        parse_checklist(text)
    assert any(each.startswith(fault) for each in refused.value.faults), refused.value.faults


def test_a_hospitals_own_version_is_read() -> None:
    assert parse_checklist(broken(["version"], "bch-7")).version == "bch-7"
