"""Which physicians may see children online, and every reason why one may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from server.eligibility import Credentials, Ineligible, Rank, reasons_against, years_between

TODAY = date(2026, 11, 22)
GOOD = Credentials("110-1", Rank.ATTENDING, "2023-11-22", "2026-11-22", True)


def test_a_physician_who_meets_every_condition_on_its_last_day_may() -> None:
    assert reasons_against(GOOD, TODAY) == ()


@pytest.mark.parametrize("rank", [Rank.ASSOCIATE_CHIEF, Rank.CHIEF])
def test_higher_ranks_may(rank: Rank) -> None:
    assert reasons_against(replace(GOOD, rank=rank), TODAY) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"licence": None}, Ineligible.LICENCE_MISSING),
        ({"licence": ""}, Ineligible.LICENCE_MISSING),
        ({"rank": Rank.RESIDENT}, Ineligible.RANK_TOO_LOW),
        ({"rank": None}, Ineligible.RANK_TOO_LOW),
        ({"rank": "professor"}, Ineligible.RANK_TOO_LOW),
        ({"practice_since": "2023-11-23"}, Ineligible.PRACTICE_TOO_SHORT),
        ({"practice_since": None}, Ineligible.PRACTICE_TOO_SHORT),
        ({"practice_since": "long ago"}, Ineligible.PRACTICE_TOO_SHORT),
        ({"trained_until": "2026-11-21"}, Ineligible.TRAINING_EXPIRED),
        ({"trained_until": None}, Ineligible.TRAINING_MISSING),
        ({"whitelisted": False}, Ineligible.NOT_WHITELISTED),
    ],
)
def test_each_missing_condition_is_its_own_reason(change: dict[str, object], reason: Ineligible) -> None:
    assert reasons_against(replace(GOOD, **change), TODAY) == (reason,)  # type: ignore[arg-type]


def test_every_reason_is_told_at_once() -> None:
    assert len(reasons_against(Credentials(None, None, None, None, False), TODAY)) == 5


def test_years_are_counted_like_ages() -> None:
    assert years_between(date(2020, 2, 29), date(2023, 2, 28)) == 2
    assert years_between(date(2020, 2, 29), date(2023, 3, 1)) == 3
