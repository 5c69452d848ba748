"""Errors of what answers FHIR: the same codes, statuses and sentences as everywhere, as an ``OperationOutcome``."""

from __future__ import annotations

import json

from aiohttp import web

from server.fhir import MEDIA_TYPE
from server.fhir.operation_outcome import operation_outcome
from server.http.problems import Invalid, Problem, refusal


def outcome(problem: Problem, lang: str) -> web.Response:
    status, zh, en = refusal(problem.code)
    if problem.said is not None:
        zh, en = problem.said.zh, problem.said.en
    document = operation_outcome(problem.code, zh if lang == "zh" else en, _places(problem, lang))
    body = json.dumps(document, ensure_ascii=False).encode()
    return web.Response(status=status, body=body, content_type=MEDIA_TYPE, headers=problem.headers)


def _places(problem: Problem, lang: str) -> list[str]:
    """Of faults, each with its parameter; of a missing scope, which it is."""
    if isinstance(problem, Invalid):
        return [f"{fault.at}: {fault.zh if lang == 'zh' else fault.en}" for fault in problem.faults]
    return [f"{name}: {value}" for name, value in problem.more.items()]
