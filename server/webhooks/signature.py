"""Signatures as Standard Webhooks 1.0.0 has them (symmetric, ``v1``): HMAC-SHA256 over ``id.timestamp.body``.

The timestamp is that of the attempt, in whole seconds since 1970; the id stays the same for every attempt, and is what a
receiver knows a repetition by. While a secret is being changed a message carries one signature per live secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
PREFIX = "whsec_"
TOLERANCE_S = 300
KEY_BYTES = range(24, 65)
"""What the standard allows: 192 to 512 bits."""

_MOST_SIGNATURES = 16


class BadSignature(Exception):
    """A message that is not to be believed; ``code`` is missing_header, bad_timestamp, too_old, too_new or no_match."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def spelled(key: bytes) -> str:
    """A secret as people are given it: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def key_of(secret: str) -> bytes:
    """The key that a secret spells. Raises ``ValueError``."""
    if not secret.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is base64 after whsec_") from None
    if len(key) not in KEY_BYTES:
        raise ValueError("a secret holds 24 to 64 bytes")
    return key


def sign(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """One signature: ``v1,`` and base64."""
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode("ascii")


def headers(keys: Sequence[bytes], id: str, at: float, body: bytes) -> dict[str, str]:
    """The three headers of an attempt at the time ``at`` (seconds since 1970), signed with each key, the newest first."""
    timestamp = int(at)
    signatures = " ".join(sign(key, id, timestamp, body) for key in keys)
    return {ID: id, TIMESTAMP: str(timestamp), SIGNATURE: signatures}


def verify(keys: Sequence[bytes], given: Mapping[str, str], body: bytes, now: float, tolerance_s: float = TOLERANCE_S) -> str:
    """The message's id, when one of the keys signed it within the tolerance of ``now``. Raises ``BadSignature``.

    ``given`` are the request's headers, by lower-case names unless the mapping does not mind.
    """
    try:
        id, said_at, signatures = given[ID], given[TIMESTAMP], given[SIGNATURE]
    except KeyError:
        raise BadSignature("missing_header") from None
    if not (said_at.isascii() and said_at.isdigit() and len(said_at) <= 12):
        raise BadSignature("bad_timestamp")
    timestamp = int(said_at)
    if timestamp < now - tolerance_s:
        raise BadSignature("too_old")
    if timestamp > now + tolerance_s:
        raise BadSignature("too_new")
    expected = [sign(key, id, timestamp, body).encode() for key in keys]
    found = [signature.encode(errors="replace") for signature in signatures.split(" ", _MOST_SIGNATURES)]
    if not any(hmac.compare_digest(one, other) for one in expected for other in found):
        raise BadSignature("no_match")
    return id
