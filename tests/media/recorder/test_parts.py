"""What a recording writes: parts, gatherings, keyframes, gaps. Judged by PyAV on the bytes that come out."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.recorder.depacketise import Malformed
from media.recorder.parts import GATHER_US, MAX_TRACKS, SETTLE_US, Item, Line, Parts, Segment
from tests.media.recorder.kit import BLUE, RED, Sent, sound, video

SOUND, PICTURE = (1, "guardian", "audio", "opus", 48_000), (2, "guardian", "video", "VP8", 90_000)
OTHER_SOUND, OTHER_PICTURE = (3, "physician", "audio", "opus", 48_000), (4, "physician", "video", "H264", 90_000)
ALL = [SOUND, PICTURE, OTHER_SOUND, OTHER_PICTURE]


def play(parts: Parts, tracks: dict[int, Sequence[Sent]], tick_us: int = 100_000) -> list[Item]:
    """Feeds at the pace of the packets, ticking, and takes every second."""
    items: list[Item] = []
    packets = sorted(((p.at_us, number, p.data) for number, sent in tracks.items() for p in sent), key=lambda p: p[0])
    ticked = packets[0][0] if packets else 0
    for at_us, number, data in packets:
        while at_us - ticked >= tick_us:
            ticked += tick_us
            parts.tick(ticked)
            if ticked % 1_000_000 < tick_us:
                items += parts.take()
        parts.packet(number, data, at_us)
    return items


def finished(parts: Parts, items: list[Item], now_us: int = 60_000_000) -> list[Item]:
    parts.finish(now_us, end=True)
    return items + parts.take()


def of_type(items: Sequence[Item], type_: str) -> list[Line]:
    return [item for item in items if isinstance(item, Line) and item.type == type_]


def counts(items: Sequence[Item], part: int) -> dict[tuple[str, str], int]:
    """Packets by (seat, codec) in the file that a part's segments make."""
    data = b"".join(item.data for item in items if isinstance(item, Segment) and item.part == part)
    found: dict[tuple[str, str], int] = {}
    with av.open(io.BytesIO(data), "r", format="matroska") as container:
        last: dict[int, int] = {}
        for packet in container.demux():
            if packet.size:
                key = packet.stream.metadata["title"], packet.stream.codec_context.name.removeprefix("lib")
                found[key] = found.get(key, 0) + 1
                assert packet.pts > last.get(packet.stream.index, -1)
                last[packet.stream.index] = packet.pts
    return found


def started(tracks: list[tuple[int, str, str, str, int]] = ALL, newest_part: int = 0) -> Parts:
    parts = Parts(0, newest_part)
    parts.announce(tracks, 0)
    return parts


def test_a_part_begins_when_all_announced_tracks_have_shown_what_it_needs() -> None:
    parts = started(ALL[:2])
    play(parts, {1: sound(440, 0.6), 2: video("VP8", RED, 0.6)})
    (begun,) = of_type(parts.take(), "part")
    assert SETTLE_US <= begun.at_us <= SETTLE_US + 100_000
    assert begun.fields == {
        "part": 1, "why": "start",
        "tracks": [
            {"number": 1, "seat": "guardian", "kind": "audio", "codec": "opus"},
            {"number": 2, "seat": "guardian", "kind": "video", "codec": "VP8"},
        ],
    }  # fmt: skip


def test_a_track_that_does_not_come_is_waited_for_a_second_and_no_longer() -> None:
    parts = started(ALL[:2])
    play(parts, {1: sound(440, 0.9)})
    assert parts.oldest_held_us() == 0
    assert parts.take() == []
    parts.tick(GATHER_US)
    assert parts.oldest_held_us() is None
    items = parts.take()
    assert counts(items, 1) == {("guardian", "opus"): 45}


def test_announcements_one_by_one_cost_one_part_only() -> None:
    parts = Parts(0, 0)
    for n in range(1, 5):
        parts.announce(ALL[:n], 0)
        parts.packet(n, (sound(440, 0.1) if n % 2 else video("VP8" if n == 2 else "H264", RED, 0.1))[0].data, n * 30_000)
        parts.tick(n * 30_000)
    items = finished(parts, [])
    assert [line.fields["part"] for line in of_type(items, "part")] == [1]


def test_a_late_track_goes_over_into_a_new_part_with_running_pictures_at_their_keyframes() -> None:
    parts = started()
    tracks = {1: sound(440, 4), 2: video("VP8", RED, 4), 4: video("H264", BLUE, 2, start_us=2_000_000)}
    items = play(parts, tracks)
    assert parts.take_wanted() == {"guardian"}
    items = finished(parts, items)
    assert [line.fields["why"] for line in of_type(items, "part")] == ["start", "tracks"]
    first, second = counts(items, 1), counts(items, 2)
    assert first[("guardian", "vp8")] + second[("guardian", "vp8")] == 80
    assert first[("guardian", "opus")] + second[("guardian", "opus")] == 200
    assert second[("physician", "h264")] == 40
    assert ("physician", "h264") not in first


def test_a_running_picture_that_gives_no_keyframe_is_asked_again_and_its_delta_frames_wait() -> None:
    parts = started()
    tracks = {2: video("VP8", RED, 5, keyframe_every=90), 4: video("H264", BLUE, 3, start_us=2_000_000)}
    items = play(parts, tracks)
    assert parts.take_wanted() == {"guardian"}
    items = finished(parts, items)
    assert counts(items, 2)[("physician", "h264")] == 60
    assert counts(items, 2)[("guardian", "vp8")] == 10  # from frame 90 on
    assert parts.dropped > 0


def test_delta_frames_before_the_first_keyframe_are_dropped_and_a_keyframe_is_asked_for_each_second() -> None:
    parts = started([PICTURE])
    pictures = video("VP8", RED, 3.2, keyframe_every=1000)[1:]
    asked = 0
    for packet in pictures:
        parts.tick(packet.at_us)
        parts.packet(2, packet.data, packet.at_us)
        asked += len(parts.take_wanted())
    assert asked == 4
    assert finished(parts, []) == [Line("end", 60_000_000, {})]


def test_another_codec_on_a_track_is_another_part() -> None:
    parts = started([PICTURE])
    items = play(parts, {2: video("VP8", RED, 2)})
    parts.announce([(2, "guardian", "video", "H264", 90_000)], 2_000_000)
    items = finished(parts, items + play(parts, {2: video("H264", BLUE, 2, start_us=2_000_000)}))
    assert counts(items, 1) == {("guardian", "vp8"): 40}
    assert counts(items, 2) == {("guardian", "h264"): 40}


def test_a_track_that_leaves_while_a_part_gathers_keeps_what_it_gave() -> None:
    parts = started()
    play(parts, {1: sound(440, 0.3), 2: video("VP8", RED, 0.3)})
    parts.announce([SOUND], 300_000)
    items = finished(parts, [])
    assert counts(items, 1) == {("guardian", "opus"): 15, ("guardian", "vp8"): 6}


@pytest.mark.parametrize("ending", ["time", "gap", "leaving"])
def test_what_lies_behind_a_hole_is_written_when_the_hole_is_given_up(ending: str) -> None:
    parts, packets = started([SOUND]), list(sound(440, 1))
    del packets[40]
    items = play(parts, {1: packets})
    assert parts.oldest_held_us() == packets[40].at_us
    match ending:
        case "time":
            parts.tick(1_500_000)
        case "gap":
            parts.gap(1_000_000, 1_100_000, "dropped", 1_100_000)
        case "leaving":
            parts.announce([], 1_000_000)
    assert parts.oldest_held_us() is None
    assert counts(items + parts.take(), 1) == {("guardian", "opus"): 49}


def test_a_new_source_on_a_track_stays_in_the_part_and_starts_with_a_keyframe() -> None:
    parts = started([PICTURE])
    items = play(parts, {2: video("VP8", RED, 2)})
    after = video("VP8", BLUE, 2, ssrc=77, start_us=2_000_000)
    items += play(parts, {2: [p for p in after if p.at_us > 2_000_000]})
    assert parts.take_wanted() == {"guardian"}
    items = finished(parts, items)
    assert len(of_type(items, "part")) == 1
    assert counts(items, 1) == {("guardian", "vp8"): 60}


def test_the_gate_is_noted_when_it_changes() -> None:
    parts = started([SOUND])
    assert not parts.gate_is_open
    assert [parts.gate(is_open, n, "app") for n, is_open in enumerate([True, True, False, False, True])] == [
        True, False, True, False, True,
    ]  # fmt: skip
    assert parts.gate_is_open
    assert [(line.type, line.fields) for line in parts.take() if isinstance(line, Line)] == [
        ("resume", {}), ("hold", {"cause": "app"}), ("resume", {}),
    ]  # fmt: skip


def test_a_closing_gate_ends_the_gathering_so_that_media_stands_before_the_hold() -> None:
    parts = started(ALL)
    play(parts, {1: sound(440, 0.2)})
    parts.gate(False, 200_000, "app")
    assert [item.type if isinstance(item, Line) else "segment" for item in parts.take()] == ["part", "segment", "hold"]


def test_a_gap_asks_for_keyframes_of_the_pictures_that_run() -> None:
    parts = started()
    items = play(parts, {1: sound(440, 1), 2: video("VP8", RED, 1)})
    parts.gap(1_000_000, 900_000, "dropped", 1_100_000)
    assert parts.take_wanted() == {"guardian"}
    items += parts.take()
    (gap,) = of_type(items, "gap")
    assert gap.fields == {"from_us": 1_000_000, "to_us": 1_000_000, "why": "dropped"}
    assert not parts.is_urgent


def test_what_could_not_be_written_is_forgotten_but_for_lasting_facts_and_a_new_part_follows() -> None:
    parts = started([SOUND, PICTURE], newest_part=4)
    play(parts, {1: sound(440, 1), 2: video("VP8", RED, 1)})
    parts.gate(True, 900_000, "")
    hold = Line("hold", 1, {"cause": "app"})
    parts.forget(4, [hold])
    assert [item.type for item in parts.take() if isinstance(item, Line)] == ["hold", "resume"]
    items = finished(parts, play(parts, {1: sound(440, 1, start_us=2_000_000, ssrc=8)}))
    assert [line.fields["part"] for line in of_type(items, "part")] == [5]
    assert of_type(items, "part")[0].fields["why"] == "restart"


def test_the_times_of_segments_join_unless_nothing_came() -> None:
    parts = started([SOUND])
    items = play(parts, {1: sound(440, 3)}) + parts.take()
    items = finished(parts, items + play(parts, {1: sound(440, 1, start_us=9_000_000, ssrc=8)}))
    spans = [(item.from_us, item.to_us) for item in items if isinstance(item, Segment)]
    assert spans[0][0] == 0
    assert all(a[1] == b[0] or b[0] == 9_000_000 for a, b in itertools.pairwise(spans))
    assert spans[-1] == (9_000_000, 9_980_000)


def test_the_size_of_a_picture_is_told_when_it_changes() -> None:
    parts = started([PICTURE])
    small = video("VP8", RED, 1)
    items = play(parts, {2: small}) + parts.take()
    large = video("VP8", RED, 1, ssrc=9, start_us=1_000_000, size=(640, 480))
    items = finished(parts, items + play(parts, {2: large}))
    assert [line.fields for line in of_type(items, "resolution")] == [
        {"seat": "guardian", "width": 320, "height": 240}, {"seat": "guardian", "width": 640, "height": 480},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "tracks",
    [
        [(1, "g", "audio", "VP8", 90_000)], [(1, "g", "video", "VP9", 90_000)], [(256, "g", "audio", "opus", 48_000)],
        [(1, "", "audio", "opus", 48_000)], [(1, "g", "audio", "opus", 0)], [SOUND, SOUND],
        [(n, "g", "audio", "opus", 48_000) for n in range(MAX_TRACKS + 1)],
    ],
)  # fmt: skip
def test_tracks_that_cannot_be_are_malformed(tracks: list[tuple[int, str, str, str, int]]) -> None:
    with pytest.raises(Malformed):
        Parts(0, 0).announce(tracks, 0)


def test_packets_and_reports_of_no_announced_track_are_dropped() -> None:
    parts = started([SOUND])
    parts.packet(7, b"", 0)
    parts.clock(7, 0, 0, 0)
    assert parts.dropped == 1
    assert parts.is_spent


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["packet", "gate", "gap", "announce", "tick", "take", "forget", "clock"]),
            st.integers(0, 3), st.integers(0, 400_000),
        ),
        max_size=60,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_the_feed_brings_the_parts_open_and_their_lines_are_in_order(steps: list[tuple[str, int, int]]) -> None:
    sources = {1: sound(440, 1), 2: video("VP8", RED, 1), 3: sound(1000, 1, ssrc=5), 4: video("H264", BLUE, 1, ssrc=6)}
    at, parts, items, now_us = dict.fromkeys(sources, 0), started(), [], 0
    newest = 0
    for what, n, ahead_us in steps:
        now_us += ahead_us
        match what:
            case "packet":
                for packet in sources[n + 1][at[n + 1] : at[n + 1] + 8]:
                    parts.packet(n + 1, packet.data, now_us)
                at[n + 1] += 8
            case "gate":
                parts.gate(n % 2 == 0, now_us, "app")
            case "gap":
                parts.gap(now_us - n, now_us, "dropped", now_us)
            case "announce":
                parts.announce(ALL[: n + 1], now_us)
            case "tick":
                parts.tick(now_us)
            case "clock":
                parts.clock(n + 1, now_us << 20, now_us, now_us)
            case "take":
                items += parts.take()
                newest = max([newest, *(line.fields["part"] for line in of_type(items, "part"))])
            case "forget":
                parts.forget(newest, [])
    items = finished(parts, items, now_us + 2_000_000)
    begun = [line.fields["part"] for line in of_type(items, "part")]
    assert begun == list(range(1, len(begun) + 1))
    current = 0
    for item in items:
        if isinstance(item, Segment):
            assert item.part == current
            assert item.from_us <= item.to_us
        elif item.type == "part":
            current = item.fields["part"]
    for part in begun:
        assert sum(counts(items, part).values()) > 0
