"""Where a hospital refers to and by when each step must be told: data with a version, ratified by the hospital.

A pathway lists departments and, in their order, rules that say to which of them a referral goes; the last rule takes every one.
``parse`` reads it whole or not at all. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from server.errors import Refused
from server.referral import FIELDS, Urgency, Words
from server.referrals.track import Deadlines, Limits
from server.strict import Malformed, Reader

MOST: Final = 500
"""Departments, rules, and words of a rule."""
LONGEST: Final = 200
LONGEST_H: Final = 24 * 366
_PATHWAY: Final = ("version", "missed_appointment_h", "limits", "departments", "rules")

T = TypeVar("T")


class MalformedPathway(Malformed):
    """The text is not a pathway."""


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

    def proposed(self, reason: str) -> tuple[str, ...]:
        """The codes of the departments that are proposed, one for each urgency."""
        return tuple(self.pathway.proposed(self.issuer.field, reason, urgency).code for urgency in Urgency)

    def departments(self) -> tuple[tuple[str, Words], ...]:
        """The codes of all that can be referred to, with the words for hospital and department."""

        def words(each: Department) -> Words:
            hospital, department = self._named(each)
            return Words(f"{hospital.zh} {department.zh}", f"{hospital.en or hospital.zh} {department.en or department.zh}")

        return tuple((each.code, words(each)) for each in self.pathway.departments)

    def destination(self, reason: str, urgency: Urgency, issued_at: float, chosen: str = "") -> Destination:
        """To the department that was chosen, or else to the proposed one. Raises ``Refused`` unknown_department."""
        to = self.pathway.department(chosen) if chosen else self.pathway.proposed(self.issuer.field, reason, urgency)
        if to is None:
            raise Refused("unknown_department")
        hospital, department = self._named(to)
        return Destination(
            code=to.code,
            pathway_version=self.pathway.version,
            hospital=hospital,
            department=department,
            endpoint=to.endpoint,
            by=self.pathway.limits[urgency].after(issued_at),
        )

    def _named(self, department: Department) -> tuple[Words, Words]:
        """The names of its hospital and its own, of the visit's where the pathway leaves them to it."""
        return department.hospital or self.issuer.hospital, department.words or Words(self.issuer.department, "")


def parse(text: str) -> Pathway:
    """Reads a pathway's JSON; raises ``MalformedPathway``."""
    reader = _Reader()
    return reader.whole(text, reader.pathway, MalformedPathway)


def read_endpoint(value: str) -> str:
    """An https address without a user, a query or a fragment. Raises ``ValueError``."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("an endpoint is an https address without a user, a query or a fragment")
    return parts.geturl().rstrip("/")


class _Reader(Reader):
    def pathway(self, document: Any) -> Pathway:
        of = self.object("", document, _PATHWAY)
        limits = self.object("limits", of["limits"], list(Urgency))
        missed_s = self._hours("missed_appointment_h", of["missed_appointment_h"])
        read = Pathway(
            version=self.text("version", of["version"], LONGEST),
            departments=self.each("departments", of["departments"], self._department, most=MOST),
            rules=self.each("rules", of["rules"], self._rule, most=MOST),
            limits={each: self._limits(f"limits/{each}", limits[each], missed_s) for each in Urgency},
        )
        self.unique("departments", (each.code for each in read.departments))
        codes = {each.code for each in read.departments}
        for n, rule in enumerate(read.rules):
            if rule.to not in codes:
                self.fault(f"rules/{n}/to", "there is no such department")
        if read.rules and not read.rules[-1].takes_all:
            self.fault("rules", "the last one must take every referral")
        return read

    def _department(self, path: str, value: Any) -> Department:
        of = self.object(path, value, ["code", "hospital", "department", "endpoint"])
        return Department(
            code=self.text(f"{path}/code", of["code"], LONGEST),
            hospital=None if of["hospital"] is None else self.words(f"{path}/hospital", of["hospital"], LONGEST),
            words=None if of["department"] is None else self.words(f"{path}/department", of["department"], LONGEST),
            endpoint=None if of["endpoint"] is None else self._endpoint(f"{path}/endpoint", of["endpoint"]),
        )

    def _endpoint(self, path: str, value: Any) -> str:
        try:
            return read_endpoint(self.text(path, value, LONGEST))
        except ValueError as error:
            self.fault(path, str(error))
            return ""

    def _rule(self, path: str, value: Any) -> Rule:
        of = self.object(path, value, ["to"], ["fields", "reasons", "urgencies"])

        def some(name: str, read: Callable[[str, Any], T]) -> frozenset[T]:
            return frozenset(self.each(f"{path}/{name}", of.get(name, []), read, least=0, most=MOST))

        return Rule(
            fields=some("fields", lambda at, value: self.one_of(at, value, FIELDS)),
            reasons=some("reasons", lambda at, value: self.text(at, value, LONGEST)),
            urgencies=some("urgencies", lambda at, value: Urgency(self.one_of(at, value, Urgency))),
            to=self.text(f"{path}/to", of["to"], LONGEST),
        )

    def _limits(self, path: str, value: Any, missed_s: float) -> Limits:
        of = self.object(path, value, ["received_h", "booked_h", "seen_h"])
        received, booked = (
            None if of[name] is None else self._hours(f"{path}/{name}", of[name]) for name in ("received_h", "booked_h")
        )
        return Limits(received, booked, self._hours(f"{path}/seen_h", of["seen_h"]), missed_s)

    def _hours(self, path: str, value: Any) -> float:
        """In seconds."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value <= LONGEST_H:
            self.fault(path, f"hours belong here, more than 0 and at most {LONGEST_H}")
            return 0.0
        return float(value * 3600)
