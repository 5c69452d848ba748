"""Socket tokens: what a page shows when it connects. Good for a minute and one connection, and only while the device or the
sign-in that it was given to is still good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.store.database import Database
from server.store.secrets import digest
from server.store.tables import device, socket_token, staff_session
from signaling.seats import Role

LASTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may connect: to which session, in which role. Exactly one of ``device`` and ``staff_session`` is there;
    ``guardian`` is the further guardian whose device it is, empty for anybody else."""

    session: str
    role: Role
    device: str | None = None
    staff_session: str | None = None
    guardian: str = ""


class Tickets:
    """``new_secret`` gives 256 random bits as URL-safe text, a new one each time."""

    def __init__(self, database: Database, new_secret: Callable[[], str]) -> None:
        self._database = database
        self._new_secret = new_secret

    async def issue(self, ticket: Ticket, now: float) -> str:
        """The token, told only this once; good for ``LASTS_S``."""
        if (ticket.device is None) == (ticket.staff_session is None):
            raise ValueError("a ticket belongs to one device or one sign-in")
        token = self._new_secret()

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(socket_token).where(socket_token.c.expires_at <= now))
            row = {"token_sha256": digest(token), "session": ticket.session, "role": ticket.role.value}
            holder = {"device": ticket.device, "staff_session": ticket.staff_session}
            await connection.execute(insert(socket_token), {**row, **holder, "expires_at": now + LASTS_S})

        await self._database.write(work)
        return token

    async def use(self, token: str, now: float) -> Ticket:
        """Take the token. Raises ``Refused("bad_token")``: unknown, used, too old, or its holder was revoked."""
        key = digest(token)

        async def work(connection: AsyncConnection) -> Ticket:
            fresh = (socket_token.c.token_sha256 == key, socket_token.c.used_at.is_(None), socket_token.c.expires_at > now)
            won = await connection.execute(update(socket_token).where(*fresh).values(used_at=now))
            if won.rowcount != 1:
                raise Refused("bad_token")
            row = (await connection.execute(select(socket_token).where(socket_token.c.token_sha256 == key))).one()
            whose = await connection.scalar(select(device.c.guardian).where(device.c.cookie_sha256 == row.device))
            ticket = Ticket(row.session, Role(row.role), row.device, row.staff_session, whose or "")
            if not await _held(connection, ticket, now):
                raise Refused("bad_token")
            return ticket

        return await self._database.write(work)

    async def still_good(self, ticket: Ticket, now: float) -> bool:
        """Whether a connection that came with this ticket may still speak: its device or sign-in has not ended since."""
        return await self._database.read(lambda connection: _held(connection, ticket, now))


async def _held(connection: AsyncConnection, ticket: Ticket, now: float) -> bool:
    if ticket.device is not None:
        query = select(device.c.visit).where(device.c.cookie_sha256 == ticket.device, device.c.revoked_at.is_(None))
        return await connection.scalar(query) == ticket.session
    live = (staff_session.c.cookie_sha256 == ticket.staff_session, staff_session.c.expires_at > now)
    return await connection.scalar(select(staff_session.c.staff).where(*live)) is not None
