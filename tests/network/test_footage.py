"""The film that is measured with is legible, moves and makes no seam; its beeps can be told apart."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.clips import GUARDIAN, PHYSICIAN, SAMPLE_RATE, Clip, Seen, loudest_hz, recognise
from tests.network import footage


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("clip", [GUARDIAN, PHYSICIAN], ids=lambda clip: clip.name)
def test_the_film_is_recognised_in_spite_of_its_texture(clip: Clip, scale: int, tmp_path: Path) -> None:
    footage.write_camera(clip, tmp_path / "v.y4m", scale)
    width, height = 640 * scale, 360 * scale
    head, *frames = (tmp_path / "v.y4m").read_bytes().split(b"FRAME\n")
    assert head.startswith(f"YUV4MPEG2 W{width} H{height} F30:1 ".encode())
    assert len(frames) == footage.FRAMES
    lumas = [np.frombuffer(frame[: width * height], np.uint8).reshape(height, width).astype(int) for frame in frames]
    bright = np.where(lumas[42][:: 4 * scale, :: 4 * scale] > 200, 255, 0)
    assert recognise(np.maximum(bright[..., None], np.array(clip.colour)).astype(np.uint8)) == Seen(clip.name, 42)
    changes = [np.abs(a - b).mean() for a, b in zip(lumas, [*lumas[1:], lumas[0]], strict=True)]
    assert changes[-1] < 1.5 * np.median(changes), "the loop has no seam"
    assert min(changes) > 0.5, "there is always something to encode"


@pytest.mark.parametrize("clip", [GUARDIAN, PHYSICIAN], ids=lambda clip: clip.name)
def test_each_beep_has_its_pitch(clip: Clip, tmp_path: Path) -> None:
    footage.write_microphone(clip, tmp_path / "t.wav")
    with wave.open(str(tmp_path / "t.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    beeps = np.split(samples, len(footage.PITCHES_HZ[clip.name]))
    below_2k = [(loudest_hz(beep, SAMPLE_RATE), hz) for beep, hz in zip(beeps, footage.PITCHES_HZ[clip.name], strict=True)]
    assert all(found == pytest.approx(hz, abs=5) for found, hz in below_2k if hz < 2000)
    assert len(samples) == footage.CYCLE_S * SAMPLE_RATE


def test_nobody_has_a_pitch_of_the_other() -> None:
    mine, yours = footage.PITCHES_HZ["guardian"], footage.PITCHES_HZ["physician"]
    assert min(abs(a - b) / max(a, b) for a in mine for b in yours) > 0.08
