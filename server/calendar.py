"""The hospital's days: the pilot's hospitals keep China's time, wherever the server stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def day_of(at: float) -> date:
    """The hospital's calendar day at ``at``, seconds since 1970."""
    return datetime.fromtimestamp(at, CHINA).date()


def day_in(text: str | None) -> date | None:
    """The calendar day that ISO text says, None for what says none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def start_of(day: date) -> float:
    """When the hospital's calendar day begins, seconds since 1970."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()


def span_of(day: date) -> tuple[float, float]:
    """From its midnight to the next one, in seconds since 1970."""
    return start_of(day), start_of(day + timedelta(days=1))
