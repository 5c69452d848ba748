"""The operations as an OpenAPI 3.1 document. Pure: the same operations, the same document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from server import scopes
from server.booking.refusals import Refusal
from server.http.problems import refusal
from server.http.v1.conditions import PATTERN
from server.http.v1.operations import BASE, FHIR, Operation, shell_problems

Json = dict[str, Any]
_SCHEMAS = "#/components/schemas/"

_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string", "pattern": PATTERN}, "example": '"1"',
    "description": "The ETag of the revision that was read, or `*` for any (RFC 9110, section 13.1.1).",
}  # fmt: skip
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True, "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,128}$"},
    "description": "Another one for each creation. Sent again with the same request within 24 hours: the same answer.",
}  # fmt: skip
_HEADERS: Mapping[str, Json] = {
    "ETag": {"description": "The revision, for If-Match.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {"description": "`true` when the answer was given before.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "RFC 6750, section 3.", "schema": {"type": "string"}},
}
_TOLD_WITH: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",), 403: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",),
}  # fmt: skip
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is in the language of Accept-Language (zh, en).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "scope": {"type": "string", "description": "Of `insufficient_scope`: what is needed."},
        "reasons": {
            "type": "array",
            "description": "Of a visit that may not be: every reason, not just the first.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {"code": {"enum": [reason.value for reason in Refusal]}, "detail": {"type": "string"}},
            },
        },
        "retry_after_s": {"type": "integer", "description": "When it may be tried again."},
        "errors": {
            "type": "array",
            "description": "Of `invalid`: everything that is wrong, at a JSON pointer into the body or at a query parameter.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_OUTCOME: Json = {
    "type": "object",
    "description": "A FHIR R4 OperationOutcome. `details.coding` holds the stable code, `details.text` the sentence in the "
    "language of Accept-Language (zh, en).",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["severity", "code", "details"],
                "properties": {
                    "severity": {"type": "string"},
                    "code": {"type": "string"},
                    "details": {"type": "object"},
                    "diagnostics": {"type": "string", "description": "What is wrong where."},
                },
            },
        },
    },
}


class Untitled(GenerateJsonSchema):
    """A member's name is its title."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def document(operations: Iterable[Operation]) -> Json:
    operations = tuple(operations)
    schemas, components = _schemas(operations)
    revised = tuple(operation.gives for operation in operations if operation.conditional)
    paths: Json = {}
    for operation in operations:
        described = _operation(operation, schemas, revised=issubclass(operation.gives, revised))
        paths.setdefault(BASE + operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "陪同 Peitong booking API",
            "version": "1",
            "description": "What a hospital's systems book and read. A key sees its own hospital only.",
        },
        "paths": paths,
        "components": {
            "schemas": components | {"Problem": _PROBLEM, "OperationOutcome": _OUTCOME},
            "headers": dict(_HEADERS),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": f"Scopes: {', '.join(scopes.SCOPES)}."}
            },
        },
    }


def _schemas(operations: tuple[Operation, ...]) -> tuple[Mapping[Any, Json], Json]:
    """A reference for each model, and the components that they lead to."""
    taken = {operation.takes: None for operation in operations if operation.takes is not None}
    given = {operation.gives: None for operation in operations}
    asked: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in taken]
    asked += [(model, "serialization") for model in given]
    references, whole = models_json_schema(asked, ref_template=f"{_SCHEMAS}{{model}}", schema_generator=Untitled)
    return {model: reference for (model, _), reference in references.items()}, whole.get("$defs", {})


def _operation(operation: Operation, schemas: Mapping[Any, Json], *, revised: bool) -> Json:
    """``revised``: its answer has an ETag, for there is an operation that asks for it."""
    headers = [name for name, told in (("ETag", revised), ("Idempotent-Replayed", operation.creates)) if told]
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1]],
        "security": [{"key": [operation.scope]}],
        "parameters": _parameters(operation),
        "responses": {
            str(operation.status): {
                "description": operation.summary,
                "content": {operation.media: {"schema": schemas[operation.gives]}},
                **_with(headers),
            },
            **_refusals(operation),
        },
    }
    if operation.description:
        described["description"] = operation.description
    if operation.takes is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[operation.takes]}}}
    return described


def _parameters(operation: Operation) -> list[Json]:
    id = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
    parameters: list[Json] = [{"name": name, "in": "path", "required": True, "schema": id} for name in operation.in_path]
    parameters += [_IF_MATCH] if operation.conditional else []
    parameters += [_IDEMPOTENCY_KEY] if operation.creates else []
    if operation.query is not None:
        schema = operation.query.model_json_schema(schema_generator=Untitled)
        required = schema.get("required", [])
        for name, of_it in schema["properties"].items():
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": of_it})
    return parameters


def _refusals(operation: Operation) -> Json:
    responses: Json = {}
    by_status: dict[int, list[str]] = {}
    for code in (*shell_problems(operation), *operation.problems):
        by_status.setdefault(refusal(code)[0], []).append(code)
    for status, codes in sorted(by_status.items()):
        told = "; ".join(f"`{code}`: {refusal(code)[2]}" for code in codes)
        responses[str(status)] = {
            "description": told,
            "content": _error(operation, codes),
            **_with(_TOLD_WITH.get(status, ())),
        }
    return responses


def _error(operation: Operation, codes: list[str]) -> Json:
    """One of these codes, as the operation tells its errors."""
    told = _members({"code": {"enum": codes}})
    if operation.media == FHIR:
        details = _members({"details": _members({"coding": {"type": "array", "items": told}})})
        issue = _members({"issue": {"type": "array", "items": details}})
        return {FHIR: {"schema": {"allOf": [{"$ref": f"{_SCHEMAS}OperationOutcome"}, issue]}}}
    return {"application/problem+json": {"schema": {"allOf": [{"$ref": f"{_SCHEMAS}Problem"}, told]}}}


def _members(properties: Json) -> Json:
    return {"properties": properties}


def _with(headers: Iterable[str]) -> Json:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return {"headers": named} if named else {}
