"""Staff signing in: a password once, then a cookie until it expires. Who failed is never told which part was wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.eligibility import Credentials
from server.errors import Refused
from server.passwords import Passwords
from server.store.database import Database
from server.store.secrets import digest
from server.store.tables import hospital, staff, staff_session
from server.store.throttle import PER_ADDRESS, PER_SUBJECT, Counted, Throttle


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as signed in; ``session`` is the cookie's hash, ``signed_in_at`` when the password was given."""

    id: str
    hospital: str
    hospital_name: str
    role: str
    name: str
    title: str
    credentials: Credentials
    session: str
    signed_in_at: float


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``cookie`` is told only this once."""

    cookie: str
    member: Member


class SignIn:
    """``new_secret`` gives 256 random bits as URL-safe text; a session lasts ``lasts_s`` from the password on."""

    def __init__(
        self, database: Database, throttle: Throttle, passwords: Passwords, new_secret: Callable[[], str], lasts_s: float
    ) -> None:
        self._database = database
        self._throttle = throttle
        self._passwords = passwords
        self._new_secret = new_secret
        self._lasts_s = lasts_s

    async def sign_in(self, login: str, password: str, address: str, now: float) -> SignedIn:
        """Raises ``Refused("sign_in_failed")`` or ``TooManyAttempts``."""
        counted = (Counted("login", login, PER_SUBJECT), Counted("address", address, PER_ADDRESS))
        await self._throttle.begin(counted, now)

        async def find(connection: AsyncConnection) -> tuple[str, str] | None:
            row = (
                await connection.execute(select(staff.c.id, staff.c.password_hash).where(staff.c.login == login))
            ).one_or_none()
            return None if row is None else (row.id, row.password_hash)

        found = await self._database.read(find) if _storable(login) else None
        right = await self._passwords.matches(None if found is None else found[1], password)
        if found is None or not right:
            raise Refused("sign_in_failed")
        await self._throttle.forgive(*counted)
        return await self._open(found[0], now)

    async def member(self, cookie: str, now: float) -> Member | None:
        """Whose live session this cookie is."""
        return await self._database.read(lambda connection: _member(connection, digest(cookie), now))

    async def sign_out(self, cookie: str) -> None:
        """The cookie, and socket tokens that were given for it, are worth nothing any more."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(staff_session).where(staff_session.c.cookie_sha256 == digest(cookie)))

        await self._database.write(work)

    async def _open(self, id: str, now: float) -> SignedIn:
        cookie = self._new_secret()

        async def work(connection: AsyncConnection) -> SignedIn:
            await connection.execute(delete(staff_session).where(staff_session.c.expires_at <= now))
            row = {"cookie_sha256": digest(cookie), "staff": id, "created_at": now, "expires_at": now + self._lasts_s}
            await connection.execute(insert(staff_session), row)
            member = await _member(connection, digest(cookie), now)
            if member is None:  # removed between the password and here
                raise Refused("sign_in_failed")
            return SignedIn(cookie, member)

        return await self._database.write(work)


async def _member(connection: AsyncConnection, session: str, now: float) -> Member | None:
    live = (staff_session.c.cookie_sha256 == session, staff_session.c.expires_at > now)
    joined = staff_session.join(staff, staff.c.id == staff_session.c.staff).join(hospital, hospital.c.id == staff.c.hospital)
    query = select(staff, hospital.c.name.label("hospital_name"), staff_session.c.created_at).select_from(joined).where(*live)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    credentials = Credentials(row.licence, row.rank, row.practice_since, row.trained_until, row.whitelisted)
    return Member(row.id, row.hospital, row.hospital_name, row.role, row.name, row.title, credentials, session, row.created_at)


def _storable(text: str) -> bool:
    """Whether a database can even be asked for it: no NUL (PostgreSQL), no half surrogate pair."""
    return "\0" not in text and text.isprintable()
