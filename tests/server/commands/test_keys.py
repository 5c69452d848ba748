"""`keys new`, `public`, `rotate`, `copied`: what is printed, and the exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main
from server.commands import keys
from server.vault import identity
from server.vault.identity import BadIdentity

SAMPLES = Path(__file__).resolve().parents[2] / "corpus" / "recordings"
SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def core_dumps_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "forbid_core_dumps", lambda: None)


@pytest.fixture
def cheap_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one takes a second each time; test_identity.py has it."""
    monkeypatch.setattr(
        identity.pyrage.passphrase, "encrypt", lambda data, secret: b"age-encryption.org/v1\n" + secret.encode()
    )


@pytest.fixture
def several(tmp_path: Path) -> Path:
    for name in ("visit-7", "visit-8"):
        shutil.copytree(SAMPLES / "whole", tmp_path / "recordings" / name)
    return tmp_path / "recordings"


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """A person at a terminal, who types this."""
    left = list(answers)
    monkeypatch.setattr(keys.sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(keys.getpass, "getpass", lambda _question: left.pop(0))


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, Any]:
    code = main([*map(str, arguments), "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def test_a_new_identity_is_protected_by_default_and_is_to_be_kept_off_the_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cheap_passphrase: None
) -> None:
    typing(monkeypatch, SECRET, SECRET)
    assert main(["keys", "new", "--out", str(tmp_path / "a.key")]) == 0
    said = capsys.readouterr().out
    assert "off the server" in said
    assert "勿把私钥文件放在服务器上" in said
    assert (tmp_path / "a.key").read_bytes() == b"age-encryption.org/v1\n" + SECRET.encode()
    assert "AGE-SECRET" not in said


def test_a_passphrase_left_empty_is_made_and_shown_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cheap_passphrase: None
) -> None:
    typing(monkeypatch, "", "")
    code, told = run(capsys, "keys", "new", "--out", tmp_path / "a.key")
    assert (code, told["protected"]) == (0, True)
    assert (tmp_path / "a.key").read_bytes().endswith(told["passphrase"].encode())
    assert main(["keys", "new", "--out", str(tmp_path / "b.key")]) == 0
    assert "shown only now" in capsys.readouterr().out


def test_no_identity_is_made_without_a_sound_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, missing = str(tmp_path / "a.key"), str(tmp_path / "none")
    assert main(["keys", "new", "--out", out]) == 2  # nobody at a terminal
    assert main(["keys", "new", "--out", out, "--no-passphrase", "--passphrase-file", missing]) == 2
    assert main(["keys", "new", "--out", out, "--passphrase-file", missing]) == 2
    typing(monkeypatch, SECRET, "another one", "short", "short")
    assert main(["keys", "new", "--out", out]) == 2
    assert main(["keys", "new", "--out", out]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for words in ("nobody can be asked", "either", "cannot be read", "differ", "12 characters"):
        assert words in said.err
    assert not (tmp_path / "a.key").exists()


def test_a_plain_identity_tells_its_public_halves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, made = run(capsys, "keys", "new", "--out", tmp_path / "a.key", "--no-passphrase")
    assert (code, made["protected"]) == (0, False)
    code, told = run(capsys, "keys", "public", tmp_path / "a.key")
    assert (code, told) == (0, {"identities": [{"recipient": made["recipient"], "rotator": made["rotator"]}]})
    assert main(["keys", "public", str(tmp_path / "a.key")]) == 0
    assert made["recipient"] in capsys.readouterr().out
    assert main(["keys", "public", str(tmp_path / "none.key")]) == 2


def test_all_recordings_are_rotated_and_told_with_their_earlier_copies(
    several: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = identity.make(tmp_path / "new.key", None)
    rotate = ("keys", "rotate", several, "--all", "--identity", SAMPLES / "hospital.key", "--to", new.recipient)
    code, noted = run(capsys, "keys", "copied", several / "visit-7", "--where", "tape 4")
    assert (code, noted["noted"]) == (0, 1)
    code, told = run(capsys, *rotate)
    assert (code, told["ok"], told["rotated"]) == (0, True, 2)
    assert [list(each["earlier"].values()) for each in told["recordings"]] == [[["tape 4"]], [[]]]
    code, told = run(capsys, *rotate)
    assert (code, told["rotated"], told["already"]) == (0, 0, 2)
    shutil.copy(SAMPLES / "whole" / "manifest.jsonl", several / "visit-8" / "session-key.age")
    assert main([*map(str, rotate)]) == 1
    said = capsys.readouterr().out
    assert "an earlier copy still opens with former keys" in said
    assert "tape 4" in said
    assert "failed" in said


def test_what_cannot_begin_says_so(several: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(SAMPLES / "hospital.key")
    new = identity.make(tmp_path / "new.key", None).recipient
    assert main(["keys", "rotate", str(several / "visit-7"), "--identity", good, "--to", "age1nonsense"]) == 2
    assert main(["keys", "rotate", str(several / "visit-7"), "--identity", str(tmp_path / "none"), "--to", new]) == 2
    assert main(["keys", "rotate", str(tmp_path / "nowhere"), "--identity", good, "--to", new]) == 2
    assert main(["keys", "rotate", str(several / "visit-7"), "--all", "--identity", good, "--to", new]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("no recording is in") == 2


def test_progress_is_shown_at_a_terminal(
    several: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys.sys.stderr, "isatty", lambda: True)
    assert main(["keys", "copied", str(several), "--all", "--where", "tape 4"]) == 0
    assert capsys.readouterr().err == "\r1 / 2\r2 / 2\n"


def test_a_passphrase_comes_from_a_file_or_from_the_person_at_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(SECRET + "\nmore\n")
    assert keys.asking(tmp_path / "secret")() == SECRET
    with pytest.raises(BadIdentity, match="protected"):
        keys.asking(None)()
    typing(monkeypatch, SECRET)
    assert keys.asking(None)() == SECRET
