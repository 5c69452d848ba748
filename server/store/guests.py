"""The guest's link: given by the physician, good once, on one device, until it expires or is taken back.

Redeeming it gives a cookie, and that cookie is the guest's device, which may come again. The name is a body, whose id is the
invitation's: it can be deleted without breaking the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.consent_texts import ConsentText
from server.errors import Refused
from server.store import bodies
from server.store.consents import newest_of, shipped
from server.store.database import Database, Write
from server.store.links import Redeemed
from server.store.secrets import digest
from server.store.tables import device, guest_invitation
from signaling.seats import Role

CONSENT = "guest"
"""The kind of the text that a guest agrees to."""
BODY = "guest"
"""The kind of the body with a guest's name."""


@dataclass(frozen=True, slots=True)
class GuestDevice:
    """A device that redeemed an invitation which was not taken back; ``id`` is its cookie's hash."""

    id: str
    visit: str
    role: Role
    invitation: str


def invite(invitation: str, visit: str, role: Role, token: str, now: float, expires_at: float) -> Write:
    """Keep the invitation, in the transaction of its event."""

    async def write(connection: AsyncConnection) -> None:
        row = {"id": invitation, "visit": visit, "role": role.value, "token_sha256": digest(token)}
        await connection.execute(insert(guest_invitation), row | {"issued_at": now, "expires_at": expires_at})

    return write


def end(invitation: str, now: float) -> Write:
    """The invitation is over: its link and the device that used it are good for nothing."""

    async def write(connection: AsyncConnection) -> None:
        of_invitation = guest_invitation.c.id == invitation
        standing = update(guest_invitation).where(of_invitation, guest_invitation.c.revoked_at.is_(None))
        await connection.execute(standing.values(revoked_at=now))
        used = await connection.scalar(select(guest_invitation.c.device).where(of_invitation))
        standing = update(device).where(device.c.cookie_sha256 == used, device.c.revoked_at.is_(None))
        await connection.execute(standing.values(revoked_at=now))

    return write


class GuestLinks:
    """``new_secret`` gives 256 random bits as URL-safe text, a new one each time."""

    def __init__(self, database: Database, new_secret: Callable[[], str]) -> None:
        self._database = database
        self.new_secret = new_secret

    async def redeem(self, token: str, held: Mapping[str, str], now: float) -> Redeemed:
        """Use the link, once; ``held`` as in `Links.redeem`. Raises ``Refused``: ``link_unknown``, ``link_used`` or
        ``link_expired`` (also when over)."""
        new_cookie = self.new_secret()

        async def work(connection: AsyncConnection) -> Redeemed:
            of_token = guest_invitation.c.token_sha256 == digest(token)
            link = (await connection.execute(select(guest_invitation).where(of_token))).one_or_none()
            if link is None:
                raise Refused("link_unknown")
            if link.revoked_at is not None:
                raise Refused("link_expired")
            if link.device is not None:
                if link.device == digest(held.get(link.visit, "")):
                    return Redeemed(link.visit, None)
                raise Refused("link_used")
            if link.expires_at <= now:
                raise Refused("link_expired")
            row = {"cookie_sha256": digest(new_cookie), "visit": link.visit, "role": link.role, "created_at": now}
            await connection.execute(insert(device), row)
            unused = update(guest_invitation).where(of_token, guest_invitation.c.device.is_(None))
            won = await connection.execute(unused.values(device=digest(new_cookie), redeemed_at=now))
            if won.rowcount != 1:
                raise Refused("link_used")
            return Redeemed(link.visit, new_cookie)

        return await self._database.write(work)

    async def device(self, cookie: str) -> GuestDevice | None:
        """The guest's device that holds this cookie, unless its invitation is over."""

        async def work(connection: AsyncConnection) -> GuestDevice | None:
            held = (guest_invitation.c.device == digest(cookie), guest_invitation.c.revoked_at.is_(None))
            row = (await connection.execute(select(guest_invitation).where(*held))).one_or_none()
            return None if row is None else GuestDevice(row.device, row.visit, Role(row.role), row.id)

        return await self._database.read(work)


async def names(database: Database, visit: str) -> dict[str, str]:
    """By invitation, of all who were ever invited into the visit; one whose body was deleted is missing."""
    return {body.id: body.content["name"] for body in await bodies.of_session(database, visit, BODY)}


async def text_for(database: Database, visit: str, language: str, now: float) -> ConsentText:
    """What a guest of this visit is to be shown now: the hospital's newest text, or the shipped one where it has none."""
    texts = await newest_of(database, visit, language, now)
    return texts.get(CONSENT) or next(t for t in shipped() if (t.kind, t.language) == (CONSENT, language))
