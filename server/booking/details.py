"""What a family types when it books by itself: the child, the guardian, how they are related and reached. Pure.

Every fault is told at once, by the name of the field it is in. What was typed is kept as it was, without spaces around it; a
telephone number loses what is written between its digits, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Final

from server.booking.limits import ADULT_YEARS
from server.config import MAILBOX
from server.eligibility import years_between
from server.kinship import GUARDIANS, SEXES
from server.telephone import is_own, plain

LONGEST: Final = 60
LONGEST_EMAIL: Final = 254
"""RFC 5321, section 4.5.3.1.3."""


class Why(StrEnum):
    """What is wrong with one field."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    NOT_A_NAME = "not_a_name"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_DAY = "not_a_day"
    IN_FUTURE = "in_future"
    GROWN_UP = "grown_up"
    NOT_A_PHONE = "not_a_phone"
    NOT_AN_EMAIL = "not_an_email"


@dataclass(frozen=True, slots=True)
class Fault:
    field: str
    why: Why


class InvalidDetails(ValueError):
    """Not fit to book with: ``faults``, in the order of the fields."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{fault.field} {fault.why}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, repr=False)
class Details:
    """``birth_date`` is ISO text; ``sex`` and ``relation`` are codes of the register; ``email`` may be empty."""

    child_name: str
    sex: str
    birth_date: str
    guardian_name: str
    relation: str
    phone: str
    email: str


FIELDS: Final = tuple(field.name for field in fields(Details))


def read(given: Mapping[str, str], today: date) -> Details:
    """Of the fields named as in ``Details``; ``today`` is the hospital's day. Raises ``InvalidDetails``."""
    typed = {name: given.get(name, "").strip() for name in FIELDS}
    typed["phone"] = plain(typed["phone"])
    found = {name: _wrong(name, value, today) for name, value in typed.items()}
    faults = tuple(Fault(name, why) for name, why in found.items() if why is not None)
    if faults:
        raise InvalidDetails(faults)
    return Details(**typed | {"birth_date": date.fromisoformat(typed["birth_date"]).isoformat()})


def _wrong(name: str, value: str, today: date) -> Why | None:
    if name == "email":
        return _email(value)
    if not value:
        return Why.REQUIRED
    if len(value) > LONGEST:
        return Why.TOO_LONG
    match name:
        case "sex":
            return None if value in SEXES else Why.NOT_A_CHOICE
        case "relation":
            return None if value in GUARDIANS else Why.NOT_A_CHOICE
        case "birth_date":
            return _day(value, today)
        case "phone":
            return None if is_own(value) else Why.NOT_A_PHONE
        case _:
            return None if _name(value) else Why.NOT_A_NAME


def _name(value: str) -> bool:
    """One line that has a letter, and no digits: numbers in it are something else that slipped in."""
    return value.isprintable() and any(c.isalpha() for c in value) and not any(c.isdigit() for c in value)


def _day(value: str, today: date) -> Why | None:
    try:
        born = date.fromisoformat(value)
    except ValueError:
        return Why.NOT_A_DAY
    if born > today:
        return Why.IN_FUTURE
    return Why.GROWN_UP if years_between(born, today) >= ADULT_YEARS else None


def _email(value: str) -> Why | None:
    """Who has none leaves it empty."""
    if len(value) > LONGEST_EMAIL:
        return Why.TOO_LONG
    return None if not value or MAILBOX.fullmatch(value) else Why.NOT_AN_EMAIL
