"""The recorder process: ``python -m media.recorder --listen SOCKET``. Feed in, sealed recordings out (CONTROL.md, 1, 5, 6).

Promises: reading the sockets never waits for the disk (one writer thread does all of it); a peer that speaks nonsense loses its
connection, a recording in which something unforeseen happens is lost by itself, and neither stops the others. When the
app's connection ends, or on SIGTERM, what is held is sealed and the process exits. Plaintext media is only in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from media import control
from media.coredump import forbid_core_dumps
from media.recorder.depacketise import Malformed
from media.recorder.recording import FeedMessage, Recording

TICK_S = 0.1
APP_MUST_COME_S = 30.0
LEAVE_WITHIN_S = 3.0
FORGET_AFTER_US = 60_000_000
MAX_RECORDINGS = 1024
MAX_UNSENT_BYTES = 4 << 20


def log(event: str, **details: str | int) -> None:
    sys.stderr.write(json.dumps({"event": event, **details}) + "\n")


class Writer:
    """One thread that does everything that may wait for a disk; results come back on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.unfinished = 0
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any, BaseException | None], None]]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._run, name="writer", daemon=True).start()  # daemon: a dead disk must not keep us here

    def submit(self, job: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        self.unfinished += 1

        def finished(result: Any, error: BaseException | None) -> None:
            self.unfinished -= 1
            done(result, error)

        self._jobs.put((job, finished))

    def _run(self) -> None:
        while True:
            job, done = self._jobs.get()
            try:
                result, error = job(), None
            except Exception as raised:  # a recording's own fault: it is told, the thread goes on
                result, error = None, raised
            try:
                self._loop.call_soon_threadsafe(done, result, error)
            except RuntimeError:  # the loop is closed: the process is leaving
                return


class _RecordingPorts:
    """One recording's way out."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.feed: asyncio.StreamWriter | None = None

    def submit(self, job: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        self._recorder.writer.submit(job, done)

    def to_app(self, message: control.Message) -> None:
        _send(self._recorder.app, message)

    def to_feed(self, message: control.Message) -> None:
        _send(self.feed, message)

    def now_us(self) -> int:
        return time.monotonic_ns() // 1000


def _send(peer: asyncio.StreamWriter | None, message: control.Message) -> None:
    if peer is None or peer.is_closing():
        return
    if peer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
        log("peer_does_not_read")
        peer.transport.abort()
        return
    peer.write(control.encode(message))


class Recorder:
    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.app: asyncio.StreamWriter | None = None
        self.leaving = asyncio.Event()
        self._recordings: dict[str, tuple[Recording, _RecordingPorts]] = {}

    async def connection(self, reader: asyncio.StreamReader, peer: asyncio.StreamWriter) -> None:
        """One peer, from its hello to its end."""
        frames, who = control.Reader(), ""
        try:
            while data := await reader.read(1 << 18):
                for message in frames.feed(data):
                    if who:
                        self._message(who, message, peer)
                    else:
                        who = self._hello(message, peer)
        except (control.Malformed, Malformed) as error:
            log("malformed", who=who or "stranger", why=str(error))
        except (OSError, asyncio.CancelledError):
            pass  # the same as its end; cancelled only when the process leaves
        finally:
            peer.close()
            self._gone(peer)

    def _hello(self, message: control.Message | control.Batch, peer: asyncio.StreamWriter) -> str:
        match message:
            case control.Hello(version=control.VERSION, who="app") if self.app is None:
                self.app = peer
                return "app"
            case control.Hello(version=control.VERSION, who="relay"):
                return "relay"
        raise control.Malformed("no hello of this version")

    def _gone(self, peer: asyncio.StreamWriter) -> None:
        if peer is self.app:
            self.leaving.set()
        for recording, ports in self._recordings.values():
            if ports.feed is peer:
                ports.feed = None
                recording.feed_gone()

    def _message(self, who: str, message: control.Message | control.Batch, peer: asyncio.StreamWriter) -> None:
        match who, message:
            case "app", control.RecordingOpen():
                recording, _ = self._find(message.recording)
                recording.open(message)
            case "app", control.RecordingClose():
                recording, _ = self._find(message.recording)
                recording.close()
            case "app", control.Signed():
                if known := self._recordings.get(message.recording):
                    known[0].signed(message.line, message.signature)
            case (
                "relay",
                control.Attach() | control.Tracks() | control.Clock() | control.Gate() | control.Lost() | control.Batch(),
            ):
                recording, ports = self._find(message.recording)
                ports.feed = peer
                self._feed(recording, message)
            case _:
                raise control.Malformed("not for the recorder")

    def _find(self, recording: str) -> tuple[Recording, _RecordingPorts]:
        known = self._recordings.get(recording)
        if known is None:
            if len(self._recordings) >= MAX_RECORDINGS or not 0 < len(recording) <= 128 or not recording.isascii():
                raise control.Malformed("too many recordings, or not a recording's id")
            ports = _RecordingPorts(self)
            known = self._recordings[recording] = (Recording(recording, ports), ports)
        return known

    def _feed(self, recording: Recording, message: FeedMessage) -> None:
        try:
            recording.feed(message)
        except Malformed:
            raise
        except Exception as error:  # a bug ends this recording, never the process
            self._broke(recording, error)

    def _broke(self, recording: Recording, error: Exception) -> None:
        log("recording_broke", recording=recording.recording, error=type(error).__name__, where=_where(error))
        del self._recordings[recording.recording]
        recording.break_off()

    def tick(self) -> None:
        now_us = time.monotonic_ns() // 1000
        for name, (recording, _) in list(self._recordings.items()):
            try:
                recording.tick()
            except Exception as error:  # as above
                self._broke(recording, error)
            if recording.state in ("closed", "waiting") and now_us - recording.since_us > FORGET_AFTER_US:
                del self._recordings[name]

    async def leave(self) -> None:
        """Seals what every recording holds, within a limit: a dead disk must not keep the process."""
        deadline = time.monotonic() + LEAVE_WITHIN_S
        while time.monotonic() < deadline:
            for recording, _ in self._recordings.values():
                recording.leave()
            if not self.writer.unfinished and all(recording.is_settled for recording, _ in self._recordings.values()):
                return
            await asyncio.sleep(0.01)
        log("left_unsealed")


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


async def run(listen: str) -> int:
    loop = asyncio.get_running_loop()
    recorder = Recorder(Writer(loop))
    Path(listen).unlink(missing_ok=True)
    server = await asyncio.start_unix_server(recorder.connection, listen)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, recorder.leaving.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    deadline = time.monotonic() + APP_MUST_COME_S
    while not recorder.leaving.is_set():
        recorder.tick()
        if recorder.app is None and time.monotonic() > deadline:
            log("no_app_came")
            return 1
        try:
            await asyncio.wait_for(recorder.leaving.wait(), TICK_S)
        except TimeoutError:
            continue
    server.close()
    await recorder.leave()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m media.recorder", description="Record sealed consultations.")
    parser.add_argument("--listen", required=True, help="path of the Unix socket to listen on")
    options = parser.parse_args(arguments)
    forbid_core_dumps()
    os.umask(0o077)
    return asyncio.run(run(options.listen))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # not waiting for a writer that hangs in the kernel
