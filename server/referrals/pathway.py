"""Where a hospital refers to and by when each step must be told: data with a version, ratified by the hospital.

A pathway lists departments and, in their order, rules that say to which of them a referral goes; the last rule takes every one.
``parse`` reads it whole or not at all. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from server.referral import FIELDS, Urgency, Words
from server.referrals.track import Deadlines, Limits

MOST_BYTES: Final = 256 * 1024
MOST: Final = 500
"""Departments, rules, and words of a rule."""
LONGEST: Final = 200
LONGEST_H: Final = 24 * 366


class MalformedPathway(ValueError):
    """The text is not a pathway; the message says where."""


@dataclass(frozen=True, slots=True)
class Department:
    """``hospital`` is None for the hospital's own, ``words`` for the department in which the visit took place. ``endpoint`` is
    the base of a FHIR server that takes its referrals, or None."""

    code: str
    hospital: Words | None
    words: Words | None
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """An empty set is any."""

    fields: frozenset[str]
    reasons: frozenset[str]
    urgencies: frozenset[Urgency]
    to: str

    def takes(self, field: str, reason: str, urgency: Urgency) -> bool:
        wanted: tuple[tuple[frozenset[Any], str], ...] = (
            (self.fields, field),
            (self.reasons, reason),
            (self.urgencies, urgency),
        )
        return all(not words or word in words for words, word in wanted)

    @property
    def takes_all(self) -> bool:
        return not (self.fields or self.reasons or self.urgencies)


@dataclass(frozen=True, slots=True)
class Pathway:
    version: str
    departments: tuple[Department, ...]
    rules: tuple[Rule, ...]
    limits: Mapping[Urgency, Limits]

    def department(self, code: str) -> Department | None:
        return next((each for each in self.departments if each.code == code), None)

    def proposed(self, field: str, reason: str, urgency: Urgency) -> Department:
        """The first rule's that takes it; the last takes all."""
        code = next(rule.to for rule in self.rules if rule.takes(field, reason, urgency))
        return next(each for each in self.departments if each.code == code)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The visit that a referral comes from: its field, its hospital's names and its department."""

    field: str
    hospital: Words
    department: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one referral goes, and by when each step must be told. The English of a visit's own department is empty."""

    code: str
    pathway_version: str
    hospital: Words
    department: Words
    endpoint: str | None
    by: Deadlines


@dataclass(frozen=True, slots=True)
class Referring:
    """What a visit's referral goes by."""

    pathway: Pathway
    issuer: Issuer

    def destination(self, reason: str, urgency: Urgency, issued_at: float) -> Destination:
        to = self.pathway.proposed(self.issuer.field, reason, urgency)
        return Destination(
            code=to.code,
            pathway_version=self.pathway.version,
            hospital=to.hospital or self.issuer.hospital,
            department=to.words or Words(self.issuer.department, ""),
            endpoint=to.endpoint,
            by=self.pathway.limits[urgency].after(issued_at),
        )


def parse(text: str) -> Pathway:
    """Reads a pathway's JSON; raises ``MalformedPathway``."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise MalformedPathway(f"more than {MOST_BYTES} bytes")
    try:
        data = json.loads(text)
        pathway = Pathway(
            version=_text(data["version"]),
            departments=tuple(_department(each) for each in _list(data["departments"])),
            rules=tuple(_rule(each) for each in _list(data["rules"])),
            limits={urgency: _limits(data["limits"][urgency], data["missed_appointment_h"]) for urgency in Urgency},
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise MalformedPathway(f"{type(error).__name__}: {error}") from error
    _check(pathway)
    return pathway


def _check(pathway: Pathway) -> None:
    codes = {each.code for each in pathway.departments}
    if len(codes) != len(pathway.departments):
        raise MalformedPathway("a department's code is there twice")
    if any(rule.to not in codes for rule in pathway.rules):
        raise MalformedPathway("a rule leads to no department")
    if not pathway.rules or not pathway.rules[-1].takes_all:
        raise MalformedPathway("the last rule must take every referral")


def _department(entry: Mapping[str, Any]) -> Department:
    return Department(
        _text(entry["code"]), _words(entry["hospital"]), _words(entry["department"]), _endpoint(entry["endpoint"])
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    fields = frozenset(map(_text, _list(entry.get("fields", []))))
    if not fields <= set(FIELDS):
        raise ValueError("a rule names an unknown field")
    return Rule(
        fields,
        frozenset(map(_text, _list(entry.get("reasons", [])))),
        frozenset(map(Urgency, _list(entry.get("urgencies", [])))),
        _text(entry["to"]),
    )


def _limits(entry: Mapping[str, Any], missed_h: Any) -> Limits:
    received, booked, seen = (_seconds(entry[name]) for name in ("received_h", "booked_h", "seen_h"))
    missed = _seconds(missed_h)
    if seen is None or missed is None:
        raise TypeError("when a child must be seen is never open")
    return Limits(received, booked, seen, missed)


def _seconds(hours: Any) -> float | None:
    if hours is None:
        return None
    if type(hours) not in (int, float) or not 0 < hours <= LONGEST_H:
        raise TypeError(f"{hours!r} is no number of hours")
    return float(hours * 3600)


def _endpoint(value: Any) -> str | None:
    return None if value is None else read_endpoint(value)


def read_endpoint(value: Any) -> str:
    """An https address without a user, a query or a fragment. Raises ``TypeError`` and ``ValueError``."""
    parts = urlsplit(_text(value))
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("an endpoint is an https address without a user, a query or a fragment")
    return parts.geturl().rstrip("/")


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise TypeError("not a list, or too long a one")
    return value


def _words(entry: Any) -> Words | None:
    return None if entry is None else Words(_text(entry["zh"]), _text(entry["en"]))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or not value.isprintable():
        raise TypeError("not a line of text")
    return value
