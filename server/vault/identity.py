"""Identity files: an age secret key as a file that stock ``age`` reads, with a passphrase over it or without.

Promises: what is made here opens with ``age -d -i FILE``, and what ``age-keygen`` made (or ``age -p`` of it) is read here; an
existing file is never written over; no secret has a readable repr or stands in an error's words. A plain file has lines
``AGE-SECRET-KEY-1...``; a protected one is that text as an age file for a passphrase (scrypt), which ``age`` asks for.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from media.recorder.keyhistory import SEED_INFO

Ask = Callable[[], str]
"""Gives the passphrase of a protected file, when one is met. Raises ``BadIdentity`` when there is nobody to ask."""
LEAST_PASSPHRASE = 12
_MAX_FILE = 64 * 1024
_PROTECTED = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
_PREFIX = "AGE-SECRET-KEY-1"


class BadIdentity(Exception):
    """No identity can be had; the message says why, for the officer's eyes, without a secret."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """One age secret key."""

    secret: str

    @property
    def key(self) -> Any:
        return pyrage.x25519.Identity.from_str(self.secret)

    @property
    def recipient(self) -> str:
        """The public half, ``age1...``."""
        return str(self.key.to_public())

    @property
    def rotator(self) -> Ed25519PrivateKey:
        """What signs the rotations that start from a copy which this identity opens (docs/recording-format.md, Rotation)."""
        return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, SEED_INFO).derive(self.secret.encode("ascii")))

    @property
    def rotator_hex(self) -> str:
        return self.rotator.public_key().public_bytes_raw().hex()


def nobody_to_ask() -> str:
    raise BadIdentity("the identity file is protected by a passphrase")


def new_passphrase() -> str:
    """Five groups of five letters and digits: 125 bits."""
    text = base64.b32encode(secrets.token_bytes(16)).decode().lower()[:25]
    return "-".join(text[at : at + 5] for at in range(0, 25, 5))


def make(path: Path, passphrase: str | None) -> Identity:
    """A new identity, durably in a new file of mode 0600; ``passphrase`` None leaves it plain.

    Raises ``BadIdentity`` for a passphrase that is too short, a file that exists, or a place that a server keeps its data in.
    """
    if passphrase is not None and len(passphrase) < LEAST_PASSPHRASE:
        raise BadIdentity(f"a passphrase has {LEAST_PASSPHRASE} characters or more")
    if any((folder / "peitong.db").exists() for folder in path.resolve().parents):
        raise BadIdentity(f"{path} is in a server's data folder: an identity is kept off the server")
    identity = Identity(str(pyrage.x25519.Identity.generate()))
    data = f"# public key: {identity.recipient}\n{identity.secret}\n".encode("ascii")
    if passphrase is not None:
        data = pyrage.passphrase.encrypt(data, passphrase)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise BadIdentity(f"{path} exists already") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return identity


def read(path: Path, ask: Ask = nobody_to_ask) -> list[Identity]:
    """The identities of a file, in its order; at least one. Raises ``BadIdentity``."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise BadIdentity(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _MAX_FILE:
        raise BadIdentity(f"{path} is too long for an identity file")
    if data.startswith(_PROTECTED):
        data = _unprotected(path, data, ask())
    try:
        lines = [line.strip() for line in data.decode("utf-8").splitlines()]
        found = [Identity(line) for line in lines if line.startswith(_PREFIX)]
        for each in found:
            each.key  # noqa: B018  that is the check
    except (UnicodeDecodeError, pyrage.IdentityError):
        raise BadIdentity(f"{path} is no identity file") from None
    if not found:
        raise BadIdentity(f"{path} holds no {_PREFIX} line")
    return found


def _unprotected(path: Path, data: bytes, passphrase: str) -> bytes:
    try:
        plain: bytes = pyrage.passphrase.decrypt(data, passphrase)
    except pyrage.DecryptError:
        raise BadIdentity(f"this passphrase does not open {path}") from None
    return plain


def opener(sealed: bytes, identities: Sequence[Identity]) -> tuple[Identity, bytes] | None:
    """The first of the identities that opens the age file, and what is in it."""
    for identity in identities:
        try:
            return identity, pyrage.decrypt(sealed, [identity.key])
        except pyrage.DecryptError:
            continue
    return None
