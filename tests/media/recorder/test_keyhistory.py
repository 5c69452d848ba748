"""The history of a recording's key: what is written reads back, and whatever is done to it is found."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recorder import keyhistory, manifest
from media.recorder.keyhistory import Head, History, Judge, Rotation
from media.recorder.manifest import Malformed

FIRST, SECOND, THIRD, STRANGE = "ab" * 32, "bc" * 32, "cd" * 32, "ff" * 32
ALICE, BOB = "age1" + "q" * 58, "age1" + "p" * 58
SIGNER, OTHER = "11" * 32, "22" * 32
AT = "2026-11-22T08:00:00Z"


def says(signer: str, message: bytes) -> bytes:
    """A signature as the tests' signers make them: no cryptography, but of this signer over this message only."""
    return hashlib.sha512(signer.encode() + message).digest()


def verified(signer: str, signature: bytes, message: bytes) -> bool:
    return signature == says(signer, message)


def written(*facts: tuple[str, ...], recording: str = "visit-7") -> list[bytes]:
    """Lines of (from, to, signer) rotations and (hash, where) copies."""
    lines, head = [], Head()
    for fact in facts:
        if len(fact) == 2:
            line = keyhistory.copy_line(head, AT, *fact)
        else:
            fields = keyhistory.rotation_fields(head, AT, fact[0], fact[1], [BOB, ALICE, BOB], fact[2])
            message = keyhistory.message_to_sign(recording, keyhistory.digest(fields))
            line = keyhistory.signed_line(fields, says(fact[2], message))
        lines.append(line[:-1])
        history = History()
        for each in lines:
            history.line(each)
        head = history.head
    return lines


def judged(
    lines: list[bytes], current: str | None, *, first: str | None = FIRST, rotators: set[str] | None = None,
    rotated: bool = False, cut: bool = False,
) -> list[tuple[str, str]]:  # fmt: skip
    history = History()
    for line in lines:
        history.line(line)
    if cut:
        history.cut_line()
    judge = Judge("visit-7", first, verified, None if rotators is None else frozenset(rotators))
    return [(finding.kind, finding.level) for finding in judge.findings(history, current, rotated=rotated)]


ONE = (FIRST, SECOND, SIGNER)
TWO = (SECOND, THIRD, SIGNER)


def test_without_a_history_the_key_is_held_to_line_1() -> None:
    assert judged([], FIRST) == []
    assert judged([], STRANGE) == [("altered_session_key", "damage")]
    assert judged([], STRANGE, rotated=True) == [("altered_session_key", "note")]
    assert judged([], None, rotated=True) == [("altered_session_key", "damage")]
    assert judged([], STRANGE, first=None) == []  # there is no line 1 to hold it to


def test_after_rotations_the_key_is_the_last_ones_and_the_earlier_copies_are_listed() -> None:
    lines = written((FIRST, "backup tape 4"), ONE, (FIRST, "release to the court"), TWO)
    assert judged(lines, THIRD, rotators={SIGNER}) == [("rotated", "note"), ("earlier_copy", "note"), ("earlier_copy", "note")]
    history = History()
    for line in lines:
        history.line(line)
    assert history.earlier(THIRD) == {FIRST: ("backup tape 4", "release to the court"), SECOND: ()}
    assert history.last is not None
    assert history.last.recipients == (BOB, ALICE)  # sorted, each once


def test_an_earlier_copy_put_back_is_damage_and_so_is_one_that_nobody_knows() -> None:
    assert judged(written(ONE, TWO), SECOND, rotators={SIGNER})[0] == ("earlier_session_key", "damage")
    assert judged(written(ONE, TWO), FIRST, rotators={SIGNER})[0] == ("earlier_session_key", "damage")
    assert judged(written(ONE), STRANGE, rotators={SIGNER})[0] == ("altered_session_key", "damage")
    assert judged(written(ONE), None, rotators={SIGNER})[0] == ("altered_session_key", "damage")


def test_a_rotation_that_was_broken_off_may_be_followed_by_another_from_the_same_copy() -> None:
    lines = written(ONE, (FIRST, THIRD, SIGNER))
    assert judged(lines, THIRD, rotators={SIGNER}) == [("rotated", "note"), ("earlier_copy", "note")]
    assert judged(written((FIRST, SECOND, SIGNER), (STRANGE, THIRD, SIGNER)), THIRD)[0] == ("broken_history", "damage")


def test_the_first_rotation_starts_from_the_manifests_key() -> None:
    assert ("broken_history", "damage") in judged(written((STRANGE, SECOND, SIGNER)), SECOND)
    assert ("broken_history", "damage") not in judged(written((STRANGE, SECOND, SIGNER)), SECOND, first=None)


def test_a_rotation_counts_by_its_signature_and_by_whom_the_officer_trusts() -> None:
    assert ("unchecked_rotation", "note") in judged(written(ONE), SECOND)
    assert ("bad_rotation", "damage") in judged(written(ONE), SECOND, rotators={OTHER})
    assert ("bad_rotation", "damage") in judged(written(ONE, recording="visit-8"), SECOND, rotators={SIGNER})
    assert judged(written(ONE, (SECOND, THIRD, OTHER)), THIRD, rotators={SIGNER, OTHER})[0] == ("rotated", "note")


def test_every_change_of_a_line_is_found() -> None:
    lines = written((FIRST, "tape"), ONE, TWO)
    for number, line in enumerate(lines[:2]):
        changed = line.replace(b"08:00:00Z", b"08:00:01Z")
        assert ("broken_history", "damage") in judged([*lines[:number], changed, *lines[number + 1 :]], THIRD)
    last = lines[2].replace(b"08:00:00Z", b"08:00:01Z")
    assert ("bad_rotation", "damage") in judged([*lines[:2], last], THIRD)
    assert ("broken_history", "damage") in judged(lines[1:], THIRD)
    assert ("broken_history", "damage") in judged([lines[1], lines[0], lines[2]], THIRD)


def test_a_torn_last_line_is_a_note() -> None:
    assert judged(written(ONE), SECOND, rotators={SIGNER}, cut=True)[0] == ("truncated_line", "note")


def fields_of(line: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(line)
    return fields


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0}, {"n": True}, {"n": keyhistory.MAX_LINES + 1}, {"previous": "zz"}, {"previous": None}, {"at_utc": "now"},
        {"type": "seal"}, {"type": []}, {"more": 1}, {"recipients": []}, {"recipients": [ALICE, BOB]},
        {"recipients": [BOB] * 2},
        {"recipients": ["age1x"]}, {"recipients": [1]}, {"recipients": ALICE}, {"recipients": [BOB] * 21}, {"signer": "11"},
        {"signature": "11" * 63}, {"from_sha256": FIRST.upper()}, {"to_sha256": 7},
    ],
)  # fmt: skip
def test_what_is_no_rotation_is_malformed(change: dict[str, Any]) -> None:
    line = fields_of(written(ONE)[0])
    with pytest.raises(Malformed):
        keyhistory.read_line(manifest.canonical(line | change))
    assert ("broken_history", "damage") in judged([manifest.canonical(line | change)], FIRST)


@pytest.mark.parametrize(
    "change", [{"where": ""}, {"where": "a\nb"}, {"where": "x" * 201}, {"where": 1}, {"sha256": "x"}, {"x": 1}]
)
def test_what_is_no_copy_is_malformed(change: dict[str, Any]) -> None:
    line = fields_of(written((FIRST, "tape"))[0])
    with pytest.raises(Malformed):
        keyhistory.read_line(manifest.canonical(line | change))


@pytest.mark.parametrize("where", ["", "two\nlines", "x" * 201, "\ud800"])
def test_a_place_that_is_none_is_not_written(where: str) -> None:
    with pytest.raises(Malformed):
        keyhistory.copy_line(Head(), AT, FIRST, where)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line_or_malformed(body: bytes) -> None:
    history = History()
    history.line(body)
    assert history.faults


def test_what_a_signature_covers_is_the_line_without_it() -> None:
    line = written(ONE)[0]
    _, _, told = keyhistory.read_line(line)
    assert isinstance(told, Rotation)
    fields = fields_of(line)
    del fields["signature"]
    assert told.signed("visit-7") == f"peitong-rotation-v1 visit-7 {keyhistory.digest(fields)}".encode()
