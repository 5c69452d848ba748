"""The clips are recognisable, also after scaling and noise; otherwise no test on them would mean anything."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.clips import FRAMES, GUARDIAN, PHYSICIAN, Clip, Seen, draw, loudest_hz, recognise, write_tone, write_video


@pytest.mark.parametrize("clip", [GUARDIAN, PHYSICIAN], ids=lambda clip: clip.name)
def test_every_number_is_read_back_from_a_small_noisy_picture(clip: Clip) -> None:
    noise = np.random.default_rng(1)
    for number in range(100):
        small = draw(clip, number)[::4, ::4].astype(int) + noise.integers(-30, 30, (90, 160, 3))
        assert recognise(np.clip(small, 0, 255).astype(np.uint8)) == Seen(clip.name, number)


def test_black_shows_nobody() -> None:
    assert recognise(np.zeros((90, 160, 4), np.uint8)) == Seen(None, None)


def test_the_files_hold_what_they_should(tmp_path: Path) -> None:
    write_video(GUARDIAN, tmp_path / "v.y4m")
    assert (tmp_path / "v.y4m").read_bytes().count(b"FRAME\n") >= FRAMES
    write_tone(PHYSICIAN, tmp_path / "t.wav")
    with wave.open(str(tmp_path / "t.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    assert loudest_hz(samples, 48_000) == pytest.approx(PHYSICIAN.hz, abs=5)
