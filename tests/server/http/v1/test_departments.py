"""Departments over HTTP: added, read, changed by whoever read them last, listed in pages."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientResponse

from server.http.v1.departments import OPERATIONS
from tests.server.http.v1.examples.departments import NAMES, department
from tests.server.http.v1.kit import Asked, Client, Place

LIST, ADD, READ, CHANGE = OPERATIONS
SKIN = {"name": "皮肤科", "name_en": "Dermatology", "fields": ["skin"]}


async def add(system: Client, body: dict[str, Any]) -> ClientResponse:
    return await system.ask(ADD, Asked(body=body))


async def test_a_department_is_read_as_it_was_added(place: Place, system: Client) -> None:
    added = await (await add(system, SKIN)).json()
    assert added == {"id": added["id"], **SKIN, "active": True}
    answer = await system.ask(READ, Asked({"department": added["id"]}))
    assert await answer.json() == added
    assert answer.headers["ETag"] == '"1"'


async def test_what_is_left_out_of_a_change_stays(place: Place, system: Client) -> None:
    there = await department(place)
    path = {"department": there.id}
    answer = await system.ask(CHANGE, Asked(path, {"active": False}, revision=1))
    assert await answer.json() == {"id": there.id, **NAMES, "fields": ["growth"], "active": False}
    assert answer.headers["ETag"] == '"2"'
    answer = await system.ask(CHANGE, Asked(path, {"fields": ["skin", "growth"]}, revision=2))
    assert (await answer.json())["fields"] == ["skin", "growth"]


async def test_of_two_who_read_the_same_one_changes_it(place: Place, system: Client) -> None:
    asked = Asked({"department": (await department(place)).id}, {"name": "一"}, revision=1)
    assert (await system.ask(CHANGE, asked)).status == 200
    second = await system.ask(CHANGE, asked)
    assert (second.status, (await second.json())["code"]) == (412, "precondition_failed")


@pytest.mark.parametrize("operation", [ADD, CHANGE], ids=["add", "change"])
async def test_two_of_one_name_are_refused(place: Place, system: Client, operation: Any) -> None:
    await add(system, SKIN)
    there = await department(place)
    asked = Asked(body=SKIN) if operation is ADD else Asked({"department": there.id}, {"name": SKIN["name"]}, revision=1)
    answer = await system.ask(operation, asked)
    assert (answer.status, (await answer.json())["code"]) == (409, "name_taken")


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"fields": []}, "#/fields"),
        ({"fields": ["skin", "skin"]}, "#/fields"),
        ({"fields": ["teeth"]}, "#/fields/0"),
        ({"name": ""}, "#/name"),
        ({"id": "mine"}, "#/id"),
    ],
)
async def test_what_is_wrong_is_told_where(system: Client, wrong: dict[str, Any], at: str) -> None:
    answer = await add(system, SKIN | wrong)
    assert (answer.status, [error["pointer"] for error in (await answer.json())["errors"]]) == (422, [at])


async def test_they_are_listed_in_pages(place: Place, system: Client) -> None:
    made = {(await department(place, name=f"第{n}科")).id for n in range(5)}
    seen: list[str] = []
    after = ""
    while True:
        answer = await system.get("/departments", limit="2", **({"after": after} if after else {}))
        assert len(answer["items"]) <= 2
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert len(seen) == 5
    assert set(seen) == made
    wrong = await system.ask(LIST, Asked(query={"after": "x"}))
    assert (wrong.status, (await wrong.json())["errors"][0]["parameter"]) == (422, "after")
