"""Every operation with every scope and every kind of key, and from another hospital: made from the operations themselves."""

from __future__ import annotations

import pytest

from server.http.v1.api import OPERATIONS
from server.http.v1.operations import Operation
from server.scopes import SCOPES, fits
from tests.server.http.conftest import House
from tests.server.http.v1.kit import Asked, Client, Place, another_hospital, examples

EXAMPLES = examples()
UNKNOWN = "0" * 31 + "f"

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_every_operation_has_an_example_and_every_example_an_operation() -> None:
    assert EXAMPLES.keys() == {operation.name for operation in OPERATIONS}


@each_operation
async def test_a_key_may_do_what_its_scope_says_and_nothing_else(operation: Operation, house: House, system: Client) -> None:
    for scope in SCOPES:
        place = await another_hospital(house)
        asked = await EXAMPLES[operation.name](place)
        answer = await system.holding(await place.key(scope)).ask(operation, asked)
        if fits([scope], operation.scope):
            assert answer.status == operation.status, (scope, await answer.text())
        else:
            assert (answer.status, (await answer.json())["code"]) == (403, "insufficient_scope"), scope
            assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{operation.scope}"'


@each_operation
async def test_without_a_good_key_nothing_is_done(operation: Operation, house: House, place: Place, system: Client) -> None:
    asked = await EXAMPLES[operation.name](place)
    revoked, revoked_token = await house.api_keys.issue(place.hospital, "测试", SCOPES, house.clock())
    await house.api_keys.revoke(revoked.id, house.clock())
    cookie = {"Cookie": f"peitong_staff={await house.sign_in()}"}
    for token, headers in (
        (None, {}),
        (None, cookie),
        ("pk_" + "0" * 43, cookie),
        ("pk_0", {}),
        (await place.key(expires_at=house.clock()), {}),
        (revoked_token, {}),
    ):
        answer = await system.holding(token).ask(operation, asked, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@each_operation
async def test_another_hospitals_rows_are_as_if_they_were_not_there(
    operation: Operation, place: Place, elsewhere: Place, system: Client
) -> None:
    asked = await EXAMPLES[operation.name](elsewhere)
    if not operation.in_path:
        return
    foreign = await system.ask(operation, asked)
    unknown = await system.ask(operation, Asked(dict.fromkeys(asked.path, UNKNOWN), asked.body, asked.query, asked.revision))
    assert foreign.status == unknown.status == 404
    assert await foreign.json() == await unknown.json()
    theirs = await system.holding(await elsewhere.key()).ask(operation, asked)
    assert theirs.status == operation.status, await theirs.text()
