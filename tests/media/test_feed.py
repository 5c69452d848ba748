"""The feed without its socket: order, bounds, and what is said about what was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from media import control
from media.feed import Feed, Recording


class Wire:
    """A feed whose frames are caught."""

    def __init__(self) -> None:
        self.now_us = 1000
        self.feed = Feed(Path("/nowhere"), lambda: self.now_us)
        self.frames: list[bytes] = []
        self.room = True
        self.feed.write = self.frames.append  # type: ignore[method-assign]
        self.feed.has_room = lambda size: self.room  # type: ignore[method-assign]
        self.recording: Recording = self.feed.attach("rec")

    def said(self) -> list[control.Message | control.Batch]:
        reader = control.Reader()
        out = [message for frame in self.frames for message in reader.feed(frame)]
        self.frames.clear()
        return out


@pytest.fixture
def wire() -> Wire:
    wire = Wire()
    assert wire.said() == [control.Attach("rec"), control.Tracks("rec", [])]
    return wire


def test_packets_go_in_batches_and_marks_keep_their_place(wire: Wire) -> None:
    wire.recording.packet(1, 5, memoryview(b"one"))
    wire.recording.packet(2, 6, memoryview(b"two"))
    wire.recording.gate(False, 7, "app")
    assert wire.said() == [
        control.Batch("rec", (control.Packet(1, 5, b"one"), control.Packet(2, 6, b"two"))),
        control.Gate("rec", False, 7, "app"),
    ]
    wire.feed.flush()
    assert wire.said() == []


def test_a_large_batch_goes_at_once(wire: Wire) -> None:
    for number in range(60):
        wire.recording.packet(1, number, memoryview(bytes(1100)))
    assert len(wire.said()) == 1


def test_what_does_not_fit_the_queue_is_declared_lost(wire: Wire) -> None:
    wire.room = False
    for arrival_us in (10, 20):
        wire.recording.packet(1, arrival_us, memoryview(b"x"))
        wire.feed.flush()
    wire.room = True
    wire.recording.packet(1, 30, memoryview(b"y"))
    wire.feed.flush()
    assert wire.said() == [control.Lost("rec", 10, 20), control.Batch("rec", (control.Packet(1, 30, b"y"),))]


def test_what_was_under_way_when_the_connection_broke_is_declared_lost(wire: Wire) -> None:
    wire.recording.has_tracks([(1, "guardian", "audio", "opus", 48000)])
    wire.recording.packet(1, 500, memoryview(b"x"))
    wire.feed.flush()
    wire.recording.durable_us = 400
    wire.said()
    wire.recording.disconnected(900)
    wire.recording.connected()
    assert wire.said() == [
        control.Attach("rec"),
        control.Tracks("rec", [(1, "guardian", "audio", "opus", 48000)]),
        control.Lost("rec", 400, 900),
    ]


def test_nothing_is_lost_when_everything_was_durable(wire: Wire) -> None:
    wire.recording.packet(1, 500, memoryview(b"x"))
    wire.feed.flush()
    wire.recording.durable_us = 500
    wire.said()
    wire.recording.disconnected(900)
    wire.recording.connected()
    assert not [message for message in wire.said() if isinstance(message, control.Lost)]


def test_a_recorder_that_comes_back_hears_that_the_gate_is_open(wire: Wire) -> None:
    wire.recording.gate(True, 10, "")
    wire.recording.disconnected(20)
    wire.said()
    wire.recording.connected()
    assert control.Gate("rec", True, 10, "") in wire.said()
    wire.recording.gate(False, 30, "app")
    wire.said()
    wire.recording.connected()
    assert not [message for message in wire.said() if isinstance(message, control.Gate)]


def test_the_recorders_word_rises_and_never_lies_ahead(wire: Wire) -> None:
    for through_us, durable_us in ((600, 600), (500, 600), (5000, 1000)):
        wire.feed._durable(control.Durable("rec", through_us))
        assert wire.recording.durable_us == durable_us
    wire.feed._durable(control.Durable("unknown", 1))


def test_a_detached_recording_is_flushed_and_forgotten(wire: Wire) -> None:
    wire.recording.packet(1, 5, memoryview(b"last"))
    wire.feed.detach(wire.recording)
    assert wire.said() == [control.Batch("rec", (control.Packet(1, 5, b"last"),))]
    assert wire.feed.attach("rec") is not wire.recording
    assert wire.feed.attach("rec") is wire.feed.attach("rec")
