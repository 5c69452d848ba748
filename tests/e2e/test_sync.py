"""A real Chromium's sound and picture lie in sync in the sealed recording.

The guardian's camera flashes white and the microphone beeps once a second. Chromium's fake camera and fake microphone run on
timers of their own: they begin apart by another amount at each start (seen: -0.23 to +0.23 s) and drift by 16 ms a second. That
is no matter of ours, so each flash and each beep is timed in the guardian's own page, on the tracks that are sent, before
anything is encoded, and looked for in the recording. The one may not be moved against the other by more than 100 ms.
"""

from __future__ import annotations

import sqlite3
import wave
from pathlib import Path
from statistics import median

import av
import numpy as np
import pytest

from rehearsal.sealed import sealed
from server.opening import open_recording
from tests.e2e.clips import FPS, HEIGHT, SAMPLE_RATE, WIDTH
from tests.e2e.conftest import DemoServer, Figures
from tests.e2e.people import Guardian, Physician

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

SYNC_S = 0.100
TALK_MS = 12_000
_FLASH_S, _BEEP_S, _HZ = 0.2, 0.2, 1000
_LOUD = 0.05  # of full scale
_BRIGHT = 150  # mean luma, between the dark clip's and the white flash's
_SECONDS = 4

# What the page's own camera and microphone give, in Unix seconds: when the picture turns white, when the sound turns loud.
_CAPTURE = """async ([wait_ms, loud, bright]) => {
  const stream = window.__captured.at(-1);
  const from = (kind) => new MediaStream(stream.getTracks().filter((track) => track.kind === kind));
  const flashes = [], beeps = [];
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: from("video") });
  await video.play();
  const context = Object.assign(document.createElement("canvas"), { width: 16, height: 9 }).getContext("2d");
  let white = true;
  const frame = (now, { captureTime }) => {
    context.drawImage(video, 0, 0, 16, 9);
    const pixels = context.getImageData(0, 0, 16, 9).data;
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    if (mean > bright && !white) flashes.push((performance.timeOrigin + (captureTime ?? now)) / 1000);
    white = mean > bright;
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  const reader = new MediaStreamTrackProcessor({ track: from("audio").getTracks()[0].clone() }).readable.getReader();
  const until = performance.now() + wait_ms;
  let quiet = 0;
  while (performance.now() < until) {
    const { value } = await reader.read();
    const samples = new Float32Array(value.numberOfFrames);
    value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    const ended = (performance.timeOrigin + performance.now()) / 1000;
    samples.forEach((sample, n) => {
      if (Math.abs(sample) <= loud) quiet += 1;
      else {
        if (quiet > value.sampleRate / 4) beeps.push(ended - (samples.length - n) / value.sampleRate);
        quiet = 0;
      }
    });
    value.close();
  }
  await reader.cancel();
  return { flashes, beeps };
}"""
_KEEP_STREAMS = """
  window.__captured = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.__captured.push(stream);
    return stream;
  };
"""


def write_flashes(path: Path) -> None:
    """A Y4M that is white for the first fifth of each second and dark for the rest."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FPS * _SECONDS):
            luma = 235 if number % FPS < FPS * _FLASH_S else 40
            file.write(b"FRAME\n" + bytes([luma]) * (WIDTH * HEIGHT) + bytes([128]) * (WIDTH * HEIGHT // 2))


def write_beeps(path: Path) -> None:
    """A WAV that beeps for the first fifth of each second."""
    t = np.arange(SAMPLE_RATE * _SECONDS) / SAMPLE_RATE
    tone = np.where(t % 1 < _BEEP_S, 0.7 * np.sin(2 * np.pi * _HZ * t), 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((tone * 32767).astype("<i2").tobytes())


def delay_s(captured: list[float], recorded: list[float]) -> float:
    """By how much later than it was captured each is recorded, the median; both come once a second."""
    delays = [min((r - c for r in recorded), key=abs) for c in captured]
    found = [delay for delay in delays if abs(delay) < 0.5]
    assert len(found) >= 5, (captured, recorded)
    return median(found)


def flashes_of(file: Path, seat: str) -> list[float]:
    """When the picture turns white, in seconds of the recording."""
    found, white = [], True
    with av.open(str(file)) as container:
        (stream,) = (s for s in container.streams.video if s.metadata["title"] == seat)
        for frame in container.decode(stream):
            bright = frame.to_ndarray(format="gray").mean() > _BRIGHT
            if bright and not white:
                found.append(float(frame.pts * stream.time_base))
            white = bright
    return found


def beeps_of(file: Path, seat: str) -> list[float]:
    """When the sound turns loud after a quarter of a second of quiet, in seconds of the recording."""
    found: list[float] = []
    loud_until = 0.0
    with av.open(str(file)) as container:
        (stream,) = (s for s in container.streams.audio if s.metadata["title"] == seat)
        for frame in container.decode(stream):
            samples = frame.to_ndarray()
            level = np.abs(samples.reshape(-1, len(frame.layout.channels)) if samples.shape[0] == 1 else samples.T).max(axis=1)
            start = float(frame.pts * stream.time_base)
            for n in np.flatnonzero(level > _LOUD * (32767 if samples.dtype == np.int16 else 1)):
                at = float(start + n / frame.sample_rate)
                if at - loud_until > 0.25:
                    found.append(at)
                loud_until = at
    return found


@pytest.fixture
def media(media: dict[str, tuple[Path, Path]], tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    """The guardian's clip is one that flashes and beeps."""
    video, sound = tmp_path / "flashes.y4m", tmp_path / "beeps.wav"
    write_flashes(video)
    write_beeps(sound)
    return media | {"guardian": (video, sound)}


def origin_at(server: DemoServer) -> float:
    """The recording's time zero, in Unix seconds."""
    with sqlite3.connect(server.data / "peitong.db") as database:
        row = database.execute("SELECT origin_at FROM recording WHERE session = ?", (server.visit,)).fetchone()
    return float(row[0])


async def test_a_browsers_sound_and_picture_are_recorded_in_sync(
    server: DemoServer, guardian: Guardian, physician: Physician, tmp_path: Path, figures: Figures
) -> None:
    await guardian.page.add_init_script(_KEEP_STREAMS)
    await guardian.joins(server.guardian_link)
    await physician.signs_in(server.physician_link, server.physician_login, server.physician_password)
    await physician.opens(server.visit)
    first = physician.first_frame()
    await physician.admits()
    await first
    captured = await guardian.page.evaluate(_CAPTURE, [TALK_MS, _LOUD, _BRIGHT])
    await physician.refers(reason_at=-1, note="演练", not_examined="", told_family="")
    await physician.reads("已结束并转线下就诊")

    await sealed(server.recording)
    opened = tmp_path / "visit.mkv"
    assert open_recording(server.recording, server.identity, opened) == []
    origin = origin_at(server)
    flash_s = delay_s(captured["flashes"], [origin + t for t in flashes_of(opened, "guardian")])
    beep_s = delay_s(captured["beeps"], [origin + t for t in beeps_of(opened, "guardian")])
    figures["flash_recorded_after_capture_ms"] = round(flash_s * 1000)
    figures["beep_recorded_after_capture_ms"] = round(beep_s * 1000)
    assert abs(beep_s - flash_s) <= SYNC_S
