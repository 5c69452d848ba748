"""What is wrong with a request, in words: where, in two languages, and never what was sent."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from server.http.problems import Fault
from server.http.v1 import faults
from server.http.v1.models import Day, Line, Moment, Taken, left_out

SECRET = "13800000000"


class Colour(Enum):
    RED = "red"


def _never(text: str) -> str:
    raise ValueError("总是不对", "is never right")


def _plainly(text: str) -> str:
    raise ValueError(f"plainly wrong: {text}")


class Inner(Taken):
    name: Line


class Outer(Taken):
    name: Line = left_out()
    count: Annotated[int, Field(ge=1, le=9)] = left_out()
    ratio: Annotated[float, Field(gt=0, lt=1)] = left_out()
    open: bool = left_out()
    kind: Literal["a", "b"] = left_out()
    colour: Colour = left_out()
    inner: Annotated[list[Inner], Field(min_length=1, max_length=2)] = left_out()
    at: Moment = left_out()
    on: Day = left_out()
    never: Annotated[Line, AfterValidator(_never)] = left_out()
    plainly: Annotated[Line, AfterValidator(_plainly)] = left_out()


def found(document: str) -> list[Fault]:
    with pytest.raises(ValidationError) as wrong:
        Outer.model_validate_json(document)
    assert faults.is_json(wrong.value)
    return faults.of_body(wrong.value)


@pytest.mark.parametrize(
    ("document", "at", "said"),
    [
        ("[]", "#", "must be an object"),
        ('{"other": 1}', "#/other", "is not known here"),
        ('{"a/b~c": 1}', "#/a~1b~0c", "is not known here"),
        ('{"name": 1}', "#/name", "must be a string"),
        ('{"name": ""}', "#/name", "needs at least 1 characters"),
        (f'{{"name": "{SECRET * 20}"}}', "#/name", "may have at most 100 characters"),
        (f'{{"name": "{SECRET}\\n1"}}', "#/name", "is not of the form that is needed"),
        ('{"count": "1"}', "#/count", "must be a whole number"),
        ('{"count": 0}', "#/count", "must be at least 1"),
        ('{"count": 10}', "#/count", "must be at most 9"),
        ('{"ratio": 0}', "#/ratio", "must be more than 0.0"),
        ('{"ratio": 1}', "#/ratio", "must be less than 1.0"),
        ('{"ratio": "x"}', "#/ratio", "is not as it must be"),
        ('{"open": 1}', "#/open", "must be true or false"),
        (f'{{"kind": "{SECRET}"}}', "#/kind", "must be 'a' or 'b'"),
        (f'{{"colour": "{SECRET}"}}', "#/colour", "must be 'red'"),
        ('{"inner": {}}', "#/inner", "must be a list"),
        ('{"inner": []}', "#/inner", "needs at least 1 items"),
        ('{"inner": [{"name": "a"}, {"name": "a"}, {"name": "a"}]}', "#/inner", "may have at most 2 items"),
        ('{"inner": [{"name": "a"}, {}]}', "#/inner/1/name", "is missing"),
        ('{"at": 1}', "#/at", "must be an RFC 3339 time"),
        (f'{{"at": "{SECRET}x"}}', "#/at", "must be an RFC 3339 time with its zone"),
        ('{"at": "2026-03-02T09:30:00"}', "#/at", "must be an RFC 3339 time with its zone"),
        ('{"at": "1969-12-31T23:59:59Z"}', "#/at", "must lie in the years 1970 to 9998"),
        ('{"on": 1}', "#/on", "must be a date such as 2018-03-05"),
        (f'{{"on": "{SECRET}x"}}', "#/on", "must be a date such as 2018-03-05"),
        ('{"never": "a"}', "#/never", "is never right"),
        (f'{{"plainly": "{SECRET}"}}', "#/plainly", "is not as it must be"),
    ],
)
def test_each_fault_is_at_its_place_and_says_what_belongs_there(document: str, at: str, said: str) -> None:
    (fault,) = found(document)
    assert (fault.at, fault.en) == (at, said)
    assert fault.zh
    assert SECRET not in fault.zh + fault.en + fault.at


def test_all_come_at_once_and_not_without_end() -> None:
    assert {fault.at for fault in found('{"name": 1, "count": "x", "more": 1}')} == {"#/name", "#/count", "#/more"}
    assert len(found("{" + ",".join(f'"x{n}": 1' for n in range(500)) + "}")) == faults.MOST


def test_an_endless_name_is_cut() -> None:
    (fault,) = found(f'{{"{"x" * 5000}": 1}}')
    assert len(fault.at) <= 102


@pytest.mark.parametrize("raw", ["", "{", "nothing", "{'a': 1}", '{"a": "\\ud800"}', b"\xff"])
def test_what_is_not_json_is_told_apart(raw: str | bytes) -> None:
    with pytest.raises(ValidationError) as wrong:
        Outer.model_validate_json(raw)
    assert not faults.is_json(wrong.value)


def test_faults_of_a_query_are_at_its_parameters() -> None:
    with pytest.raises(ValidationError) as wrong:
        Outer.model_validate_strings({"count": "x", "open": "perhaps", "sort": "name"})
    told = {fault.at: fault.en for fault in faults.of_query(wrong.value)}
    assert told == {"count": "must be a whole number", "open": "must be true or false", "sort": "is not known here"}
    with pytest.raises(ValidationError) as wrong:
        Outer.model_validate_strings("x")
    assert [fault.at for fault in faults.of_query(wrong.value)] == ["query"]
