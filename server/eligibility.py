"""May this physician see children online?

At least three years' independent practice, attending rank or above, trained, and on the hospital's live whitelist (DOMAIN,
Rules); asked again at every admission. Every reason against is named, not just the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.calendar import day_in

YEARS_OF_PRACTICE = 3


class Rank(StrEnum):
    RESIDENT = "resident"  # 住院医师
    ATTENDING = "attending"  # 主治医师
    ASSOCIATE_CHIEF = "associate_chief"  # 副主任医师
    CHIEF = "chief"  # 主任医师


class Ineligible(StrEnum):
    """Why not."""

    LICENCE_MISSING = "licence_missing"
    RANK_TOO_LOW = "rank_too_low"
    PRACTICE_TOO_SHORT = "practice_too_short"
    TRAINING_MISSING = "training_missing"
    TRAINING_EXPIRED = "training_expired"
    NOT_WHITELISTED = "not_whitelisted"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the hospital's register says; a date that is missing or not a date counts as not fulfilled."""

    licence: str | None
    rank: str | None
    practice_since: str | None
    trained_until: str | None
    whitelisted: bool


def reasons_against(credentials: Credentials, today: date) -> tuple[Ineligible, ...]:
    """Empty when the physician may; ``today`` is the hospital's calendar day. Training counts through its last day."""
    reasons = []
    if not credentials.licence:
        reasons.append(Ineligible.LICENCE_MISSING)
    if credentials.rank not in (Rank.ATTENDING, Rank.ASSOCIATE_CHIEF, Rank.CHIEF):
        reasons.append(Ineligible.RANK_TOO_LOW)
    since = day_in(credentials.practice_since)
    if since is None or years_between(since, today) < YEARS_OF_PRACTICE:
        reasons.append(Ineligible.PRACTICE_TOO_SHORT)
    until = day_in(credentials.trained_until)
    if until is None:
        reasons.append(Ineligible.TRAINING_MISSING)
    elif until < today:
        reasons.append(Ineligible.TRAINING_EXPIRED)
    if not credentials.whitelisted:
        reasons.append(Ineligible.NOT_WHITELISTED)
    return tuple(reasons)


def years_between(first: date, second: date) -> int:
    """Whole years, as ages are counted; born on 29 February, one is a year older on 1 March of common years."""
    return second.year - first.year - ((second.month, second.day) < (first.month, first.day))
