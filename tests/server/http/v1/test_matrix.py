"""Every operation with every scope and every kind of key, and from another hospital: made from the operations themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from server.http.v1.api import OPERATIONS
from server.http.v1.openapi import document
from server.http.v1.operations import BASE, Operation
from server.http.v1.shell import REPLAYED
from server.scopes import SCOPES, fits
from tests.server.http.conftest import House
from tests.server.http.v1.kit import Asked, Client, Place, another_hospital, examples, problem

EXAMPLES = examples()
UNKNOWN = "0" * 31 + "f"

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_every_operation_has_an_example_and_every_example_an_operation() -> None:
    assert EXAMPLES.keys() == {operation.name for operation in OPERATIONS}


@each_operation
async def test_a_key_may_do_what_its_scope_says_and_nothing_else(operation: Operation, house: House, system: Client) -> None:
    refusing = await another_hospital(house)
    refused = await EXAMPLES[operation.name](refusing)
    for scope in SCOPES:
        if fits([scope], operation.scope):
            place = await another_hospital(house)
            asked = await EXAMPLES[operation.name](place)
            answer = await system.holding(await place.key(scope)).ask(operation, asked)
            assert answer.status == operation.status, (scope, await answer.text())
        else:
            answer = await system.holding(await refusing.key(scope)).ask(operation, refused)
            assert (answer.status, (await problem(answer))["code"]) == (403, "insufficient_scope"), scope
            assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{operation.scope}"'
    assert (await system.holding(await refusing.key(operation.scope)).ask(operation, refused)).status == operation.status


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
        assert (answer.status, (await problem(answer))["code"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@each_operation
async def test_what_is_answered_is_what_the_document_says(operation: Operation, place: Place, system: Client) -> None:
    answer = await system.ask(operation, await EXAMPLES[operation.name](place))
    told = await answer.text()
    assert (answer.status, answer.content_type) == (operation.status, operation.media), told
    operation.gives.model_validate_json(told)  # which knows nothing but what it says
    headers = document(OPERATIONS)["paths"][BASE + operation.path][operation.method.lower()]["responses"][str(answer.status)]
    assert ("ETag" in answer.headers) == ("ETag" in headers.get("headers", {}))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@each_operation
async def test_what_is_not_as_it_must_be_is_told_and_does_nothing(operation: Operation, place: Place, system: Client) -> None:
    asked = await EXAMPLES[operation.name](place)
    unknown = await system.ask(operation, replace(asked, query={**asked.query, "no_such_parameter": "1"}))
    assert (unknown.status, (await problem(unknown))["errors"][0]["parameter"]) == (422, "no_such_parameter")
    if operation.takes is not None:
        extra = await system.ask(operation, replace(asked, body={**asked.body, "no_such_member": 1}))
        assert (extra.status, [error["pointer"] for error in (await extra.json())["errors"]]) == (422, ["#/no_such_member"])
        shapeless = await system.ask(operation, replace(asked, body=[asked.body]))
        assert (shapeless.status, (await shapeless.json())["errors"][0]["pointer"]) == (422, "#")
        untyped = await system.ask(operation, asked, headers={"Content-Type": "text/plain"})
        assert (untyped.status, (await untyped.json())["code"]) == (415, "unsupported_media_type")
    for name in asked.path:
        malformed = await system.ask(operation, replace(asked, path={**asked.path, name: "not%20an%20id"}))
        assert (malformed.status, (await problem(malformed))["code"]) == (404, "not_found")
    if operation.conditional:
        for tag, status in (("", 428), ("3", 428), ('"no-such-revision"', 412), (f'W/"{asked.revision}"', 412)):
            assert (await system.ask(operation, asked, headers={"If-Match": tag})).status == status
    if operation.creates:
        for key in ("", "a b", "é", "x" * 129):
            refused = await system.ask(operation, asked, headers={"Idempotency-Key": key})
            assert (refused.status, (await refused.json())["code"]) == (400, "idempotency_key_required")
    assert (await system.ask(operation, asked)).status == operation.status


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.creates], ids=lambda operation: operation.name)
async def test_what_creates_creates_once(operation: Operation, place: Place, system: Client) -> None:
    asked = await EXAMPLES[operation.name](place)
    key = {"Idempotency-Key": "once"}
    first = await system.ask(operation, asked, headers=key)
    again = await system.ask(operation, asked, headers=key)
    assert first.status == again.status == operation.status, await again.text()
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert first.headers.get("ETag") == again.headers.get("ETag")
    told, told_again = await first.json(), await again.json()
    assert all(told[name] for name in operation.told_once)
    assert told_again == told | dict.fromkeys(operation.told_once)


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


@each_operation
async def test_another_hospitals_ids_in_body_and_query_are_as_unknown_ones(
    operation: Operation, place: Place, elsewhere: Place, system: Client
) -> None:
    own, theirs = await EXAMPLES[operation.name](place), await EXAMPLES[operation.name](elsewhere)
    for name, id in ids_in(theirs.body):
        foreign = await system.ask(operation, replace(own, body={**own.body, name: id}))
        unknown = await system.ask(operation, replace(own, body={**own.body, name: UNKNOWN}))
        assert 400 <= foreign.status == unknown.status < 500, (name, await foreign.text())
        assert await foreign.json() == await unknown.json()
    for name, id in ids_in(theirs.query):
        foreign = await system.ask(operation, replace(own, query={**own.query, name: id}))
        unknown = await system.ask(operation, replace(own, query={**own.query, name: UNKNOWN}))
        assert foreign.status == unknown.status
        assert await foreign.json() == await unknown.json()


@each_operation
async def test_nothing_that_is_answered_holds_another_hospitals_ids(
    operation: Operation, place: Place, elsewhere: Place, system: Client
) -> None:
    """Whatever an example laid into the other hospital: nothing of it is in an answer to this one."""
    own = await EXAMPLES[operation.name](place)
    await EXAMPLES[operation.name](elsewhere)
    told = await (await system.ask(operation, own)).text()
    assert elsewhere.made
    assert not [id for id in elsewhere.made if id in told]


def ids_in(document: Any) -> list[tuple[str, str]]:
    """The members that are ids of rows."""
    members = document.items() if isinstance(document, dict) else ()
    return [(name, value) for name, value in members if isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value)]
