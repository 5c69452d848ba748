"""Camera and microphone as files: a coloured, numbered clip and a beeping tone, and how to recognise them at the far end."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

WIDTH, HEIGHT, FPS, FRAMES = 640, 360, 15, 60
SAMPLE_RATE = 48_000
_BEEP_S, _PAUSE_S = 0.35, 0.15  # a steady tone would be taken for noise and suppressed by the browser

# The seven segments of a digit in a box of 100 x 200: x, y, width, height; and which of them each digit lights.
_SEGMENTS = (
    (15, 0, 70, 20),
    (80, 15, 20, 75),
    (80, 110, 20, 75),
    (15, 180, 70, 20),
    (0, 110, 20, 75),
    (0, 15, 20, 75),
    (15, 90, 70, 20),
)
_LIT = ("012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356")
_BOXES = ((200, 80), (340, 80))


@dataclass(frozen=True, slots=True)
class Clip:
    """What one participant shows and sounds like."""

    name: str
    colour: tuple[int, int, int]
    hz: float


GUARDIAN = Clip("guardian", (190, 40, 60), 440)
PHYSICIAN = Clip("physician", (20, 130, 60), 660)
INTERPRETER = Clip("interpreter", (30, 70, 190), 880)
CLIPS = (GUARDIAN, PHYSICIAN, INTERPRETER)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows: whose clip, and its number, None where it is not legible."""

    clip: str | None
    number: int | None


def draw(clip: Clip, number: int) -> Pixels:
    """One frame, RGB, with the number in white."""
    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    frame[:] = clip.colour
    for (left, top), digit in zip(_BOXES, divmod(number % 100, 10), strict=True):
        for segment in _LIT[digit]:
            x, y, w, h = _SEGMENTS[int(segment)]
            frame[top + y : top + y + h, left + x : left + x + w] = 255
    return frame


def recognise(picture: Pixels) -> Seen:
    """A picture of any size with the clip's proportions, RGB or RGBA."""
    height, width = picture.shape[:2]
    bright = picture[..., :3].min(axis=2) > 140

    def lit(x: float, y: float) -> bool:
        return bool(bright[round(y * height / HEIGHT), round(x * width / WIDTH)])

    digits = []
    for left, top in _BOXES:
        shown = "".join(str(n) for n, (x, y, w, h) in enumerate(_SEGMENTS) if lit(left + x + w / 2, top + y + h / 2))
        digits.append(_LIT.index(shown) if shown in _LIT else None)
    corner = picture[: height // 8, : width // 8, :3].reshape(-1, 3).mean(axis=0)
    clip = next((each.name for each in CLIPS if np.abs(corner - each.colour).max() < 50), None)
    tens, ones = digits
    return Seen(clip, None if tens is None or ones is None or clip is None else tens * 10 + ones)


def write_video(clip: Clip, path: Path) -> None:
    """An uncompressed Y4M (4:2:0, full range values squeezed to BT.601) that a browser loops as its camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            planes = (np.clip(plane, 0, 255).astype(np.uint8).tobytes() for plane in i420(draw(clip, number)))
            file.write(b"FRAME\n" + b"".join(planes))


def write_tone(clip: Clip, path: Path) -> None:
    """Two seconds of beeps, 16 bit mono."""
    t = np.arange(round((_BEEP_S + _PAUSE_S) * SAMPLE_RATE)) / SAMPLE_RATE
    edge = np.clip(np.minimum(t, _BEEP_S - t) / 0.01, 0, 1)
    beep = np.sin(2 * np.pi * clip.hz * t) * edge * 0.6
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.tile(beep, 4) * 32767).astype("<i2").tobytes())


def loudest_hz(samples: NDArray[np.float64], sample_rate: int) -> float:
    """The strongest frequency of a recording between 100 Hz and 2 kHz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    frequencies = np.fft.rfftfreq(len(samples), 1 / sample_rate)
    spectrum[(frequencies < 100) | (frequencies > 2000)] = 0
    return float(frequencies[spectrum.argmax()])


def i420(rgb: Pixels) -> tuple[Plane, Plane, Plane]:
    """A picture of 640 x 360 as luma and the two chromas of half the size."""
    r, g, b = (rgb[..., n].astype(np.float32) for n in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    v = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    return y, _halved(u), _halved(v)


def _halved(plane: Plane) -> Plane:
    halved: Plane = plane.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(1, 3))
    return halved
