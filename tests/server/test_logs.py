"""Quiet logs: nothing that a person could be found by has a way in."""

from __future__ import annotations

import json
import logging

from server.logs import JsonLine

CANARY = "李雷-canary-192.0.2.66"


def line(message: str, *arguments: object, exc_info: object = None, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("server.x", logging.INFO, __file__, 1, message, arguments, exc_info)  # type: ignore[arg-type]
    for name, value in extra.items():
        setattr(record, name, value)
    text = JsonLine().format(record)
    assert CANARY not in text
    found: dict[str, object] = json.loads(text)
    return found


def test_a_line_is_one_json_object_with_the_allowed_extras() -> None:
    assert line("request", route="/j/{token}", status=200)["route"] == "/j/{token}"


def test_other_extras_are_dropped() -> None:
    assert "token" not in line("request", token=CANARY)


def test_arguments_of_a_message_are_never_formatted() -> None:
    assert line("from %s", CANARY)["message"] == "from %s"


def test_of_an_exception_only_type_and_place_are_shown() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        found = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert found["error"] == "ValueError"
    assert found["trace"] == [f"test_logs.py:{_line_of_raise()}"]


def test_a_message_that_is_an_object_is_shown_as_its_type() -> None:
    record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, ValueError(CANARY), (), None)
    assert json.loads(JsonLine().format(record))["message"] == "ValueError"


def _line_of_raise() -> int:
    with open(__file__, encoding="utf-8") as source:
        return next(n for n, text in enumerate(source, 1) if "raise ValueError(CANARY)" in text)
