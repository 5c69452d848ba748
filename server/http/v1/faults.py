"""What pydantic finds wrong with a request, as our faults: JSON pointers, two languages, never what was sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from server.http.problems import Fault

MOST = 50

SAID: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少", "is missing"),
    "extra_forbidden": ("没有这一项", "is not known here"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字符", "may have at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不符合要求", "is not of the form that is needed"),
    "string_type": ("应为文字", "must be a string"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "list_type": ("应为列表", "must be a list"),
    "model_type": ("应为对象", "must be an object"),
    "literal_error": ("应为 {expected}", "must be {expected}"),
    "enum": ("应为 {expected}", "must be {expected}"),
    "too_long": ("最多 {max_length} 项", "may have at most {max_length} items"),
    "too_short": ("至少 {min_length} 项", "needs at least {min_length} items"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "greater_than": ("必须大于 {gt}", "must be more than {gt}"),
    "less_than": ("必须小于 {lt}", "must be less than {lt}"),
    "datetime_type": ("应为 RFC 3339 时间", "must be an RFC 3339 time"),
    "date_type": ("应为日期，如 2018-03-05", "must be a date such as 2018-03-05"),
}
ELSE = ("不符合要求", "is not as it must be")


def is_json(error: ValidationError) -> bool:
    """Whether the body was JSON at all."""
    return all(found["type"] != "json_invalid" for found in error.errors(include_input=False, include_url=False))


def of_body(error: ValidationError) -> list[Fault]:
    """At most ``MOST``, at JSON pointers in their fragment form (RFC 6901, section 6)."""
    return [_fault("#" + "".join(f"/{_escaped(part)}" for part in found["loc"]), found) for found in _found(error)]


def of_query(error: ValidationError) -> list[Fault]:
    """At most ``MOST``, at names of parameters."""
    return [_fault(str(found["loc"][0]) if found["loc"] else "query", found) for found in _found(error)]


def _found(error: ValidationError) -> list[Any]:
    return list(error.errors(include_input=False, include_url=False))[:MOST]


def _fault(at: str, found: Mapping[str, Any]) -> Fault:
    """A ``ValueError`` with two texts, Chinese and English, that a model's validator raised is told in its words."""
    context = found.get("ctx", {})
    raised = context.get("error")
    zh, en = SAID.get(found["type"], ELSE)
    if found["type"] == "value_error" and isinstance(raised, ValueError) and len(raised.args) == len(ELSE):
        zh, en = raised.args
        return Fault(at, zh, en)
    return Fault(at, zh.format(**context), en.format(**context))


def _escaped(part: int | str) -> str:
    """RFC 6901, section 3; cut, since an unknown member's name is the sender's."""
    return str(part)[:100].replace("~", "~0").replace("/", "~1")
