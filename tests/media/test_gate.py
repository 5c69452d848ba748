"""The gate as rules: examples first, then a machine of hypothesis against an independent reading of CONTROL.md."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from media.gate import Closed, Evidence, Gate, Opened

BOTH = ("guardian", "physician")
SILENT_US = 3_000_000


def evidence(guardian: int = 0, physician: int = 0, durable: int = 0) -> Evidence:
    return Evidence({"guardian": guardian, "physician": physician}, durable)


def opened() -> Gate:
    gate = Gate(SILENT_US)
    assert gate.open(1, 1000, BOTH, evidence(), 0) == (Opened(1),)
    return gate


def test_a_new_gate_is_closed() -> None:
    gate = Gate(SILENT_US)
    assert gate.open_until_us == 0
    assert gate.check(evidence(), 0) == gate.shut("room_closed") == gate.close(0) == ()


def test_it_opens_for_the_lease() -> None:
    gate = opened()
    assert gate.open_until_us == 1_000_000
    assert gate.check(evidence(999_999, 999_999, 999_999), 999_999) == ()
    assert gate.check(evidence(999_999, 999_999, 999_999), 1_000_000) == (Closed(1, "lease"),)
    assert gate.open_until_us == 0


def test_no_lease_is_longer_than_two_seconds() -> None:
    gate = Gate(SILENT_US)
    gate.open(1, 60_000, BOTH, evidence(), 0)
    assert gate.open_until_us == 2_000_000


@pytest.mark.parametrize(
    "known",
    [
        Evidence({"guardian": 0}, 0),
        Evidence({"guardian": 0, "physician": -SILENT_US}, 0),
        evidence(durable=-1),
        evidence(durable=-2_000_000),
    ],
)
def test_it_refuses_without_every_seat_and_a_durable_recorder(known: Evidence) -> None:
    gate = Gate(SILENT_US)
    assert gate.open(1, 1000, BOTH, known, 0) == (Closed(1, "refused"),)
    assert gate.open_until_us == 0


def test_a_refused_generation_closes_the_one_before_it() -> None:
    gate = opened()
    assert gate.open(2, 1000, BOTH, evidence(durable=-1), 10) == (Closed(1, "recorder"), Closed(2, "refused"))


def test_a_seat_that_falls_silent_closes_it() -> None:
    gate = opened()
    gate.renew(1, 2000, evidence(0, 900_000, 900_000), 900_000)
    gate.renew(1, 2000, evidence(0, 2_800_000, 2_800_000), 2_800_000)
    assert gate.open_until_us == 3_000_000
    assert gate.check(evidence(0, 2_900_000, 2_900_000), 3_000_000) == (Closed(1, "seat_silent", "guardian"),)


def test_a_recorder_that_falls_behind_closes_it() -> None:
    gate = opened()
    gate.renew(1, 2000, evidence(900_000, 900_000, 0), 900_000)
    assert gate.open_until_us == 2_000_000
    assert gate.check(evidence(1_900_000, 1_900_000, 0), 2_000_000) == (Closed(1, "recorder"),)


def test_another_generation_does_not_prolong() -> None:
    gate = opened()
    gate.renew(2, 1000, evidence(), 500_000)
    gate.renew(0, 1000, evidence(), 500_000)
    assert gate.open_until_us == 1_000_000
    assert gate.renew(1, 1000, evidence(), 1_000_000) == (Closed(1, "lease"),)  # too late


def test_old_generations_neither_open_nor_close() -> None:
    gate = opened()
    assert gate.open(7, 1000, BOTH, evidence(), 0) == (Opened(7),)
    assert gate.close(6) == gate.open(6, 1000, BOTH, evidence(), 0) == gate.open(7, 1000, BOTH, evidence(), 0) == ()
    assert gate.generation == 7
    assert gate.close(9) == (Closed(7, "app"),)
    assert gate.open(9, 1000, BOTH, evidence(), 0) == ()
    assert gate.open(10, 1000, BOTH, evidence(), 0) == (Opened(10),)


def test_a_generation_that_closed_by_itself_does_not_open_again() -> None:
    gate = opened()
    gate.check(evidence(), 1_000_000)
    assert gate.open(1, 1000, BOTH, evidence(1_000_000, 1_000_000, 1_000_000), 1_000_000) == ()


class GateMachine(RuleBasedStateMachine):
    """The oracle keeps the history and derives from it, at every moment, whether the gate may be open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate(SILENT_US)
        self.now = 0
        self.heard: dict[str, int] = {}
        self.durable = -1
        self.dead = 0  # every generation up to here is over
        self.open: int | None = None
        self.lease_until = 0

    def note(self, changes: tuple[Opened | Closed, ...]) -> None:
        for change in changes:
            if isinstance(change, Opened):
                self.open = change.generation
            elif change.cause != "refused":
                assert change.generation == self.open
                self.open, self.dead = None, max(self.dead, change.generation)

    def known(self) -> Evidence:
        return Evidence(dict(self.heard), self.durable)

    @rule(step=st.sampled_from([1, 20_000, 300_000, 1_000_000, 5_000_000]))
    def time_passes(self, step: int) -> None:
        self.now += step

    @rule(seat=st.sampled_from(BOTH))
    def media_is_heard(self, seat: str) -> None:
        self.heard[seat] = self.now

    @rule()
    def the_recorder_acknowledges(self) -> None:
        self.durable = self.now

    @rule(seat=st.sampled_from(BOTH))
    def a_seat_leaves(self, seat: str) -> None:
        self.heard.pop(seat, None)
        self.note(self.gate.check(self.known(), self.now))

    @rule(generation=st.integers(1, 30), lease_ms=st.sampled_from([0, 100, 1000]))
    def the_app_opens(self, generation: int, lease_ms: int) -> None:
        stale = generation <= max(self.dead, self.open or 0)
        changes = self.gate.open(generation, lease_ms, BOTH, self.known(), self.now)
        assert bool(changes) != stale
        self.note(changes)
        if self.open == generation and changes:
            self.lease_until = self.now + lease_ms * 1000

    @rule(generation=st.integers(1, 30))
    def the_app_renews(self, generation: int) -> None:
        self.note(self.gate.renew(generation, 1000, self.known(), self.now))
        if self.open == generation:
            self.lease_until = self.now + 1_000_000

    @rule(generation=st.integers(1, 30))
    def the_app_closes(self, generation: int) -> None:
        self.note(self.gate.close(generation))
        self.dead = max(self.dead, generation)

    @rule()
    def the_clock_ticks(self) -> None:
        self.note(self.gate.check(self.known(), self.now))

    @invariant()
    def open_only_while_every_condition_holds(self) -> None:
        assert self.gate.generation == (self.open or 0)
        if self.now < self.gate.open_until_us:
            assert self.open is not None
            assert self.open > self.dead
            assert self.now < self.lease_until
            assert self.now - self.durable < 2_000_000
            assert all(self.now - self.heard[seat] < SILENT_US for seat in BOTH)


TestGateMachine = GateMachine.TestCase
TestGateMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
