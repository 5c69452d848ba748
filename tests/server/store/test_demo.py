"""The demo hospital is one that a whole visit can be played in."""

from __future__ import annotations

import itertools
import secrets

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import IntegrityError

from server.calendar import day_of
from server.eligibility import reasons_against
from server.passwords import Passwords
from server.store import consents, details, listings
from server.store.database import Database
from server.store.demo import Demo, create_demo
from server.store.links import Links
from server.store.staff import SignIn
from server.store.throttle import Throttle

NOW = 1_795_000_000.0
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def a_secret() -> str:
    return secrets.token_urlsafe(32)


@pytest.fixture
async def demo(database: Database) -> Demo:
    ids = (f"id-{n}" for n in itertools.count())
    return await create_demo(database, PASSWORDS, lambda: next(ids), a_secret, NOW)


async def test_its_link_its_passwords_and_its_texts_work(database: Database, demo: Demo) -> None:
    assert (await Links(database, a_secret).redeem(demo.link_token, {}, NOW)).visit == demo.visit
    sign_in = SignIn(database, Throttle(database, b"k" * 32), PASSWORDS, a_secret, 600.0)
    physician = (await sign_in.sign_in(demo.physician_login, demo.physician_password, "here", NOW)).member
    operator = (await sign_in.sign_in(demo.operations_login, demo.operations_password, "here", NOW)).member
    assert (physician.role, operator.role) == ("physician", "operations")
    for login, password in ((demo.coordinator_login, demo.coordinator_password), (demo.desk_login, demo.desk_password)):
        assert (await sign_in.sign_in(login, password, "here", NOW)).member.role == login
    assert [line.visit for line in await listings.worklist(database, physician.id, NOW - 1, NOW + 1)] == [demo.visit]
    for language in ("zh", "en"):
        assert len(await consents.texts_for(database, demo.visit, language, NOW)) == 3


async def test_its_physician_may_see_children_online(database: Database, demo: Demo) -> None:
    detail = await details.visit_detail(database, demo.visit)
    assert detail is not None
    assert reasons_against(detail.physician.credentials, day_of(NOW)) == ()
    assert (detail.child, detail.age_years, detail.starts_at) == ("张*明", 8, NOW)


async def test_its_secrets_do_not_show_in_a_repr_and_it_is_made_once(database: Database, demo: Demo) -> None:
    assert demo.link_token not in repr(demo)
    assert demo.physician_password not in repr(demo)
    ids = (f"other-{n}" for n in itertools.count())
    with pytest.raises(IntegrityError):
        await create_demo(database, PASSWORDS, lambda: next(ids), a_secret, NOW)
