"""Passwords: argon2id hashes, checked off the event loop, with the same work for a login that nobody has."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 1024
"""Characters of a password that anyone may send; longer ones are wrong without being hashed."""

_HASHER: Final = PasswordHasher()


class Passwords:
    """One hasher's settings. At most two checks run at once, so that guessing cannot take the machine's memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or _HASHER
        self._nobodys = _nobodys(self._hasher)
        self._turns = asyncio.Semaphore(2)

    def hash(self, password: str) -> str:
        """For storing. Takes some 50 ms of a processor on purpose."""
        return self._hasher.hash(password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether it is the password behind that hash. ``None`` (no such login) takes as long and is never right."""
        if len(password) > LONGEST:
            return False
        async with self._turns:
            right = await asyncio.to_thread(self._verify, self._nobodys if stored is None else stored, password)
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password")
