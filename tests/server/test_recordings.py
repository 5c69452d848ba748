"""Verifying and opening recordings, on the samples of tests/corpus/recordings (made by tests/corpus/make_recordings.py)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import av
import pyrage
import pytest
from sqlalchemy import delete, update

from media.recorder.manifest import Level
from server import events as ev
from server.journal import Journal
from server.opening import CannotOpen, open_recording
from server.recordings import NoAnchor, journals_head, open_command, read_signer, verify, verify_command
from server.store import tables
from server.store.database import Database

SAMPLES = Path(__file__).resolve().parents[1] / "corpus" / "recordings"
EXPECTED: dict[str, list[str]] = json.loads((SAMPLES / "expected.json").read_text())
SIGNER, IDENTITY = str(SAMPLES / "signer.pub"), SAMPLES / "hospital.key"
ROTATOR = str(SAMPLES / "rotator.pub")
NO_DAMAGE = {"whole", "crashed", "rotated"}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLES / "whole", tmp_path / "visit-7")


def head_of(folder: Path) -> tuple[int, str]:
    lines = (folder / "manifest.jsonl").read_bytes().splitlines()
    return len(lines), hashlib.sha256(lines[-1]).hexdigest()


def shorten(folder: Path) -> None:
    """Cuts a copy of the whole sample after line 6, with its signatures and segments, as somebody with the disk could."""
    lines = (folder / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "manifest.jsonl").write_bytes(b"".join(lines[:6]))
    signatures = (folder / "signatures.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "signatures.jsonl").write_bytes(b"".join(s for s in signatures if json.loads(s)["line"] <= 6))
    for path in [*folder.glob("part-02/*"), folder / "part-01" / "seg-000003.age"]:
        path.unlink()


def kinds_said(capsys: pytest.CaptureFixture[str]) -> set[str]:
    return {finding["kind"] for finding in json.loads(capsys.readouterr().out)["findings"]}


def packets(path: Path) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                key = packet.stream.metadata["title"], packet.stream.codec_context.name.removeprefix("lib")
                found[key] = found.get(key, 0) + 1
    return found


# --- verify -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", EXPECTED)
def test_each_sample_gets_its_verdicts(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    findings = verify(SAMPLES / sample, SIGNER, rotators=[ROTATOR])
    assert [finding.kind for finding in findings] == EXPECTED[sample]
    assert all(finding.level is Level.NOTE for finding in findings) is (sample in NO_DAMAGE)
    assert verify_command(SAMPLES / sample, SIGNER, True, rotators=[ROTATOR]) == (0 if sample in NO_DAMAGE else 1)
    said = json.loads(capsys.readouterr().out)
    assert said["whole"] is (sample in NO_DAMAGE)
    assert [finding["kind"] for finding in said["findings"]] == EXPECTED[sample]


def test_a_recording_cut_together_with_its_signatures_is_found_by_the_journals_anchor(whole: Path) -> None:
    anchor = head_of(whole)
    shorten(whole)
    assert {f.kind for f in verify(whole, SIGNER)} == {"unfinished"}
    assert "truncated_manifest" in {f.kind for f in verify(whole, SIGNER, [anchor])}


def test_a_signature_counts_for_its_own_recording_only(whole: Path, tmp_path: Path) -> None:
    """The signed message names the recording: lines of one cannot be passed off with signatures of another."""
    text = (whole / "manifest.jsonl").read_bytes()
    (whole / "manifest.jsonl").write_bytes(text.replace(b'"recording":"visit-7"', b'"recording":"visit-8"'))
    assert {"wrong_signer", "broken_chain"} <= {f.kind for f in verify(whole, SIGNER)}


def test_a_rotated_key_is_a_note_when_it_is_expected(whole: Path) -> None:
    (whole / "session-key.age").write_bytes(b"sealed to others")
    (finding,) = verify(whole, SIGNER, rotated=True)
    assert (finding.kind, finding.level) == ("altered_session_key", Level.NOTE)


def test_links_folders_and_strange_names_are_no_segments(whole: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.age"
    shutil.move(whole / "part-01" / "seg-000001.age", outside)
    (whole / "part-01" / "seg-000001.age").symlink_to(outside)
    (whole / "part-01" / "seg-000002.age").unlink()
    (whole / "part-01" / "seg-000002.age").mkdir()
    (whole / "part-01" / "seg-000001b.age").write_bytes(b"x")
    (whole / "part-07").mkdir()
    (whole / "part-07" / "seg-000001.age").write_bytes(b"x")
    found = sorted((f.kind, f.file) for f in verify(whole, SIGNER) if f.level is Level.DAMAGE)
    assert found == [
        ("extra_segment", "part-01/seg-000001b.age"), ("extra_segment", "part-07/seg-000001.age"),
        ("missing_segment", "part-01/seg-000001.age"), ("missing_segment", "part-01/seg-000002.age"),
    ]  # fmt: skip


def test_hostile_lines_end_in_findings_not_errors(whole: Path) -> None:
    (whole / "manifest.jsonl").write_bytes(b"x" * 20_000 + b"\n" + os.urandom(500) + b"\n\n" + b"[" * 4000)
    (whole / "signatures.jsonl").write_bytes(b'{"line":1}\n' + os.urandom(300) + b"\n" + b"half")
    kinds = {f.kind for f in verify(whole, SIGNER)}
    assert {"malformed_line", "bad_signature", "extra_segment"} <= kinds


def test_a_folder_without_anything_is_damage(tmp_path: Path) -> None:
    assert {f.kind for f in verify(tmp_path, SIGNER)} == {"malformed_line", "unfinished"}
    (tmp_path / "manifest.jsonl").mkdir()
    assert "malformed_line" in {f.kind for f in verify(tmp_path, SIGNER)}


def test_progress_is_told(whole: Path) -> None:
    steps: list[tuple[int, int]] = []
    verify(whole, None, progress=lambda done, total: steps.append((done, total)))
    total = len(list(whole.glob("part-*/*.age")))
    assert steps == [(n, total) for n in range(1, total + 1)]


def test_a_bar_is_shown_at_a_terminal_and_nowhere_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify_command(SAMPLES / "whole", SIGNER, True) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert verify_command(SAMPLES / "whole", SIGNER, True) == 0
    shown = capsys.readouterr().err
    assert shown.startswith("\r[######........................] 1 / 5 segments")
    assert shown.endswith(f"\r[{'#' * 30}] 5 / 5 segments\n")


def test_the_signers_key_is_hex_or_a_file(tmp_path: Path) -> None:
    text = Path(SIGNER).read_text().strip()
    assert read_signer(text).public_bytes_raw() == read_signer(SIGNER).public_bytes_raw()
    (tmp_path / "bad.pub").write_text("zz")
    with pytest.raises(ValueError, match="hex"):
        read_signer(str(tmp_path / "bad.pub"))


def test_the_command_says_what_it_found_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert verify_command(SAMPLES / "whole", None, False) == 0
    assert "unchecked_signatures" in capsys.readouterr().out
    assert verify_command(SAMPLES / "altered-segment", SIGNER, False) == 1
    assert "part-01/seg-000002.age" in capsys.readouterr().out
    assert verify_command(tmp_path / "nowhere", SIGNER, False) == 2
    assert verify_command(SAMPLES / "whole", str(tmp_path / "nokey"), False) == 2


# --- heads kept elsewhere ---------------------------------------------------------------------------


@pytest.fixture
async def anchored_url(database: Database, database_url: str, visit: str, whole: Path) -> str:
    """The address of a journal in which the sample's session anchored two heads, and then another recording's."""
    begin = json.loads((whole / "manifest.jsonl").read_bytes().splitlines()[0])
    async with database.engine.begin() as connection:
        await connection.execute(update(tables.visit).where(tables.visit.c.id == visit).values(id=begin["session"]))
    third = (whole / "manifest.jsonl").read_bytes().splitlines()[2]
    heads = [(3, hashlib.sha256(third).hexdigest()), head_of(whole)]
    said = [ev.RecordingAnchored(begin["recording"], *head) for head in heads]
    await Journal(database).append(begin["session"], 0, [*said, ev.RecordingAnchored("another", 1, "00" * 32)], 1_795_000_000.0)
    return database_url


def test_a_recording_that_reaches_what_its_journal_anchors_is_whole(
    whole: Path, anchored_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_command(whole, SIGNER, True, database_url=anchored_url) == 0
    assert kinds_said(capsys) == set(EXPECTED["whole"])


def test_a_shortened_recording_is_found_by_the_journal_and_by_a_head_noted_down(
    whole: Path, anchored_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line, sha256 = head_of(whole)
    shorten(whole)
    assert verify_command(whole, SIGNER, True) == 0
    assert kinds_said(capsys) == {"unfinished"}
    assert verify_command(whole, SIGNER, True, database_url=anchored_url) == 1
    assert kinds_said(capsys) == {"truncated_manifest", "unfinished"}
    assert verify_command(whole, SIGNER, True, head=f"{line}:{sha256}") == 1
    assert kinds_said(capsys) == {"truncated_manifest", "unfinished"}


def test_a_recording_emptied_to_nothing_is_found_by_its_folders_name(
    whole: Path, anchored_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (whole / "manifest.jsonl").write_bytes(b"")
    assert asyncio.run(_no_anchor(anchored_url, whole)) == "the journal anchors nothing of the recording visit-7"
    assert verify_command(whole, SIGNER, True, database_url=anchored_url) == 2


async def _no_anchor(url: str, folder: Path) -> str:
    with pytest.raises(NoAnchor) as raised:
        await journals_head(url, folder)
    return str(raised.value)


async def test_a_journal_without_this_recording_or_that_was_altered_gives_no_head(
    whole: Path, database: Database, anchored_url: str
) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(tables.event).where(tables.event.c.n == 2).values(at_us=1))
    assert "altered" in await _no_anchor(anchored_url, whole)
    async with database.engine.begin() as connection:
        await connection.execute(delete(tables.event))
    assert "anchors nothing" in await _no_anchor(anchored_url, whole)


def test_a_head_that_is_none_is_said(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for head in ("", "4", "0:" + "0" * 64, "x:" + "0" * 64, "4:" + "0" * 62, "4:zz"):
        assert verify_command(whole, SIGNER, False, head=head) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("there is no head to compare with") == 6


def test_a_rotated_key_is_expected_on_the_command_line_too(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (whole / "session-key.age").write_bytes(b"sealed to others")
    assert verify_command(whole, SIGNER, True) == 1
    assert verify_command(whole, SIGNER, True, rotated=True) == 0


# --- open -------------------------------------------------------------------------------------------

ALL = {("guardian", "opus"): 200, ("guardian", "vp8"): 20, ("physician", "h264"): 10}


def test_all_parts_are_joined_into_one_file_that_plays_and_seeks(tmp_path: Path) -> None:
    out, steps = tmp_path / "visit.mkv", []
    assert open_recording(SAMPLES / "whole", IDENTITY, out, lambda done, total: steps.append((done, total))) == []
    assert packets(out) == ALL
    assert out.stat().st_mode & 0o777 == 0o600
    assert steps[-1] == (5, 5)
    errors = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", out, "-map", "0", "-f", "null", "-"], check=True, capture_output=True, text=True
    )
    assert errors.stderr == ""
    with av.open(str(out)) as container:
        assert container.duration == pytest.approx(3_980_000, abs=40_000)
        container.seek(3_000_000)
        assert 2_000 <= next(p for p in container.demux() if p.size).pts <= 3_000


def test_what_stock_tools_give_is_the_same_media(tmp_path: Path) -> None:
    script = (
        'age -d -i "$1" session-key.age > "$2/s" && for f in part-02/seg-*.age; do age -d -i "$2/s" "$f"; done > "$2/2.mkv"'
    )
    subprocess.run(["sh", "-ec", script, "sh", IDENTITY, tmp_path], check=True, cwd=SAMPLES / "whole")
    assert packets(tmp_path / "2.mkv")[("physician", "h264")] == 10


@pytest.mark.parametrize("sample", ["altered-segment", "missing-segment"])
def test_a_damaged_recording_opens_but_for_what_is_damaged(sample: str, tmp_path: Path) -> None:
    problems = open_recording(SAMPLES / sample, IDENTITY, tmp_path / "visit.mkv")
    assert problems == (["part-01/seg-000002.age cannot be opened and is left out"] if sample == "altered-segment" else [])
    found = packets(tmp_path / "visit.mkv")
    assert 140 <= found[("guardian", "opus")] < 200
    assert found[("physician", "h264")] == 10


def test_a_part_without_its_first_segment_is_left_out_and_said(whole: Path, tmp_path: Path) -> None:
    (whole / "part-01" / "seg-000001.age").write_bytes(b"not age")
    assert open_recording(whole, IDENTITY, tmp_path / "visit.mkv") == ["part-01 cannot be read without its first segment"]
    assert packets(tmp_path / "visit.mkv")[("physician", "h264")] == 10


def test_nothing_is_written_over_and_nothing_is_made_without_the_key(whole: Path, tmp_path: Path) -> None:
    out, foreign = tmp_path / "visit.mkv", tmp_path / "foreign.key"
    foreign.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    empty = tmp_path / "empty.key"
    empty.write_text("# nothing\n")
    for identity, words in ((foreign, "does not open"), (empty, "no AGE-SECRET-KEY-1"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(CannotOpen, match=words):
            open_recording(whole, identity, out)
    assert not out.exists()
    out.write_text("something dear")
    with pytest.raises(CannotOpen, match="exists"):
        open_recording(whole, IDENTITY, out)
    assert out.read_text() == "something dear"
    shutil.rmtree(whole / "part-01")
    shutil.rmtree(whole / "part-02")
    with pytest.raises(CannotOpen, match="no segments"):
        open_recording(whole, IDENTITY, tmp_path / "other.mkv")
    assert not (tmp_path / "other.mkv").exists()


def test_the_commands_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_command(SAMPLES / "whole", IDENTITY, tmp_path / "a.mkv") == 0
    assert open_command(SAMPLES / "altered-segment", IDENTITY, tmp_path / "b.mkv") == 1
    assert open_command(SAMPLES / "whole", IDENTITY, tmp_path / "a.mkv") == 2
    said = capsys.readouterr()
    assert "exists already" in said.err
    assert "left out" in said.err
    assert said.out.splitlines() == [str(tmp_path / "a.mkv"), str(tmp_path / "b.mkv")]
