"""Webhook endpoints: where a hospital's own systems take its events. Every question is bound to the hospital that asks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from server.store import deliveries
from server.store.database import Transaction
from server.store.tables import webhook_endpoint, webhook_subscription

OVERLAP_S = 86_400.0
"""How long messages are signed with the former secret, too, after a rotation."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``events`` are sorted kinds; ``former_until_at`` is when the former secret ends, if it has not."""

    id: str
    hospital: str
    url: str
    events: tuple[str, ...]
    created_at: float
    former_until_at: float | None = None


async def add(transaction: Transaction, new: Endpoint, secret: bytes) -> None:
    """Store it, with its sealed secret. It gets what is written from now on."""
    row = {"id": new.id, "hospital": new.hospital, "url": new.url, "secret": secret, "created_at": new.created_at}
    await transaction.execute(insert(webhook_endpoint), row)
    await transaction.execute(insert(webhook_subscription), [{"endpoint": new.id, "kind": kind} for kind in new.events])


async def some(transaction: Transaction, hospital: str, after: str | None, limit: int | None) -> list[Endpoint]:
    """By id, those after the one of that id; all of them without a limit."""
    c = webhook_endpoint.c
    live = (c.hospital == hospital, c.removed_at.is_(None))
    query = select(c.id, c.url, c.created_at, c.former_until_at).where(*live)
    if after is not None:
        query = query.where(c.id > after)
    rows = (await transaction.execute(query.order_by(c.id).limit(limit))).all()
    subscribed: dict[str, list[str]] = {row.id: [] for row in rows}
    s = webhook_subscription.c
    kinds = select(s.endpoint, s.kind).where(s.endpoint.in_(subscribed)).order_by(s.kind)
    for endpoint, kind in await transaction.execute(kinds):
        subscribed[endpoint].append(kind)
    return [Endpoint(id, hospital, url, tuple(subscribed[id]), made_at, until) for id, url, made_at, until in rows]


async def one(transaction: Transaction, hospital: str, id: str) -> Endpoint | None:
    c, s = webhook_endpoint.c, webhook_subscription.c
    this = (c.id == id, c.hospital == hospital, c.removed_at.is_(None))
    row = (await transaction.execute(select(c.url, c.created_at, c.former_until_at).where(*this))).one_or_none()
    if row is None:
        return None
    kinds = tuple(await transaction.scalars(select(s.kind).where(s.endpoint == id).order_by(s.kind)))
    return Endpoint(id, hospital, row.url, kinds, row.created_at, row.former_until_at)


async def every(transaction: Transaction) -> list[Endpoint]:
    """Those of all hospitals: for the command line."""
    c = webhook_endpoint.c
    query = select(c.hospital).where(c.removed_at.is_(None)).distinct().order_by(c.hospital)
    hospitals = list(await transaction.scalars(query))
    return [each for hospital in hospitals for each in await some(transaction, hospital, None, None)]


async def count(transaction: Transaction, hospital: str) -> int:
    c = webhook_endpoint.c
    query = select(func.count()).select_from(webhook_endpoint).where(c.hospital == hospital, c.removed_at.is_(None))
    return int(await transaction.scalar(query) or 0)


async def rotate(transaction: Transaction, id: str, secret: bytes, until: float) -> None:
    """A new sealed secret; the present one becomes the former, until then. A former one that was left ends now."""
    c = webhook_endpoint.c
    this = update(webhook_endpoint).where(c.id == id)
    await transaction.execute(this.values(former_secret=c.secret, former_until_at=until, secret=secret))


async def remove(transaction: Transaction, id: str, now: float) -> None:
    """It gets nothing more; what still waited for it is dead. What was delivered stays on record; its secrets do not."""
    this = update(webhook_endpoint).where(webhook_endpoint.c.id == id)
    await transaction.execute(this.values(removed_at=now, secret=b"", former_secret=None, former_until_at=None))
    await deliveries.end_all(transaction, id, now)
