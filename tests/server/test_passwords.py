"""Passwords are right or wrong, and a login that nobody has costs as much as one that somebody has."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from server.passwords import LONGEST, Passwords


class CountingHasher(PasswordHasher):
    """Counts checks, and how many ran at the same moment."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.checks: list[str] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.checks.append(str(hash))
        try:
            return super().verify(hash, password)
        finally:
            with self._lock:
                self._now -= 1


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


async def test_only_the_password_that_was_hashed_is_right(hasher: CountingHasher) -> None:
    passwords = Passwords(hasher)
    stored = passwords.hash("春眠不觉晓")
    assert stored.startswith("$argon2id$")
    assert stored != passwords.hash("春眠不觉晓")
    assert await passwords.matches(stored, "春眠不觉晓")
    assert not await passwords.matches(stored, "春眠不觉晓 ")
    assert not await passwords.matches(stored, "\ud800")


async def test_nobodys_password_is_never_right_but_is_checked_all_the_same(hasher: CountingHasher) -> None:
    passwords = Passwords(hasher)
    assert not await passwords.matches(None, "nobody has this password")
    stored = passwords.hash("x")
    assert not await passwords.matches(stored, "y")
    parameters = {check.rsplit("$", 2)[0] for check in hasher.checks}
    assert len(hasher.checks) == 2
    assert len(parameters) == 1


async def test_a_damaged_hash_is_wrong_and_not_an_error(hasher: CountingHasher) -> None:
    assert not await Passwords(hasher).matches("-", "x")


async def test_a_password_of_a_million_letters_is_not_hashed(hasher: CountingHasher) -> None:
    passwords = Passwords(hasher)
    stored = passwords.hash("x")
    assert not await passwords.matches(stored, "x" * (LONGEST + 1))
    assert hasher.checks == []


async def test_many_guesses_at_once_run_two_at_a_time(hasher: CountingHasher) -> None:
    passwords = Passwords(hasher)
    stored = passwords.hash("x")
    results = await asyncio.gather(*(passwords.matches(stored, str(n)) for n in range(12)))
    assert results == [False] * 12
    assert len(hasher.checks) == 12
    assert hasher.most_at_once <= 2
