"""The manifest: what is written reads back, and whatever is done to it is found."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recorder import manifest
from media.recorder.manifest import Audit, Finding, Head, Level, Malformed

BEGIN = {
    "version": 1, "recording": "visit-7", "session": "s", "origin_utc": "2026-11-22T08:00:00Z", "recipient": "age1x",
    "session_key_sha256": "ab" * 32,
}  # fmt: skip
TRACKS = [{"number": 1, "seat": "guardian", "kind": "audio", "codec": "opus"}]


def part(number: int, why: str = "start") -> tuple[str, int, dict[str, Any]]:
    return "part", number * 10_000_000, {"part": number, "tracks": TRACKS, "why": why}


def segment(in_part: int, number: int) -> tuple[str, int, dict[str, Any]]:
    fields = {
        "part": in_part, "number": number, "bytes": 100 + number, "sha256": f"{number:064x}", "from_us": 0, "to_us": 1,
        "keyframe": True,
    }  # fmt: skip
    return "segment", in_part * 10_000_000 + number * 1_000_000, fields


END = ("end", 99_000_000, {"seconds": 3})
WHOLE = [("begin", 0, BEGIN), part(1), segment(1, 1), segment(1, 2), ("hold", 13_000_000, {"cause": "app"}), ("resume", 14_000_000, {}), segment(1, 3), ("resolution", 16_000_000, {"seat": "g", "width": 1, "height": 2}), END]  # fmt: skip  # noqa: E501


def written(facts: list[tuple[str, int, dict[str, Any]]]) -> list[bytes]:
    lines, head = [], Head()
    for type_, at_us, fields in facts:
        line, head = manifest.append(head, type_, at_us, fields)
        lines.append(line[:-1])
    return lines


def judged(lines: list[bytes], *, signed: int | None = None, files: list[str] | None = None) -> list[Finding]:
    """An audit in which every listed file is there and right, and one good signature covers up to line ``signed``."""
    audit, there = Audit(), []
    for line in lines:
        listed = audit.line(line)
        if listed is not None:
            audit.file(listed, (listed.bytes, listed.sha256))
            there.append(listed.path)
    signed = len(lines) if signed is None else signed
    if signed:
        audit.signature(signed, hashlib.sha256(lines[signed - 1]).hexdigest(), True)
    audit.unlisted(iter(there if files is None else files))
    return audit.finish(signer_given=True)


def kinds(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.kind, f.level.value) for f in findings}


# --- writing ----------------------------------------------------------------------------------------


def test_lines_are_canonical_chained_and_read_back() -> None:
    lines = written(WHOLE)
    previous = manifest.NO_HASH
    for number, line in enumerate(lines, start=1):
        fields = manifest.read_line(line)
        assert (fields["n"], fields["previous"]) == (number, previous)
        assert json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == line
        previous = hashlib.sha256(line).hexdigest()


def test_times_never_run_backwards() -> None:
    line, _ = manifest.append(Head(3, "ab" * 32, 500), "resume", 400, {})
    assert manifest.read_line(line[:-1])["at_us"] == 500


def test_a_line_that_is_too_long_is_not_written() -> None:
    with pytest.raises(ValueError, match="a manifest line of"):
        manifest.append(Head(), "hold", 0, {"cause": "x" * manifest.MAX_LINE})


def test_what_is_signed_names_recording_line_and_hash() -> None:
    assert manifest.message_to_sign("visit-7", 12, "ab" * 32) == b"peitong-manifest-v1 visit-7 12 " + b"ab" * 32


@given(st.integers(0, 1 << 40), st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_signature_lines_read_back(line: int, sha256: bytes, signature: bytes) -> None:
    written_line = manifest.signature_line(line, sha256.hex(), signature)
    assert manifest.read_signature(written_line[:-1]) == (line, sha256.hex(), signature)


# --- reading ----------------------------------------------------------------------------------------

GOOD = written([("hold", 5, {"cause": "app"})])[0]


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"1", b"\xff", b"[" * 3000, b'{"type":"what"}', b'{"type":7}', GOOD + b" ",
     GOOD.replace(b'"at_us":5', b'"at_us":5.0'),
     GOOD.replace(b'"at_us":5', b'"at_us":-5'), GOOD.replace(b'"at_us":5', b'"at_us":true'),
     GOOD.replace(b'"cause":"app",', b""),
     GOOD.replace(b'"app"', b'["app"]'), GOOD.replace(b"0" * 64, b"0" * 63), GOOD.replace(b'"app"', b'"\\ud800"'),
     GOOD.replace(b'"app"', b'"' + b"x" * 4096 + b'"'), GOOD.replace(b'"n":1', b'"n":1e999'), GOOD[:-1] + b',"z":1}',
     GOOD.replace(b'"n":1', b'"n":' + b"9" * 30)],
)  # fmt: skip
def test_what_is_not_a_line_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed):
        manifest.read_line(line)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed_and_the_audit_never_raises(data: bytes) -> None:
    for read in (manifest.read_line, manifest.read_signature):
        with pytest.raises(Malformed):
            read(data)
    assert ("malformed_line", "damage") in kinds(judged([data]))


@pytest.mark.parametrize("signature", ["zz" * 64, "ab" * 63, "AB" * 64])
def test_a_signature_line_must_hold_64_bytes_in_hex(signature: str) -> None:
    line = manifest.canonical({"line": 1, "sha256": "ab" * 32, "signature": signature})
    with pytest.raises(Malformed):
        manifest.read_signature(line)


# --- judging ----------------------------------------------------------------------------------------


def test_a_whole_signed_finished_recording_has_no_findings() -> None:
    assert judged(written(WHOLE)) == []


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 10_000), st.integers(0, 7))
def test_a_bit_that_flips_anywhere_is_damage(line: int, byte: int, bit: int) -> None:
    lines = written(WHOLE)
    altered = bytearray(lines[line])
    altered[byte % len(altered)] ^= 1 << bit
    original_hash = hashlib.sha256(lines[-1]).hexdigest()
    audit = Audit()
    for n, text in enumerate(lines):
        listed = audit.line(bytes(altered) if n == line else text)
        if listed is not None:
            audit.file(listed, (listed.bytes, listed.sha256))
    audit.signature(len(lines), original_hash, True)
    assert Level.DAMAGE in {f.level for f in audit.finish(signer_given=True)}


@given(st.integers(0, len(WHOLE) - 1))
def test_a_line_taken_out_is_damage(line: int) -> None:
    lines = written(WHOLE)
    del lines[line]
    findings = kinds(judged(lines, signed=0))
    assert ("broken_chain", "damage") in findings or line == len(WHOLE) - 1
    assert ("unsigned_tail", "damage") in findings


@given(st.integers(0, len(WHOLE) - 2))
def test_two_lines_exchanged_are_damage(line: int) -> None:
    lines = written(WHOLE)
    lines[line], lines[line + 1] = lines[line + 1], lines[line]
    assert ("broken_chain", "damage") in kinds(judged(lines))


def test_a_shortened_manifest_is_found_by_what_was_signed_or_anchored() -> None:
    lines = written(WHOLE)
    for tell in ("signature", "anchor"):
        audit = Audit()
        for line in lines[:4]:
            audit.line(line)
        sha256 = hashlib.sha256(lines[-1]).hexdigest()
        audit.signature(9, sha256, True) if tell == "signature" else audit.anchor(9, sha256)
        audit.cut_line()
        findings = kinds(audit.finish(signer_given=True))
        assert {("truncated_manifest", "damage"), ("truncated_line", "damage")} <= findings


def test_a_manifest_that_is_not_the_anchored_one_is_damage_and_an_anchor_covers_lines_too() -> None:
    lines = written(WHOLE)
    for line, sha256, expected in (
        (3, "ab" * 32, True),
        (0, "ab" * 32, True),
        (9, hashlib.sha256(lines[8]).hexdigest(), False),
    ):
        audit = Audit()
        for text in lines:
            audit.line(text)
        audit.anchor(line, sha256)
        findings = kinds(audit.finish(signer_given=False))
        assert (("broken_chain", "damage") in findings) is expected
        assert ("unsigned_tail", "damage") not in findings


def test_a_torn_last_line_is_a_note_when_nothing_was_signed_after_it() -> None:
    audit = Audit()
    for line in written(WHOLE):
        audit.line(line)
    audit.cut_line()
    assert ("truncated_line", "note") in kinds(audit.finish(signer_given=False))


def test_a_crash_leaves_a_short_unsigned_tail_and_no_end_and_that_is_no_damage() -> None:
    assert kinds(judged(written(WHOLE[:-1]), signed=7)) == {("unsigned_tail", "note"), ("unfinished", "note")}


def test_a_long_unsigned_tail_is_no_crash() -> None:
    assert ("unsigned_tail", "damage") in kinds(judged(written(WHOLE), signed=8))
    assert ("unsigned_tail", "damage") in kinds(judged(written(WHOLE), signed=0))


def test_signatures_are_judged_each_and_together() -> None:
    lines = written(WHOLE)
    good = hashlib.sha256(lines[8]).hexdigest()
    for verdicts, expected in (
        ([(9, good, True), (9, good, False)], "bad_signature"),
        ([(9, good, False), (9, good, False)], "wrong_signer"),
        ([(9, "cd" * 32, True)], "bad_signature"),
        ([(0, "cd" * 32, True)], "bad_signature"),
    ):
        audit = Audit()
        for line in lines:
            audit.line(line)
        for verdict in verdicts:
            audit.signature(*verdict)
        assert (expected, "damage") in kinds(audit.finish(signer_given=True))


def test_without_a_pinned_signer_nobody_vouches_and_that_is_said() -> None:
    audit = Audit()
    lines = written(WHOLE)
    for line in lines:
        audit.line(line)
    audit.no_signer()
    audit.signature(9, hashlib.sha256(lines[8]).hexdigest(), None)
    audit.bad_signature_line(2, "not JSON")
    assert kinds(audit.finish(signer_given=False)) == {("unchecked_signatures", "note"), ("bad_signature", "damage")}


def test_files_that_are_missing_altered_or_more_are_found() -> None:
    audit = Audit()
    for line in written(WHOLE):
        listed = audit.line(line)
        if listed is not None:
            actual = {1: None, 2: (102, "00" * 32), 3: (5, listed.sha256)}[listed.bytes - 100]
            audit.file(listed, actual)
    names = ["part-01/seg-000001.age", "part-01/seg-000005.age", "part-01/seg-000000.age", "part-01/seg-1.age",
             "part-1/seg-000001.age",
             "part-02/seg-000001.age", "part-01/seg-000001 (copy).age"]  # fmt: skip
    audit.unlisted(iter(names))
    found = [(f.kind, f.file) for f in audit.finish(signer_given=False)]
    assert found == [
        ("missing_segment", "part-01/seg-000001.age"), ("altered_segment", "part-01/seg-000002.age"),
        ("torn_segment", "part-01/seg-000003.age"), *(("extra_segment", name) for name in names[1:]),
    ]  # fmt: skip


def test_one_newest_file_without_a_line_is_a_note_only_where_a_crash_can_have_left_it() -> None:
    crashed = [
        *WHOLE[:7],
        ("gap", 17_000_000, {"from_us": 5, "to_us": 1_500_005, "why": "restart"}),
        part(2, "restart"),
        segment(2, 1),
    ]
    newest = ["part-01/seg-000004.age", "part-02/seg-000002.age"]
    findings = judged(written(crashed), files=newest)
    assert [(f.kind, f.file) for f in findings if f.kind in ("unlisted", "extra_segment")] == [("unlisted", n) for n in newest]
    assert next(f.detail for f in findings if f.kind == "gap") == "restart: 1.50 s from 0.00 s"
    in_order = [*WHOLE[:7], part(2, "tracks"), segment(2, 1), END]
    found = [(f.kind, f.file) for f in judged(written(in_order), files=newest)]
    assert found == [("extra_segment", name) for name in newest]


@pytest.mark.parametrize(
    "facts",
    [
        [part(1), segment(1, 1), END], [("begin", 0, BEGIN), part(2), END], [("begin", 0, BEGIN), segment(1, 1), END],
        [("begin", 0, BEGIN), part(1), segment(1, 2), END], [("begin", 0, BEGIN), part(1), segment(2, 1), END],
        [("begin", 0, BEGIN), part(1), ("begin", 3, BEGIN), END], [("begin", 0, BEGIN), END, ("resume", 99_500_000, {})],
        [("begin", 0, BEGIN | {"version": 2}), END], [("begin", 0, BEGIN), part(1), part(1), END],
    ],
)  # fmt: skip
def test_lines_that_chain_but_make_no_sense_are_damage(facts: list[tuple[str, int, dict[str, Any]]]) -> None:
    assert ("malformed_line", "damage") in kinds(judged(written(facts)))


def test_an_empty_manifest_is_damage() -> None:
    assert kinds(judged([], signed=0)) == {("malformed_line", "damage"), ("unfinished", "note")}


def test_a_segment_in_anothers_place_is_named_by_what_it_holds() -> None:
    """Swapped, replayed forwards and backwards; what came from elsewhere stays altered, and what no one looked at, too."""
    listed = [found for line in written(WHOLE) if (found := Audit().line(line)) is not None]
    for holds in ((2, 1, 3), (1, 1, 3), (1, 3, 3)):
        audit = Audit()
        for segment, other in zip(listed, holds, strict=True):
            audit.file(segment, (listed[other - 1].bytes, listed[other - 1].sha256))
        assert audit.has_strays
        for line in [b"rubbish", *written(WHOLE)]:
            audit.place(line)
        wrong = [number for number, other in enumerate(holds, 1) if number != other]
        assert [(f.kind, f.file) for f in audit.findings] == [
            ("misplaced_segment", f"part-01/seg-{number:06d}.age") for number in wrong
        ]
        assert f"part-01/seg-{holds[wrong[0] - 1]:06d}.age" in audit.findings[0].detail
    audit = Audit()
    audit.file(listed[0], (999, ""))
    assert not audit.has_strays
    audit.file(listed[1], (999, "ee" * 32))
    for line in written(WHOLE):
        audit.place(line)
    assert [f.kind for f in audit.findings] == ["altered_segment"] * 2
