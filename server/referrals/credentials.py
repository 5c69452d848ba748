"""What a destination's FHIR server wants to be shown before it takes a referral: a bearer token (RFC 6750) for each endpoint.

They lie in a file of their own, which only the server's user can read, and not in the pathway: that one is published and kept.

    ["https://fhir.second.example/r4"]
    bearer = "…"

``parse`` is pure; ``load`` reads the file when the server starts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from server.config import Secret
from server.referrals.pathway import read_endpoint

MOST_BYTES: Final = 256 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]{1,4096}=*", re.ASCII)
"""RFC 6750, section 2.1."""


class BadCredentials(ValueError):
    """The file cannot be used; the message says why and holds no token."""


class Credentials:
    """By endpoint, written as a pathway writes it."""

    def __init__(self, bearers: Mapping[str, Secret]) -> None:
        self._bearers = dict(bearers)

    def headers(self, endpoint: str) -> dict[str, str]:
        """What goes with a request to this endpoint, to no other."""
        bearer = self._bearers.get(endpoint)
        return {} if bearer is None else {"Authorization": f"Bearer {bearer.reveal()}"}


def parse(text: str) -> Credentials:
    """Raises ``BadCredentials``."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise BadCredentials(f"more than {MOST_BYTES} bytes")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise BadCredentials("not TOML") from None  # the parser's own message may quote a token
    return Credentials(dict(_one(name, entry) for name, entry in document.items()))


def _one(name: str, entry: object) -> tuple[str, Secret]:
    try:
        endpoint = read_endpoint(name)
    except ValueError:
        raise BadCredentials("each section is named after an endpoint: https, without a user, a query or a fragment") from None
    if not isinstance(entry, dict) or set(entry) != {"bearer"}:
        raise BadCredentials(f"{endpoint}: bearer, and nothing else, belongs here")
    bearer = entry["bearer"]
    if not isinstance(bearer, str) or not _TOKEN.fullmatch(bearer):
        raise BadCredentials(f"{endpoint}: bearer is no token as RFC 6750 writes them")
    return endpoint, Secret(bearer)


def load(path: Path | None) -> Credentials:
    """None: there are no credentials. Raises ``BadCredentials`` when others could read the file, or nobody can."""
    if path is None:
        return Credentials({})
    try:
        with path.open("rb") as file:
            if path.stat().st_mode & 0o077:
                raise BadCredentials(f"{path} can be read by others: chmod 600 {path}")
            return parse(file.read(MOST_BYTES + 1).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadCredentials(f"{path} cannot be read: {type(error).__name__}") from None
