"""The child process that makes a session's key."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from media import coredump
from media.recorder import sessionkey
from tests.media.recorder.kit import ROOT


def run(out: Path, *recipients: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "media.recorder.sessionkey", "--out", str(out)]
    for recipient in recipients:
        command += ["--recipient", recipient]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.process
@pytest.mark.unhurried
def test_each_recipient_opens_what_the_public_key_was_printed_of(tmp_path: Path) -> None:
    hospital = [pyrage.x25519.Identity.generate() for _ in range(2)]
    out = tmp_path / "session-key.age"
    done = run(out, *(str(h.to_public()) for h in hospital))
    assert (done.returncode, done.stderr) == (0, "")
    assert out.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["session-key.age"]
    for n, one in enumerate(hospital):
        identity_file = tmp_path / f"hospital-{n}.key"
        identity_file.write_text(f"{one}\n")
        opened = subprocess.run(["age", "-d", "-i", identity_file, out], capture_output=True, text=True, check=True).stdout
        assert str(pyrage.x25519.Identity.from_str(opened.strip()).to_public()) == done.stdout.strip()
        assert opened.strip() not in done.stdout + done.stderr


@pytest.mark.process
@pytest.mark.unhurried
def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "session-key.age"
    out.write_text("what opens a recording")
    done = run(out, str(pyrage.x25519.Identity.generate().to_public()))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no session key was made" in done.stderr
    assert out.read_text() == "what opens a recording"
    assert [p.name for p in tmp_path.iterdir()] == ["session-key.age"]


@pytest.mark.parametrize("recipients", [[], ["age1junk"], ["AGE-SECRET-KEY-1"]])
def test_without_a_true_recipient_nothing_is_made(tmp_path: Path, recipients: list[str]) -> None:
    with pytest.raises(ValueError, match="recipient"):
        sessionkey.make(tmp_path / "session-key.age", recipients)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessionkey, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(sessionkey.os, "umask", lambda _mask: 0)
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    assert sessionkey.main(["--out", str(tmp_path / "away" / "key"), "--recipient", recipient]) == 1
    assert sessionkey.main(["--out", str(tmp_path / "key"), "--recipient", recipient]) == 0
    assert capsys.readouterr().out.startswith("age1")


def test_an_order_may_come_later(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessionkey, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(sessionkey.os, "umask", lambda _mask: 0)
    order = {"out": str(tmp_path / "key"), "recipients": [str(pyrage.x25519.Identity.generate().to_public())]}
    monkeypatch.setattr(sessionkey.sys, "stdin", io.StringIO(json.dumps(order) + "\n"))
    assert sessionkey.main([]) == 0
    assert capsys.readouterr().out.startswith("age1")
    assert sessionkey.main([]) == 0  # stdin has ended: no order, no key
    assert capsys.readouterr().out == ""


@pytest.mark.process
@pytest.mark.unhurried
def test_a_process_without_core_dumps_leaves_none() -> None:
    program = "import resource; from media.coredump import forbid_core_dumps; forbid_core_dumps(); "
    program += "print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "(0, 0)"
    assert coredump.resource is resource
