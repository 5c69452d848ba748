"""Heights and weights: impossible ones are refused, unlikely ones asked about, growth is told over long enough a time."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.questionnaires.measurements import (
    DOUBTS,
    MOST,
    Clothes,
    Fault,
    InvalidMeasurements,
    Kind,
    Measurement,
    Method,
    Why,
    canonical,
    latest_velocity,
    limits,
    plain,
    read_back,
    read_measurements,
    standing,
    velocity,
)

BIRTH, TODAY = date(2018, 3, 1), date(2026, 3, 1)


def height(value: str, on: str = "2026-02-01", method: str = "standing_home", **more: Any) -> dict[str, Any]:
    return {"kind": "height", "value": value, "on": on, "method": method, **more}


def weight(
    value: str, on: str = "2026-02-01", method: str = "scale_home", clothes: str = "light", **more: Any
) -> dict[str, Any]:
    return {"kind": "weight", "value": value, "on": on, "method": method, "clothes": clothes, **more}


def read(*given: Any, birth: date = BIRTH) -> tuple[Measurement, ...]:
    return read_measurements(list(given), birth=birth, today=TODAY)


def faults(given: Any, birth: date = BIRTH) -> list[Fault]:
    with pytest.raises(InvalidMeasurements) as invalid:
        read_measurements(given, birth=birth, today=TODAY)
    return list(invalid.value.faults)


def why(*given: Any, birth: date = BIRTH) -> list[Why]:
    return [fault.why for fault in faults(list(given), birth)]


def tall(cm: str, on: str, method: Method = Method.STANDING_CLINIC) -> Measurement:
    return Measurement(Kind.HEIGHT, Decimal(cm), date.fromisoformat(on), method)


def test_what_a_family_tells_is_read_in_order_of_kind_and_day() -> None:
    assert read(weight("24.5", clothes="none"), height("121.0"), height("115", on="2025-02-01", method="standing_clinic")) == (
        tall("115", "2025-02-01"),
        Measurement(Kind.HEIGHT, Decimal("121.0"), date(2026, 2, 1), Method.STANDING_HOME),
        Measurement(Kind.WEIGHT, Decimal("24.5"), date(2026, 2, 1), Method.SCALE_HOME, Clothes.NONE),
    )
    assert read() == ()


@pytest.mark.parametrize(
    "given",
    [
        "x", None, {}, height("x"), height("121,5"), height("１２１"), height("-1"), height("121.5555"), height("1e2"),
        height("121", kind="girth"), height("121", kind=["height"]), height("121", method="scale_home"),
        height("121", method="guess"),
        height("121", clothes="none"), weight("24", clothes="fur"), weight("24", method="standing_home"),
        {**weight("24"), "clothes": None}, height("121", on="yesterday"), height("121", on="2026-02-30"), height("121", on=5),
        height("121", sure=1), height("121", colour="red"), {**height("121"), "value": 121},
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_malformed(given: Any) -> None:
    assert faults([given]) == [Fault(0, Why.MALFORMED)]


@pytest.mark.parametrize("given", [None, {}, "x", 5])
def test_what_is_no_list_is_malformed(given: Any) -> None:
    assert faults(given) == [Fault(0, Why.MALFORMED)]


def test_there_is_a_bound_to_how_many() -> None:
    assert faults([height("121")] * (MOST + 1)) == [Fault(MOST, Why.TOO_MANY)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (height("1.21"), Why.IMPOSSIBLE),  # metres
        (height("1210"), Why.IMPOSSIBLE),
        (height("12.1"), Why.IMPOSSIBLE),
        (weight("245"), Why.IMPOSSIBLE),
        (weight("2.4"), Why.IMPOSSIBLE),
        (weight("50"), Why.UNLIKELY),  # in jin instead of kg
        (height("100"), Why.UNLIKELY),
        (height("155"), Why.UNLIKELY),
        (height("121", on="2026-03-02"), Why.IN_FUTURE),
        (height("121", on="2018-02-28"), Why.BEFORE_BIRTH),
        (height("121", method="lying_home"), Why.UNUSUAL_POSTURE),
        (height("75", on="2019-03-01", method="standing_home"), Why.UNUSUAL_POSTURE),
    ],
)
def test_what_speaks_against_a_measurement_is_named(given: dict[str, Any], expected: Why) -> None:
    assert why(given) == [expected]


@pytest.mark.parametrize("given", [weight("50"), height("100"), height("121", method="lying_home")])
def test_a_doubt_is_only_a_question(given: dict[str, Any]) -> None:
    assert all(fault.asks for fault in faults([given]))
    assert len(read({**given, "sure": True})) == 1


@pytest.mark.parametrize("given", [height("1.21"), height("121", on="2026-03-02"), height("121", on="2018-02-28")])
def test_being_sure_does_not_make_the_impossible_possible(given: dict[str, Any]) -> None:
    assert not any(fault.asks for fault in faults([{**given, "sure": True}]))


def test_the_first_days_and_a_preterm_child_are_believed() -> None:
    born = TODAY - timedelta(days=10)
    assert read(height("49.5", on=TODAY.isoformat(), method="lying_clinic"), weight("3.1", on=TODAY.isoformat()), birth=born)
    assert why(height("31", on=TODAY.isoformat(), method="lying_clinic"), birth=born) == [Why.UNLIKELY]
    assert why(weight("0.7", on=TODAY.isoformat(), method="scale_clinic"), birth=born) == [Why.UNLIKELY]


def test_children_do_not_shrink() -> None:
    given = [height("121", on="2025-02-01"), height("119.4", on="2026-02-01")]
    assert faults(given) == [Fault(1, Why.SHRUNK)]
    assert len(read(height("121", on="2025-02-01"), height("119.5", on="2026-02-01"))) == 2  # error of measuring
    assert len(read(given[0], given[1] | {"sure": True})) == 2


def test_nor_do_they_leap() -> None:
    given = [height("125.5", on="2026-02-10"), height("121", on="2026-02-01")]
    assert faults(given) == [Fault(0, Why.LEAPT)]  # the later one, wherever it stands
    assert len(read(height("121", on="2026-02-01"), height("124", on="2026-02-10"))) == 2


def test_one_kind_has_one_value_a_day() -> None:
    assert faults([height("121"), height("121"), weight("24")]) == [Fault(1, Why.TWICE)]
    assert faults([height("121"), height("121", sure=True)]) == [Fault(1, Why.TWICE)]


def test_all_faults_are_told_at_once_in_the_order_given() -> None:
    given = [height("121", on="2026-03-02"), "x", height("1.2", on="2025-01-01"), weight("50")]
    assert [fault.index for fault in faults(given)] == sorted(fault.index for fault in faults(given))
    assert {(f.index, f.why) for f in faults(given)} >= {
        (0, Why.IN_FUTURE), (1, Why.MALFORMED), (2, Why.IMPOSSIBLE), (3, Why.UNLIKELY),
    }  # fmt: skip


# --- limits ---


@given(st.sampled_from(Kind), st.integers(0, 8000), st.integers(0, 8000))
def test_limits_are_in_order_and_grow_with_the_child(kind: Kind, days: int, later: int) -> None:
    one, other = limits(kind, min(days, later)), limits(kind, max(days, later))
    assert Decimal(0) < one.impossible_below < one.unlikely_below < one.unlikely_above < one.impossible_above
    assert one.unlikely_below <= other.unlikely_below
    assert one.impossible_above <= other.impossible_above


@pytest.mark.parametrize(
    ("days", "low", "high"),
    [  # about three standard deviations of the WHO charts, the lower of the girls', the higher of the boys'
        (0, "43.6", "55.5"),
        (365, "66.3", "82.9"),
        (1096, "83.6", "107.2"),
        (1826, "95.2", "123.9"),
        (3652, "119.4", "157.0"),
        (5479, "141.3", "192.4"),
    ],
)
def test_a_short_or_tall_child_is_not_asked_at_every_turn(days: int, low: str, high: str) -> None:
    """Short stature is why families come: what charts know is not unlikely."""
    bounds = limits(Kind.HEIGHT, days)
    assert bounds.unlikely_below <= Decimal(low)
    assert Decimal(high) <= bounds.unlikely_above


def test_after_eighteen_the_limits_stay() -> None:
    assert limits(Kind.HEIGHT, 9000) == limits(Kind.HEIGHT, 6574)
    assert limits(Kind.WEIGHT, -3) == limits(Kind.WEIGHT, 0)


# --- growing ---


def test_growth_is_told_in_centimetres_a_year() -> None:
    found = velocity(tall("115", "2025-02-01"), tall("120.5", "2026-02-01"))
    assert found is not None
    assert (found.cm_per_year, found.since, found.until) == (Decimal("5.5"), date(2025, 2, 1), date(2026, 2, 1))
    assert not found.at_home
    assert not found.converted


@pytest.mark.parametrize(("days", "told"), [(179, False), (180, True), (-400, False), (0, False)])
def test_over_too_short_a_time_nothing_is_told(days: int, told: bool) -> None:
    first = date(2025, 2, 1)
    later = tall("118", (first + timedelta(days=days)).isoformat())
    assert (velocity(tall("115", first.isoformat()), later) is not None) is told


@pytest.mark.parametrize(("days", "told"), [(59, False), (60, True)])
def test_lengths_of_the_very_young_make_a_velocity_sooner(days: int, told: bool) -> None:
    first = date(2025, 2, 1)
    later = tall("65", (first + timedelta(days=days)).isoformat(), Method.LYING_HOME)
    found = velocity(tall("60", first.isoformat(), Method.LYING_CLINIC), later)
    assert (found is not None) is told
    assert found is None or found.at_home


def test_lying_and_standing_are_made_alike_and_it_is_said() -> None:
    found = velocity(tall("86.7", "2020-02-01", Method.LYING_CLINIC), tall("94", "2021-01-31"))
    assert standing(tall("86.7", "2020-02-01", Method.LYING_HOME)) == Decimal("86.0")
    assert found is not None
    assert found.cm_per_year == Decimal("8.0")
    assert found.converted


def test_of_several_heights_the_newest_and_the_one_a_year_before_it_count() -> None:
    row = [tall("110", "2024-02-01"), tall("115", "2025-02-01"), tall("118", "2025-08-01"), tall("120.5", "2026-02-01")]
    found = latest_velocity([row[3], row[0], row[2], row[1]])
    assert found is not None
    assert found.since == date(2025, 2, 1)


def test_without_two_heights_far_enough_apart_there_is_no_velocity() -> None:
    assert latest_velocity([]) is None
    assert latest_velocity([tall("115", "2025-02-01")]) is None
    assert latest_velocity([tall("115", "2025-12-01"), tall("116", "2026-02-01")]) is None
    weights = read(weight("20", on="2025-02-01"), weight("24"))
    assert latest_velocity(weights) is None


# --- the forms in which they travel ---

DAYS = st.dates(date(2021, 3, 1), date(2026, 3, 1))


@given(st.dictionaries(DAYS, st.integers(1200, 1300), max_size=MOST))
def test_what_was_read_is_read_back_the_same(heights: dict[date, int]) -> None:
    rows = [height(f"{mm // 10}.{mm % 10}", on=day.isoformat(), sure=True) for day, mm in heights.items()]
    taken = read(*rows)
    assert read_measurements([plain(measured) for measured in taken], birth=BIRTH, today=TODAY) == taken
    assert read_back([plain(measured) for measured in taken]) == taken
    assert json.loads(canonical(taken)) == [plain(measured) for measured in taken]


def test_what_was_spoiled_in_between_is_not_read_back() -> None:
    with pytest.raises(InvalidMeasurements) as invalid:
        read_back([height("121"), {"kind": "height"}])
    assert invalid.value.faults == (Fault(1, Why.MALFORMED),)


def test_doubts_are_those_that_ask() -> None:
    assert {why for why in Why if Fault(0, why).asks} == DOUBTS
