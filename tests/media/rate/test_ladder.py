import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rate import ladder as rescue
from media.rate.ladder import RUNGS, Evidence, Ladder, Rung

TRACES = json.loads((Path(__file__).parents[2] / "corpus/ladder/traces.json").read_text())


def looks(trace: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], bool]]:
    """Each look's time, what it finds, and whether it is the first of its stretch."""
    at_ms = 0
    for stretch in trace["path"]:
        first = True
        while at_ms < stretch["until_ms"]:
            yield at_ms, stretch, first
            at_ms, first = at_ms + trace["every_ms"], False


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["name"])
def test_a_trace_gives_its_rungs(trace: dict[str, Any]) -> None:
    ladder, changes = rescue.begin(0), []
    for at_ms, found, first in looks(trace):
        before = ladder.rung
        if found.get("interrupted") and first:
            ladder = rescue.interrupted(ladder, at_ms)
        else:
            carried = Rung(found.get("carried", "full"))
            evidence = Evidence(found["estimate_bps"], found["sent_bps"], found["loss"], carried)
            ladder = rescue.look(ladder, evidence, at_ms)
        if ladder.rung is not before:
            changes.append([at_ms, ladder.rung.value])
    assert changes == trace["rungs"]


DEMAND_BPS = {Rung.FULL: 2_550_000, Rung.LOW: 500_000, Rung.STILLS: 106_000, Rung.SOUND: 46_000, Rung.CHAT: 46_000}


class Link:
    """A path with a sender that fills what it may and an estimator that sees what arrives, in steps of a quarter second.

    The estimate is at once 0.85 of the capacity when more is sent than passes, and otherwise grows by 8 % a second, up to half
    as much again as is sent (what Chromium's estimator does). ``probed``: the sender also finds out what the path bears.
    """

    def __init__(self, probed: bool) -> None:
        self.estimate_bps = 2_500_000.0
        self.probed = probed

    def pass_over(self, capacity_bps: int, rung: Rung) -> Evidence:
        sent_bps = min(DEMAND_BPS[rung], max(46_000, int(self.estimate_bps)))
        over = sent_bps > capacity_bps
        if over:
            self.estimate_bps = 0.85 * capacity_bps
        elif self.probed and rung not in (Rung.SOUND, Rung.CHAT):
            self.estimate_bps = max(self.estimate_bps, 0.95 * capacity_bps)
        else:
            self.estimate_bps = max(self.estimate_bps, min(self.estimate_bps * 1.02, 1.5 * sent_bps + 10_000))
        loss = max(0.0, 1 - capacity_bps / sent_bps) if over and rung is Rung.SOUND else 0.0
        return Evidence(int(self.estimate_bps), min(sent_bps, capacity_bps), loss)


def played(capacities: list[tuple[int, int]], *, probed: bool = True) -> list[tuple[int, Rung]]:
    """The changes over a path whose capacity is each of ``capacities`` until that ms."""
    link, ladder, at_ms, changes = Link(probed), rescue.begin(0), 0, []
    for until_ms, capacity_bps in capacities:
        while at_ms < until_ms:
            after = rescue.look(ladder, link.pass_over(capacity_bps, ladder.rung), at_ms)
            if after.rung is not ladder.rung:
                changes.append((at_ms, after.rung))
            ladder, at_ms = after, at_ms + 250
    return changes


@pytest.mark.parametrize("weak_s", [5, 10, 20, 40, 90])
def test_a_path_that_grows_weak_is_left_within_five_seconds_and_taken_again_within_fifteen(weak_s: int) -> None:
    relief_ms = 10_000 + weak_s * 1000
    changes = played([(10_000, 5_000_000), (relief_ms, 150_000), (relief_ms + 20_000, 5_000_000)])
    assert min(at_ms for at_ms, rung in changes if rung is Rung.SOUND) <= 15_000
    at_ms, rung = changes[-1]
    assert rung is Rung.FULL
    assert relief_ms < at_ms <= relief_ms + 15_000


@pytest.mark.parametrize("capacity_bps", [60_000, 110_000, 150_000, 220_000, 280_000, 450_000, 550_000, 700_000, 5_000_000])
def test_a_path_that_stays_as_it_is_is_left_in_peace(capacity_bps: int) -> None:
    changes = played([(180_000, capacity_bps)], probed=False)
    assert len([at_ms for at_ms, _ in changes if at_ms > 60_000]) <= 4


EVIDENCE = st.builds(
    Evidence,
    st.none() | st.integers(0, 3_000_000),
    st.integers(0, 3_000_000),
    st.none() | st.floats(0, 1),
    st.sampled_from(RUNGS),
)


@given(st.lists(st.tuples(EVIDENCE, st.integers(250, 1000), st.booleans()), max_size=50))
def test_whatever_is_seen_it_climbs_one_rung_at_a_time_and_never_at_once(steps: list[tuple[Evidence, int, bool]]) -> None:
    ladder, now_ms = rescue.begin(0), 0
    changed_ms = -rescue.CLEAR_MS
    for evidence, later_ms, cut in steps:
        now_ms += later_ms
        before = ladder
        ladder = rescue.interrupted(ladder, now_ms) if cut else rescue.look(ladder, evidence, now_ms)
        climbed = RUNGS.index(before.rung) - RUNGS.index(ladder.rung)
        assert climbed <= 1
        if climbed == 1:
            assert now_ms - changed_ms >= rescue.CLEAR_MS
        if ladder.rung is Rung.CHAT and before.rung is not Rung.CHAT:
            assert before.rung is Rung.SOUND
        assert rescue.FIRST_WAIT_MS <= ladder.wait_ms <= rescue.LAST_WAIT_MS
        if cut:
            assert climbed == 0
        if climbed:
            changed_ms = now_ms


@given(st.lists(EVIDENCE, max_size=60))
def test_what_is_enough_for_all_holds_everything(seen: list[Evidence]) -> None:
    ladder = rescue.begin(0)
    for n, evidence in enumerate(seen):
        ladder = rescue.look(ladder, replace(evidence, estimate_bps=rescue.ENOUGH_BPS[Rung.FULL]), 250 * n)
    assert ladder.rung is Rung.FULL


def test_rungs_are_compared_best_first() -> None:
    assert rescue.worse(Rung.LOW, Rung.SOUND) is Rung.SOUND
    assert rescue.better(Rung.LOW, Rung.SOUND) is Rung.LOW
    assert [rescue.above(rung) for rung in RUNGS] == [Rung.FULL, *RUNGS[:-1]]
    assert [rescue.below(rung) for rung in RUNGS] == [*RUNGS[1:], Rung.CHAT]
    for better, worse in pairwise(RUNGS):
        assert rescue.ENOUGH_BPS.get(better, 0) >= rescue.ENOUGH_BPS.get(worse, 0)
        assert rescue.KEPT_BPS.get(better, 0) <= rescue.ENOUGH_BPS.get(better, 0)


def test_a_ladder_begins_with_everything() -> None:
    assert rescue.begin(1000) == Ladder(Rung.FULL, 1000 + rescue.SETTLING_MS)
