"""Every operation of the booking API, and how they come into the application."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Final

from aiohttp import web

from server.http.v1 import departments, families, fhir, hospital, referrals, schedules, staff, visit_guardians, visits, webhooks
from server.http.v1.openapi import document
from server.http.v1.operations import BASE, Operation
from server.http.v1.shell import Shell

OPERATIONS: Final[tuple[Operation, ...]] = (
    *hospital.OPERATIONS,
    *departments.OPERATIONS,
    *staff.OPERATIONS,
    *families.OPERATIONS,
    *schedules.OPERATIONS,
    *visits.OPERATIONS,
    *visit_guardians.OPERATIONS,
    *referrals.OPERATIONS,
    *fhir.OPERATIONS,
    *webhooks.OPERATIONS,
)


def add_v1(app: web.Application) -> None:
    add_operations(app, OPERATIONS)
    app.router.add_get(f"{BASE}/openapi.json", openapi)
    app.router.add_get(f"{BASE}/fhir/metadata", fhir.metadata)


async def openapi(request: web.Request) -> web.Response:
    return web.json_response(body=_described())


@cache
def _described() -> bytes:
    """Made when it is first asked for: it takes a tenth of a second."""
    return json.dumps(document(OPERATIONS), ensure_ascii=False).encode()


def add_operations(app: web.Application, operations: Iterable[Operation]) -> None:
    shell = Shell()
    for operation in operations:
        app.router.add_route(operation.method, BASE + operation.path, shell.handler(operation))
