"""May this visit be? Asked when it is booked or moved, and again when the physician admits.

`against` names every reason, not just the first:

1.  The field is one that the hospital and the visit's department offer.
2.  The child is under 18 on the day, and within the hospital's own ages.
3.  The guardian's relation to the child is on the register, with a kind of proof that the hospital accepts. What a family only
    declared may be booked, and is verified before anybody is admitted. A delegated adult has rules of its own
    (`server.booking.delegation`).
4.  The physician's credentials hold on the day of the visit (`server.eligibility`), not only on the day of the call.
5.  A booking lies ahead, no further than the hospital's horizon, in a slot that is free and not closed, when the physician is
    free; and the child has no other open visit in the field.

Who comes besides the booked guardian has rules of their own (`against_further`), asked when they are added and when they are in
the seat at admission.

The desk squeezes in: it may book outside slots, beside another visit, and one that has begun; it is not asked about slots and
the physician's time. At admission what was booked stands: only 1 to 4 are asked, as they are that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from server import eligibility
from server.booking import delegation
from server.booking.delegation import Paper
from server.booking.limits import ADULT_YEARS, DECLARED, Limits
from server.booking.refusals import Refusal
from server.calendar import day_of
from server.eligibility import Credentials, years_between
from server.kinship import DELEGATED

DAY_S: Final = 86_400.0


class VisitKind(StrEnum):
    """What a visit is for."""

    FIRST = "first"  # 首诊
    FOLLOW_UP = "follow_up"  # 复诊
    ADVICE = "advice"  # 健康咨询


class Cancellation(StrEnum):
    """On whose side the reason lies that a visit is called off."""

    FAMILY = "family"
    PHYSICIAN = "physician"
    HOSPITAL = "hospital"
    OTHER = "other"


class Occasion(StrEnum):
    """When the rules are asked, and by whom."""

    BOOKING = "booking"
    DESK = "desk"
    ADMISSION = "admission"


@dataclass(frozen=True, slots=True)
class Department:
    """As the hospital keeps it: whether it takes visits, and in which fields."""

    active: bool
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of the visit asked for. Times are seconds since 1970.

    ``department`` is None where the visit names one that the hospital does not keep (the desk's free word). ``proof`` is None
    without a relation, whose kind is ``relation``; ``paper`` is its written delegation. ``slot_free``, ``physician_free`` and
    ``has_open_visit`` leave the visit itself out of account.
    """

    field: str
    starts_at: float
    ends_at: float
    born: date
    proof: str | None
    credentials: Credentials
    department: Department | None = None
    slot_free: bool = True
    schedule_active: bool = True
    physician_free: bool = True
    has_open_visit: bool = False
    relation: str = ""
    paper: Paper = Paper.MISSING


def against(case: Case, limits: Limits, occasion: Occasion, now: float) -> tuple[Refusal, ...]:
    """Every reason against the visit, in the order of ``Refusal``; empty when it may be."""
    day = day_of(now if occasion is Occasion.ADMISSION else case.starts_at)
    found = {Refusal(reason.value) for reason in eligibility.reasons_against(case.credentials, day)}
    found.update(_field(case, limits), _age(case, limits, day), _relation(case, limits, occasion))
    if occasion is not Occasion.ADMISSION:
        found.update(_time(case, limits, occasion, now))
        if case.has_open_visit:
            found.add(Refusal.VISIT_OPEN)
    if occasion is Occasion.BOOKING:
        if not case.slot_free:
            found.add(Refusal.SLOT_TAKEN)
        if not case.schedule_active:
            found.add(Refusal.SCHEDULE_CLOSED)
        if not case.physician_free:
            found.add(Refusal.PHYSICIAN_BUSY)
    return tuple(reason for reason in Refusal if reason in found)


def against_further(relation: str, proof: str | None, limits: Limits) -> tuple[Refusal, ...]:
    """Why somebody so related (``proof`` is None without a relation) may not be the guardian besides the booked one: such are
    parents and legal guardians of whom a proof was seen, no delegated adults. Empty when they may."""
    if proof is None:
        return (Refusal.RELATION_MISSING,)
    if relation == DELEGATED:
        return (Refusal.DELEGATE_NOT_ALLOWED,)
    if proof == DECLARED:
        return (Refusal.RELATION_UNVERIFIED,)
    return () if proof in limits.proofs else (Refusal.PROOF_NOT_ACCEPTED,)


def _field(case: Case, limits: Limits) -> Iterator[Refusal]:
    department = case.department
    if department is not None and not department.active:
        yield Refusal.DEPARTMENT_CLOSED
    if case.field not in limits.fields or (department is not None and case.field not in department.fields):
        yield Refusal.FIELD_NOT_OFFERED


def _age(case: Case, limits: Limits, day: date) -> Iterator[Refusal]:
    if case.born > day:
        yield Refusal.CHILD_NOT_BORN
        return
    years = years_between(case.born, day)
    if years >= ADULT_YEARS:
        yield Refusal.CHILD_TOO_OLD
    elif not limits.youngest_years <= years <= limits.oldest_years:
        yield Refusal.AGE_OUTSIDE_LIMITS


def _relation(case: Case, limits: Limits, occasion: Occasion) -> Iterator[Refusal]:
    if case.proof is None:
        yield Refusal.RELATION_MISSING
    elif case.relation == DELEGATED:
        yield from delegation.against(case.proof, case.paper, limits, admitting=occasion is Occasion.ADMISSION)
    elif case.proof == DECLARED:
        if occasion is Occasion.ADMISSION:
            yield Refusal.RELATION_UNVERIFIED
    elif case.proof not in limits.proofs:
        yield Refusal.PROOF_NOT_ACCEPTED


def _time(case: Case, limits: Limits, occasion: Occasion, now: float) -> Iterator[Refusal]:
    """A booking begins from now on; the desk's may have begun, but not be over."""
    over = case.ends_at <= now if occasion is Occasion.DESK else case.starts_at < now
    if over:
        yield Refusal.IN_THE_PAST
    if case.starts_at > now + limits.horizon_days * DAY_S:
        yield Refusal.BEYOND_HORIZON
