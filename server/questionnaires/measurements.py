"""Heights and weights that a family tells: when, how they were taken, and whether they can be true.

A value nobody can have at that age is refused; one that few have, or that does not fit the others, is asked about once ("are
you sure?") and taken when it is. Growth between two heights is told as a velocity only over long enough a time, because over a
short one the error of measuring is larger than what a child grows. Lengths are cm, weights kg, as decimals; never floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

MOST = 20
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIELDS = frozenset({"kind", "value", "on", "method", "clothes", "sure"})

LYING_UNTIL_DAYS = 730
"""Up to two years a child is measured lying, from then on standing (WHO Child Growth Standards, 2006)."""
LYING_IS_LONGER_CM = Decimal("0.7")
"""By so much the same child is longer lying than standing (ibid.)."""


class Kind(StrEnum):
    HEIGHT = "height"  # cm
    WEIGHT = "weight"  # kg


class Method(StrEnum):
    """How it was taken."""

    LYING_HOME = "lying_home"  # with a tape
    LYING_CLINIC = "lying_clinic"  # on a length board
    STANDING_HOME = "standing_home"  # against a wall, with a tape
    STANDING_CLINIC = "standing_clinic"  # stadiometer
    SCALE_HOME = "scale_home"
    SCALE_CLINIC = "scale_clinic"

    @property
    def kind(self) -> Kind:
        return Kind.WEIGHT if self in (Method.SCALE_HOME, Method.SCALE_CLINIC) else Kind.HEIGHT

    @property
    def lying(self) -> bool:
        return self in (Method.LYING_HOME, Method.LYING_CLINIC)

    @property
    def at_home(self) -> bool:
        return self in (Method.LYING_HOME, Method.STANDING_HOME, Method.SCALE_HOME)


class Clothes(StrEnum):
    """What the child wore on the scale."""

    NONE = "none"  # bare, or a dry nappy
    LIGHT = "light"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Measurement:
    """``value`` in cm or kg; ``clothes`` only of a weight; ``sure``: the family was asked about it and says it is right."""

    kind: Kind
    value: Decimal
    on: date
    method: Method
    clothes: Clothes | None = None
    sure: bool = False


class Why(StrEnum):
    """What is wrong, or (the last four) asks whether the family is sure."""

    MALFORMED = "malformed"
    TOO_MANY = "too_many"
    TWICE = "twice"  # two of one kind on one day
    IN_FUTURE = "in_future"
    BEFORE_BIRTH = "before_birth"
    IMPOSSIBLE = "impossible"
    UNLIKELY = "unlikely"
    SHRUNK = "shrunk"
    LEAPT = "leapt"  # grew faster than children do
    UNUSUAL_POSTURE = "unusual_posture"  # standing before two years, lying after


DOUBTS = frozenset({Why.UNLIKELY, Why.SHRUNK, Why.LEAPT, Why.UNUSUAL_POSTURE})


@dataclass(frozen=True, slots=True)
class Fault:
    """``index`` is the place in the list as it was given."""

    index: int
    why: Why

    @property
    def asks(self) -> bool:
        """Whether it only asks: the same measurement marked as sure is taken."""
        return self.why in DOUBTS


class InvalidMeasurements(ValueError):
    """Every fault and every doubt, in the order of the list."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.index}: {fault.why}" for fault in faults))
        self.faults = tuple(faults)


# --- what children measure ------------------------------------------------------------------------

_MEDIANS = (  # age in days, cm, kg
    (0, "49.5", "3.3"),
    (183, "66.7", "7.6"),
    (365, "74.9", "9.3"),
    (730, "86.8", "11.9"),
    (1096, "95.6", "14.1"),
    (1826, "109.7", "18.3"),
    (2557, "121.3", "22.7"),
    (3652, "138.2", "31.5"),
    (4383, "150", "41"),
    (5479, "165", "54"),
    (6574, "170", "61"),
)
"""Rounded medians of both sexes together: WHO Child Growth Standards (2006) and Reference (2007), weights from twelve years on
as in the CDC charts (2000). For limits only; a child is judged against a chart by a physician.
"""
_LIMITS = {  # of the median: impossible below, unlikely below, unlikely above, impossible above
    Kind.HEIGHT: (Decimal("0.5"), Decimal("0.83"), Decimal("1.18"), Decimal("1.6")),
    Kind.WEIGHT: (Decimal("0.1"), Decimal("0.6"), Decimal("1.9"), Decimal("5")),
}
"""Unlikely for a height begins about four standard deviations from the median; the smallest preterm child is not impossible."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In cm or kg, to one decimal: outside the outer two is impossible, outside the inner two unlikely."""

    impossible_below: Decimal
    unlikely_below: Decimal
    unlikely_above: Decimal
    impossible_above: Decimal


def limits(kind: Kind, age_days: int) -> Limits:
    """For a child of that age; beyond eighteen years as at eighteen."""
    median = _median(kind, max(age_days, 0))
    low, unlikely_low, unlikely_high, high = (_tenths(median * ratio) for ratio in _LIMITS[kind])
    return Limits(low, unlikely_low, unlikely_high, high)


def _median(kind: Kind, age_days: int) -> Decimal:
    column = 1 if kind is Kind.HEIGHT else 2
    for younger, older in pairwise(_MEDIANS):
        if age_days <= older[0]:
            a, b = Decimal(younger[column]), Decimal(older[column])
            return a + (b - a) * (age_days - younger[0]) / (older[0] - younger[0])
    return Decimal(_MEDIANS[-1][column])


def _tenths(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"))


# --- reading --------------------------------------------------------------------------------------


def read_measurements(given: Any, *, birth: date, today: date) -> tuple[Measurement, ...]:
    """What a page sent, in order of kind and day. Raises ``InvalidMeasurements`` with every fault and every doubt.

    ``given``: a list of ``{"kind", "value": "120.5", "on": "YYYY-MM-DD", "method", "clothes"?, "sure"?}``.
    """
    if not isinstance(given, list):
        raise InvalidMeasurements([Fault(0, Why.MALFORMED)])
    if len(given) > MOST:
        raise InvalidMeasurements([Fault(MOST, Why.TOO_MANY)])
    read = {index: _read(each) for index, each in enumerate(given)}
    faults = [Fault(index, Why.MALFORMED) for index, measured in read.items() if measured is None]
    known = {index: measured for index, measured in read.items() if measured is not None}
    faults += [Fault(i, why) for i, m in known.items() if (why := _doubted(m, birth, today)) is not None]
    faults += _compared(known)
    if faults:
        raise InvalidMeasurements(sorted(faults, key=lambda fault: fault.index))
    return tuple(sorted(known.values(), key=lambda measured: (measured.kind, measured.on)))


def read_back(rows: Iterable[Mapping[str, Any]]) -> tuple[Measurement, ...]:
    """What ``plain`` wrote; it was judged when it was given. Raises ``InvalidMeasurements`` for what is no measurement."""
    read = [_read(each) for each in rows]
    if None in read:
        raise InvalidMeasurements([Fault(read.index(None), Why.MALFORMED)])
    return tuple(measured for measured in read if measured is not None)


def _read(each: Any) -> Measurement | None:
    if not isinstance(each, dict) or not each.keys() <= _FIELDS:
        return None
    value, on, sure = each.get("value"), each.get("on"), each.get("sure", False)
    if not (isinstance(value, str) and _NUMBER.fullmatch(value) and isinstance(on, str) and _DATE.fullmatch(on)):
        return None
    try:
        kind, method, day = Kind(str(each.get("kind"))), Method(str(each.get("method"))), date.fromisoformat(on)
        clothes = Clothes(each["clothes"]) if each.get("clothes") is not None else None
    except ValueError:
        return None
    if method.kind is not kind or (clothes is not None) != (kind is Kind.WEIGHT) or not isinstance(sure, bool):
        return None
    return Measurement(kind, Decimal(value), day, method, clothes, sure)


def _doubted(measured: Measurement, birth: date, today: date) -> Why | None:
    """What one measurement says against itself; the gravest only."""
    if measured.on > today:
        return Why.IN_FUTURE
    if measured.on < birth:
        return Why.BEFORE_BIRTH
    age_days = (measured.on - birth).days
    bounds = limits(measured.kind, age_days)
    if not bounds.impossible_below <= measured.value <= bounds.impossible_above:
        return Why.IMPOSSIBLE
    if measured.sure:
        return None
    if not bounds.unlikely_below <= measured.value <= bounds.unlikely_above:
        return Why.UNLIKELY
    if measured.kind is Kind.HEIGHT and measured.method.lying is not (age_days < LYING_UNTIL_DAYS):
        return Why.UNUSUAL_POSTURE
    return None


def _compared(known: dict[int, Measurement]) -> list[Fault]:
    """What the measurements of one kind say against each other; it is the later one that is asked about."""
    faults = []
    for kind in Kind:
        row = sorted(((m.on, index, m) for index, m in known.items() if m.kind is kind), key=lambda each: each[:2])
        for (_, _, earlier), (_, index, later) in pairwise(row):
            if later.on == earlier.on:
                faults.append(Fault(index, Why.TWICE))
            elif kind is Kind.HEIGHT and not later.sure and (why := _uneven(earlier, later)) is not None:
                faults.append(Fault(index, why))
    return faults


SHRINKS_BY_CM = Decimal("1.5")
"""Two careful measurements of one child differ by less."""
LEAPS_BY_CM, LEAPS_PER_YEAR = Decimal(3), Decimal(40)
"""Newborns grow by about 40 cm a year; 3 cm more is error of measuring."""


def _uneven(earlier: Measurement, later: Measurement) -> Why | None:
    grown = standing(later) - standing(earlier)
    if grown < -SHRINKS_BY_CM:
        return Why.SHRUNK
    most = LEAPS_BY_CM + LEAPS_PER_YEAR * (later.on - earlier.on).days / 365
    return Why.LEAPT if grown > most else None


# --- growing --------------------------------------------------------------------------------------

APART_DAYS, APART_LYING_DAYS = 180, 60
"""Heights at least so far apart make a velocity; lengths of a child under two, who grows faster, less."""
YEAR_DAYS = Decimal("365.25")


@dataclass(frozen=True, slots=True)
class Velocity:
    """``cm_per_year`` to one decimal; ``at_home``: at least one of both was taken at home, so that it is less certain;
    ``converted``: one was taken lying, one standing, and 0.7 cm were allowed for."""

    cm_per_year: Decimal
    since: date
    until: date
    at_home: bool
    converted: bool


def standing(measured: Measurement) -> Decimal:
    """The height as if taken standing, cm."""
    return measured.value - LYING_IS_LONGER_CM if measured.method.lying else measured.value


def velocity(earlier: Measurement, later: Measurement) -> Velocity | None:
    """Of two heights; None when they lie too close together, or the wrong way round."""
    both_lying = earlier.method.lying and later.method.lying
    days = (later.on - earlier.on).days
    if days < (APART_LYING_DAYS if both_lying else APART_DAYS):
        return None
    return Velocity(
        cm_per_year=_tenths((standing(later) - standing(earlier)) * YEAR_DAYS / days),
        since=earlier.on,
        until=later.on,
        at_home=earlier.method.at_home or later.method.at_home,
        converted=earlier.method.lying is not later.method.lying,
    )


def latest_velocity(measurements: Iterable[Measurement]) -> Velocity | None:
    """From the newest height and of the earlier ones that lie far enough back the one nearest to a year before it: a year evens
    out the seasons.
    """
    heights = sorted((m for m in measurements if m.kind is Kind.HEIGHT), key=lambda measured: measured.on)
    found = [v for earlier in heights[:-1] if (v := velocity(earlier, heights[-1])) is not None]
    return min(found, key=lambda v: abs(YEAR_DAYS - (v.until - v.since).days), default=None)


# --- the forms in which they travel ---------------------------------------------------------------


def plain(measured: Measurement) -> dict[str, Any]:
    """As JSON holds it; ``read_measurements`` reads it back."""
    row: dict[str, Any] = {
        "kind": measured.kind.value,
        "value": format(measured.value, "f"),
        "on": measured.on.isoformat(),
        "method": measured.method.value,
        "sure": measured.sure,
    }
    return row | ({"clothes": measured.clothes.value} if measured.clothes is not None else {})


def canonical(measurements: Iterable[Measurement]) -> bytes:
    """The one byte form: JSON with sorted keys, no spaces, UTF-8."""
    rows = [plain(measured) for measured in measurements]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
