"""The recorder process, driven by a fake app and a fake relay over its socket, with real VP8, H264 and Opus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.recording_kit import (
    BLUE, GREEN, RED, Hospital, Line, Rig, colour_at, now_us, probe, sound, tone_of, video,
)  # fmt: skip

pytestmark = pytest.mark.process

GUARDIAN_SOUND, GUARDIAN_PICTURE = Line(1, "guardian", "audio", "opus"), Line(2, "guardian", "video", "VP8")
PHYSICIAN_SOUND, PHYSICIAN_PICTURE = Line(3, "physician", "audio", "opus"), Line(4, "physician", "video", "H264")
ALL = [GUARDIAN_SOUND, GUARDIAN_PICTURE, PHYSICIAN_SOUND, PHYSICIAN_PICTURE]


async def test_what_was_said_and_shown_opens_with_stock_tools(tmp_path: Path) -> None:
    hospital = Hospital.make(tmp_path)
    rig = await Rig.start(tmp_path, hospital)
    origin_us = await rig.open(hospital, ALL, now_us() - 4_000_000)
    tracks = {
        1: sound(440, 4),
        2: video("VP8", RED, 4),
        3: sound(1000, 4, ssrc=12),
        4: video("H264", BLUE, 4, ssrc=11),
    }
    await rig.play(hospital, tracks, origin_us)
    await rig.close(hospital)

    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    streams = probe(opened)
    assert sorted((s["codec_name"], s["tags"]["title"]) for s in streams) == [
        ("h264", "physician"), ("opus", "guardian"), ("opus", "physician"), ("vp8", "guardian"),
    ]  # fmt: skip
    assert colour_at(opened, 0, 2.0) == pytest.approx(RED, abs=6)
    assert colour_at(opened, 1, 2.0) == pytest.approx(BLUE, abs=6)
    assert tone_of(opened, 0) == pytest.approx(440, abs=3)
    assert tone_of(opened, 1) == pytest.approx(1000, abs=3)
