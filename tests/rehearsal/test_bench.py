"""The bench measures what it says: a short run of the real thing, of which only the structure is asserted, never a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from media.recorder.depacketise import Rtp, Vp8
from media.recorder.manifest import Level
from rehearsal.bench import tables
from rehearsal.bench.stage import running
from rehearsal.load import footage
from rehearsal.load.figures import percentile
from server import recordings

ROOT = Path(__file__).resolve().parents[2]


def test_the_footage_has_the_rate_and_the_shape_of_a_720p_call() -> None:
    film = footage.make(seed=1)
    seconds = len(film.frames) / footage.FRAMES_PER_S
    bits = 8 * sum(len(payload) for frame in film.frames for payload in frame)
    assert abs(bits / seconds / footage.BITRATE_BPS - 1) < 0.05
    assert all(3 <= len(frame) <= 10 for frame in film.frames[1:])
    assert len(film.frames[0]) > 30
    assert all(footage.STAMP_AT + 8 <= len(payload) <= 1200 for frame in film.frames for payload in frame)


def test_the_footage_is_pictures_to_the_recorder() -> None:
    film, found = footage.make(seed=2), []
    pictures = Vp8()
    for number, frame in enumerate(film.frames[:3]):
        for n, payload in enumerate(frame):
            packet = Rtp(n, number * 3000, 1, n == len(frame) - 1, payload, number * 33_000)
            found += pictures.take(packet, after_loss=False)
    assert [frame.keyframe for frame in found] == [True, False, False]
    assert (found[0].width, found[0].height) == (1280, 720)


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([], 0.99) == 0
    assert percentile([7], 0.99) == 7
    assert percentile(list(range(1000)), 0.99) == 990


@pytest.mark.process
@pytest.mark.unhurried
async def test_packets_really_arrive_and_the_recording_is_whole(tmp_path: Path) -> None:
    async with running(tmp_path, consults=1) as stage:
        await stage.join()
        await stage.sit(1.5)
        (generator,) = stage.generators
        generator.tell("begin")
        await stage.sit(2.5)
        generator.tell("end")
        load = await generator.hears()
    assert load["received"] > 100
    assert load["sent"] > 100
    assert load["feedback"] > 0
    assert load["delays_us"]
    assert min(load["delays_us"]) > 0
    findings = recordings.verify(tmp_path / "visit-0", stage.public_hex)
    assert not [finding for finding in findings if finding.level is Level.DAMAGE]
    assert list((tmp_path / "visit-0").glob("part-01/seg-*.age"))


@pytest.mark.process
@pytest.mark.unhurried
def test_the_command_prints_one_object_of_the_promised_shape() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "rehearsal.bench", "relay", "--consults", "2", "--seconds", "2", "--json"],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert report["consults"] == 2
    promised = {"relay_ms", "recorder_ms", "cpu_ms_per_consult_second", "us_per_packet", "p50_us", "p99_us", "kb_per_consult"}
    assert promised <= report["peitong"].keys()
    assert all(isinstance(report["peitong"][name], int | float) for name in promised)
    assert report["peitong"]["packets_per_second"] > 100
    assert set(report["recorder"]) == {"cpu_ms_per_consult_second", "kb_per_consult", "commits_per_second"}
    assert isinstance(report["generator"]["starved"], bool)
    text = tables.relay(report)
    assert text.startswith("2 consults")
    assert "p99" in text
