"""What an operation of the booking API is: data that the shell performs and the OpenAPI document describes.

How to add a resource (`departments.py` is the example):

1. In ``models`` of its module: what is taken (``Taken``) and given (``Given``), see `models.py`.
2. An ``act`` for each operation: ``async def act(call: Call) -> Answer``. It is called when key, scope, headers, query and
   body are all right: ``call.body`` is the model of ``takes``, ``call.query`` that of ``query``, ``call.path["department"]`` an
   id that was asked for. It raises ``Problem`` or ``Refused`` with a code that the operation names in ``problems`` (its text
   stands in `server.http.problems`), or ``Invalid(Fault("#/member", zh, en))``.
3. The transaction is the act's own choice, once: ``await call.read(work)``, ``call.write(work)``, or in an operation that
   ``creates`` ``call.create(work)``, which commits the idempotency record with what ``work`` creates, or neither, and gives
   ``work``'s ``Answer``. ``work(transaction)`` calls the store's functions; whatever it raises undoes everything. What is slow
   (a password's hash) is done before it. An operation that does not create may act elsewhere (a session's controller).
4. Every query is bound to ``call.hospital``. What belongs to another hospital is ``Problem("not_found")``, as if it were not
   there; an id in a body that is another hospital's is the same ``Invalid`` as an unknown one.
5. An operation that is ``conditional`` calls ``call.match(revision)`` in its transaction, before it changes anything.
6. Secrets that are told once are members of ``gives`` that may be null, named in ``told_once``: they are not kept, and are null
   when the answer is given again.
7. ``OPERATIONS`` of the module goes into `api.py`, an example of each operation into ``tests/server/http/v1/examples/``; the
   matrix of scopes, keys and foreign hospitals, the OpenAPI document and the conformance tests then cover them by themselves.

An operation is idempotent as HTTP has it: GET reads, PATCH, DELETE and those POSTs that do not create lead to the same state
again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from server.booking.refusals import Place
from server.fhir import MEDIA_TYPE
from server.http.house import House
from server.http.problems import Problem
from server.http.v1.conditions import matches
from server.http.v1.models import Given, Taken
from server.store import idempotency
from server.store.database import Transaction

T = TypeVar("T")
BASE = "/api/v1"
JSON: Final = "application/json"
FHIR: Final = MEDIA_TYPE
_IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; ``revision``, when it has one, becomes its ETag."""

    given: Given
    revision: int | None = None


Work = Callable[[Transaction], Awaitable[T]]


@dataclass(slots=True)
class Call:
    """One request that is all right so far, ``by`` a key or a member of staff of the ``hospital`` (ids). ``tags`` are those
    of If-Match; ``attempt`` is there when the operation creates; ``place`` is where a refusal of it is counted."""

    house: House
    hospital: str
    by: str
    path: Mapping[str, str]
    body: Any
    query: Any
    now: float
    tags: frozenset[str] = frozenset()
    attempt: idempotency.Attempt | None = None
    told_once: tuple[str, ...] = ()
    place: Place = Place.API
    matched: bool = field(default=False, init=False)
    created: bool = field(default=False, init=False)

    @property
    def who(self) -> str:
        """As the journal names them (`server.events`): a key by the API, a member of staff anywhere else."""
        return f"{'key' if self.place is Place.API else 'staff'}/{self.by}"

    async def read(self, work: Work[T]) -> T:
        return await self.house.database.read(work)

    async def write(self, work: Work[T]) -> T:
        return await self.house.database.write(work)

    async def create(self, work: Work[Answer]) -> Answer:
        """One transaction: the idempotency record, and what ``work`` creates. Raises ``idempotency.Taken``."""
        return await self.house.database.write(self.creating(work))

    def creating(self, work: Work[Answer]) -> Work[Answer]:
        """As ``create``, for a transaction that somebody else makes (a session's controller)."""
        attempt = self.attempt
        assert attempt is not None, "the operation does not say that it creates"

        async def whole(transaction: Transaction) -> Answer:
            await idempotency.reserve(transaction, attempt, self.now)
            answer = await work(transaction)
            kept = answer.given.model_copy(update=dict.fromkeys(self.told_once)).model_dump_json()
            await idempotency.keep(transaction, attempt, kept, answer.revision)
            self.created = True
            return answer

        return whole

    def match(self, revision: int) -> None:
        """Raises ``Problem`` precondition_failed when somebody changed it since it was read."""
        self.matched = True
        if not matches(self.tags, revision):
            raise Problem("precondition_failed")


Act = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """``path`` is below ``/api/v1``; ``name`` is the ``operationId``; ``scope`` as in `server.scopes`. The desk's
    page is served operations, too (`server.http.desk`): below a path of its own, to a role of the staff instead of a scope.

    ``problems`` are the codes that only this operation may answer, besides those that the shell may (``shell_problems``).
    ``media`` is the type of what is answered, ``JSON`` or ``FHIR``: with the latter errors are an ``OperationOutcome``.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    scope: str
    summary: str
    act: Act
    gives: type[Given]
    takes: type[Taken] | None = None
    query: type[Taken] | None = None
    status: int = 200
    problems: tuple[str, ...] = ()
    creates: bool = False
    conditional: bool = False
    told_once: tuple[str, ...] = ()
    description: str = ""
    media: str = JSON

    @property
    def in_path(self) -> tuple[str, ...]:
        """The names of the ids in its path."""
        return tuple(_IN_PATH.findall(self.path))


def there(found: T | None) -> T:
    """What was looked for. Raises ``Problem`` not_found for None: what another hospital has is not there either."""
    if found is None:
        raise Problem("not_found")
    return found


def shell_problems(operation: Operation) -> tuple[str, ...]:
    """The codes that the shell may answer for it."""
    codes = ["invalid", "invalid_token", "insufficient_scope", "too_many_attempts", "unavailable", "internal"]
    codes += ["malformed", "unsupported_media_type", "too_large"] if operation.takes is not None else []
    codes += ["not_found"] if operation.in_path else []
    codes += ["idempotency_key_required", "idempotency_busy", "idempotency_mismatch"] if operation.creates else []
    codes += ["precondition_required", "precondition_failed"] if operation.conditional else []
    return tuple(codes)
