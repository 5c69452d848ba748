"""The document: well-formed as OpenAPI 3.1 has it, whole, and true of what is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from aiohttp.test_utils import TestClient

from server.http.problems import TEXTS, refusal
from server.http.v1.api import OPERATIONS
from server.http.v1.openapi import document
from server.http.v1.operations import BASE, FHIR, Operation, shell_problems
from server.scopes import SCOPES
from signaling import texts
from tests.server.http.conftest import House

DOCUMENT = document(OPERATIONS)
_COMPONENT = re.compile(r"[A-Za-z0-9._-]+")  # OpenAPI 3.1, section 4.8.7


def described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][BASE + operation.path][operation.method.lower()]
    return found


def nodes(of: Any) -> Iterator[dict[str, Any]]:
    """Every object below, itself included."""
    if isinstance(of, dict):
        yield of
        of = list(of.values())
    if isinstance(of, list):
        for each in of:
            yield from nodes(each)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        place: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        node = place
    return node


def schemas(of: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that a schema leads to, with the way there."""
    stack = [("#", of)]
    known = set(seen)
    while stack:
        at, schema = stack.pop()
        if schema.get("$ref") in known:
            continue
        known.add(schema.get("$ref", at))
        schema = resolved(schema)
        yield at, schema
        stack += [(f"{at}/{name}", member) for name, member in schema.get("properties", {}).items()]
        stack += [(f"{at}/{kind}/{n}", s) for kind in ("anyOf", "oneOf", "allOf") for n, s in enumerate(schema.get(kind, []))]
        stack += [(f"{at}/items", schema["items"])] if "items" in schema else []


async def test_it_is_served_to_whoever_asks_and_is_the_code_s_own(house: House) -> None:
    async with TestClient(house.web) as client:
        answer = await client.get(f"{BASE}/openapi.json")
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert await answer.json() == json.loads(json.dumps(DOCUMENT))


def test_it_is_an_openapi_document_of_every_operation_and_nothing_else() -> None:
    assert DOCUMENT.keys() == {"openapi", "info", "paths", "components"}
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    there = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    assert there == {(BASE + operation.path, operation.method.lower()) for operation in OPERATIONS}
    assert len(there) == len(OPERATIONS)
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_every_reference_leads_to_something_and_every_component_has_a_lawful_name() -> None:
    for node in nodes(DOCUMENT):
        if "$ref" in node:
            assert resolved(node)
            assert node.keys() <= {"$ref", "description", "default"}
    for kind in DOCUMENT["components"].values():
        assert all(_COMPONENT.fullmatch(name) for name in kind)
        assert not [name for name in kind if "__" in name], "two models of one name: pydantic tells them apart by our modules"


def test_each_operation_names_its_scope_its_parameters_and_its_answers() -> None:
    for operation in OPERATIONS:
        told = described(operation)
        assert told["operationId"] == operation.name
        assert told["security"] == [{"key": [operation.scope]}]
        assert operation.scope in SCOPES
        in_path = [each["name"] for each in told["parameters"] if each["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", operation.path)
        assert all(each["required"] for each in told["parameters"] if each["in"] == "path")
        assert ("requestBody" in told) == (operation.takes is not None)
        assert str(operation.status) in told["responses"]
        assert all(re.fullmatch(r"[1-5]\d\d", status) and answer["description"] for status, answer in told["responses"].items())


def test_every_code_that_may_be_answered_stands_at_its_status() -> None:
    for operation in OPERATIONS:
        for code in (*shell_problems(operation), *operation.problems):
            answer = described(operation)["responses"][str(refusal(code)[0])]
            (media,) = answer["content"]
            assert media == (FHIR if operation.media == FHIR else "application/problem+json")
            (allowed,) = [found["code"]["enum"] for found in nodes(answer["content"]) if "enum" in found.get("code", {})]
            assert code in allowed
            assert f"`{code}`: {refusal(code)[2]}" in answer["description"]


def test_every_code_has_words_of_its_own() -> None:
    unknown = refusal("no such code")
    for operation in OPERATIONS:
        for code in (*shell_problems(operation), *operation.problems):
            assert code in TEXTS or code in texts.TEXTS or refusal(code) != unknown, code


def test_what_is_taken_has_a_cap_on_every_text_and_list_and_nothing_unknown() -> None:
    for operation in OPERATIONS:
        taken = [described(operation)["requestBody"]["content"]["application/json"]["schema"]] if operation.takes else []
        taken += [each["schema"] for each in described(operation)["parameters"] if each["in"] == "query"]
        for schema in taken:
            for at, found in schemas(schema):
                where = (operation.name, at, found)
                if found.get("type") == "string" and not {"enum", "const", "format"} & found.keys():
                    assert "maxLength" in found or re.search(r"\{\d*,\d+\}\$$", found.get("pattern", "")), where
                if found.get("type") == "array":
                    assert "maxItems" in found, where
                if found.get("type") == "object":
                    assert found.get("additionalProperties") is False, where


def test_lists_come_in_pages() -> None:
    for operation in OPERATIONS:
        if operation.method == "GET" and "items" in operation.gives.model_fields:
            names = {each["name"] for each in described(operation)["parameters"] if each["in"] == "query"}
            assert {"limit", "after"} <= names, operation.name
            assert "next" in operation.gives.model_fields, operation.name


def test_a_resource_that_is_changed_under_a_condition_tells_its_etag() -> None:
    conditional = tuple(operation.gives for operation in OPERATIONS if operation.conditional)
    for operation in OPERATIONS:
        headers = described(operation)["responses"][str(operation.status)].get("headers", {})
        assert ("ETag" in headers) == issubclass(operation.gives, conditional)
        assert ("Idempotent-Replayed" in headers) == operation.creates


def test_what_needs_more_words_has_them() -> None:
    told = document([replace(OPERATIONS[0], description="More words.")])["paths"][BASE + OPERATIONS[0].path]["get"]
    assert told["description"] == "More words."
    assert "description" not in described(OPERATIONS[0])
