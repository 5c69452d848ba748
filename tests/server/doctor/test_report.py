"""A browser's report: what the page sends is kept as it was, and nothing else gets in."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.doctor import report
from server.doctor.report import Malformed, Report, WayFound

figure = st.none() | st.integers(0, 600_000)
way = st.builds(
    WayFound,
    kind=st.sampled_from(report.KINDS),
    host=st.from_regex(r"[A-Za-z0-9.:_-]{1,40}", fullmatch=True),
    port=st.integers(1, 65535),
    state=st.sampled_from(report.STATES),
    connected_ms=figure,
    rtt_ms=figure,
    loss=st.none() | st.floats(0, 1),
    up_bps=st.none() | st.integers(0, 10_000_000_000),
)
whole = st.builds(
    Report,
    browser=st.from_regex(r"[A-Za-z]{1,24}( [0-9]{1,4})?", fullmatch=True),
    device=st.sampled_from(report.DEVICES),
    secure=st.booleans(),
    camera=st.sampled_from(report.CAMERA),
    socket_ms=figure,
    overall=st.sampled_from(report.OVERALL),
    ways=st.lists(way, max_size=report.MOST_WAYS).map(tuple),
)


def sent(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": 1,
        "browser": "Chrome 156",
        "device": "phone",
        "secure": True,
        "camera": "untested",
        "socket_ms": 12,
        "overall": "good",
        "ways": [a_way()],
    }
    return found | changed


def a_way(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "udp", "host": "203.0.113.5", "port": 40000, "state": "good", "connected_ms": 90}
    return found | {"rtt_ms": 20, "loss": 0, "up_bps": 2_000_000} | changed


@given(whole)
def test_what_is_kept_is_what_was_sent(found: Report) -> None:
    kept = report.write(found)
    assert len(kept) <= report.MOST_BYTES
    assert report.read(json.loads(kept)) == found


def test_unknown_fields_are_not_kept() -> None:
    assert "note" not in report.write(report.read(sent(note="the doctor's own words")))


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"version": True},
        {"browser": "Chrome 156 on the nurse's phone"},
        {"browser": "Chrome\n156"},
        {"browser": None},
        {"device": "fridge"},
        {"device": ["phone"]},
        {"secure": 1},
        {"camera": "on"},
        {"socket_ms": -1},
        {"socket_ms": 1.5},
        {"socket_ms": 600_001},
        {"overall": ""},
        {"ways": None},
        {"ways": [3]},
        {"ways": [a_way()] * 25},
        {"ways": [a_way(port=0)]},
        {"ways": [a_way(port="40000")]},
        {"ways": [a_way(host="<script>")]},
        {"ways": [a_way(host="a" * 254)]},
        {"ways": [a_way(kind="carrier pigeon")]},
        {"ways": [a_way(state="splendid")]},
        {"ways": [a_way(loss=1.01)]},
        {"ways": [a_way(loss=float("nan"))]},
        {"ways": [a_way(loss=True)]},
        {"ways": [a_way(loss="0")]},
        {"ways": [a_way(up_bps=10_000_000_001)]},
    ],
)
def test_what_the_page_does_not_make_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        report.read(sent(**changed))


@pytest.mark.parametrize("missing", [*sent()])
def test_every_field_has_to_be_there(missing: str) -> None:
    with pytest.raises(Malformed):
        report.read({name: value for name, value in sent().items() if name != missing})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*sent(), *a_way()]) | st.text(), inner, max_size=8)
    ),
)


@given(json_values | st.builds(lambda extra: sent(**extra), st.dictionaries(st.sampled_from([*sent()]), json_values)))
def test_nothing_raises_anything_else(document: object) -> None:
    with contextlib.suppress(Malformed):
        report.read(document)
