"""Rotation: a recording's ``session-key.age`` sealed anew to other recipients, where an identity is (docs/recording-format.md).

Promises: segments, manifest and signatures are not touched; at every moment the folder has a whole ``session-key.age``; killed
anywhere, the next run goes on; what was done is in ``key-history.jsonl``, signed, before it takes effect. What is already as
asked is left alone, but never on the word of the history alone: a copy that a key which should not open it opens, is rotated.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media.recorder import keyhistory, manifest
from media.recorder.keyhistory import FILE, KEY_FILE, History
from server.vault.identity import Identity, opener

_MAX_KEY = 64 * 1024
_MAX_HISTORY = 16 << 20
_TEMPORARY = f".{KEY_FILE}.tmp"


class CannotRotate(Exception):
    """This recording's key stays as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one recording. ``outcome``: `rotated`, `already` (it was as asked), `noted` (a copy), or `failed`, and ``why``.

    ``earlier``: hashes of the earlier copies of its key, which still open with former keys, and where they were noted to lie.
    """

    folder: str
    outcome: str
    why: str = ""
    recording: str = ""
    sha256: str = ""
    earlier: Mapping[str, Sequence[str]] = field(default_factory=dict)


def readers(recipients: Sequence[str]) -> list[Any]:
    """The library's recipients. Raises ValueError."""
    found = []
    for text in recipients:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError:
            raise ValueError(f"{text!r} is no age public key (age1...)") from None
    if not 1 <= len(set(recipients)) <= keyhistory.MAX_RECIPIENTS:
        raise ValueError(f"from 1 to {keyhistory.MAX_RECIPIENTS} recipients belong here")
    return found


def recordings_in(folder: Path) -> list[Path]:
    """The recordings right under a folder, in the order of their names."""
    return sorted(each.parent for each in folder.glob("*/manifest.jsonl"))


def rotate(folder: Path, identities: Sequence[Identity], recipients: Sequence[str], at_utc: str) -> Outcome:
    """Seals one recording's key anew, unless that was done. Raises ValueError for recipients that are none."""
    keys, asked = readers(recipients), sorted(set(recipients))
    try:
        with _Held.lock(folder) as held:
            opened = opener(held.sealed, identities)
            if _is_as_asked(held, opened and opened[0], identities, asked):
                return held.outcome("already")
            if opened is None:
                raise CannotRotate(f"no identity given opens {KEY_FILE}")
            identity, plain = opened
            held.check(plain)
            sealed: bytes = pyrage.encrypt(plain, keys)
            _write(held.descriptor, _TEMPORARY, sealed)
            to_sha256 = hashlib.sha256(sealed).hexdigest()
            fields = keyhistory.rotation_fields(held.history.head, at_utc, held.sha256, to_sha256, asked, identity.rotator_hex)
            message = keyhistory.message_to_sign(held.recording, keyhistory.digest(fields))
            held.append(keyhistory.signed_line(fields, identity.rotator.sign(message)))
            os.replace(_TEMPORARY, KEY_FILE, src_dir_fd=held.descriptor, dst_dir_fd=held.descriptor)
            os.fsync(held.descriptor)
            held.sha256 = to_sha256
            return held.outcome("rotated")
    except (CannotRotate, manifest.Malformed, OSError) as error:
        return Outcome(str(folder), "failed", str(error))


def note_copy(folder: Path, where: str, at_utc: str) -> Outcome:
    """Writes down that a copy of the key as it is now lies elsewhere; needs no identity."""
    try:
        with _Held.lock(folder) as held:
            held.append(keyhistory.copy_line(held.history.head, at_utc, held.sha256, where))
            return held.outcome("noted")
    except (CannotRotate, manifest.Malformed, OSError) as error:
        return Outcome(str(folder), "failed", str(error))


def _is_as_asked(held: _Held, who: Identity | None, identities: Sequence[Identity], asked: list[str]) -> bool:
    """Whether the last rotation is the one asked for, and did take effect.

    The history is anybody's to write: it counts as far as no key opens the copy that should not, and where one that may opens
    it, only if one of the given identities signed.
    """
    last = held.history.last
    if last is None or last.to_sha256 != held.sha256 or list(last.recipients) != asked:
        return False
    if who is None:
        return True
    ours = last.signer in {identity.rotator_hex for identity in identities}
    return who.recipient in asked and ours and verified(last.signer, last.signature, last.signed(held.recording))


def verified(signer: str, signature: bytes, message: bytes) -> bool:
    """`keyhistory.Verified`."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_history(folder: Path) -> History:
    """What the recording's folder tells, streaming; an empty history where there is none, faults for what cannot be read."""
    history, path = History(), folder / FILE
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            history.faults.append("not a regular file")
            return history
        with path.open("rb") as file:
            _feed(history, file)
    except FileNotFoundError:
        return history
    except OSError as error:
        history.faults.append(f"cannot be read: {error.strerror}")
    return history


def _feed(history: History, file: BinaryIO) -> None:
    for _ in range(keyhistory.MAX_LINES):
        raw = file.readline(manifest.MAX_LINE + 1)
        if not raw:
            return
        if not raw.endswith(b"\n") and len(raw) <= manifest.MAX_LINE:
            history.cut_line()
            return
        history.line(raw.removesuffix(b"\n"))
    if file.read(1):
        history.faults.append(f"more than {keyhistory.MAX_LINES} lines")


@dataclass(slots=True)
class _Held:
    """A recording's folder while nobody else rotates it."""

    folder: Path
    descriptor: int
    recording: str
    recipient: str
    sealed: bytes
    sha256: str
    history: History

    @classmethod
    @contextmanager
    def lock(cls, folder: Path) -> Iterator[_Held]:
        """Raises ``CannotRotate``, OSError; ``Malformed`` for a manifest without a first line."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            begin = manifest.read_line(_read(descriptor, "manifest.jsonl", manifest.MAX_LINE).split(b"\n")[0])
            if begin["type"] != "begin":
                raise CannotRotate("the manifest does not begin as one")
            sealed = _read(descriptor, KEY_FILE, _MAX_KEY)
            history = read_history(folder)
            if history.faults:
                raise CannotRotate(f"{FILE}: {history.faults[0]}")
            sha256 = hashlib.sha256(sealed).hexdigest()
            yield cls(folder, descriptor, begin["recording"], begin["recipient"], sealed, sha256, history)
        except BlockingIOError:
            raise CannotRotate("another rotation of it is under way") from None
        finally:
            os.close(descriptor)

    def check(self, plain: bytes) -> None:
        """The key must be the one that the segments are sealed to. Raises ``CannotRotate``."""
        try:
            public = str(pyrage.x25519.Identity.from_str(plain.decode("ascii").strip()).to_public())
        except (UnicodeDecodeError, pyrage.IdentityError):
            public = ""
        if public != self.recipient:
            raise CannotRotate(f"{KEY_FILE} does not hold the key that the manifest names")

    def append(self, line: bytes) -> None:
        """Durably, after the last whole line. Raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(FILE, flags, 0o600, dir_fd=self.descriptor), "r+b", buffering=0) as file:
            if self.history.cut:
                data = _read(self.descriptor, FILE, _MAX_HISTORY)
                file.truncate(data.rfind(b"\n") + 1)
                self.history.cut = False
            file.write(line)
            os.fsync(file.fileno())
        os.fsync(self.descriptor)
        self.history.line(line[:-1])

    def outcome(self, kind: str) -> Outcome:
        earlier = self.history.earlier(self.sha256)
        return Outcome(str(self.folder), kind, "", self.recording, self.sha256, earlier)


def _read(folder: int, name: str, most: int) -> bytes:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
        return file.read(most)


def _write(folder: int, name: str, data: bytes) -> None:
    """A whole new file of mode 0600, durable under this name but for its folder's entry."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
