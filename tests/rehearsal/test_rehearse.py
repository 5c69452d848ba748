"""The rehearsal itself, as operators run it; and that a whole consultation leaves nothing personal in any log."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal.__main__ import main
from rehearsal.play import Play, Steps
from tests.rehearsal.stage import Stage, running

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

STEPS = [
    "join", "sign in", "admit", "see and hear", "attest", "live", "guardian silent", "held", "back", "refer", "letter",
    "recording verified",
]  # fmt: skip
CLINIC = [
    "book", "prepare", "join", "sign in", "admit", "see and hear", "attest", "live", "guardian silent", "held", "back", "refer",
    "letter", "destination receives", "family reads received", "bundle", "journal",
]  # fmt: skip


async def test_a_whole_consultation_holds_on_a_server_of_its_own() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rehearsal", "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    out, _ = await asyncio.wait_for(child.communicate(), 150)
    report = json.loads(out)
    assert report["ok"], report["steps"]
    assert child.returncode == 0
    assert [step["name"] for step in report["steps"]] == STEPS
    assert report["hold_after_silence_ms"] <= 3500
    assert report["resume_to_first_frame_ms"] <= 1000
    assert report["end_to_silence_ms"] <= 1000
    assert report["recording"]["verified"] is True
    assert report["recording"]["seconds"] >= 3


async def test_on_a_running_server_it_books_its_own_visit_and_plays_the_whole_clinical_one(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as stage:
        there = ["--data", str(stage.data), "--origin", stage.made["origin"], "--json"]
        for arguments, steps in ((there, STEPS), ([*there, "--clinic"], CLINIC)):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "rehearsal", *arguments,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            out, _ = await asyncio.wait_for(child.communicate(), 80)
            report = json.loads(out)
            assert report["ok"], report["steps"]
            assert [step["name"] for step in report["steps"]] == steps
            assert report.keys() == {"ok", "steps", "bundle_resources"} or report["recording"]["verified"] is True
        assert report["bundle_resources"] >= 20
        assert {key["state"] for key in await keys_of(stage)} == {"revoked"}
    assert len(list((tmp_path / "data" / "recordings").iterdir())) == 2
    assert not (tmp_path / "data" / "recordings" / stage.made["visit"]).exists()


async def keys_of(stage: Stage) -> list[Any]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "key", "list", "--data", str(stage.data), "--json", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    found: list[Any] = json.loads(out)["keys"]
    return found


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["--data", "{folder}"], "--origin"),
        (["--data", "{folder}", "--origin", "http://localhost:1"], "--data: no server has been set up"),
        (["--data", "{folder}", "--server", "http://localhost:1", "--link", "x", "--login", "x"], "either --server"),
        (["--origin", "http://localhost:1"], "belong to --data"),
        (["--clinic", "--server", "http://localhost:1", "--link", "x", "--login", "x"], "needs a server of this machine"),
        (["--clinic", "--data", "{folder}", "--origin", "http://localhost:1"], "--data: no server has been set up"),
        (["--config", "{folder}/none.toml"], "--configuration: {folder}/none.toml"),
    ],
)
def test_where_it_cannot_book_it_says_why(
    arguments: list[str], about: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEITONG_REHEARSAL_PASSWORD", "x")
    try:
        code: object = main([argument.format(folder=tmp_path) for argument in arguments])
    except SystemExit as done:
        code = done.code
    assert code == 2
    assert about.format(folder=tmp_path) in capsys.readouterr().err


@pytest.mark.parametrize("which", [[], ["--clinic"]])
def test_a_database_that_does_not_answer_is_a_rehearsal_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], which: list[str]
) -> None:
    (tmp_path / "peitong.db").write_bytes(b"this is no database" * 100)
    assert main([*which, "--data", str(tmp_path), "--origin", "http://localhost:1", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(step["name"], step["ok"]) for step in report["steps"]] == [("book", False)]


@pytest.mark.parametrize("which", [[], ["--clinic"]])
def test_a_server_of_its_own_that_does_not_come_up_is_a_rehearsal_that_failed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, which: list[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    assert main([*which, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(step["name"], step["ok"]) for step in report["steps"]] == [("start", False)]
    assert "./peitong demo" in report["steps"][0]["why"]


async def test_without_access_to_a_foreign_server_it_says_what_is_missing() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rehearsal", "--server", "http://localhost:1", stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert b"--link" in told


async def test_a_rehearsal_that_fails_says_so() -> None:
    """Against a port where nobody listens the first step fails, and the exit code tells it."""
    arguments = ["--server", "http://127.0.0.1:9", "--link", "http://x/j/" + "t" * 43, "--login", "physician", "--json"]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rehearsal", *arguments,
        stdout=asyncio.subprocess.PIPE, env={"PEITONG_REHEARSAL_PASSWORD": "x"},
    )  # fmt: skip
    out, _ = await child.communicate()
    assert child.returncode == 1
    report = json.loads(out)
    assert report["ok"] is False
    assert [step["ok"] for step in report["steps"]] == [False]


async def test_quiet_logs_a_canary_in_a_whole_consultation_is_found_in_no_log(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as stage:
        play = Play(stage.access(), Steps(lambda step: None))
        await play.perform()
        assert all(step.ok for step in play.figures.steps), play.figures.steps
        cookies = [cookie.value for person in (play.guardian, play.physician) for cookie in person.cookies]
        made = stage.made
    log = (tmp_path / "server.log").read_text("utf-8")
    assert log.count("\n") > 10
    canaries = [
        "张小明", "李雷", "王芳", "13800000000", made["guardian_link"].rsplit("/", 1)[1], made["physician_password"],
        made["operations_password"], made["visit"], "能看到我们吗", "需要线下检查",
        "ice-ufrag", "candidate", "a=fingerprint", "AGE-SECRET", *cookies,
    ]  # fmt: skip
    assert len(cookies) >= 2
    assert [canary for canary in canaries if canary in log] == []
    assert re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", log) == []
