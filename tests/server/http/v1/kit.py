"""How the booking API is asked in tests: two hospitals on one server, keys of either, and an example of each operation.

An *example* lays what its operation needs into a hospital and says how it is asked for, so that it is answered with the
operation's own status. Each module in ``examples/`` has ``EXAMPLES``, by the operations' names; ``example`` finds them, and an
operation without one fails the matrix. It is laid into a hospital once, into many hospitals of one server;
the ids of what it lays come from ``place.new_id``.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from server.http.v1.conditions import etag
from server.http.v1.operations import BASE, FHIR, Operation
from server.scopes import SCOPES
from server.store.database import Transaction
from server.store.visits import Hospital, add
from tests.server.http.conftest import House

T = TypeVar("T")
_NTH = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request without its key: ids of the path by their names, query, body, and the revision for If-Match."""

    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One hospital on the server, and keys to it."""

    house: House
    hospital: str
    made: set[str] = field(default_factory=set)
    """The ids of what examples laid here, its own among them."""

    def new_id(self) -> str:
        id = f"{next(_NTH):032x}"
        self.made.add(id)
        return id

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self.house.server.database.write(work)

    async def key(self, *scopes: str, expires_at: float | None = None) -> str:
        """A new key's token; good for everything unless told otherwise."""
        _, token = await self.house.api_keys.issue(self.hospital, "测试", scopes or SCOPES, self.house.clock(), expires_at)
        return token


Example = Callable[[Place], Awaitable[Asked]]


async def problem(answer: ClientResponse) -> dict[str, Any]:
    """An error's code, and what is wrong where, however the operation tells it."""
    document: dict[str, Any] = await answer.json()
    if answer.content_type != FHIR:
        return document
    issues = document["issue"]
    places = [issue["diagnostics"].split(":")[0] for issue in issues if "diagnostics" in issue]
    return {"code": issues[0]["details"]["coding"][0]["code"], "errors": [{"parameter": place} for place in places]}


async def another_hospital(house: House) -> Place:
    id = f"{next(_NTH):032x}"
    await house.server.database.write(add(Hospital(id, "另一家医院", "Another hospital")))
    return Place(house, id, {id})


def examples() -> dict[str, Example]:
    """All of them, by the operation's name."""
    found: dict[str, Example] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "examples")]):
        found |= importlib.import_module(f"tests.server.http.v1.examples.{module.name}").EXAMPLES
    return found


class Client:
    """Asks as a hospital's system does: with a key and no cookie, no Origin."""

    def __init__(self, client: TestClient[Any, Any], token: str | None) -> None:
        self.client = client
        self.token = token

    def holding(self, token: str | None) -> Client:
        return Client(self.client, token)

    async def ask(self, operation: Operation, asked: Asked, *, headers: Mapping[str, str] | None = None) -> ClientResponse:
        """With an Idempotency-Key of its own and the If-Match that it needs, unless ``headers`` say otherwise."""
        said: dict[str, str] = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if operation.creates:
            said["Idempotency-Key"] = f"test-{next(_NTH)}"
        if operation.conditional:
            said["If-Match"] = etag(asked.revision or 1)
        said |= headers or {}
        path = BASE + operation.path.format(**asked.path)
        body = {} if operation.takes is None else {"json": asked.body}
        return await self.client.request(operation.method, path, params=dict(asked.query), headers=said, **body)

    async def get(self, path: str, **query: str) -> Any:
        """A document that must be there."""
        answer = await self.client.get(BASE + path, params=query, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status == 200, await answer.text()
        return await answer.json()
