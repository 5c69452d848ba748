"""A hospital's own limits, as data: whom it sees online, how far ahead it books, which proofs of guardianship it accepts, and
whether families book by themselves.

They can only narrow what the pilot's rules allow (`server.booking.rules`): nobody of 18, no field beyond the pilot's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from server.referral import FIELDS

ADULT_YEARS: Final = 18
PROOFS: Final = ("household_register", "birth_certificate", "court_order", "other")
DECLARED: Final = "declared"
"""In the place of a proof: what a family says of itself, of which nobody has seen any."""
MOST_HORIZON_DAYS: Final = 365


class MalformedLimits(ValueError):
    """Not the limits of a hospital; the text says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ages are whole years on the day of the visit, both ends included; ``horizon_days`` is how far ahead a visit may begin;
    ``public_booking``: whether anybody may book on the hospital's page; ``delegated_adults``: whether one may come in the
    guardian's place with a written delegation."""

    youngest_years: int = 0
    oldest_years: int = ADULT_YEARS - 1
    horizon_days: int = 90
    proofs: tuple[str, ...] = PROOFS
    fields: tuple[str, ...] = FIELDS
    public_booking: bool = False
    delegated_adults: bool = False


def to_record(limits: Limits) -> dict[str, Any]:
    """As JSON-ready values; ``from_record`` reads them back."""
    values = {each.name: getattr(limits, each.name) for each in fields(limits)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def from_record(record: Mapping[str, Any]) -> Limits:
    """Limits of what was set; what is not named has its default. Raises ``MalformedLimits``."""
    unknown = set(record) - {each.name for each in fields(Limits)}
    if unknown:
        raise MalformedLimits(f"unknown: {', '.join(sorted(unknown))}")
    plain = Limits()
    youngest = _years(record, "youngest_years", plain.youngest_years)
    oldest = _years(record, "oldest_years", plain.oldest_years)
    if youngest > oldest:
        raise MalformedLimits("youngest_years: lies above oldest_years")
    return Limits(
        youngest,
        oldest,
        _number(record, "horizon_days", plain.horizon_days, 1, MOST_HORIZON_DAYS),
        _some_of(record, "proofs", PROOFS),
        _some_of(record, "fields", FIELDS),
        _flag(record, "public_booking"),
        _flag(record, "delegated_adults"),
    )


def _years(record: Mapping[str, Any], name: str, default: int) -> int:
    return _number(record, name, default, 0, ADULT_YEARS - 1)


def _number(record: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = record.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise MalformedLimits(f"{name}: a number from {least} to {most} belongs here")
    return value


def _flag(record: Mapping[str, Any], name: str) -> bool:
    value = record.get(name, False)
    if type(value) is not bool:
        raise MalformedLimits(f"{name}: true or false belongs here")
    return value


def _some_of(record: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of ``choices``, each once; at least one."""
    value = record.get(name, list(choices))
    if not isinstance(value, list) or not value or not all(each in choices for each in value):
        raise MalformedLimits(f"{name}: some of {', '.join(choices)} belong here")
    return tuple(each for each in choices if each in value)
