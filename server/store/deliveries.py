"""Deliveries: which message still has to reach which endpoint, what became of it, and sending again what somebody asks for.

One is ``waiting`` until it is ``delivered`` or, after days of failures, ``dead``. None is ever deleted by a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, literal, null, or_, select, update

from server.store.database import Transaction
from server.store.tables import outbox, visit, webhook_delivery, webhook_endpoint, webhook_subscription
from server.webhooks.schedule import Waiting

STATES = ("waiting", "delivered", "dead")
REMOVED = "endpoint_removed"

_COLUMNS = ("endpoint", "message", "session", "n", "state", "attempts", "next_at")


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything that an attempt needs. ``secrets`` are sealed, the newest first; times are seconds since 1970."""

    url: str
    secrets: tuple[bytes, ...]
    message: str
    visit: str
    n: int
    kind: str
    payload: str
    created_at: float
    attempts: int
    first_at: float | None


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of an attempt: delivered without a ``fault``, else to be tried again at ``next_at``, or dead (None)."""

    at: float
    first_at: float
    status: int | None = None
    fault: str | None = None
    next_at: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is shown. ``next_at`` is None unless it waits."""

    message: str
    visit: str
    n: int
    kind: str
    created_at: float
    state: str
    attempts: int
    next_at: float | None
    settled_at: float | None
    status: int | None
    fault: str | None


async def address(transaction: Transaction, message: str) -> None:
    """Write the deliveries of a message that has just been written, to be tried at once."""
    c = webhook_endpoint.c
    rows = _to_write(outbox.c.created_at).where(outbox.c.id == message, c.removed_at.is_(None))
    await transaction.execute(insert(webhook_delivery).from_select(_COLUMNS, rows))


async def firsts(transaction: Transaction, now: float, per_endpoint: int) -> list[Waiting]:
    """Of each visit at each endpoint the earliest that waits, if its time has come; of an endpoint's only so many."""
    d, earlier = webhook_delivery, webhook_delivery.alias("earlier")
    before = exists().where(
        earlier.c.endpoint == d.c.endpoint,
        earlier.c.session == d.c.session,
        earlier.c.state == "waiting",
        earlier.c.n < d.c.n,
    )
    turn = func.row_number().over(partition_by=d.c.endpoint, order_by=(d.c.next_at, d.c.session)).label("turn")
    ready = (
        select(d.c.endpoint, d.c.session, d.c.n, d.c.message, d.c.next_at, turn)
        .where(d.c.state == "waiting", d.c.next_at <= now, ~before)
        .subquery()
    )
    query = select(*(ready.c[name] for name in ("endpoint", "session", "n", "message", "next_at")))
    return [Waiting(*row) for row in await transaction.execute(query.where(ready.c.turn <= per_endpoint))]


async def parcel(transaction: Transaction, each: Waiting, now: float) -> Parcel | None:
    """What an attempt needs; None when it has been settled meanwhile."""
    d, e, m = webhook_delivery.c, webhook_endpoint.c, outbox.c
    query = (
        select(
            e.url, e.secret, e.former_secret, e.former_until_at, m.id, m.session, m.n, m.kind, m.payload, m.created_at,
            d.attempts, d.first_at,
        )
        .select_from(webhook_delivery.join(webhook_endpoint).join(outbox))
        .where(d.endpoint == each.endpoint, d.message == each.message, d.state == "waiting")
    )  # fmt: skip
    row = (await transaction.execute(query)).one_or_none()
    if row is None:
        return None
    url, secret, former, until, *rest = row
    secrets = (secret, former) if former is not None and until > now else (secret,)
    return Parcel(url, secrets, *rest)


async def settle(transaction: Transaction, each: Waiting, came: Attempted) -> None:
    """Note what became of an attempt. What was settled meanwhile, its endpoint being removed, is left as it is."""
    values = {
        "attempts": webhook_delivery.c.attempts + 1,
        "first_at": came.first_at,
        "status": came.status,
        "fault": came.fault,
    }
    if came.fault is not None and came.next_at is not None:
        values |= {"next_at": came.next_at}
    else:
        values |= {"state": "dead" if came.fault else "delivered", "settled_at": came.at}
    c = webhook_delivery.c
    this = update(webhook_delivery).where(c.endpoint == each.endpoint, c.message == each.message, c.state == "waiting")
    await transaction.execute(this.values(values))


async def some(
    transaction: Transaction, endpoint: str, state: str | None, after: Sequence[float | str] | None, limit: int
) -> list[Delivery]:
    """The endpoint's deliveries, the newest message first; ``after`` is the time and id of a message."""
    d, m = webhook_delivery.c, outbox.c
    next_at = case((d.state == "waiting", d.next_at), else_=null())
    query = (
        select(m.id, m.session, m.n, m.kind, m.created_at, d.state, d.attempts, next_at, d.settled_at, d.status, d.fault)
        .select_from(webhook_delivery.join(outbox))
        .where(d.endpoint == endpoint)
    )
    if state is not None:
        query = query.where(d.state == state)
    if after is not None:
        at, id = after
        query = query.where(or_(m.created_at < at, and_(m.created_at == at, m.id < id)))
    rows = await transaction.execute(query.order_by(m.created_at.desc(), m.id.desc()).limit(limit))
    return [Delivery(*row) for row in rows]


async def counts(transaction: Transaction, endpoint: str) -> dict[str, int]:
    """How many deliveries of the endpoint are in each state."""
    c = webhook_delivery.c
    query = select(c.state, func.count()).where(c.endpoint == endpoint).group_by(c.state)
    found = (await transaction.execute(query)).all()
    return dict.fromkeys(STATES, 0) | {state: int(count) for state, count in found}


async def replay_dead(transaction: Transaction, endpoint: str, now: float) -> int:
    """Send what is dead again; how many."""
    c = webhook_delivery.c
    dead = update(webhook_delivery).where(c.endpoint == endpoint, c.state == "dead")
    return (await transaction.execute(dead.values(_anew(now)))).rowcount


async def replay_since(transaction: Transaction, endpoint: str, since: float, now: float) -> int:
    """Send everything again that was written since then and that the endpoint subscribes to, what was never addressed to it
    too (it may be younger than the message); how many messages."""
    c = webhook_delivery.c
    written = select(outbox.c.id).where(outbox.c.created_at >= since)
    again = update(webhook_delivery).where(c.endpoint == endpoint, c.message.in_(written))
    repeated = (await transaction.execute(again.values(_anew(now)))).rowcount
    known = exists().where(c.endpoint == endpoint, c.message == outbox.c.id)
    rows = _to_write(literal(now)).where(webhook_endpoint.c.id == endpoint, outbox.c.created_at >= since, ~known)
    added = await transaction.execute(insert(webhook_delivery).from_select(_COLUMNS, rows))
    return repeated + added.rowcount


async def end_all(transaction: Transaction, endpoint: str, now: float) -> None:
    """The endpoint is removed: what still waits for it is dead."""
    c = webhook_delivery.c
    waiting = update(webhook_delivery).where(c.endpoint == endpoint, c.state == "waiting")
    await transaction.execute(waiting.values(state="dead", settled_at=now, fault=REMOVED))


def _to_write(next_at: ColumnElement[float]) -> Select[Any]:
    """Messages with the endpoints of their hospital that subscribe to them, as the columns of new deliveries."""
    e, s = webhook_endpoint.c, webhook_subscription.c
    joined = (
        outbox.join(visit, visit.c.id == outbox.c.session)
        .join(webhook_endpoint, e.hospital == visit.c.hospital)
        .join(webhook_subscription, and_(s.endpoint == e.id, s.kind == outbox.c.kind))
    )
    columns = (e.id, outbox.c.id, outbox.c.session, outbox.c.n, literal("waiting"), literal(0), next_at)
    return select(*columns).select_from(joined)


def _anew(now: float) -> dict[str, object]:
    return {
        "state": "waiting",
        "attempts": 0,
        "first_at": null(),
        "next_at": now,
        "settled_at": null(),
        "status": null(),
        "fault": null(),
    }
