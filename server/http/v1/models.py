"""What all models of the booking API have in common. Pure.

``Taken`` is the base of what is sent to us: strict, nothing unknown, and every text and list has a cap (use ``Line``; lists
need ``max_length``). ``Given`` is the base of what we answer; ``model_validate`` makes one of a record with the same names. A
member of a PATCH that may be left out is ``name: Line = left_out()``; read what was given with
``asked.model_dump(exclude_unset=True)``. Times are ``Moment``, days ``Day``, ids ``Id``, whole numbers ``Whole``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

from server.telephone import SHAPE

T = TypeVar("T")
LONGEST = 100
MOST = 200

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LINE = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"

Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=_LINE), AfterValidator(str.strip)]
"""One line for people to read; space around it is dropped."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Opaque. One that is well-formed and not of this hospital is treated as one that is not there."""

FieldOfCare = Literal["growth", "nutrition", "skin"]


def rfc3339(at: datetime) -> str:
    """UTC, whole milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_moment(given: Any) -> Any:
    """RFC 3339, section 5.6, and nothing else of what pydantic takes (seconds since 1970, say)."""
    if not isinstance(given, str):
        return given
    try:
        at = datetime.fromisoformat(given.upper() if _RFC3339.fullmatch(given) else "")
    except ValueError:
        raise ValueError("应为带时区的 RFC 3339 时间", "must be an RFC 3339 time with its zone") from None
    if not _FIRST <= at < _LAST:
        raise ValueError("应在 1970 年至 9998 年之间", "must lie in the years 1970 to 9998")
    return at


def _read_day(given: Any) -> Any:
    """RFC 3339's full-date, and nothing else of what pydantic takes."""
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given if _FULL_DATE.fullmatch(given) else "")
    except ValueError:
        raise ValueError("应为日期，如 2018-03-05", "must be a date such as 2018-03-05") from None


def _read_whole(given: Any) -> Any:
    """JSON knows one kind of number, and a JSON Schema's integer may be written 30.0; no text is taken for a number."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


Whole = Annotated[int, BeforeValidator(_read_whole)]
"""A whole number, however its zero fraction is written (JSON Schema validation, section 6.1.1)."""

Day = Annotated[date, BeforeValidator(_read_day)]
"""A day of the calendar, such as 2018-03-05."""

Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment), PlainSerializer(rfc3339, return_type=str)]
"""RFC 3339 with a zone, since 1970; answered in UTC. ``moment(at)`` makes one of our times, ``.timestamp()`` gives it back."""


Phone = Annotated[str, StringConstraints(pattern=f"^{SHAPE}$")]
"""A telephone number (`server.telephone`)."""


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def left_out(description: str | None = None) -> Any:
    """For a member that may be left out, but is never null; leaving it out changes nothing."""
    return Field(default_factory=lambda: None, description=description)


class Taken(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, from_attributes=True)


class Paged(Taken):
    """The query of a list; those with filters inherit from it."""

    limit: int = Field(50, ge=1, le=MOST, description="How many at most.")
    after: str = Field("", max_length=512, description="`next` of the page before.")


class Page(Given, Generic[T]):
    """A page of a list; inherit to name it: ``class Departments(Page[Department])``."""

    items: list[T] = Field(max_length=MOST)
    next: str | None = Field(description="`after` for the next page; null on the last one.")
