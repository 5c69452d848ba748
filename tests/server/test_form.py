"""A form gives what was typed as what it means, and says of all the rest at once what belongs there."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest

from server.form import LONGEST, Faults, Form, Given, stop_at

LETTERS = re.compile("[a-z]+")
WORKING_DAY = range(1, 25)


def read_each(form: Form) -> dict[str, Any]:
    return {
        "text": form.text("text"),
        "choice": form.choice("choice", ("red", "blue")),
        "shape": form.shape("shape", LETTERS, "letters"),
        "day": form.day("day"),
        "moment": form.moment("moment", 7.0),
        "whole": form.whole("whole", WORKING_DAY, "hours", 8),
    }


def test_what_was_typed_is_read() -> None:
    form = Form(
        {
            "text": " 张小明 ",
            "choice": "blue",
            "shape": "abc",
            "day": "2018-03-05",
            "moment": "2027-01-31T09:30:00+08:00",
            "whole": "24",
        }
    )
    assert read_each(form) == {
        "text": "张小明",
        "choice": "blue",
        "shape": "abc",
        "day": date(2018, 3, 5),
        "moment": datetime.fromisoformat("2027-01-31T09:30:00+08:00").timestamp(),
        "whole": 24,
    }
    stop_at(form)


def test_what_is_missing_is_named_all_at_once_and_what_need_not_be_there_is_not() -> None:
    form = Form({})
    read_each(form)
    with pytest.raises(Faults) as found:
        stop_at(form)
    assert found.value.faults == tuple(f"{name}: is missing" for name in ("text", "choice", "shape", "day"))
    assert Form({}).text("title", "医师") == "医师"
    assert not Form({}).has("title")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "a" * (LONGEST + 1)}, f"one line of at most {LONGEST} characters"),
        ({"text": "two\nlines"}, f"one line of at most {LONGEST} characters"),
        ({"choice": "green"}, "one of red, blue"),
        ({"shape": "123"}, "letters belongs here"),
        ({"day": "5.3.2018"}, "a date such as"),
        ({"moment": "soon"}, "a time with its zone"),
        ({"moment": "2027-01-31T09:30:00"}, "a time with its zone"),
        ({"moment": " "}, "is missing"),
        ({"whole": "25"}, "hours from 1 to 24"),
        ({"whole": "²"}, "hours from 1 to 24"),
        ({"whole": ""}, "is missing"),
    ],
)
def test_what_does_not_fit_is_told_with_what_belongs_there(given: Given, said: str) -> None:
    form = Form({"text": "a", "choice": "red", "shape": "a", "day": "2018-03-05"} | given)
    read_each(form)
    (name,) = given
    (fault,) = form.faults
    assert fault.startswith(f"{name}: ")
    assert said in fault
