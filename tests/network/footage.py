"""Camera and microphone for measuring: a clip that costs what a real one costs, and beeps that can be told apart.

The clip is a person's numbered clip of the browser tests, 30 pictures a second, with a part that is textured and moves: an
encoder finds something to spend 2.5 Mbit/s on, as it would with a real room. The sound is a cycle of beeps, half a second
apart, each of another pitch, so that a beep that comes late is never taken for the next one.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from tests.e2e import clips
from tests.e2e.clips import PHYSICIAN, SAMPLE_RATE, Clip, Plane, draw, i420

FPS, FRAMES = 30, 60
BEEP_EVERY_S = 0.5
_BEEP_S = 0.2
PITCHES_HZ = {"guardian": (400, 600, 850, 1150, 1500, 1900), "physician": (500, 720, 990, 1320, 1690, 2150)}
"""Of each person's beeps, in order. Neither has the other's, so that neither's microphone looks like the other's echo."""
_MOVING = {1: (184, 0, 176, 640), 2: (336, 160, 320, 480)}  # top, left, height, width, by scale: as many pixels in either
_SWAY = 40  # pixels to either side
CYCLE_S = len(PITCHES_HZ["guardian"]) * BEEP_EVERY_S
_TEXTURE = 60  # luma steps to either side
_GRAIN = 6


def write_camera(clip: Clip, path: Path, scale: int) -> None:
    """A Y4M that a browser loops as its camera, without a seam: what moves goes round in a circle.

    ``scale`` times 640 x 360. The small one costs the same bits and a quarter of the processor.
    """
    chance = np.random.default_rng(clip.name == PHYSICIAN.name)
    top, left, height, width = _MOVING[scale]
    texture = _texture(chance, height + 2 * _SWAY, width + 2 * _SWAY)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{clips.WIDTH * scale} H{clips.HEIGHT * scale} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            angle = 2 * np.pi * number / FRAMES
            down, right = _SWAY + round(_SWAY * np.sin(angle)), _SWAY + round(_SWAY * np.cos(angle))
            luma, *chroma = (plane.repeat(scale, axis=0).repeat(scale, axis=1) for plane in i420(draw(clip, number)))
            luma[top : top + height, left : left + width] += texture[down : down + height, right : right + width]
            luma[top : top + height, left : left + width] += chance.integers(-_GRAIN, _GRAIN + 1, (height, width))
            file.write(b"FRAME\n" + b"".join(np.clip(plane, 0, 255).astype(np.uint8).tobytes() for plane in (luma, *chroma)))


def write_microphone(clip: Clip, path: Path) -> None:
    """A WAV with one beep of each pitch, 16 bit mono."""
    t = np.arange(round(BEEP_EVERY_S * SAMPLE_RATE)) / SAMPLE_RATE
    edge = np.clip(np.minimum(t, _BEEP_S - t) / 0.003, 0, 1)
    beeps = [np.sin(2 * np.pi * hz * t) * edge * 0.6 for hz in PITCHES_HZ[clip.name]]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.concatenate(beeps) * 32767).astype("<i2").tobytes())


def _texture(chance: np.random.Generator, height: int, width: int) -> Plane:
    """Noise of several sizes, coarse and fine, as walls, clothes and faces have."""
    field = np.zeros((height, width))
    for size in (4, 8, 16, 40):
        coarse = chance.standard_normal((height // size + 1, width // size + 1))
        field += np.kron(coarse, np.ones((size, size)))[:height, :width]
    texture: Plane = (field / np.abs(field).max() * _TEXTURE).astype(np.float32)
    return texture
