"""Identity files: made here they are stock age's, made by stock tools they are read here."""

from __future__ import annotations

import hashlib
import hmac
import os
import pty
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.vault import identity
from server.vault.identity import BadIdentity, Identity

SECRET = "correct horse battery"


def recipient_by_age_keygen(path: Path) -> str:
    return subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()


def at_a_terminal(command: list[str], answers: int) -> bytes:
    """Runs a stock tool that asks for the passphrase at its terminal, and answers each question; what it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    shown = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
        if answers and b"assphrase" in shown.rsplit(b"\n", 1)[-1]:
            os.write(terminal, SECRET.encode() + b"\n")
            shown += b"\n"
            answers -= 1
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    return shown


def test_a_plain_file_is_stock_ages(tmp_path: Path) -> None:
    made = identity.make(tmp_path / "hospital.key", None)
    assert recipient_by_age_keygen(tmp_path / "hospital.key") == made.recipient
    assert (tmp_path / "hospital.key").stat().st_mode & 0o777 == 0o600
    assert identity.read(tmp_path / "hospital.key") == [made]


def test_what_age_keygen_made_is_read(tmp_path: Path) -> None:
    subprocess.run(["age-keygen", "-o", tmp_path / "stock.key"], check=True, capture_output=True)
    (read,) = identity.read(tmp_path / "stock.key")
    assert read.recipient == recipient_by_age_keygen(tmp_path / "stock.key")


@pytest.mark.process
@pytest.mark.unhurried
def test_a_protected_file_is_stock_ages_and_stock_ages_is_read(tmp_path: Path) -> None:
    made = identity.make(tmp_path / "ours.key", SECRET)
    assert b"AGE-SECRET-KEY" not in (tmp_path / "ours.key").read_bytes()
    sealed = tmp_path / "letter.age"
    subprocess.run(["age", "-r", made.recipient, "-o", sealed], input=b"for the officer", check=True)
    at_a_terminal(["age", "-d", "-i", str(tmp_path / "ours.key"), "-o", str(tmp_path / "letter"), str(sealed)], 1)
    assert (tmp_path / "letter").read_bytes() == b"for the officer"

    subprocess.run(["age-keygen", "-o", tmp_path / "plain.key"], check=True, capture_output=True)
    at_a_terminal(["age", "-p", "-a", "-o", str(tmp_path / "stock.key"), str(tmp_path / "plain.key")], 2)
    assert identity.read(tmp_path / "stock.key", lambda: SECRET) == identity.read(tmp_path / "plain.key")
    with pytest.raises(BadIdentity, match="protected"):
        identity.read(tmp_path / "stock.key")


def test_nothing_is_made_over_a_file_in_a_servers_data_or_with_a_short_passphrase(tmp_path: Path) -> None:
    there = tmp_path / "there.key"
    there.write_text("something dear")
    with pytest.raises(BadIdentity, match="exists"):
        identity.make(there, None)
    assert there.read_text() == "something dear"
    with pytest.raises(BadIdentity, match="12 characters"):
        identity.make(tmp_path / "new.key", "short")
    (tmp_path / "peitong.db").touch()
    (tmp_path / "keys").mkdir()
    with pytest.raises(BadIdentity, match="off the server"):
        identity.make(tmp_path / "keys" / "new.key", None)
    assert not (tmp_path / "keys" / "new.key").exists()


def test_what_is_no_identity_file_is_said_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "odd.key"
    for content, words in (
        (b"# nothing\n", "holds no"),
        (b"AGE-SECRET-KEY-1NONSENSE\n", "no identity file"),
        (b"\xff\xfe", "no identity file"),
        (b"x" * 70_000, "too long"),
        (b"age-encryption.org/v1\nrubbish", "does not open"),
    ):
        file.write_bytes(content)
        with pytest.raises(BadIdentity, match=words) as raised:
            identity.read(file, lambda: SECRET)
        assert "NONSENSE" not in str(raised.value)
    with pytest.raises(BadIdentity, match="cannot be read"):
        identity.read(tmp_path / "none.key")


def test_an_identity_shows_its_public_halves_only() -> None:
    one = Identity("AGE-SECRET-KEY-1QQPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGQKXKG8A")
    assert "SECRET" not in repr(one)


def test_the_rotator_is_made_from_the_identity_as_the_format_says(tmp_path: Path) -> None:
    """RFC 5869 by hand: an oracle that shares no code."""
    made = identity.make(tmp_path / "a.key", None)
    prk = hmac.digest(bytes(32), made.secret.encode(), hashlib.sha256)
    seed = hmac.digest(prk, b"peitong-rotation-v1\x01", hashlib.sha256)
    assert Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex() == made.rotator_hex
    assert identity.make(tmp_path / "b.key", None).rotator_hex != made.rotator_hex


def test_generated_passphrases_are_long_and_never_the_same() -> None:
    one, other = identity.new_passphrase(), identity.new_passphrase()
    assert one != other
    assert len(one) == 29
