"""Each condition of a visit is its own reason, all are told at once, and each is asked only when it matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking.limits import Limits
from server.booking.refusals import OF_THE_PAGE, Refusal
from server.booking.rules import DAY_S, Case, Department, Occasion, against, against_further
from server.eligibility import Credentials, Rank

NOW = datetime.fromisoformat("2026-11-22T09:00:00+08:00").timestamp()
START = datetime.fromisoformat("2026-12-01T10:00:00+08:00").timestamp()
ALL_DAY = Department(active=True, fields=frozenset({"growth"}))
CASE = Case(
    field="growth",
    starts_at=START,
    ends_at=START + 1800,
    born=date(2018, 3, 5),
    proof="household_register",
    credentials=Credentials("110-1", Rank.ATTENDING, "2010-07-01", "2030-12-31", True),
    department=ALL_DAY,
)
LIMITS = Limits(youngest_years=1, oldest_years=13, horizon_days=30, proofs=("household_register",), fields=("growth", "skin"))

WRONGS: dict[Refusal, dict[str, Any]] = {
    Refusal.FIELD_NOT_OFFERED: {"field": "skin"},
    Refusal.DEPARTMENT_CLOSED: {"department": replace(ALL_DAY, active=False)},
    Refusal.CHILD_NOT_BORN: {"born": date(2026, 12, 2)},
    Refusal.CHILD_TOO_OLD: {"born": date(2008, 11, 22)},
    Refusal.AGE_OUTSIDE_LIMITS: {"born": date(2012, 12, 1)},
    Refusal.RELATION_MISSING: {"proof": None},
    Refusal.RELATION_UNVERIFIED: {"proof": "declared"},
    Refusal.PROOF_NOT_ACCEPTED: {"proof": "other"},
    Refusal.IN_THE_PAST: {"starts_at": NOW - 1, "ends_at": NOW},
    Refusal.BEYOND_HORIZON: {"starts_at": NOW + 30 * DAY_S + 1},
    Refusal.SLOT_TAKEN: {"slot_free": False},
    Refusal.SCHEDULE_CLOSED: {"schedule_active": False},
    Refusal.PHYSICIAN_BUSY: {"physician_free": False},
    Refusal.VISIT_OPEN: {"has_open_visit": True},
    Refusal.LICENCE_MISSING: {"credentials": replace(CASE.credentials, licence=None)},
    Refusal.RANK_TOO_LOW: {"credentials": replace(CASE.credentials, rank="resident")},
    Refusal.PRACTICE_TOO_SHORT: {"credentials": replace(CASE.credentials, practice_since="2023-12-02")},
    Refusal.TRAINING_MISSING: {"credentials": replace(CASE.credentials, trained_until=None)},
    Refusal.TRAINING_EXPIRED: {"credentials": replace(CASE.credentials, trained_until="2026-11-30")},
    Refusal.NOT_WHITELISTED: {"credentials": replace(CASE.credentials, whitelisted=False)},
}  # fmt: skip
OF_THE_TIME = {Refusal.IN_THE_PAST, Refusal.BEYOND_HORIZON, Refusal.VISIT_OPEN}
OF_ADMISSION = {Refusal.RELATION_UNVERIFIED}
OF_A_DELEGATE = {Refusal.DELEGATE_NOT_ALLOWED, Refusal.DELEGATION_MISSING, Refusal.DELEGATION_UNREAD}
"""Tried in test_delegation.py."""
OF_THE_SLOT = {Refusal.SLOT_TAKEN, Refusal.SCHEDULE_CLOSED, Refusal.PHYSICIAN_BUSY}


LAST_DAY = replace(
    CASE, born=date(2012, 12, 2), credentials=replace(CASE.credentials, practice_since="2023-12-01", trained_until="2026-12-01")
)


@pytest.mark.parametrize("occasion", Occasion)
def test_a_visit_that_meets_every_condition_on_its_day_alone_may_be(occasion: Occasion) -> None:
    assert against(LAST_DAY, LIMITS, occasion, START if occasion is Occasion.ADMISSION else NOW) == ()


def test_every_reason_has_a_case_below() -> None:
    assert set(WRONGS) == set(Refusal) - OF_THE_PAGE - OF_A_DELEGATE


@pytest.mark.parametrize(("reason", "change"), WRONGS.items())
def test_each_missing_condition_is_its_own_reason(reason: Refusal, change: dict[str, Any]) -> None:
    asked = reason not in OF_ADMISSION
    assert against(replace(CASE, **change), LIMITS, Occasion.BOOKING, NOW) == ((reason,) if asked else ())


@pytest.mark.parametrize(("reason", "change"), WRONGS.items())
def test_at_admission_what_was_booked_stands(reason: Refusal, change: dict[str, Any]) -> None:
    asked = reason not in OF_THE_TIME | OF_THE_SLOT
    assert against(replace(CASE, **change), LIMITS, Occasion.ADMISSION, START) == ((reason,) if asked else ())


@pytest.mark.parametrize(("reason", "change"), WRONGS.items())
def test_the_desk_may_squeeze_in(reason: Refusal, change: dict[str, Any]) -> None:
    asked = reason not in OF_THE_SLOT | OF_ADMISSION
    assert against(replace(CASE, **change), LIMITS, Occasion.DESK, NOW) == ((reason,) if asked else ())


def test_what_a_family_declared_may_be_booked_but_nobody_is_admitted_on_it_whatever_proofs_the_hospital_accepts() -> None:
    declared = replace(CASE, proof="declared")
    assert against(declared, Limits(), Occasion.BOOKING, NOW) == ()
    assert against(declared, Limits(), Occasion.ADMISSION, START) == (Refusal.RELATION_UNVERIFIED,)


def test_the_desk_may_book_what_has_begun() -> None:
    begun = replace(CASE, starts_at=NOW - 600, ends_at=NOW + 1)
    assert against(begun, LIMITS, Occasion.BOOKING, NOW) == (Refusal.IN_THE_PAST,)
    assert against(begun, LIMITS, Occasion.DESK, NOW) == ()
    assert against(replace(begun, ends_at=NOW), LIMITS, Occasion.DESK, NOW) == (Refusal.IN_THE_PAST,)


def test_a_booking_may_begin_at_this_moment_and_at_the_horizon() -> None:
    for starts_at in (NOW, NOW + 30 * DAY_S):
        assert against(replace(CASE, starts_at=starts_at), LIMITS, Occasion.BOOKING, NOW) == ()


def test_admission_judges_by_its_own_day_and_not_by_the_one_that_was_booked() -> None:
    assert against(LAST_DAY, LIMITS, Occasion.ADMISSION, START + DAY_S) == (
        Refusal.TRAINING_EXPIRED,
        Refusal.AGE_OUTSIDE_LIMITS,
    )


def test_a_department_that_the_hospital_does_not_keep_is_the_desks_own_word() -> None:
    unknown = replace(CASE, department=None)
    assert against(unknown, LIMITS, Occasion.DESK, NOW) == ()
    assert against(replace(unknown, field="nutrition"), LIMITS, Occasion.DESK, NOW) == (Refusal.FIELD_NOT_OFFERED,)


def test_a_department_closed_to_all_is_told_beside_its_field() -> None:
    closed = replace(CASE, department=Department(active=False, fields=frozenset()))
    assert against(closed, LIMITS, Occasion.BOOKING, NOW) == (Refusal.FIELD_NOT_OFFERED, Refusal.DEPARTMENT_CLOSED)


INDEPENDENT = (
    Refusal.FIELD_NOT_OFFERED, Refusal.PROOF_NOT_ACCEPTED, Refusal.CHILD_TOO_OLD, Refusal.SLOT_TAKEN, Refusal.PHYSICIAN_BUSY,
    Refusal.VISIT_OPEN, Refusal.NOT_WHITELISTED, Refusal.IN_THE_PAST,
)  # fmt: skip


@given(st.sets(st.sampled_from(INDEPENDENT)))
def test_whatever_is_wrong_is_told_all_at_once_and_once(wrong: set[Refusal]) -> None:
    case = CASE
    for reason in wrong:
        case = replace(case, **WRONGS[reason])
    found = against(case, LIMITS, Occasion.BOOKING, NOW)
    assert set(found) == wrong
    assert len(found) == len(wrong)


@pytest.mark.parametrize(
    ("relation", "proof", "reasons"),
    [
        ("mother", "household_register", ()),
        ("", None, (Refusal.RELATION_MISSING,)),
        ("delegated", "written_delegation", (Refusal.DELEGATE_NOT_ALLOWED,)),
        ("mother", "declared", (Refusal.RELATION_UNVERIFIED,)),
        ("mother", "other", (Refusal.PROOF_NOT_ACCEPTED,)),
    ],
)
def test_a_further_guardian_is_a_parent_or_legal_guardian_whose_proof_was_seen(
    relation: str, proof: str | None, reasons: tuple[Refusal, ...]
) -> None:
    assert against_further(relation, proof, replace(LIMITS, delegated_adults=True)) == reasons
