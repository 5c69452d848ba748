"""The roll: a recording that was removed whole is found, by the journal and by a list kept elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from server import events as ev
from server.__main__ import main
from server.journal import Journal
from server.recordings import NoAnchor
from server.store import tables
from server.store.database import Database
from server.store.errors import Unavailable
from server.vault import roll

SAMPLES = Path(__file__).resolve().parents[2] / "corpus" / "recordings"
SIGNER = str(SAMPLES / "signer.pub")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "whole", tmp_path / "recordings" / "visit-7")
    return tmp_path / "recordings"


def head_of(folder: Path) -> tuple[int, str]:
    lines = (folder / "manifest.jsonl").read_bytes().splitlines()
    return len(lines), hashlib.sha256(lines[-1]).hexdigest()


def listed(file: Path, **heads: tuple[int, str]) -> Path:
    file.write_text("".join(f"{name.replace('_', '-')} {line}:{sha256}\n" for name, (line, sha256) in heads.items()))
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, list[str]]]:
    """(exit code, kinds of findings by recording)."""
    code = main(["recording", "verify", *map(str, arguments), "--all", "--signer", SIGNER, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["whole"] is (code == 0)
    return code, {each["recording"]: [f["kind"] for f in each["findings"]] for each in told["recordings"]}


def test_what_is_there_and_whole_is_whole_and_what_is_not_there_is_named(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = head_of(recordings / "visit-7")
    assert run(capsys, recordings, "--heads", listed(tmp_path / "h", visit_7=head)) == (0, {"visit-7": []})
    removed = listed(tmp_path / "h", visit_7=head, visit_8=(4, "ab" * 32))
    assert run(capsys, recordings, "--heads", removed) == (1, {"visit-7": [], "visit-8": ["missing_recording"]})
    assert main(["recording", "verify", str(recordings), "--all", "--heads", str(removed)]) == 1
    said = capsys.readouterr().out
    assert "DAMAGED visit-8" in said
    assert "anchored up to line 4" in said


def test_each_recording_is_held_to_its_own_head(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beyond = listed(tmp_path / "h", visit_7=(99, "ab" * 32))
    assert run(capsys, recordings, "--heads", beyond) == (1, {"visit-7": ["truncated_manifest"]})
    twice = tmp_path / "h"
    line, sha256 = head_of(recordings / "visit-7")
    twice.write_text(f"visit-7 {line}:{sha256}\nvisit-7 1:{'ab' * 32}\n")
    assert run(capsys, recordings, "--heads", twice)[0] == 0  # the head further on counts


def test_a_folder_that_the_list_does_not_name_is_a_note_and_an_emptied_one_damage(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recordings / "visit-9").mkdir()
    (recordings / "readme.txt").write_text("no folder")
    code, kinds = run(capsys, recordings, "--heads", listed(tmp_path / "h"))
    assert (code, kinds["visit-7"]) == (1, ["unknown_recording"])
    assert "malformed_line" in kinds["visit-9"]


def test_without_a_list_it_is_said_that_none_was_given(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recording", "verify", str(recordings), "--all", "--signer", SIGNER]) == 0
    assert "removed whole is not found" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["visit-7\n", "visit-7 4\n", "../x 4:" + "ab" * 32 + "\n", "visit-7 0:" + "ab" * 32, "\xff"])
def test_a_list_that_is_none_is_refused(
    text: str, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h").write_text(text)
    assert main(["recording", "verify", str(recordings), "--all", "--heads", str(tmp_path / "h")]) == 2
    assert "not everything could be looked at" in capsys.readouterr().err


def test_options_that_do_not_go_together_are_refused(recordings: Path, tmp_path: Path) -> None:
    assert main(["recording", "verify", str(recordings), "--heads", str(tmp_path / "h")]) == 2
    assert main(["recording", "verify", str(recordings), "--all", "--rotated"]) == 2
    assert main(["recording", "verify", str(tmp_path / "nowhere"), "--all"]) == 2


@pytest.fixture
async def url(database: Database, database_url: str, visit: str, recordings: Path) -> str:
    """Of a journal that anchors visit-7 twice, and visit-8."""
    line, sha256 = head_of(recordings / "visit-7")
    said = [ev.RecordingAnchored("visit-7", 1, "ab" * 32), ev.RecordingAnchored("visit-7", line, sha256)]
    await Journal(database).append(visit, 0, [*said, ev.RecordingAnchored("visit-8", 4, "cd" * 32)], 1_795_000_000.0)
    return database_url


def test_the_journal_keeps_the_list_and_prints_it(
    url: str, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert roll.heads_command(url, False) == 0
    text = capsys.readouterr().out
    line, sha256 = head_of(recordings / "visit-7")
    assert text == f"visit-7 {line}:{sha256}\nvisit-8 4:{'cd' * 32}\n"
    (tmp_path / "h").write_text(text)
    assert roll.read_roll(tmp_path / "h") == asyncio.run(roll.journals_roll(url))
    assert roll.heads_command(url, True) == 0
    assert json.loads(capsys.readouterr().out) == {"heads": text.splitlines()}
    noted = listed(tmp_path / "h", visit_7=(99, "ab" * 32))  # further on than the journal: that was cut
    assert roll.verify_all_command(recordings, SIGNER, True, heads=noted, database_url=url) == 1
    told = json.loads(capsys.readouterr().out)
    assert [[f["kind"] for f in each["findings"]] for each in told["recordings"]] == [
        ["truncated_manifest"],
        ["missing_recording"],
    ]


async def test_a_journal_that_was_altered_gives_no_list(url: str, database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(tables.event).where(tables.event.c.n == 2).values(at_us=1))
    with pytest.raises(NoAnchor, match="altered"):
        await roll.journals_roll(url)


def test_where_there_is_no_journal_there_are_no_heads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_url: str) -> dict[str, tuple[int, str]]:
        raise Unavailable("nobody answers")

    monkeypatch.setattr(roll, "journals_roll", away)
    assert roll.heads_command("sqlite+aiosqlite:////nowhere", False) == 2
    assert "no heads" in capsys.readouterr().err
