"""What every operation of the booking API has in common, done once: in this order, and each step may end the request.

1. The bearer key (RFC 6750) -> its hospital and scopes. A good one costs one read, and one write a day. Wrong ones are counted
   for the address that they come from; they can be guessed by nobody, so a good key passes from there all the same.
2. The scope that the operation needs.
3. What the headers must hold: ``Idempotency-Key`` for an operation that creates, ``If-Match`` for a conditional one.
4. Ids in the path, query and body: every fault of query and body at once.
5. For an operation that creates: the answer that its key had before, if it had one.
6. The act, and its answer.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from server import scopes
from server.booking.refusals import Place
from server.http.crowd import Doorway
from server.http.house import HOUSE, House, asker
from server.http.problems import Fault, Invalid, Problem
from server.http.shell import API_KEY, MEDIA, Handler
from server.http.v1 import faults
from server.http.v1.conditions import etag, if_match
from server.http.v1.models import Id, Taken
from server.http.v1.operations import Answer, Call, Operation
from server.store import idempotency
from server.store.api_keys import PREFIX, ApiKey
from server.store.throttle import PER_ADDRESS, Counted

AT_ONCE: Final = 16
"""How many requests of the booking API are at work at once; the visits under way need the database, too."""

REPLAYED: Final = "Idempotent-Replayed"
PURGED_EVERY_S: Final = 600.0
BUSY_RETRY_S: Final = 1
_TOKEN = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{20,128}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_ID: TypeAdapter[str] = TypeAdapter(Id)


class NoQuery(Taken):
    """Of an operation that has none: any parameter is a fault."""


class Shell:
    """Makes aiohttp handlers of operations."""

    def __init__(self) -> None:
        self._door = Doorway(AT_ONCE)
        self._creations = Creations()

    def handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            request[MEDIA] = operation.media
            with self._door:
                key = await authenticated(request, operation)
            call = await read_call(request, operation, key.hospital, key.id)
            with self._door:
                return await self._creations.answer(operation, call)

        return handle


class Creations:
    """What is created at most once for each ``Idempotency-Key``: steps 5 and 6."""

    def __init__(self) -> None:
        self._under_way: set[tuple[str, str]] = set()
        self._purged_at = -math.inf

    async def answer(self, operation: Operation, call: Call) -> web.Response:
        """Of any operation; one that creates nothing is merely performed."""
        return await _perform(operation, call) if call.attempt is None else await self._create(operation, call, call.attempt)

    async def _create(self, operation: Operation, call: Call, attempt: idempotency.Attempt) -> web.Response:
        before = await _before(call, attempt)
        if before is not None:
            return _again(operation, attempt, before)
        await self._purge(call.house, call.now)
        with self._only_once(attempt):
            try:
                answer: Answer = await operation.act(call)
            except idempotency.Taken:  # by a request that came between, perhaps to another process
                before = await _before(call, attempt)
                if before is None:
                    raise Problem("idempotency_busy", retry_after_s=BUSY_RETRY_S) from None
                return _again(operation, attempt, before)
        assert call.created, "an operation that creates did not use call.create"
        return _response(operation, answer.given.model_dump_json(), answer.revision)

    @contextmanager
    def _only_once(self, attempt: idempotency.Attempt) -> Iterator[None]:
        mark = (attempt.sender, attempt.key)
        if mark in self._under_way:
            raise Problem("idempotency_busy", retry_after_s=BUSY_RETRY_S)
        self._under_way.add(mark)
        try:
            yield
        finally:
            self._under_way.discard(mark)

    async def _purge(self, house: House, now: float) -> None:
        if now - self._purged_at >= PURGED_EVERY_S:
            self._purged_at = now
            await house.database.write(lambda transaction: idempotency.purge(transaction, now))


async def authenticated(request: web.Request, operation: Operation) -> ApiKey:
    """Whose key it is. Raises ``Problem``: invalid_token, insufficient_scope; ``TooManyAttempts``."""
    house, now = request.app[HOUSE], request.app[HOUSE].clock()
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise _challenge("invalid_token", "Bearer")
    token = token.strip()
    key = await house.api_keys.use(token, now) if _TOKEN.fullmatch(token) else None
    if key is None:
        await house.throttle.begin((Counted("api-key-from", asker(request), PER_ADDRESS),), now)
        raise _challenge("invalid_token", 'Bearer error="invalid_token"')
    request[API_KEY] = key.id
    if not scopes.fits(key.scopes, operation.scope):
        needed = operation.scope
        raise _challenge("insufficient_scope", f'Bearer error="insufficient_scope", scope="{needed}"', scope=needed)
    return key


async def _perform(operation: Operation, call: Call) -> web.Response:
    """Of an operation that creates nothing under an Idempotency-Key."""
    answer = await operation.act(call)
    assert call.matched or not operation.conditional, "a conditional operation did not compare the revision"
    return _response(operation, answer.given.model_dump_json(), answer.revision)


async def read_call(request: web.Request, operation: Operation, hospital: str, by: str, place: Place = Place.API) -> Call:
    """Steps 3 and 4. Raises ``Problem``."""
    idempotency_key = _idempotency_key(request) if operation.creates else ""
    tags = _if_match(request) if operation.conditional else frozenset[str]()
    for id in request.match_info.values():
        try:
            _ID.validate_python(id)
        except ValidationError:
            raise Problem("not_found") from None
    query, wrong = _query(request, operation.query or NoQuery)
    body = None
    if operation.takes is not None:
        body, more = await _body(request, operation.takes)
        wrong += more
    if wrong:
        raise Invalid(*wrong)
    house = request.app[HOUSE]
    path = dict(request.match_info)
    call = Call(house, hospital, by, path, body, query, house.clock(), tags, told_once=operation.told_once, place=place)
    if operation.creates:
        asked = body.model_dump_json(exclude_unset=True) if body is not None else ""
        request_sha256 = hashlib.sha256(f"{request.method} {request.path}\n{asked}".encode()).hexdigest()
        call.attempt = idempotency.Attempt(by, idempotency_key, request_sha256)
    return call


def _query(request: web.Request, model: type[Taken]) -> tuple[Taken | None, list[Fault]]:
    twice = [name for name in dict.fromkeys(request.query) if len(request.query.getall(name)) > 1]
    wrong = [Fault(name[:100], "只能出现一次", "may be given once only") for name in twice]
    try:
        return model.model_validate_strings(dict(request.query)), wrong
    except ValidationError as error:
        return None, wrong + faults.of_query(error)


async def _body(request: web.Request, model: type[Taken]) -> tuple[Taken | None, list[Fault]]:
    """Raises ``Problem``: unsupported_media_type, malformed, too_large."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type")
    try:
        return model.model_validate_json(await request.read()), []
    except ValidationError as error:
        if not faults.is_json(error):
            raise Problem("malformed") from None
        return None, faults.of_body(error)


def _idempotency_key(request: web.Request) -> str:
    """As the draft has it, a quoted string, or bare as many send it."""
    given = request.headers.get("Idempotency-Key", "").strip()
    if len(given) > len('""') and given.startswith('"') and given.endswith('"'):
        given = given[1:-1]
    if not _IDEMPOTENCY_KEY.fullmatch(given):
        raise Problem("idempotency_key_required")
    return given


def _if_match(request: web.Request) -> frozenset[str]:
    tags = if_match(request.headers.get("If-Match", ""))
    if tags is None:
        raise Problem("precondition_required")
    return tags


async def _before(call: Call, attempt: idempotency.Attempt) -> idempotency.Kept | None:
    return await call.read(lambda transaction: idempotency.find(transaction, attempt, call.now))


def _again(operation: Operation, attempt: idempotency.Attempt, before: idempotency.Kept) -> web.Response:
    if before.request_sha256 != attempt.request_sha256:
        raise Problem("idempotency_mismatch")
    answer = _response(operation, before.answer, before.revision)
    answer.headers[REPLAYED] = "true"
    return answer


def _response(operation: Operation, document: str, revision: int | None) -> web.Response:
    headers = {"ETag": etag(revision)} if revision is not None else {}
    return web.Response(status=operation.status, body=document.encode(), content_type=operation.media, headers=headers)


def _challenge(code: str, authenticate: str, **more: Any) -> Problem:
    """RFC 6750, section 3."""
    problem = Problem(code, **more)
    problem.headers["WWW-Authenticate"] = authenticate
    return problem
