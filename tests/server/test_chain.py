"""The hash chains: what is stored can be checked, and no change to it goes unseen."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import chain
from server.chain import EMPTY, Anchor, Fault, Finding, Head, Link

AT_US = 1_795_000_000_000_000
RECORDS = [f'{{"n":{n}}}' for n in range(6)]


def a_session(name: str = "s", records: list[str] = RECORDS) -> list[Link]:
    return chain.extend(name, EMPTY, records, AT_US)


def anchored(links: list[Link], hospital: str = "h") -> list[Anchor]:
    anchors: list[Anchor] = []
    head = EMPTY
    for link in links:
        anchors.append(chain.anchor(hospital, head, link.session, Head(link.n, link.hash), link.at_us))
        head = Head(anchors[-1].n, anchors[-1].hash)
    return anchors


def found(links: list[Link], anchors: list[Anchor]) -> set[Fault]:
    findings = chain.check_events("s", links) + chain.check_anchors("h", anchors) + chain.check_anchored("s", links, anchors)
    return {finding.fault for finding in findings}


def test_the_encoding_is_the_documented_one() -> None:
    fields = ["s", "1", str(AT_US), "{}", "0" * 64]
    encoded = b"peitong-event-v1" + b"".join(len(f).to_bytes(4, "big") + f.encode() for f in fields)
    assert chain.event_hash("s", 1, AT_US, "{}", chain.NO_HASH) == hashlib.sha256(encoded).hexdigest()


def test_a_canonical_record_has_sorted_keys_no_spaces_and_its_own_letters() -> None:
    assert chain.canonical({"b": ["头", 1, None], "a": {"y": True, "x": -2}}) == '{"a":{"x":-2,"y":true},"b":["头",1,null]}'


@pytest.mark.parametrize("record", [{"a": 0.5}, {"a": [{"b": float("nan")}]}, {"a": "\ud800"}, {"a": (1.0,)}])
def test_what_has_no_one_text_has_no_canonical_form(record: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json, unicode and we each raise their own kind of it
        chain.canonical(record)


def test_a_body_is_named_by_its_nonce_and_its_text() -> None:
    assert chain.body_sha256(b"n" * 16, "头痛") == hashlib.sha256(b"n" * 16 + "头痛".encode()).hexdigest()


@given(st.floats(min_value=0, max_value=5e9))
def test_a_time_survives_being_stored(at: float) -> None:
    stored = chain.microseconds(at)
    assert abs(stored / 1_000_000 - at) <= 1e-6
    assert chain.microseconds(stored / 1_000_000) == stored


@given(st.lists(st.text(max_size=20), max_size=12), st.integers(0, 12))
def test_whatever_was_extended_in_pieces_checks_and_is_what_one_piece_would_be(records: list[str], cut: int) -> None:
    first = chain.extend("s", EMPTY, records[:cut], AT_US)
    head = Head(first[-1].n, first[-1].hash) if first else EMPTY
    links = first + chain.extend("s", head, records[cut:], AT_US)
    assert links == a_session(records=records)
    assert found(links, anchored(links)) == set()


@given(st.data())
def test_any_single_change_of_an_event_is_found(data: st.DataObject) -> None:
    links = a_session()
    i = data.draw(st.integers(0, len(links) - 1))
    changes: dict[str, st.SearchStrategy[object]] = {
        "at_us": st.integers(0, 2**53),
        "record": st.text(max_size=30),
        "previous": st.text("0123456789abcdef", min_size=64, max_size=64),
        "hash": st.text("0123456789abcdef", min_size=64, max_size=64),
    }
    name = data.draw(st.sampled_from(sorted(changes)))
    value = data.draw(changes[name].filter(lambda v: v != getattr(links[i], name)))
    tampered = [*links[:i], replace(links[i], **{name: value}), *links[i + 1 :]]  # type: ignore[arg-type]
    assert chain.check_events("s", tampered)


@given(st.integers(0, 5), st.integers(0, 5))
def test_any_removed_event_is_found_even_when_the_rest_is_made_to_fit(first: int, length: int) -> None:
    links = a_session()
    gone = range(first, min(first + length + 1, len(links)))
    left = [link for i, link in enumerate(links) if i not in gone]
    assert found(left, anchored(links))
    forged = a_session(records=[link.record for link in left])
    assert found(forged, anchored(links))


@given(st.permutations(range(6)).filter(lambda order: list(order) != list(range(6))))
def test_any_new_order_is_found_even_when_numbers_and_hashes_are_made_to_fit(order: list[int]) -> None:
    links = a_session()
    renumbered = [replace(links[old], n=new + 1) for new, old in enumerate(order)]
    assert Fault.ALTERED in found(renumbered, anchored(links))
    forged = a_session(records=[links[old].record for old in order])
    assert found(forged, anchored(links)) == {Fault.HEAD_DIFFERS}


@given(st.integers(0, 5), st.sampled_from(["session", "session_n", "session_head", "at_us", "previous", "hash"]))
def test_any_single_change_of_the_hospitals_chain_is_found(i: int, name: str) -> None:
    anchors = anchored(a_session())
    value = getattr(anchors[i], name)
    changed = replace(anchors[i], **{name: value + 1 if isinstance(value, int) else value[::-1] + "0"})
    assert chain.check_anchors("h", [*anchors[:i], changed, *anchors[i + 1 :]])


def test_each_fault_is_named_with_its_place() -> None:
    links, anchors = a_session(), anchored(a_session())
    assert chain.check_events("s", links[1:]) == [Finding(Fault.MISSING, "s", 1)]
    assert chain.check_anchors("h", anchors[:2] + anchors[3:]) == [Finding(Fault.MISSING, "hospital:h", 3)]
    assert chain.check_anchored("s", [], anchors) == [Finding(Fault.SESSION_MISSING, "s", 6)]
    assert chain.check_anchored("s", links[:4], anchors) == [Finding(Fault.TAIL_MISSING, "s", 5)]
    assert chain.check_anchored("s", links, anchors[:4]) == [Finding(Fault.NOT_ANCHORED, "s", 5)]
    assert chain.check_anchored("s", links[:2] + links[3:], anchors) == [Finding(Fault.MISSING, "s", 3)]
    assert chain.check_anchored("s", [], []) == []


def test_an_event_cut_out_with_a_mended_previous_is_out_of_order_or_altered() -> None:
    links = a_session()
    shifted = replace(links[3], n=3)
    findings = chain.check_events("s", [*links[:2], shifted])
    assert findings == [Finding(Fault.OUT_OF_ORDER, "s", 3), Finding(Fault.ALTERED, "s", 3)]
    assert Finding(Fault.OUT_OF_ORDER, "hospital:h", 2) in chain.check_anchors(
        "h", [anchored(links)[0], replace(anchored(links)[2], n=2)]
    )


def test_no_two_tuples_share_an_encoding() -> None:
    assert chain.event_hash("s1", 1, 0, "", "") != chain.event_hash("s", 11, 0, "", "")
    assert chain.event_hash("s", 1, 0, "ab", "c") != chain.event_hash("s", 1, 0, "a", "bc")
