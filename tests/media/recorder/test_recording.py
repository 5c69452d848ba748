"""One recording with a fake clock, a writer that works when told to, and a disk that fails when told to."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media import control
from media.control import Attach, Batch, Durable, Gate, Head, KeyframeWanted, Lost, Packet, RecordingOpen, RecordingState
from media.recorder import recording
from media.recorder.folder import Folder
from media.recorder.recording import Recording
from tests.media.recorder.kit import RED, Hospital, Sent, sound, video

SECOND = 1_000_000
TRACKS = control.Tracks("visit-7", [(1, "guardian", "audio", "opus", 48_000), (2, "guardian", "video", "VP8", 90_000)])


class FakeProcess:
    """Implements `Ports`. Jobs wait in ``jobs`` until `work`; ``disk`` is raised by every job while it is set."""

    def __init__(self) -> None:
        self.now = 100 * SECOND
        self.jobs: deque[tuple[Callable[[], Any], Callable[[Any, BaseException | None], None]]] = deque()
        self.app: list[control.Message] = []
        self.relay: list[control.Message] = []
        self.disk: OSError | None = None
        self.stalled = False

    def submit(self, job: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        self.jobs.append((job, done))

    def to_app(self, message: control.Message) -> None:
        self.app.append(message)

    def to_feed(self, message: control.Message) -> None:
        self.relay.append(message)

    def now_us(self) -> int:
        return self.now

    def work(self) -> None:
        while self.jobs and not self.stalled:
            job, done = self.jobs.popleft()
            if self.disk is not None:
                done(None, self.disk)
                continue
            try:
                result = job()
            except Exception as error:
                done(None, error)
            else:
                done(result, None)

    def states(self) -> list[tuple[str, str]]:
        return [(m.state, m.why) for m in self.app if isinstance(m, RecordingState)]


class Rig:
    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.process = FakeProcess()
        self.recording = Recording("visit-7", self.process)
        self.origin = self.process.now

    def order(self) -> RecordingOpen:
        h = self.hospital
        return RecordingOpen(h.recording, str(h.folder), h.public, self.origin, "2026-11-22T08:00:00Z", "s")

    def open(self) -> None:
        self.recording.open(self.order())
        self.process.work()
        self.recording.feed(Attach("visit-7"))
        self.recording.feed(TRACKS)

    def play(self, tracks: dict[int, tuple[Sent, ...]], until_us: int) -> None:
        """Runs the clock, 50 ms a step, to ``until_us`` after the origin, feeding what is due."""
        packets = sorted((p.at_us, n, p.data) for n, sent in tracks.items() for p in sent)
        at = 0
        step = 0
        while self.process.now < self.origin + until_us:
            self.process.now += 50_000
            due = []
            while at < len(packets) and self.origin + packets[at][0] <= self.process.now:
                arrival = self.origin + packets[at][0]
                if arrival > self.process.now - 50_000:
                    due.append(Packet(packets[at][1], arrival, packets[at][2]))
                at += 1
            if due:
                self.recording.feed(Batch("visit-7", tuple(due)))
            step += 1
            if step % 2 == 0:
                self.recording.tick()
            self.process.work()

    def media(self, seconds: float = 12) -> dict[int, tuple[Sent, ...]]:
        return {1: sound(440, seconds), 2: video("VP8", RED, seconds, fps=10, keyframe_every=10)}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(Hospital.make(tmp_path))


def test_the_relay_knows_that_it_is_durable_before_the_app_knows_that_it_runs(rig: Rig) -> None:
    """The app opens the gate at once, and the relay would refuse."""
    known: list[list[control.Message]] = []
    told = rig.process.to_app

    def to_app(message: control.Message) -> None:
        if isinstance(message, RecordingState):
            known.append(list(rig.process.relay))
        told(message)

    rig.process.to_app = to_app  # type: ignore[method-assign]
    rig.open()
    assert rig.process.states() == [("running", "")]
    assert known == [[Durable("visit-7", rig.process.now - recording.ON_THE_WAY_US)]]


def test_a_second_at_a_time_is_sealed_told_and_never_claimed_before(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 5 * SECOND)
    assert rig.process.states() == [("running", "")]
    assert 4 <= len(rig.hospital.of_type("segment")) <= 6
    durable = [m.through_us - rig.origin for m in rig.process.relay if isinstance(m, Durable)]
    assert durable == sorted(durable)
    assert durable[-1] <= rig.hospital.of_type("segment")[-1]["to_us"] + 50_000
    heads = [m.line for m in rig.process.app if isinstance(m, Head)]
    assert heads[-1] == len(rig.hospital.lines())


def test_a_stalled_writer_loses_the_recording_keeps_what_came_and_comes_back_without_a_gap(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 3 * SECOND)
    rig.process.stalled = True
    rig.process.relay.clear()
    rig.play(rig.media(), 6 * SECOND)
    assert rig.process.states() == [("running", ""), ("lost", "stalled")]
    last_word = max((m.through_us for m in rig.process.relay if isinstance(m, Durable)), default=0)
    assert last_word <= rig.origin + 3 * SECOND
    rig.process.stalled = False
    rig.play(rig.media(), 8 * SECOND)
    assert rig.process.states()[-1] == ("running", "")
    assert rig.hospital.of_type("gap") == []
    assert rig.hospital.of_type("segment")[-1]["to_us"] > 7 * SECOND


def test_a_stall_beyond_all_memory_drops_and_declares_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_HELD_BYTES", 40_000)
    rig.open()
    rig.play(rig.media(), 3 * SECOND)
    rig.process.stalled = True
    rig.play(rig.media(), 7 * SECOND)
    rig.process.stalled = False
    rig.play(rig.media(), 10 * SECOND)
    assert rig.process.states()[-1] == ("running", "")
    (gap,) = rig.hospital.of_type("gap")
    assert gap["why"] == "stalled"
    assert gap["to_us"] - gap["from_us"] > SECOND
    assert [p["why"] for p in rig.hospital.of_type("part")] == ["start", "restart"]


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "io_error")])
def test_a_disk_that_fails_is_told_at_once_tried_each_second_and_its_gap_is_exact(rig: Rig, number: int, why: str) -> None:
    rig.open()
    rig.play(rig.media(), 3 * SECOND)
    rig.process.disk = OSError(number, "no")
    rig.play(rig.media(), 6 * SECOND)
    assert rig.process.states() == [("running", ""), ("lost", why)]
    rig.recording.feed(Gate("visit-7", True, rig.process.now, ""))
    rig.recording.open(rig.order())
    assert rig.process.states()[-1] == ("lost", why)  # asked again, it says so again
    rig.process.disk = None
    rig.play(rig.media(), 9 * SECOND)
    assert rig.process.states()[-1] == ("running", "")
    (gap,) = rig.hospital.of_type("gap")
    assert gap["why"] == "disk"
    listed = rig.hospital.of_type("segment")
    before = max(s["to_us"] for s in listed if s["to_us"] < 4 * SECOND)
    after = min(s["from_us"] for s in listed if s["from_us"] > 4 * SECOND)
    assert gap["from_us"] <= before + 60_000
    assert gap["to_us"] >= after - 60_000
    assert rig.hospital.of_type("resume")  # a fact that came meanwhile is kept


def test_an_idle_disk_is_tried_each_second_too(rig: Rig) -> None:
    rig.open()
    rig.play({}, 3 * SECOND)
    assert rig.process.states() == [("running", "")]
    rig.process.disk = OSError(errno.ENOSPC, "full")
    rig.play({}, 5 * SECOND)
    assert rig.process.states()[-1] == ("lost", "disk_full")


def test_a_hole_does_not_hold_the_word_back_until_the_gate_closes(rig: Rig) -> None:
    rig.open()
    holes = tuple(p for n, p in enumerate(sound(440, 8)) if n % 30)
    rig.process.relay.clear()
    late = 0
    for second in range(2, 70):
        rig.play({1: holes}, second * 100_000)
        said = [m.through_us for m in rig.process.relay if isinstance(m, Durable)]
        late = max(late, rig.process.now - said[-1]) if said else late
    assert late < 1_900_000


def test_after_a_crash_the_gap_ends_where_media_is_heard_again(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 3 * SECOND)
    again = Rig(rig.hospital)
    again.process.now, again.origin = rig.process.now + 400_000, rig.origin
    again.recording.feed(Attach("visit-7"))  # the relay is back before the app
    again.recording.feed(TRACKS)
    again.play(rig.media(), 3 * SECOND + 600_000)
    again.open()
    again.play(rig.media(), 6 * SECOND)
    (gap,) = rig.hospital.of_type("gap")
    assert gap["why"] == "restart"
    assert 3_400_000 <= gap["to_us"] <= 3_500_000
    assert rig.hospital.of_type("part")[-1]["why"] == "restart"


@pytest.mark.parametrize("tells", [Lost("visit-7", 1, 103_500_000), Gate("visit-7", False, 103_500_000, "recorder"), None])
def test_after_a_crash_the_relays_word_or_a_second_ends_the_gap(rig: Rig, tells: control.Message | None) -> None:
    rig.open()
    rig.play(rig.media(), 3 * SECOND)
    again = Rig(rig.hospital)
    again.process.now, again.origin = 104 * SECOND, rig.origin
    again.open()
    if tells is not None:
        again.recording.feed(tells)  # type: ignore[arg-type]
    again.play({}, 6 * SECOND)
    (gap,) = rig.hospital.of_type("gap")
    assert gap["why"] == "restart"
    assert gap["to_us"] == pytest.approx(3_500_000 if tells else 5_000_000, abs=150_000)


def test_a_clock_that_began_anew_makes_no_time_run_backwards(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 5 * SECOND)
    again = Rig(rig.hospital)
    again.process.now = again.origin = 10 * SECOND
    again.open()
    again.play(rig.media(), 4 * SECOND)
    again.recording.close()
    again.play({}, 6 * SECOND)
    times = [line["at_us"] for line in rig.hospital.lines()]
    assert times == sorted(times)
    assert rig.hospital.of_type("end")[0]["seconds"] >= 7


def test_closing_waits_for_what_is_on_its_way_and_then_ends(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 2 * SECOND)
    rig.recording.close()
    rig.recording.close()
    rig.play(rig.media(), 2 * SECOND + 150_000)
    assert rig.process.states()[-1] == ("running", "")
    rig.play({}, 3 * SECOND)
    assert rig.process.states()[-1] == ("closed", "")
    assert [line["type"] for line in rig.hospital.lines()].count("end") == 1
    rig.recording.signed(len(rig.hospital.lines()), bytes(64))
    rig.process.work()
    assert (rig.hospital.folder / "signatures.jsonl").read_bytes().count(b"\n") == 1
    rig.recording.close()
    assert rig.process.states()[-1] == ("closed", "")


def test_closing_while_the_disk_is_away_ends_when_it_is_back(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 2 * SECOND)
    rig.process.disk = OSError(errno.ENOSPC, "full")
    rig.play(rig.media(), 3 * SECOND)
    rig.recording.close()
    rig.play(rig.media(), 5 * SECOND)
    rig.process.disk = None
    rig.play({}, 8 * SECOND)
    assert rig.process.states()[-1] == ("closed", "")
    assert [line["type"] for line in rig.hospital.lines()][-1] == "end"
    assert len(rig.hospital.of_type("gap")) == 1


def test_a_closed_recording_is_not_opened_again(rig: Rig) -> None:
    rig.open()
    rig.recording.close()
    rig.play({}, SECOND)
    again = Rig(rig.hospital)
    again.open()
    assert again.process.states() == [("closed", "")]


def test_a_folder_that_cannot_be_made_is_tried_again(rig: Rig) -> None:
    rig.process.disk = OSError(errno.ENOSPC, "full")
    rig.recording.open(rig.order())
    rig.process.work()
    rig.play({}, 3 * SECOND)
    assert rig.process.states() == [("lost", "disk_full")]
    rig.process.disk = None
    rig.play({}, 5 * SECOND)
    assert rig.process.states()[-1] == ("running", "")


def test_signatures_of_unknown_lines_or_wrong_length_are_not_kept(rig: Rig) -> None:
    rig.open()
    rig.recording.signed(77, bytes(64))
    rig.recording.signed(1, bytes(63))
    rig.process.work()
    assert not (rig.hospital.folder / "signatures.jsonl").exists()


def test_a_picture_without_keyframe_is_asked_of_the_app(rig: Rig) -> None:
    rig.open()
    rig.play({2: video("VP8", RED, 2, keyframe_every=99)[1:]}, 2 * SECOND)
    assert KeyframeWanted("visit-7", "guardian") in rig.process.app


def test_a_recording_that_broke_off_can_be_opened_again(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 2 * SECOND)
    rig.recording.break_off()
    rig.process.work()
    assert rig.process.states()[-1] == ("lost", "unknown")
    again = Rig(rig.hospital)
    again.process.now, again.origin = rig.process.now, rig.origin
    again.open()
    assert again.process.states() == [("running", "")]


def test_what_the_relay_sends_before_the_order_is_kept_only_up_to_a_bound(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_EARLY_BYTES", 2_000)
    for n in range(100):
        rig.recording.feed(Batch("visit-7", (Packet(1, n, bytes(500)),)))
    assert rig.recording.state == "waiting"
    rig.recording.close()
    assert rig.process.states() == [("closed", "")]
    assert rig.recording._early_bytes <= 2_000


def test_leaving_seals_what_is_held(rig: Rig) -> None:
    rig.open()
    rig.play(rig.media(), 2_400_000)
    listed = len(rig.hospital.of_type("segment"))
    while not rig.recording.is_settled:
        rig.recording.leave()
        rig.process.work()
    assert len(rig.hospital.of_type("segment")) == listed + 1
    assert not rig.hospital.of_type("end")


def test_the_folder_is_only_touched_by_jobs(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the sockets must never wait for the disk."""
    working = []
    original = Folder.commit
    monkeypatch.setattr(Folder, "commit", lambda *a: (working.append(1), original(*a))[1])
    rig.open()
    rig.process.stalled = True
    rig.play(rig.media(), 2 * SECOND)
    assert working == []
