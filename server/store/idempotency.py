"""What was created under which ``Idempotency-Key``, so that a request that is sent again creates nothing again.

A record is made first in the transaction that creates, and kept with it or not at all: after a crash either both are there or
neither. Two transactions at once cannot both make it. It holds the answer, without what is told only once, for ``LASTS_S``.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.store.database import Transaction
from server.store.errors import StoreError
from server.store.tables import idempotency

LASTS_S = 86_400.0


class Taken(StoreError):
    """Another request has made the record in the meantime; nothing has changed. Find it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request to create: whose it is (the id of an API key, or of a member of staff), its ``Idempotency-Key``, and the hash
    of what it asks for."""

    sender: str
    key: str
    request_sha256: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of one: its answer as JSON text, and its revision if it has one."""

    request_sha256: str
    answer: str
    revision: int | None


async def find(transaction: Transaction, attempt: Attempt, now: float) -> Kept | None:
    """What was created under this key, perhaps by another request: compare ``request_sha256``."""
    c = idempotency.c
    query = select(c.request_sha256, c.answer, c.revision).where(*_of(attempt), c.created_at > now - LASTS_S)
    row = (await transaction.execute(query)).one_or_none()
    return None if row is None else Kept(*row)


async def reserve(transaction: Transaction, attempt: Attempt, now: float) -> None:
    """First in the transaction. Raises ``Taken``: then the transaction must not go on."""
    await transaction.execute(delete(idempotency).where(*_of(attempt), idempotency.c.created_at <= now - LASTS_S))
    row = {"sender": attempt.sender, "key": attempt.key, "request_sha256": attempt.request_sha256}
    try:
        await transaction.execute(insert(idempotency), {**row, "created_at": now, "answer": ""})
    except IntegrityError as error:
        raise Taken from error


async def keep(transaction: Transaction, attempt: Attempt, answer: str, revision: int | None) -> None:
    """Last in the transaction."""
    await transaction.execute(update(idempotency).where(*_of(attempt)).values(answer=answer, revision=revision))


async def purge(transaction: Transaction, now: float) -> None:
    """Forget what counts no longer."""
    await transaction.execute(delete(idempotency).where(idempotency.c.created_at <= now - LASTS_S))


def _of(attempt: Attempt) -> tuple[ColumnElement[bool], ...]:
    return (idempotency.c.sender == attempt.sender, idempotency.c.key == attempt.key)
