"""An address asks at a measured pace, and what one does costs no other."""

from __future__ import annotations

from server.http.pace import Pace


def test_a_burst_passes_then_one_at_a_time() -> None:
    pace = Pace(3, 0.5)
    assert [pace.wait_s("a", 100.0) for _ in range(4)] == [0, 0, 0, 2]
    assert pace.wait_s("a", 101.0) == 1
    assert [pace.wait_s("a", 102.0), pace.wait_s("a", 102.0)] == [0, 2]


def test_another_address_has_its_own() -> None:
    pace = Pace(1, 0.5)
    assert [pace.wait_s("a", 0.0), pace.wait_s("a", 0.0), pace.wait_s("b", 0.0)] == [0, 2, 0]


def test_nobody_saves_up_more_than_a_burst() -> None:
    pace = Pace(2, 1.0)
    pace.wait_s("a", 0.0)
    assert [pace.wait_s("a", 1e6) for _ in range(3)] == [0, 0, 1]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pace = Pace(1, 1.0)
    assert [pace.wait_s("a", 10.0), pace.wait_s("a", 5.0)] == [0, 1]


def test_what_is_remembered_is_bounded() -> None:
    pace = Pace(1, 0.001, most=2)
    for address in ("a", "b", "c"):
        pace.wait_s(address, 0.0)
    assert pace.wait_s("c", 0.0) > 0
    assert pace.wait_s("a", 0.0) == 0
