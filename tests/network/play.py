"""Plays scenes and judges them, with the machine's spare CPU beside each, so that a starved run shows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rehearsal.load.figures import machine
from tests.network.figures import middle
from tests.network.scenes import Bound, Figures, Scene
from tests.network.stage import staged

SPARE = "spare_cpu_percent"
STOLEN = "stolen_cpu_percent"
"""What a virtual machine's host gave to others though this one had work (proc(5), steal)."""


@dataclass(frozen=True, slots=True)
class Played:
    """A scene's figures: the median of its runs."""

    scene: Scene
    figures: Figures

    @property
    def broken(self) -> list[Bound]:
        return [bound for bound in self.scene.bounds if not bound.holds(self.figures.get(bound.figure))]

    @property
    def ok(self) -> bool:
        return not self.broken


async def play_once(scene: Scene, seed: int) -> Figures:
    """One run on a stage of its own."""
    with tempfile.TemporaryDirectory(prefix="peitong-scene-") as folder:
        async with staged(scene.setting, seed, Path(folder)) as stage:
            with spare_cpu() as spare:
                found = await scene.play(stage)
    return {name: None if value is None else round(value, 3) for name, value in {**found, **spare}.items()}


def together(scene: Scene, runs: Sequence[Figures]) -> Played:
    """The median of each figure; a run that did not come to its end has none."""
    names = dict.fromkeys(name for run in runs for name in run)
    wanted_high = {bound.figure for bound in scene.bounds if bound.at_least > float("-inf")}
    worst = {name: float("-inf") if name in wanted_high else float("inf") for name in names}
    return Played(scene, {name: middle([run.get(name) for run in runs], worst[name]) for name in names})


@contextmanager
def spare_cpu() -> Iterator[dict[str, float]]:
    """What all cores had left meanwhile and what was taken from them, in percent of the machine; known at the end."""
    found: dict[str, float] = {}
    before = machine()
    yield found
    found[SPARE], found[STOLEN] = machine().shares_since(before)
