"""Rotation: the key sealed anew, whatever interrupts it; judged by stock age and by verify."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from media.recorder.manifest import Level
from server.recordings import verify
from server.vault import identity, rotation
from server.vault.identity import Identity, opener
from server.vault.rotation import note_copy, recordings_in, rotate

SAMPLES = Path(__file__).resolve().parents[2] / "corpus" / "recordings"
SIGNER = str(SAMPLES / "signer.pub")
AT = "2026-11-22T08:00:00Z"


class Killed(BaseException):
    """What stops a run at a place of the test's choice."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLES / "whole", tmp_path / "visit-7")


@pytest.fixture
def old() -> list[Identity]:
    return identity.read(SAMPLES / "hospital.key")


@pytest.fixture
def new(tmp_path: Path) -> Identity:
    return identity.make(tmp_path / "new.key", None)


@pytest.fixture
def escrow(tmp_path: Path) -> Identity:
    return identity.make(tmp_path / "escrow.key", None)


def opens(folder: Path, key: Path) -> bool:
    """By stock age."""
    done = subprocess.run(["age", "-d", "-i", key, folder / "session-key.age"], capture_output=True, check=False)
    return done.returncode == 0 and done.stdout.startswith(b"AGE-SECRET-KEY-1")


def kinds(folder: Path, *rotators: Identity) -> list[str]:
    found = verify(folder, SIGNER, rotators=[each.rotator_hex for each in rotators])
    return [finding.kind for finding in found]


def test_afterwards_the_new_keys_open_it_the_old_one_does_not_and_the_rest_is_untouched(
    folder: Path, old: list[Identity], new: Identity, escrow: Identity, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "session-key.age"}
    done = rotate(folder, old, [new.recipient, escrow.recipient], AT)
    assert (done.outcome, done.recording) == ("rotated", "visit-7")
    assert len(done.earlier) == 1
    assert opens(folder, tmp_path / "new.key")
    assert opens(folder, tmp_path / "escrow.key")
    assert not opens(folder, SAMPLES / "hospital.key")
    assert {path: path.read_bytes() for path in before} == before
    assert kinds(folder, *old) == ["rotated", "earlier_copy"]
    assert (folder / "session-key.age").stat().st_mode & 0o777 == 0o600
    assert not list(folder.glob(".*"))


def test_what_is_as_asked_is_left_alone_and_may_be_rotated_on(
    folder: Path, old: list[Identity], new: Identity, escrow: Identity
) -> None:
    rotate(folder, old, [new.recipient], AT)
    key = (folder / "session-key.age").read_bytes()
    assert rotate(folder, old, [new.recipient], AT).outcome == "already"
    assert rotate(folder, [*old, new], [new.recipient], AT).outcome == "already"
    assert (folder / "session-key.age").read_bytes() == key
    assert rotate(folder, [new], [escrow.recipient], AT).outcome == "rotated"
    assert kinds(folder, *old, new) == ["rotated", "earlier_copy", "earlier_copy"]
    assert kinds(folder, new) == ["bad_rotation", "rotated", "earlier_copy", "earlier_copy"]


def test_a_copy_noted_elsewhere_is_listed_by_the_rotation_and_by_verify(
    folder: Path, old: list[Identity], new: Identity
) -> None:
    noted = note_copy(folder, "磁带 4 / tape 4", AT)
    assert noted.outcome == "noted"
    done = rotate(folder, old, [new.recipient], AT)
    assert done.earlier == {noted.sha256: ("磁带 4 / tape 4",)}
    (finding,) = [f for f in verify(folder, SIGNER) if f.kind == "earlier_copy"]
    assert "tape 4" in finding.detail
    assert note_copy(folder, "two\nlines", AT).outcome == "failed"


@pytest.mark.parametrize("at", ["temporary", "append", "replace"])
def test_killed_anywhere_the_next_run_goes_on(
    folder: Path, old: list[Identity], new: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    place, name, fault = {
        "temporary": (rotation._Held, "append", killed), "append": (rotation._Held, "append", _torn),
        "replace": (rotation.os, "replace", killed),
    }[at]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(place, name, fault)
        with pytest.raises(Killed):
            rotate(folder, old, [new.recipient], AT)
    assert opens(folder, SAMPLES / "hospital.key")
    damaged = any(f.level is Level.DAMAGE for f in verify(folder, SIGNER))
    assert damaged is (at == "replace")  # written down, but not done: verify says that the former key still opens it
    assert rotate(folder, old, [new.recipient], AT).outcome == "rotated"
    assert opens(folder, tmp_path / "new.key")
    assert not opens(folder, SAMPLES / "hospital.key")
    assert kinds(folder, *old) == ["rotated", "earlier_copy"]
    assert not list(folder.glob(".*"))


def _torn(held: Any, line: bytes) -> None:
    (held.folder / "key-history.jsonl").write_bytes(line[:40])
    raise Killed


def test_an_earlier_copy_put_back_is_found_and_rotated_again(folder: Path, old: list[Identity], new: Identity) -> None:
    former = (folder / "session-key.age").read_bytes()
    rotate(folder, old, [new.recipient], AT)
    (folder / "session-key.age").write_bytes(former)
    assert "earlier_session_key" in kinds(folder, *old)
    assert rotate(folder, old, [new.recipient], AT).outcome == "rotated"
    assert kinds(folder, *old) == ["rotated", "earlier_copy"]


def test_a_history_that_claims_a_rotation_is_not_believed_while_the_old_key_opens_the_copy(
    folder: Path, old: list[Identity], new: Identity, tmp_path: Path
) -> None:
    """Somebody with the disk writes `it is done already`, so that the key he holds goes on opening."""
    thief = identity.make(tmp_path / "thief.key", None)
    sha256 = note_copy(folder, "x", AT).sha256
    (folder / "key-history.jsonl").unlink()
    _claim(folder, thief, sha256, [new.recipient])
    assert "bad_rotation" in kinds(folder, *old)
    assert rotate(folder, old, [new.recipient], AT).outcome == "rotated"
    assert not opens(folder, SAMPLES / "hospital.key")


def test_nor_where_a_key_that_stays_opens_it(folder: Path, old: list[Identity], tmp_path: Path, escrow: Identity) -> None:
    thief = identity.make(tmp_path / "thief.key", None)
    sha256 = note_copy(folder, "x", AT).sha256
    (folder / "key-history.jsonl").unlink()
    both = sorted([old[0].recipient, escrow.recipient])
    _claim(folder, thief, sha256, both)
    assert rotate(folder, old, both, AT).outcome == "rotated"
    assert opens(folder, tmp_path / "escrow.key")
    assert rotate(folder, old, both, AT).outcome == "already"


def _claim(folder: Path, signer: Identity, sha256: str, recipients: list[str]) -> None:
    history = rotation.read_history(folder)
    fields = rotation.keyhistory.rotation_fields(history.head, AT, sha256, sha256, recipients, signer.rotator_hex)
    message = rotation.keyhistory.message_to_sign("visit-7", rotation.keyhistory.digest(fields))
    line = rotation.keyhistory.signed_line(fields, signer.rotator.sign(message))
    (folder / "key-history.jsonl").write_bytes(line)


def test_what_cannot_be_rotated_says_why_and_stays(folder: Path, old: list[Identity], new: Identity, tmp_path: Path) -> None:
    key = (folder / "session-key.age").read_bytes()
    assert "no identity given opens" in rotate(folder, [new], [new.recipient], AT).why
    (folder / "key-history.jsonl").write_text("{}\n")
    assert "key-history.jsonl" in rotate(folder, old, [new.recipient], AT).why
    (folder / "key-history.jsonl").unlink()
    (folder / "key-history.jsonl").mkdir()
    assert "not a regular file" in rotate(folder, old, [new.recipient], AT).why
    assert "broken_history" in kinds(folder, *old)
    (folder / "key-history.jsonl").rmdir()
    lines = (folder / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "manifest.jsonl").write_bytes(lines[1])
    assert "does not begin" in rotate(folder, old, [new.recipient], AT).why
    other = b'"recipient":"age1' + b"q" * 58 + b'"'
    recipient = lines[0].split(b'"recipient":')[1].split(b",")[0]
    (folder / "manifest.jsonl").write_bytes(lines[0].replace(b'"recipient":' + recipient, other))
    assert "does not hold the key" in rotate(folder, old, [new.recipient], AT).why
    (folder / "manifest.jsonl").write_bytes(b"rubbish")
    assert rotate(folder, old, [new.recipient], AT).outcome == "failed"
    assert rotate(tmp_path / "nowhere", old, [new.recipient], AT).outcome == "failed"
    assert (folder / "session-key.age").read_bytes() == key


def test_a_key_file_with_something_else_in_it_is_not_sealed_anew(folder: Path, old: list[Identity], new: Identity) -> None:
    subprocess.run(["age", "-r", old[0].recipient, "-o", folder / "session-key.age"], input=b"\xffno key", check=True)
    assert "does not hold the key" in rotate(folder, old, [new.recipient], AT).why


def test_two_rotations_of_one_recording_keep_out_of_each_others_way(folder: Path, old: list[Identity], new: Identity) -> None:
    with rotation._Held.lock(folder):
        assert "under way" in rotate(folder, old, [new.recipient], AT).why


@pytest.mark.parametrize("recipients", [[], ["age1nonsense"], ["AGE-SECRET-KEY-1"]])
def test_recipients_that_are_none_rotate_nothing(folder: Path, old: list[Identity], recipients: list[str]) -> None:
    with pytest.raises(ValueError, match=r"recipient|public key"):
        rotate(folder, old, recipients, AT)
    assert not (folder / "key-history.jsonl").exists()


def test_a_killed_rotation_of_many_is_finished_by_the_next_run(tmp_path: Path, old: list[Identity], new: Identity) -> None:
    for number in range(40):
        place = tmp_path / "all" / f"visit-{number}"
        place.mkdir(parents=True)
        for name in ("session-key.age", "manifest.jsonl"):
            shutil.copy(SAMPLES / "whole" / name, place / name)
    folders = recordings_in(tmp_path / "all")
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        for each in folders:
            rotate(each, old, [new.recipient], AT)
            os.write(tell, b".")
        os._exit(0)
    os.close(tell)
    assert os.read(told, 1) == b"."
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(told)
    outcomes = [rotate(each, old, [new.recipient], AT).outcome for each in folders]
    assert len(outcomes) == 40
    assert outcomes[0] == "already"
    assert outcomes[-1] == "rotated"
    assert set(outcomes) == {"already", "rotated"}
    assert not any(opener((each / "session-key.age").read_bytes(), old) for each in folders)
    assert all(opener((each / "session-key.age").read_bytes(), [new]) for each in folders)
