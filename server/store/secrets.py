"""Secrets in the store: only their SHA-256 is kept. They hold 256 random bits, so a plain hash is enough."""

from __future__ import annotations

import hashlib
import hmac


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def keyed(key: bytes, kind: str, subject: str) -> str:
    """For what could be guessed from a plain hash: a login, an address."""
    return hmac.digest(key, f"{kind}\0{subject}".encode(errors="surrogatepass"), "sha256").hex()
