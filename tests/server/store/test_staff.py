"""Staff sign in with a password; guessing is slowed down and never told which part was wrong."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Refused
from server.passwords import Passwords
from server.store.database import Database
from server.store.errors import TooManyAttempts
from server.store.staff import SignIn
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Limit, Throttle
from server.store.visits import Staff, add

NOW = 1_795_000_000.0
PASSWORD = "correct horse"
HOME = "192.0.2.1"


@pytest.fixture
async def sign_in(database: Database, visit: str) -> SignIn:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    chen = Staff(
        "staff-3",
        "h1",
        "chen",
        passwords.hash(PASSWORD),
        "physician",
        "陈静",
        "主治医师",
        "110-3",
        "attending",
        "2020-01-01",
        None,
        True,
    )
    await database.write(add(chen))
    throttle = Throttle(database, b"k" * 32)
    return SignIn(database, throttle, passwords, lambda: secrets.token_urlsafe(32), lasts_s=600.0)


async def outcome(sign_in: SignIn, login: str, password: str, now: float = NOW, address: str = HOME) -> str:
    try:
        await sign_in.sign_in(login, password, address, now)
    except Refused as refused:
        return refused.code
    return "in"


async def test_the_right_password_gives_a_cookie_that_names_its_member(sign_in: SignIn) -> None:
    signed_in = await sign_in.sign_in("chen", PASSWORD, HOME, NOW)
    member = await sign_in.member(signed_in.cookie, NOW + 1)
    assert member == signed_in.member
    assert (member.id, member.role, member.name, member.hospital_name) == ("staff-3", "physician", "陈静", "示范儿童医院")
    assert member.credentials.rank == "attending"
    assert member.signed_in_at == NOW


async def test_a_cookie_ends_by_signing_out_or_by_its_time(sign_in: SignIn) -> None:
    first = (await sign_in.sign_in("chen", PASSWORD, HOME, NOW)).cookie
    second = (await sign_in.sign_in("chen", PASSWORD, HOME, NOW)).cookie
    await sign_in.sign_out(first)
    assert await sign_in.member(first, NOW) is None
    assert await sign_in.member(second, NOW + 599) is not None
    assert await sign_in.member(second, NOW + 600) is None
    assert await sign_in.member("somebody's cookie", NOW) is None


@pytest.mark.parametrize("login", ["chen", "nobody", "", "che\0n", "\ud800", "x" * 5000])
async def test_a_wrong_password_and_an_unknown_login_get_one_answer(sign_in: SignIn, login: str) -> None:
    answers = [await outcome(sign_in, login, "wrong") for _ in range(PER_SUBJECT.free)]
    assert answers == ["sign_in_failed"] * PER_SUBJECT.free
    assert await outcome(sign_in, login, "wrong") == "too_many_attempts"


async def test_a_lockout_refuses_the_right_password_too_and_grows_with_each_failure(sign_in: SignIn) -> None:
    now = NOW
    waits = []
    for _ in range(PER_SUBJECT.free):
        assert await outcome(sign_in, "chen", "wrong", now) == "sign_in_failed"
    for _ in range(4):
        with pytest.raises(TooManyAttempts) as locked:
            await sign_in.sign_in("chen", PASSWORD, HOME, now)
        waits.append(locked.value.retry_after_s)
        now += locked.value.retry_after_s
        assert await outcome(sign_in, "chen", "wrong", now) == "sign_in_failed"
    assert waits == [15, 30, 60, 120]
    assert await outcome(sign_in, "chen", PASSWORD, now + 240) == "in"


async def test_success_starts_the_count_from_nothing(sign_in: SignIn) -> None:
    for _ in range(3):
        for _ in range(PER_SUBJECT.free - 1):
            assert await outcome(sign_in, "chen", "wrong") == "sign_in_failed"
        assert await outcome(sign_in, "chen", PASSWORD) == "in"


async def test_old_failures_are_forgotten(sign_in: SignIn) -> None:
    for _ in range(PER_SUBJECT.free - 1):
        await outcome(sign_in, "chen", "wrong")
    later = NOW + PER_SUBJECT.forgotten_after_s + 1
    for _ in range(PER_SUBJECT.free):
        assert await outcome(sign_in, "chen", "wrong", later) == "sign_in_failed"


async def test_guesses_at_many_logins_lock_out_their_address_and_nobody_elses(sign_in: SignIn) -> None:
    for n in range(PER_ADDRESS.free):
        assert await outcome(sign_in, f"guess-{n}", "wrong") == "sign_in_failed"
    assert await outcome(sign_in, "chen", PASSWORD) == "too_many_attempts"
    assert await outcome(sign_in, "chen", PASSWORD, address="192.0.2.2") == "in"


async def test_a_whole_ward_may_sign_in_from_one_address(sign_in: SignIn) -> None:
    for _ in range(PER_ADDRESS.free + 5):
        assert await outcome(sign_in, "chen", PASSWORD) == "in"
    for n in range(PER_ADDRESS.free - 1):
        assert await outcome(sign_in, f"guess-{n}", "wrong") == "sign_in_failed"
    assert await outcome(sign_in, "chen", PASSWORD) == "in"


async def test_many_guesses_at_once_are_each_counted(sign_in: SignIn) -> None:
    answers = await asyncio.gather(*(outcome(sign_in, "chen", f"guess-{n}") for n in range(20)))
    assert answers.count("sign_in_failed") == PER_SUBJECT.free
    assert answers.count("too_many_attempts") == 20 - PER_SUBJECT.free


async def test_neither_password_cookie_login_tried_nor_address_is_in_the_database(
    sign_in: SignIn, database: Database, database_file: Path
) -> None:
    cookie = (await sign_in.sign_in("chen", PASSWORD, HOME, NOW)).cookie
    await outcome(sign_in, "mistyped-login", "mistyped-password")
    await database.close()
    stored = "\n".join(sqlite3.connect(database_file).iterdump())
    for secret in (cookie, PASSWORD, "mistyped-login", "mistyped-password", HOME):
        assert secret not in stored


@given(st.integers(0, 10_000))
def test_a_lock_never_shrinks_and_never_outgrows_its_limit(failures: int) -> None:
    limit = Limit(free=5, first_s=15.0, longest_s=900.0, forgotten_after_s=1.0)
    assert 0 <= limit.lock_s(failures) <= limit.lock_s(failures + 1) <= 900.0
    assert (limit.lock_s(failures) == 0) == (failures < 5)
