"""A sealed recording opened the documented way: stock `age`, then stock `ffprobe` and `ffmpeg`. None of our own code."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.e2e.clips import HEIGHT, SAMPLE_RATE, WIDTH, Seen, loudest_hz, recognise


@dataclass(frozen=True)
class Track:
    """One stream of a part: whose it is and what it carries."""

    index: int
    seat: str
    kind: str
    codec: str


@dataclass(frozen=True)
class Part:
    """One Matroska file."""

    file: Path

    def tracks(self) -> list[Track]:
        entries = "stream=index,codec_type,codec_name:stream_tags=title"
        out = _run("ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(self.file))
        return [
            Track(s["index"], s.get("tags", {}).get("title", ""), s["codec_type"], s["codec_name"])
            for s in json.loads(out)["streams"]
        ]

    def track(self, seat: str, kind: str) -> Track:
        (found,) = (track for track in self.tracks() if seat in track.seat and track.kind == kind)
        return found

    def pictures(self, seat: str) -> list[Seen]:
        """What one frame in five shows."""
        size = f"scale={WIDTH}:{HEIGHT}"
        out = [
            "-map",
            f"0:{self.track(seat, 'video').index}",
            "-vf",
            f"select=not(mod(n\\,5)),{size}",
            "-fps_mode",
            "passthrough",
        ]
        raw = _run("ffmpeg", "-v", "error", "-i", str(self.file), *out, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        frames = np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)
        return [recognise(frame) for frame in frames]

    def hz(self, seat: str) -> float:
        """The strongest frequency of that person's sound."""
        out = ["-map", f"0:{self.track(seat, 'audio').index}", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "-"]
        raw = _run("ffmpeg", "-v", "error", "-i", str(self.file), *out)
        return loudest_hz(np.frombuffer(raw, "<i2").astype(float), SAMPLE_RATE)


def open_parts(recording: Path, identity: Path, out: Path) -> list[Part]:
    """Every part, decrypted into `out`."""
    out.mkdir()
    session_key = out / "session.key"
    session_key.write_bytes(_run("age", "-d", "-i", str(identity), str(recording / "session-key.age")))
    parts = []
    for folder in sorted(recording.glob("part-*")):
        file = out / f"{folder.name}.mkv"
        segments = sorted(folder.glob("seg-*.age"))
        file.write_bytes(b"".join(_run("age", "-d", "-i", str(session_key), str(segment)) for segment in segments))
        parts.append(Part(file))
    return parts


def _run(*command: str) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, f"{command[0]}: {done.stderr.decode()}"
    return done.stdout
