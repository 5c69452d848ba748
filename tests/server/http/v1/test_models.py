"""What all models have in common."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from server.http.v1.models import LONGEST, Day, FieldOfCare, Given, Id, Line, Moment, Paged, Taken, Whole, left_out, moment
from server.referral import FIELDS


class Note(Taken):
    text: Line
    at: Moment | None = None
    on: Day = left_out()
    other: Line = left_out()


class Counted(Taken):
    n: Whole


class Kept(Given):
    id: Id
    at: Moment


@pytest.mark.parametrize("text", ["王芳", "Anne-Marie O'Neil", " 王芳\u3000", "a" * LONGEST, "𠮷野", "a b"])
def test_a_line_is_kept_without_the_space_around_it(text: str) -> None:
    assert Note(text=text).text == text.strip()


@pytest.mark.parametrize(
    "text", ["", "  ", "\na", "a\n", "a\nb", "a\0", "a\x85x", "a\u2028b", "a" * (LONGEST + 1), "a\x1b[31m"]
)
def test_what_is_not_one_line_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Note(text=text)


@pytest.mark.parametrize(
    "document", ['{"text": "a", "extra": 1}', '{"text": 1}', '{"text": "a", "at": 1}', '{"text": "a", "other": null}']
)
def test_nothing_unknown_is_taken_and_nothing_is_guessed(document: str) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate_json(document)


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02T09:30:00",
        "1700000000",
        "2026-03-02 09:30:00Z",
        "2026-03-02T09:30Z",
        "２026-03-02T09:30:00Z",
        "2026-02-30T09:30:00Z",
        "2026-03-02",
        "09:30",
        "2026-13-02T09:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_has_its_zone_and_can_be_told_in_utc(at: str) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate_json(f'{{"text": "a", "at": "{at}"}}')


@pytest.mark.parametrize("at", ["2026-03-02T09:30:00Z", "2026-03-02t09:30:00.25z", "2026-03-02T17:30:00.123456789+08:00"])
def test_a_time_may_be_written_as_rfc_3339_has_it(at: str) -> None:
    noted = Note.model_validate_json(f'{{"text": "a", "at": "{at}"}}')
    assert noted.at is not None
    assert noted.at.replace(microsecond=0) == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert Note.model_validate_strings({"text": "a", "at": at}) == noted


@pytest.mark.parametrize("on", ["0", "1700006400", "2026-3-2", "2026-03-02T00:00:00", "2026-02-30", "20260302", ""])
def test_a_day_is_a_day_of_the_calendar(on: str) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate_json(f'{{"text": "a", "on": "{on}"}}')
    assert Note.model_validate_json('{"text": "a", "on": "2026-03-02"}').on == date(2026, 3, 2)


def test_a_time_is_answered_in_utc_to_the_millisecond() -> None:
    noted = Note.model_validate_json('{"text": "a", "at": "2026-03-02T09:30:00+08:00"}')
    assert noted.at is not None
    assert Kept(id="a", at=noted.at).model_dump_json() == '{"id":"a","at":"2026-03-02T01:30:00.000Z"}'
    at = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert noted.at == at == moment(at.timestamp())
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_what_was_left_out_is_known_and_the_schema_says_neither_null_nor_a_default() -> None:
    assert Note(text="a").model_dump(exclude_unset=True) == {"text": "a"}
    described = Note.model_json_schema()
    assert described["required"] == ["text"]
    assert "default" not in described["properties"]["other"]
    assert described["properties"]["other"]["type"] == "string"


def test_a_page_has_a_length_and_a_beginning_that_are_bounded() -> None:
    assert (Paged().limit, Paged().after) == (50, "")
    for wrong in ({"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"after": "a" * 513}, {"page": "1"}):
        with pytest.raises(ValidationError):
            Paged.model_validate_strings(wrong)
    assert Paged.model_validate_strings({"limit": "200"}).limit == 200


def test_the_fields_are_those_of_the_house() -> None:
    assert FieldOfCare.__args__ == FIELDS  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", ["30", "30.0", "3e1", "300E-1"])
def test_a_whole_number_is_one_however_json_writes_it(written: str) -> None:
    n = Counted.model_validate_json(f'{{"n": {written}}}').n
    assert (n, type(n)) == (30, int)


@pytest.mark.parametrize("written", ["30.5", '"30"', "true", "null", "1e999", "[]"])
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Counted.model_validate_json(f'{{"n": {written}}}')
