"""The token in a letter's QR code, which opens the page for the destination's desk.

A letter is set anew whenever it is read, so its token is made from the referral's id and this installation's key each time; the
store keeps only its hash, and somebody with the database alone can make none. Pure.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

PATH = "/r/"


def receipt_token(key: bytes, referral: str) -> str:
    """256 bits as 43 URL-safe characters."""
    return urlsafe_b64encode(hmac.digest(key, f"receipt\0{referral}".encode(), "sha256")).decode().rstrip("=")


def receipt_link(origin: str, token: str) -> str:
    return f"{origin}{PATH}{token}"
