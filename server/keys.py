"""This installation's own secrets: files of mode 0600 in the data folder, made when they are not there; sealing with them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def secret_file(path: Path) -> bytes:
    """The 32 secret bytes of this installation that lie in ``path``; made, with mode 0600, when there are none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


class SealBroken(Exception):
    """A sealed value that this key did not seal for this purpose, or that was changed since."""


class SealedValues:
    """Short secrets that the server itself must read again, at rest in the database: AES-256-GCM (NIST SP 800-38D).

    A value is sealed for a purpose (such as a table and a row's id) and opens for no other. Nonces are random, 96 bits: one
    key is good for some 2^32 values.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Nonce, ciphertext and tag: 28 bytes longer than what is sealed."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises ``SealBroken``."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise SealBroken("a sealed value cannot be opened") from None
