"""Events survive the journal's form, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rate.ladder import Rung
from server import events as ev
from server.event_records import MalformedEvent, from_record, to_record
from server.events import EVENTS, Doubt, Event, WeakLeg
from signaling.seats import Role

TEXTS = st.text(alphabet='aZ09_ "\\\n\x00é中𠮷䶮\u202e', max_size=12)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**53),
    str: TEXTS,
    Role: st.sampled_from(Role),
    Rung: st.sampled_from(Rung),
    WeakLeg: st.sampled_from(WeakLeg),
    tuple[Doubt, ...]: st.lists(st.sampled_from(Doubt)).map(tuple),
    tuple[str, ...]: st.lists(TEXTS).map(tuple),
}


@st.composite
def events(draw: st.DrawFn) -> Event:
    cls = draw(st.sampled_from(sorted(EVENTS.values(), key=lambda cls: cls.type)))
    hints = get_type_hints(cls)
    return cls(**{field.name: draw(VALUES[hints[field.name]]) for field in fields(cls)})  # type: ignore[arg-type]


@given(events())
def test_every_event_survives_json(event: Event) -> None:
    assert from_record(json.loads(json.dumps(to_record(event)))) == event


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"type": "no_such_event"},
        {"type": ["seat_taken"]},
        {"type": "seat_taken", "role": "guardian"},
        {"type": "seat_taken", "role": "guardian", "epoch": "1"},
        {"type": "seat_taken", "role": "guardian", "epoch": True},
        {"type": "seat_taken", "role": "cat", "epoch": 1},
        {"type": "attested", "checks": "guardian_seen"},
        {"type": "attested", "checks": [1]},
        {"type": "doubted", "role": "guardian", "epoch": 1, "doubts": ["tired"]},
    ],
)
def test_a_row_that_is_no_event_is_malformed(record: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        from_record(record)


@pytest.mark.parametrize(
    ("record", "event"),
    [
        ({"type": "visit_cancelled", "reason": "family"}, ev.VisitCancelled("family")),
        ({"type": "no_show_marked", "starts_at_us": 7}, ev.NoShowMarked(7)),
        ({"type": "visit_moved", "starts_at_us": 1, "ends_at_us": 2, "former_ends_at_us": 3}, ev.VisitMoved(1, 2, 3)),
        ({"type": "guardian_added", "guardian": "g2", "staff": "s1"}, ev.GuardianAdded("g2")),
        ({"type": "seat_taken", "role": "guardian", "epoch": 1}, ev.SeatTaken(Role.GUARDIAN, 1)),
        ({"type": "consent_refused", "kind": "stills", "version": "1"}, ev.ConsentRefused("stills", "1")),
        ({"type": "consent_withdrawn", "kind": "recording", "guardian": "g2"}, ev.ConsentWithdrawn("recording", "g2")),
        ({"type": "measured", "body": "b1", "body_sha256": "bb"}, ev.Measured("b1", "bb")),
        ({"type": "document_added", "document": "d1", "body_sha256": "bb"}, ev.DocumentAdded("d1", "bb")),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_row_from_before_a_field_was_added_is_read_with_its_default(record: dict[str, Any], event: Event) -> None:
    assert from_record(record) == event
