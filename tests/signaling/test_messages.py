"""The Python reading of PROTOCOL.md: the corpus that the pages read too, and what goes in comes out."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import messages as m
from signaling import texts
from signaling.seats import Role
from signaling.shapes import MAX_INTEGER, Length, Malformed, OneOf, Range, plain

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus" / "messages"


def expanded(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$repeat"}:
            unit, times = value["$repeat"]
            return unit * times
        return {key: expanded(each) for key, each in value.items()}
    return [expanded(each) for each in value] if isinstance(value, list) else value


def entries() -> list[dict[str, Any]]:
    return [expanded(entry) for file in sorted(CORPUS.glob("*.json")) for entry in json.loads(file.read_bytes())]


def read(direction: str, message: Any) -> dict[str, Any]:
    """The message as it was understood, written again."""
    if direction == "page":
        return m.encode(m.decode_intent(message))
    if direction == "hello":
        read_hello: dict[str, Any] = plain(m.decode_hello(message))
        return read_hello
    seq, decoded = m.decode_message(message)
    return {**m.encode(decoded), "seq": seq}


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry['direction']}: {entry['name']}")
def test_the_corpus_is_read_as_it_says(entry: dict[str, Any]) -> None:
    if entry["ok"]:
        assert read(entry["direction"], entry["message"]) == entry.get("reads_as", entry["message"])
    else:
        with pytest.raises(Malformed) as malformed:
            read(entry["direction"], entry["message"])
        assert malformed.value.code == entry["error"]


def test_the_corpus_has_every_message_both_well_formed_and_not() -> None:
    seen = {
        (entry["direction"], str(entry["message"].get("type")), entry["ok"])
        for entry in entries()
        if isinstance(entry["message"], dict)
    }
    for cls in m.INTENTS.values():
        assert ("page", cls.type, True) in seen
    for cls in m.MESSAGES.values():
        assert {("server", cls.type, True), ("server", cls.type, False)} <= seen


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TYPES = st.sampled_from([*m.INTENTS, *m.MESSAGES])


@given(JSON | st.builds(lambda kind, rest: {**rest, "type": kind}, TYPES, st.dictionaries(st.text(), JSON, max_size=4)))
def test_nothing_but_malformed_comes_of_nonsense(value: Any) -> None:
    for decode in (m.decode_intent, m.decode_message, m.decode_hello):
        with suppress(Malformed):
            decode(value)


WORDS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def values(hint: Any, rule: Any = None) -> st.SearchStrategy[Any]:
    """Anything that a field of this annotation may hold."""
    metadata = getattr(hint, "__metadata__", None)
    if metadata is not None:
        return values(hint.__origin__, metadata[0])
    arguments = getattr(hint, "__args__", ())
    if type(None) in arguments:
        return st.none() | values(next(each for each in arguments if each is not type(None)), rule)
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(values(arguments[0]), min_size=rule.least, max_size=min(3, rule.most)).map(tuple)
    if isinstance(rule, OneOf):
        return st.sampled_from(rule.words)
    if hint is bool:
        return st.booleans()
    if hint is str:
        assert isinstance(rule, Length)
        return st.text(WORDS, min_size=rule.least, max_size=min(rule.most, 80))
    if hint is int:
        assert isinstance(rule, Range)
        return st.integers(int(rule.least), int(rule.most))
    if hint is float:
        assert isinstance(rule, Range)
        return st.floats(rule.least, min(rule.most, MAX_INTEGER))
    if hint is Role:
        return st.sampled_from(Role)
    hints = get_type_hints(hint, include_extras=True)
    return st.builds(hint, **{name: values(hints[name]) for name in (field.name for field in fields(hint))})


@given(st.sampled_from([*m.INTENTS.values()]).flatmap(values))
def test_an_intent_survives_the_wire(intent: m.Intent) -> None:
    assert m.decode_intent(json.loads(json.dumps(m.encode(intent)))) == intent


@given(st.sampled_from([*m.MESSAGES.values()]).flatmap(values), st.integers(1, MAX_INTEGER))
def test_a_server_message_survives_the_wire(message: m.Message, seq: int) -> None:
    assert m.decode_message(json.loads(json.dumps({**m.encode(message), "seq": seq}))) == (seq, message)


def test_a_number_that_json_cannot_say_is_never_written() -> None:
    for loss in (math.nan, math.inf):
        with pytest.raises(ValueError, match="not finite"):
            m.encode(m.Quality("poor", (m.LegQuality(Role.GUARDIAN, m.Line(0, loss, 0), m.Line(0, 0, 0), None),)))


def test_a_view_may_hold_mappings_and_lists() -> None:
    assert plain({"roles": [Role.GUARDIAN], 1: (2.5, None)}) == {"roles": ["guardian"], "1": [2.5, None]}


def test_each_role_may_ask_for_its_own() -> None:
    physicians = {cls.type for cls in m.INTENTS.values() if cls.roles == {Role.PHYSICIAN}}
    guardians = {cls.type for cls in m.INTENTS.values() if cls.roles == {Role.GUARDIAN}}
    everyones = {cls.type for cls in m.INTENTS.values() if cls.roles == set(Role)}
    table = re.findall(r"^\| `(\w+)` \| (all|guardian|physician) \|", (ROOT / "signaling" / "PROTOCOL.md").read_text(), re.M)
    assert {name for name, who in table if who == "physician"} == physicians
    assert {name for name, who in table if who == "guardian"} == guardians
    assert {name for name, who in table if who == "all"} == everyones


# --- the texts of codes ---------------------------------------------------------------------------


def test_every_code_of_the_protocol_has_a_sentence_and_no_other_has_one() -> None:
    section = (ROOT / "signaling" / "PROTOCOL.md").read_text().split("## 7. Codes")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(texts.TEXTS)


def test_a_sentence_is_in_the_language_asked_for() -> None:
    assert texts.text("session_ended", "en") == "This session has ended."
    assert texts.text("session_ended", "zh") == texts.text("session_ended", "") == "本次会话已结束。"
    assert texts.text("a code from nowhere", "en") == texts.text("unavailable", "en")
    assert all(re.search(r"[一-鿿]", each.zh) and each.en.isascii() for each in texts.TEXTS.values())
