"""The clips are recognisable, also after scaling and noise; otherwise no test on them would mean anything."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.clips import GUARDIAN, HD, PHYSICIAN, Camera, Clip, Seen, draw, loudest_hz, recognise, write_tone, write_video


@pytest.mark.parametrize("clip", [GUARDIAN, PHYSICIAN], ids=lambda clip: clip.name)
def test_every_number_is_read_back_from_a_small_noisy_picture(clip: Clip) -> None:
    noise = np.random.default_rng(1)
    for number in range(100):
        small = draw(clip, number)[::4, ::4].astype(int) + noise.integers(-30, 30, (90, 160, 3))
        assert recognise(np.clip(small, 0, 255).astype(np.uint8)) == Seen(clip.name, number)


def test_black_shows_nobody() -> None:
    assert recognise(np.zeros((90, 160, 4), np.uint8)) == Seen(None, None)


@pytest.mark.parametrize("camera", [Camera(), HD], ids=["small", "hd"])
def test_the_film_is_of_the_cameras_size_and_legible(tmp_path: Path, camera: Camera) -> None:
    write_video(GUARDIAN, tmp_path / "v.y4m", camera)
    head, *frames = (tmp_path / "v.y4m").read_bytes().split(b"FRAME\n")
    width, height = 640 * camera.scale, 360 * camera.scale
    assert head.startswith(f"YUV4MPEG2 W{width} H{height} F{camera.fps}:1 ".encode())
    assert [len(frame) for frame in frames] == [width * height * 3 // 2] * camera.frames
    luminance = np.frombuffer(frames[7][: width * height], np.uint8).reshape(height, width)
    assert abs(luminance[:60, :60].std() - camera.grain) < 0.3
    bright = np.where(luminance > 200, 255, 0)
    coloured = np.maximum(np.stack([bright] * 3, axis=-1), np.array(GUARDIAN.colour))
    assert recognise(coloured.astype(np.uint8)) == Seen(GUARDIAN.name, 7)


def test_the_tone_is_heard(tmp_path: Path) -> None:
    write_tone(PHYSICIAN, tmp_path / "t.wav")
    with wave.open(str(tmp_path / "t.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    assert loudest_hz(samples, 48_000) == pytest.approx(PHYSICIAN.hz, abs=5)
