"""The scenes of the network that every change must survive: one run each, with bounds twice as lenient as the bench's."""

from __future__ import annotations

import json

import pytest

from tests.network.bed import ROOT
from tests.network.play import Played, play_once
from tests.network.scenes import BY_NAME

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(240)]


@pytest.mark.parametrize("name", ["connect", "loss5-phone", "blackout10", "address", "udp_blocked", "firefox"])
async def test_a_call_survives(name: str) -> None:
    scene = BY_NAME[name].doubled()
    played = Played(scene, await play_once(scene, seed=1))
    kept = ROOT / ".test-output" / f"scene-{name}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(played.figures, indent=1))
    assert not played.broken, {str(bound): played.figures.get(bound.figure) for bound in played.broken}
