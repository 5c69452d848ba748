"""Join links and the devices they were redeemed on (DESIGN, section 10).

A link works once, until it expires or a newer one is issued; redeeming it gives a cookie, and that cookie is the device. The
device that holds it may come again; any other needs a new link. One that the hospital makes (``issue``) revokes the old link
and the old device. A ``further`` one, which goes to what the register has with a reminder, or because the family lost theirs,
revokes nothing: whoever knows a family's number must not be able to shut the family out. At the visit's end every link that
nobody used is revoked (`server.store.visits.snapshot`); after it new ones are made as long as its records are open
(`server.access.RECORDS_OPEN_S`). Each device confirms the child for itself (`confirmed`).

A child may have several guardians, each with links and devices of their own: ``guardian`` is empty for the one whom the visit
is booked with, otherwise the further one's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.access import RECORDS_OPEN_S
from server.errors import Refused
from server.referrals.track import Stage
from server.store.database import Database, Write
from server.store.secrets import digest
from server.store.tables import device, join_link, referral, visit, visit_guardian
from server.visit_cookies import Holding
from signaling.seats import Role

MOST_UNUSED = 8


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Where the link leads; ``cookie`` is the new device's secret, or ``None`` when this device had redeemed before."""

    visit: str
    cookie: str | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that redeemed a visit's link; ``id`` is its cookie's hash, ``guardian`` as in ``issue``. ``confirmed``: somebody
    said on it that the child is theirs. ``renewed_at``: when its cookie was last given, to last from then."""

    id: str
    visit: str
    role: Role
    guardian: str = ""
    confirmed: bool = False
    renewed_at: float = 0.0


def issue(visit: str, token: str, now: float, expires_at: float, guardian: str = "") -> Write:
    """Make this that guardian's link to the visit. Every earlier link and device of theirs is revoked."""

    async def write(connection: AsyncConnection) -> None:
        await shut_out(visit, guardian, now)(connection)
        row = {"token_sha256": digest(token), "visit": visit, "issued_at": now, "expires_at": expires_at}
        await connection.execute(insert(join_link), row | {"guardian": guardian or None})

    return write


def shut_out(visit: str, guardian: str, now: float) -> Write:
    """Every link and device of that guardian is revoked."""

    async def write(connection: AsyncConnection) -> None:
        theirs = (join_link.c.visit == visit, _is(join_link.c.guardian, guardian))
        of_links = update(join_link).where(*theirs, join_link.c.revoked_at.is_(None))
        await connection.execute(of_links.values(revoked_at=now))
        held = _is(device.c.guardian, guardian)
        guardians = (device.c.visit == visit, device.c.role == Role.GUARDIAN.value, held)
        of_devices = update(device).where(*guardians, device.c.revoked_at.is_(None))
        await connection.execute(of_devices.values(revoked_at=now))

    return write


def _is(column: Column[Any], guardian: str) -> ColumnElement[bool]:
    return column == guardian if guardian else column.is_(None)


def further(visit: str, token: str, now: float, expires_at: float, guardian: str = "") -> Write:
    """One more link of that guardian, beside those that are there; of the unused ones only the newest ``MOST_UNUSED`` stay."""

    async def write(connection: AsyncConnection) -> None:
        row = {"token_sha256": digest(token), "visit": visit, "issued_at": now, "expires_at": expires_at}
        await connection.execute(insert(join_link), row | {"guardian": guardian or None})
        c = join_link.c
        unused = (c.visit == visit, _is(c.guardian, guardian), c.revoked_at.is_(None), c.redeemed_at.is_(None))
        newest_first = select(c.token_sha256).where(*unused).order_by(c.issued_at.desc())
        too_many = (await connection.scalars(newest_first.offset(MOST_UNUSED))).all()
        await connection.execute(update(join_link).where(c.token_sha256.in_(too_many)).values(revoked_at=now))

    return write


def confirmed(id: str, now: float) -> Write:
    """Somebody said on this device that the child is theirs."""

    async def write(connection: AsyncConnection) -> None:
        first = (device.c.cookie_sha256 == id, device.c.confirmed_at.is_(None))
        await connection.execute(update(device).where(*first).values(confirmed_at=now))

    return write


def denied(id: str) -> Write:
    """Somebody said on this device that the child is not theirs."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(update(device).where(device.c.cookie_sha256 == id).values(confirmed_at=None))

    return write


def doubted(visit: str, guardian: str) -> Write:
    """All that guardian's devices are to be asked anew."""

    async def write(connection: AsyncConnection) -> None:
        theirs = (device.c.visit == visit, device.c.role == Role.GUARDIAN.value, _is(device.c.guardian, guardian))
        await connection.execute(update(device).where(*theirs).values(confirmed_at=None))

    return write


def last_until(visit: str, ends_at: float) -> Write:
    """The visit's link works at least to this moment."""

    async def write(connection: AsyncConnection) -> None:
        shorter = (join_link.c.visit == visit, join_link.c.revoked_at.is_(None), join_link.c.expires_at < ends_at)
        await connection.execute(update(join_link).where(*shorter).values(expires_at=ends_at))

    return write


def records_open(now: float) -> ColumnElement[bool]:
    """Of a visit: it goes on, or a family may still be given a link to what is left of it."""
    pending = exists().where(referral.c.visit == visit.c.id, referral.c.state != Stage.SEEN.value)
    return or_(visit.c.ended_at.is_(None), visit.c.ended_at > now - RECORDS_OPEN_S, pending)


async def may_return(connection: AsyncConnection, id: str, now: float) -> bool:
    """Whether this visit's family may be given a new link."""
    return await connection.scalar(select(visit.c.id).where(visit.c.id == id, records_open(now))) is not None


class Links:
    """``new_secret`` gives 256 random bits as URL-safe text, a new one each time."""

    def __init__(self, database: Database, new_secret: Callable[[], str]) -> None:
        self._database = database
        self._new_secret = new_secret

    async def issue(self, visit: str, now: float, expires_at: float) -> str:
        """A new link's token, told only this once. Every earlier link and device of its guardian is revoked."""
        token, write = self.drawn(visit, now, expires_at)
        await self._database.write(write)
        return token

    def drawn(self, visit: str, now: float, expires_at: float, guardian: str = "") -> tuple[str, Write]:
        """As ``issue``, for a transaction that has more to write."""
        token = self._new_secret()
        return token, issue(visit, token, now, expires_at, guardian)

    def drawn_further(self, visit: str, now: float, expires_at: float, guardian: str = "") -> tuple[str, Write]:
        """As ``drawn``, of a link that shuts nobody out (``further``)."""
        token = self._new_secret()
        return token, further(visit, token, now, expires_at, guardian)

    async def redeem(self, token: str, held: Mapping[str, str], now: float) -> Redeemed:
        """Use the link, once; ``held`` are the secrets, by visit, of the devices that this one is already. Raises ``Refused``:
        ``link_unknown``, ``link_used`` or ``link_expired`` (also when revoked)."""
        new_cookie = self._new_secret()

        async def work(connection: AsyncConnection) -> Redeemed:
            link = (await connection.execute(select(join_link).where(join_link.c.token_sha256 == digest(token)))).one_or_none()
            if link is None:
                raise Refused("link_unknown")
            holder = await _device(connection, held[link.visit]) if link.visit in held else None
            if holder is not None and (holder.visit, holder.guardian) == (link.visit, link.guardian or ""):
                return Redeemed(link.visit, None)
            if link.revoked_at is not None or not await _may_come(connection, link.visit, link.guardian):
                raise Refused("link_expired")
            if link.redeemed_at is None and link.expires_at <= now:
                raise Refused("link_expired")
            unused = (join_link.c.token_sha256 == link.token_sha256, join_link.c.redeemed_at.is_(None))
            won = await connection.execute(update(join_link).where(*unused).values(redeemed_at=now))
            if won.rowcount != 1:
                raise Refused("link_used")
            row = {"cookie_sha256": digest(new_cookie), "visit": link.visit, "role": Role.GUARDIAN.value, "created_at": now}
            await connection.execute(insert(device), row | {"guardian": link.guardian})
            return Redeemed(link.visit, new_cookie)

        return await self._database.write(work)

    async def renew(self, id: str, before: float, now: float) -> bool:
        """The device's cookie is to be given anew: it was last given ``before`` then, and the visit's records are open."""
        given = func.coalesce(device.c.renewed_at, device.c.created_at)
        last = (device.c.cookie_sha256 == id, device.c.revoked_at.is_(None), given < before)
        opened = exists().where(visit.c.id == device.c.visit, records_open(now))
        renewed = update(device).where(*last, opened).values(renewed_at=now)
        return (await self._database.write(lambda connection: connection.execute(renewed))).rowcount == 1

    async def holdings(self, held: Mapping[str, str]) -> list[Holding]:
        """Of these secrets by visit, a guardian's or a guest's, those of devices of that visit which were not revoked."""
        if not held:
            return []
        named = {digest(secret): of for of, secret in held.items()}
        columns = (device.c.cookie_sha256, device.c.visit, device.c.created_at, visit.c.ended_at)
        of_them = select(*columns).join(visit, visit.c.id == device.c.visit)
        live = of_them.where(device.c.cookie_sha256.in_(named), device.c.revoked_at.is_(None)).order_by(device.c.visit)
        rows = await self._database.read(lambda connection: connection.execute(live))
        return [Holding(of, created_at, ended_at) for id, of, created_at, ended_at in rows if named[id] == of]

    async def device(self, cookie: str) -> Device | None:
        """The device that holds this cookie, unless it was revoked."""
        return await self._database.read(lambda connection: _device(connection, cookie))


async def _may_come(connection: AsyncConnection, visit: str, guardian: str | None) -> bool:
    """Of a link that was made for a reminder while its guardian was being removed."""
    if guardian is None:
        return True
    c = visit_guardian.c
    return (
        await connection.scalar(select(c.n).where(c.visit == visit, c.guardian == guardian, c.removed_at.is_(None))) is not None
    )


async def _device(connection: AsyncConnection, cookie: str) -> Device | None:
    live = (device.c.cookie_sha256 == digest(cookie), device.c.revoked_at.is_(None))
    row = (await connection.execute(select(device).where(*live))).one_or_none()
    if row is None:
        return None
    given_at = row.created_at if row.renewed_at is None else row.renewed_at
    return Device(row.cookie_sha256, row.visit, Role(row.role), row.guardian or "", row.confirmed_at is not None, given_at)
