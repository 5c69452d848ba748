"""Documents at rest: sealed under a key of the visit, which itself is kept only wrapped under the app's.

A sealed file is ``PTD1``, 32 random bytes of salt, and chunks of at most 64 KiB, each AES-256-GCM (NIST SP 800-38D) under a
key that HKDF-SHA256 (RFC 5869) derives from the visit's key, the salt, and the *place* of the file: visit, document, and of
a part of an upload where it begins. So a file moved to another place does not open. As in age's STREAM a nonce is the
chunk's number (11 bytes) and whether it is the last (one byte): chunks cannot be reordered, left out or cut off unseen, and
since every file has a salt, no nonce is used twice under one key though every visit's files begin at chunk 0.

A visit's key is wrapped with AES-256-GCM under the app's; the visit's id is authenticated with it.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SALT_BYTES = 32
NONCE_BYTES = 12
CHUNK = 64 << 10
_MAGIC = b"PTD1"
_TAG = 16
_DOMAIN = b"peitong-document-v1"


class Unsealable(Exception):
    """This key does not open this at this place: it is another's, was altered, cut short or moved."""


def seal(key: bytes, salt: bytes, place: str, plain: bytes) -> bytes:
    """``key`` is the visit's; ``salt`` is ``SALT_BYTES`` random bytes, never the same again."""
    cipher = _cipher(key, salt, place)
    last = max(0, len(plain) - 1) // CHUNK
    chunks = [
        cipher.encrypt(_nonce(n, n == last), plain[n * CHUNK : (n + 1) * CHUNK], None)
        for n in range(last + 1)
    ]  # fmt: skip
    return b"".join((_MAGIC, salt, *chunks))


def unseal(key: bytes, place: str, sealed: bytes) -> bytes:
    """Raises ``Unsealable``."""
    body = sealed[len(_MAGIC) + SALT_BYTES :]
    if not sealed.startswith(_MAGIC) or len(body) < _TAG:
        raise Unsealable
    cipher = _cipher(key, sealed[len(_MAGIC) : len(_MAGIC) + SALT_BYTES], place)
    step = CHUNK + _TAG
    last = (len(body) - 1) // step
    try:
        chunks = [cipher.decrypt(_nonce(n, n == last), body[n * step : (n + 1) * step], None) for n in range(last + 1)]
    except InvalidTag as error:
        raise Unsealable from error
    return b"".join(chunks)


def wrap(app_key: bytes, nonce: bytes, visit: str, key: bytes) -> bytes:
    """The visit's key as it may be stored; ``nonce`` is ``NONCE_BYTES`` random bytes, never the same again."""
    return nonce + AESGCM(app_key).encrypt(nonce, key, _about(visit))


def unwrap(app_key: bytes, visit: str, wrapped: bytes) -> bytes:
    """Raises ``Unsealable``."""
    if len(wrapped) != NONCE_BYTES + KEY_BYTES + _TAG:
        raise Unsealable
    try:
        return AESGCM(app_key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _about(visit))
    except InvalidTag as error:
        raise Unsealable from error


def _cipher(key: bytes, salt: bytes, place: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, _DOMAIN + b"\0" + place.encode()).derive(key))


def _nonce(n: int, is_last: bool) -> bytes:
    return n.to_bytes(11, "big") + bytes([is_last])


def _about(visit: str) -> bytes:
    return _DOMAIN + b" key\0" + visit.encode()
