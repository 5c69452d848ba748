"""The recorder process, driven by a fake app and a fake relay over its socket, with real VP8, H264 and Opus."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from media import control
from media.recorder.manifest import Level
from server.opening import open_recording
from server.recordings import verify
from tests.media.recorder import kit
from tests.media.recorder.kit import BLUE, GREEN, RED, Hospital, Line, Rig, now_us, sound, video

pytestmark = pytest.mark.process

ALL = [
    Line(1, "guardian", "audio", "opus"),
    Line(2, "guardian", "video", "VP8"),
    Line(3, "physician", "audio", "opus"),
    Line(4, "physician", "video", "H264"),
]


def both(seconds: float, **more: int) -> dict[int, tuple[kit.Sent, ...]]:
    return {
        1: sound(440, seconds, **more),
        2: video("VP8", RED, seconds, **more),
        3: sound(1000, seconds, ssrc=12, **more),
        4: video("H264", BLUE, seconds, ssrc=11, **more),
    }


def damage(hospital: Hospital) -> list[str]:
    return [f.kind for f in verify(hospital.folder, hospital.signer) if f.level is Level.DAMAGE]


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital.make(tmp_path)


@pytest.fixture
async def rig(tmp_path: Path, hospital: Hospital) -> AsyncIterator[Rig]:
    rig = await Rig.start(tmp_path, hospital)
    yield rig
    if rig.process.returncode is None:
        await rig.kill()


async def test_what_was_said_and_shown_opens_with_stock_tools(rig: Rig, hospital: Hospital, tmp_path: Path) -> None:
    origin_us = await rig.open(hospital, ALL, now_us() - 4_000_000)
    await rig.play(hospital, both(4), origin_us)
    await rig.close(hospital)

    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    streams = kit.probe(opened)
    assert sorted((s["codec_name"], s["tags"]["title"]) for s in streams) == [
        ("h264", "physician"), ("opus", "guardian"), ("opus", "physician"), ("vp8", "guardian"),
    ]  # fmt: skip
    assert kit.colour_at(opened, 0, 2.0) == pytest.approx(RED, abs=6)
    assert kit.colour_at(opened, 1, 2.0) == pytest.approx(BLUE, abs=6)
    assert kit.tone_of(opened, 0) == pytest.approx(440, abs=3)
    assert kit.tone_of(opened, 1) == pytest.approx(1000, abs=3)
    assert [len(kit.times(opened, i)) for i in range(4)] == [200, 80, 200, 80]
    assert kit.decode_errors(opened) == ""
    assert verify(hospital.folder, hospital.signer, [hospital.head()]) == []


async def test_each_second_is_sealed_and_said_to_be_durable_while_the_call_runs(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL)
    late_us = 0
    playing = asyncio.create_task(rig.play(hospital, both(4), origin_us, live=True))
    while not playing.done():
        await asyncio.sleep(0.05)
        durable = [m.through_us for m in rig.relay.heard if isinstance(m, control.Durable)]
        if durable:
            assert durable == sorted(durable)
            late_us = max(late_us, now_us() - durable[-1])
    assert late_us < 1_900_000  # the gate would have closed at 2 s
    assert len(hospital.of_type("segment")) >= 3
    heads = [m for m in rig.app.heard if isinstance(m, control.Head)]
    assert [h.line for h in heads] == sorted({h.line for h in heads})
    await rig.close(hospital)


async def test_an_idle_recording_stays_durable(rig: Rig, hospital: Hospital) -> None:
    await rig.open(hospital, [])
    began_us = now_us()
    said = []
    while now_us() - began_us < 2_500_000:
        rig.relay.forget()
        message = await rig.relay.until(lambda m: isinstance(m, control.Durable), within_s=1.5)
        said.append(now_us() - message.through_us)
    assert len(said) >= 4
    assert max(said) < 1_500_000
    assert not hospital.of_type("segment")


async def test_sound_and_picture_lie_where_their_senders_clocks_say(rig: Rig, hospital: Hospital, tmp_path: Path) -> None:
    """The pictures arrive 300 ms after the sound that belongs to them; the sender reports know better."""
    origin_us = await rig.open(hospital, ALL, now_us() - 5_000_000)
    tracks = {
        1: sound(440, 4), 2: video("VP8", RED, 4, start_us=300_000),
        3: sound(1000, 4, ssrc=12), 4: video("H264", BLUE, 4, ssrc=11, start_us=300_000),
    }  # fmt: skip
    ntp_seconds = {1: 3_900_000_000, 2: 3_900_000_000, 3: 3_911_111_111, 4: 3_911_111_111}  # each seat has its own clock
    for number, sent in tracks.items():
        first_rtp = int.from_bytes(sent[0].data[4:8], "big")
        arrival_us = origin_us + sent[0].at_us
        await rig.play(hospital, {number: sent[:1]}, origin_us)
        rig.relay.say(control.Clock(hospital.recording, number, ntp_seconds[number] << 32, first_rtp, arrival_us))
    await rig.play(hospital, {number: sent[1:] for number, sent in tracks.items()}, origin_us)
    await rig.close(hospital)

    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    at_3_s = [min(kit.times(opened, i), key=lambda t: abs(t - 3.0)) for i in range(4)]
    assert max(at_3_s) - min(at_3_s) < 0.1
    counts = [sum(1 for t in kit.times(opened, i) if t < 2.0) for i in range(4)]  # frames taken in the first 2 s
    assert counts == pytest.approx([100, 40, 100, 40], abs=3)


async def test_a_participant_without_a_camera_delays_nobody(rig: Rig, hospital: Hospital, tmp_path: Path) -> None:
    origin_us = await rig.open(hospital, ALL)
    tracks = both(3)
    del tracks[2]
    await rig.play(hospital, tracks, origin_us, live=True)
    assert len(hospital.of_type("segment")) >= 1
    await rig.close(hospital)
    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    assert sorted((s["codec_name"], s["tags"]["title"]) for s in kit.probe(opened)) == [
        ("h264", "physician"), ("opus", "guardian"), ("opus", "physician"),
    ]  # fmt: skip
    assert [len(kit.times(opened, i)) for i in range(3)] == [150, 150, 60]


async def test_one_who_joins_late_begins_a_new_part_and_nothing_is_lost(rig: Rig, hospital: Hospital, tmp_path: Path) -> None:
    origin_us = await rig.open(hospital, ALL)
    guardian = {1: sound(440, 5), 2: video("VP8", RED, 5)}
    physician = {3: sound(1000, 3, ssrc=12, start_us=2_000_000), 4: video("H264", BLUE, 3, ssrc=11, start_us=2_000_000)}
    await rig.play(hospital, guardian | physician, origin_us, live=True)
    await rig.close(hospital)

    assert [(p["part"], p["why"]) for p in hospital.of_type("part")] == [(1, "start"), (2, "tracks")]
    wanted = [m for m in rig.app.heard if isinstance(m, control.KeyframeWanted)]
    assert [m.seat for m in wanted] == ["guardian"]
    second = hospital.open_with_stock_tools(2, tmp_path / "visit-02.mkv")
    assert len(kit.probe(second)) == 4
    assert kit.decode_errors(second) == ""

    joined = tmp_path / "all.mkv"
    assert open_recording(hospital.folder, hospital.identity_file, joined) == []
    streams = kit.probe(joined)
    counts = {(s["codec_name"], s["tags"]["title"]): len(kit.times(joined, s["index"])) for s in streams}
    assert counts == {
        ("opus", "guardian"): 250, ("vp8", "guardian"): 100, ("opus", "physician"): 150, ("h264", "physician"): 60,
    }  # fmt: skip
    assert kit.decode_errors(joined) == ""


async def test_pictures_before_their_keyframe_are_not_written_and_one_is_asked_for(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL[:2], now_us() - 3_000_000)
    pictures = video("VP8", RED, 3)
    first_key = next(s.at_us for s in pictures if s.at_us >= 1_000_000)
    await rig.play(hospital, {1: sound(440, 3), 2: [s for s in pictures if s.at_us > 0]}, origin_us)
    wanted = await rig.app.until(lambda m: isinstance(m, control.KeyframeWanted))
    assert wanted.seat == "guardian"
    await rig.close(hospital)
    opened = hospital.open_with_stock_tools(1, hospital.folder.parent / "visit-01.mkv")
    assert kit.times(opened, 1)[0] == pytest.approx(first_key / 1e6, abs=0.01)
    assert kit.decode_errors(opened) == ""


async def test_a_picture_that_changes_its_size_still_decodes_and_the_change_is_noted(
    rig: Rig, hospital: Hospital, tmp_path: Path
) -> None:
    lines = [ALL[1], Line(5, "interpreter", "video", "H264")]
    origin_us = await rig.open(hospital, lines, now_us() - 4_000_000)
    tracks = {}
    for number, codec in ((2, "VP8"), (5, "H264")):
        small = video(codec, RED, 2, ssrc=number)
        last = int.from_bytes(small[-1].data[2:4], "big")
        large = video(
            codec, GREEN, 2, ssrc=number, start_us=2_000_000, size=(640, 480), first_sequence=last + 1,
            first_timestamp=0xFFFF_F000 + 180_000,
        )  # fmt: skip
        tracks[number] = small + large
    await rig.play(hospital, tracks, origin_us)
    await rig.close(hospital)
    sizes = [(line["seat"], line["width"], line["height"]) for line in hospital.of_type("resolution")]
    assert ("guardian", 640, 480) in sizes
    assert ("interpreter", 640, 480) in sizes
    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    for stream in range(2):
        assert kit.colour_at(opened, stream, 1.0) == pytest.approx(RED, abs=6)
        assert kit.colour_at(opened, stream, 3.0) == pytest.approx(GREEN, abs=6)


async def test_loss_reordering_and_doubles_cost_no_more_than_the_frames_they_hit(
    rig: Rig, hospital: Hospital, tmp_path: Path
) -> None:
    chance = random.Random(7)
    origin_us = await rig.open(hospital, ALL, now_us() - 4_000_000)
    tracks = both(4)
    for number, sent in tracks.items():
        kept = [s for s in sent if s.at_us == 0 or chance.random() > 0.05]
        shaken = [kit.Sent(s.at_us + chance.randrange(80_000), s.data) for s in kept]
        tracks[number] = (*shaken, *chance.sample(shaken, len(shaken) // 10))
    await rig.play(hospital, tracks, origin_us)
    await rig.close(hospital)
    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    counts = [len(kit.times(opened, i)) for i in range(4)]
    assert all(whole * 0.7 < count < whole for count, whole in zip(counts, [200, 80, 200, 80], strict=True))
    assert kit.tone_of(opened, 0) == pytest.approx(440, abs=5)
    assert damage(hospital) == []


async def test_a_hold_is_in_the_manifest_and_the_time_line_goes_on(rig: Rig, hospital: Hospital, tmp_path: Path) -> None:
    origin_us = await rig.open(hospital, ALL[:2], now_us() - 9_000_000)
    rig.relay.say(control.Gate(hospital.recording, True, origin_us, ""))
    await rig.play(hospital, {1: sound(440, 2), 2: video("VP8", RED, 2)}, origin_us)
    rig.relay.say(control.Gate(hospital.recording, False, origin_us + 2_000_000, "seat_silent"))
    rig.relay.say(control.Gate(hospital.recording, True, origin_us + 6_000_000, ""))
    after = {
        1: sound(440, 2, start_us=6_000_000, first_sequence=300, ssrc=2),
        2: video("VP8", GREEN, 2, start_us=6_000_000, first_sequence=900, first_timestamp=0xFFFF_F000 + 540_000),
    }
    await rig.play(hospital, after, origin_us)
    await rig.close(hospital)
    assert [line["type"] for line in hospital.lines() if line["type"] in ("hold", "resume")] == ["resume", "hold", "resume"]
    assert hospital.of_type("hold")[0]["cause"] == "seat_silent"
    assert not hospital.of_type("gap")
    assert len(hospital.of_type("part")) == 1
    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    pictures = kit.times(opened, 1)
    assert not [t for t in pictures if 2.1 < t < 5.9]
    assert [t for t in pictures if 5.9 < t < 8.0] == pytest.approx([6 + i / 20 for i in range(40)], abs=0.01)


async def test_what_the_relay_had_to_drop_is_a_declared_gap(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL[:1], now_us() - 3_000_000)
    await rig.play(hospital, {1: sound(440, 1)}, origin_us)
    rig.relay.say(control.Lost(hospital.recording, origin_us + 1_000_000, origin_us + 1_700_000))
    await rig.close(hospital)
    (gap,) = hospital.of_type("gap")
    assert (gap["from_us"], gap["to_us"], gap["why"]) == (1_000_000, 1_700_000, "dropped")


async def test_a_relay_that_dies_with_its_gate_open_leaves_a_hold_and_a_gap(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL[:1], now_us() - 1_000_000)
    rig.relay.say(control.Gate(hospital.recording, True, origin_us, ""))
    await rig.play(hospital, {1: sound(440, 1)}, origin_us)
    await rig.app.until(lambda m: isinstance(m, control.Head) and m.line >= 3)
    await rig.relay.leave()
    await rig.close(hospital)
    assert hospital.of_type("hold")[0]["cause"] == "relay_gone"
    (gap,) = hospital.of_type("gap")
    assert gap["to_us"] - gap["from_us"] < 2_000_000


async def test_a_kill_loses_at_most_two_seconds_says_so_and_the_result_opens(tmp_path: Path) -> None:
    """At three moments, each recorder a process of its own."""
    await asyncio.gather(*(_killed_and_going_on(tmp_path / str(seed), seed) for seed in (1, 2, 3)))


async def _killed_and_going_on(folder: Path, seed: int) -> None:
    folder.mkdir()
    hospital = Hospital.make(folder)
    before, after = both(5), both(3, start_us=6_000_000)
    first = await Rig.start(folder, hospital)
    origin_us = await first.open(hospital, ALL)
    playing = asyncio.create_task(first.play(hospital, before, origin_us, live=True))
    await asyncio.sleep(random.Random(seed).uniform(1.5, 4.0))
    killed_us = now_us()
    first.process.kill()
    await first.process.wait()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)

    second = await Rig.start(folder, hospital)
    await second.open(hospital, ALL, origin_us)
    await second.play(hospital, after, origin_us, live=True)
    await second.close(hospital)

    (gap,) = hospital.of_type("gap")
    assert gap["why"] == "restart"
    assert killed_us - origin_us - gap["from_us"] < 2_000_000  # what was lost
    assert gap["to_us"] >= killed_us - origin_us
    assert [p["why"] for p in hospital.of_type("part")] == ["start", "restart"]
    assert damage(hospital) == []
    assert not list(hospital.folder.glob("part-*/.seg-*"))

    joined = folder / "all.mkv"
    assert open_recording(hospital.folder, hospital.identity_file, joined) == []
    assert kit.decode_errors(joined) == ""
    sounds = kit.times(joined, 0)
    lost = [t for t in range(0, 5_000_000, 20_000) if t < killed_us - origin_us and not _near(sounds, t / 1e6)]
    assert len(lost) * 0.02 < 2.0
    assert all(gap["from_us"] - 30_000 <= t <= gap["to_us"] for t in lost)  # nothing is missing but what was declared


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _near(times: list[float], t: float) -> bool:
    return any(abs(t - other) < 0.015 for other in times)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB. Mounting it takes root (CAP_SYS_ADMIN); the checks must have that, a developer may not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False, capture_output=True, text=True
    )
    if mounted.returncode != 0:
        needed = f"needs root with CAP_SYS_ADMIN to mount a tmpfs of 2 MB (--privileged): {mounted.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(needed)
        pytest.skip(needed)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


async def test_a_full_disk_loses_the_recording_at_once_and_it_comes_back_with_a_declared_gap(
    tmp_path: Path, small_disk: Path
) -> None:
    hospital = Hospital.make(tmp_path, small_disk / "visit-7")
    rig = await Rig.start(tmp_path, hospital)
    origin_us = await rig.open(hospital, ALL)
    playing = asyncio.create_task(rig.play(hospital, both(8), origin_us, live=True))
    await rig.app.until(lambda m: isinstance(m, control.Head) and m.line >= 4)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        fill(ballast)
    full_us = now_us()
    lost = await rig.app.state("lost")
    assert lost.why == "disk_full"
    assert now_us() - full_us < 2_500_000
    rig.app.forget()
    rig.relay.forget()
    await asyncio.sleep(1.2)
    assert not [m for m in rig.relay.heard if isinstance(m, control.Durable)]
    ballast.unlink()
    await rig.app.state("running", within_s=4)
    await rig.relay.until(lambda m: isinstance(m, control.Durable))
    await playing
    await rig.close(hospital)
    (gap,) = hospital.of_type("gap")
    assert gap["why"] == "disk"
    assert damage(hospital) == []
    joined = tmp_path / "all.mkv"
    assert open_recording(hospital.folder, hospital.identity_file, joined) == []
    assert kit.decode_errors(joined) == ""
    sounds = kit.times(joined, 0)
    missing = [t for t in range(0, 8_000_000, 20_000) if not _near(sounds, t / 1e6)]
    assert all(gap["from_us"] - 30_000 <= t <= gap["to_us"] + 30_000 for t in missing)


@pytest.mark.parametrize("ending", ["app_leaves", "sigterm"])
async def test_the_process_seals_what_it_holds_and_exits(rig: Rig, hospital: Hospital, tmp_path: Path, ending: str) -> None:
    origin_us = await rig.open(hospital, ALL, now_us() - 2_000_000)
    await rig.play(hospital, both(2), origin_us)
    await rig.all_read()
    if ending == "sigterm":
        rig.process.terminate()
        assert await asyncio.wait_for(rig.process.wait(), 10) == 0
        await rig.app.leave()
        await rig.relay.leave()
    else:
        assert await rig.leave() == 0
    opened = hospital.open_with_stock_tools(1, tmp_path / "visit-01.mkv")
    assert [len(kit.times(opened, i)) for i in range(4)] == [100, 40, 100, 40]
    assert not hospital.of_type("end")
    assert [f.kind for f in verify(hospital.folder, None)] == ["unchecked_signatures", "unfinished"]


async def test_the_end_is_signed_after_the_closing(rig: Rig, hospital: Hospital) -> None:
    await rig.open(hospital, [])
    await rig.close(hospital)
    assert hospital.of_type("end") == hospital.lines()[-1:]
    assert verify(hospital.folder, hospital.signer) == []


async def test_nonsense_closes_its_own_connection_only(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL[:2], now_us() - 1_000_000)
    stranger = await kit.Peer.join(rig.socket, "relay")
    stranger.writer.write(b"\x00\x00\x00\x05\x07what")
    with pytest.raises(ConnectionError):
        await stranger.until(lambda _: False)
    await stranger.leave()
    chance = random.Random(3)
    hostile = [kit.Sent(i * 1000, chance.randbytes(chance.randrange(60))) for i in range(500)]
    hostile += [kit.Sent(s.at_us, s.data[:12] + chance.randbytes(20)) for s in video("VP8", RED, 1)]
    await rig.play(hospital, {1: sound(440, 1), 2: hostile}, origin_us)
    await rig.close(hospital)
    assert damage(hospital) == []
    assert hospital.of_type("segment")


async def test_a_folder_without_its_key_is_not_recorded_into(rig: Rig, hospital: Hospital) -> None:
    (hospital.folder / "session-key.age").unlink()
    rig.app.say(
        control.RecordingOpen(hospital.recording, str(hospital.folder), hospital.public, now_us(), "2026-11-22T08:00:00Z", "s")
    )
    assert (await rig.app.state("lost")).why == "unknown"


async def test_no_plaintext_and_no_identity_is_on_the_disk(rig: Rig, hospital: Hospital) -> None:
    origin_us = await rig.open(hospital, ALL[:1], now_us() - 1_000_000)
    await rig.play(hospital, {1: sound(440, 1)}, origin_us)
    await rig.close(hospital)
    for path in (p for p in hospital.folder.rglob("*") if p.is_file()):
        assert path.stat().st_mode & 0o077 == 0, path
        content = path.read_bytes()
        assert b"OpusHead" not in content
        assert b"AGE-SECRET-KEY" not in content
