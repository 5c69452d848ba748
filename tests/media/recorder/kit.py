"""For the recorder's tests: real RTP of coloured pictures and tones, a fake app and a fake relay on its socket."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import fractions
import functools
import hashlib
import json
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pyrage
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from media import control
from media.recorder.manifest import message_to_sign

ROOT = Path(__file__).resolve().parents[3]
RED, GREEN, BLUE = (76, 85, 255), (150, 44, 21), (29, 255, 107)  # Y, U, V


@dataclass(frozen=True)
class Sent:
    """One packet of a made-up sender: when it leaves, in us from the start, and its bytes."""

    at_us: int
    data: bytes


def rtp(sequence: int, timestamp: int, ssrc: int, marker: bool, payload: bytes, kind: int = 96) -> bytes:
    return struct.pack("!BBHII", 0x80, kind | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def picture(colour: tuple[int, int, int], width: int = 320, height: int = 240, step: int = 0) -> av.VideoFrame:
    """One colour all over, but for a small square that moves, so that no frame is empty."""
    y = np.full((height, width), colour[0], np.uint8)
    y[8:24, 8 + step % 32 : 24 + step % 32] = 235
    u = np.full((height // 2, width // 2), colour[1], np.uint8)
    v = np.full((height // 2, width // 2), colour[2], np.uint8)
    return av.VideoFrame.from_ndarray(np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(-1, width), format="yuv420p")


@functools.cache
def video(
    codec: str,
    colour: tuple[int, int, int],
    seconds: float,
    *,
    ssrc: int = 1,
    fps: int = 20,
    start_us: int = 0,
    keyframe_every: int = 20,
    size: tuple[int, int] = (320, 240),
    first_sequence: int = 65_500,
    first_timestamp: int = 0xFFFF_F000,
) -> tuple[Sent, ...]:
    encoder = Vp8Encoder() if codec == "VP8" else H264Encoder()
    sequence, sent = first_sequence, []
    for index in range(int(seconds * fps)):
        frame = picture(colour, *size, step=index)
        frame.pts, frame.time_base = index, fractions.Fraction(1, fps)
        payloads, _ = encoder.encode(frame, force_keyframe=index % keyframe_every == 0)
        at_us = start_us + index * 1_000_000 // fps
        for n, payload in enumerate(payloads):
            timestamp = first_timestamp + index * 90_000 // fps
            sent.append(Sent(at_us, rtp(sequence, timestamp, ssrc, n == len(payloads) - 1, payload)))
            sequence += 1
    return tuple(sent)


@functools.cache
def sound(hz: int, seconds: float, *, ssrc: int = 2, start_us: int = 0, first_sequence: int = 65_530) -> tuple[Sent, ...]:
    encoder, sent, sequence = OpusEncoder(), [], first_sequence
    for index in range(int(seconds * 50)):
        t = (np.arange(960) + index * 960) / 48_000
        samples = (np.sin(2 * np.pi * hz * t) * 12_000).astype(np.int16).repeat(2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, index * 960, fractions.Fraction(1, 48_000)
        for payload in encoder.encode(frame)[0]:
            sent.append(Sent(start_us + index * 20_000, rtp(sequence, 5_000 + index * 960, ssrc, False, payload, 111)))
            sequence += 1
    return tuple(sent)


@dataclass
class Hospital:
    """A recording's folder with its sealed session key, and the keys to open and to sign it."""

    folder: Path
    identity_file: Path
    recipient: str
    public: str
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    recording: str = "visit-7"

    @classmethod
    def make(cls, base: Path, folder: Path | None = None) -> Hospital:
        identity = pyrage.x25519.Identity.generate()
        identity_file = base / "hospital.key"
        identity_file.write_text(f"# the hospital's\n{identity}\n")
        folder = folder or base / "visit-7"
        folder.mkdir(parents=True, exist_ok=True)
        recipient = str(identity.to_public())
        made = subprocess.run(
            [sys.executable, "-m", "media.recorder.sessionkey", "--out", folder / "session-key.age", "--recipient", recipient],
            check=True, capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        return cls(folder, identity_file, recipient, made.stdout.strip())

    @property
    def signer(self) -> str:
        return self.signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def lines(self) -> list[dict]:
        path = self.folder / "manifest.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def of_type(self, type_: str) -> list[dict]:
        return [line for line in self.lines() if line["type"] == type_]

    def head(self) -> tuple[int, str]:
        lines = (self.folder / "manifest.jsonl").read_bytes().splitlines()
        return len(lines), hashlib.sha256(lines[-1]).hexdigest()

    def open_with_stock_tools(self, part: int, out: Path) -> Path:
        """The documented one-liner."""
        script = 'age -d -i "$1" session-key.age > "$3.s" && for f in part-$2/seg-*.age; do age -d -i "$3.s" "$f"; done > "$3"'
        command = ["sh", "-ec", script, "sh", self.identity_file, f"{part:02d}", out]
        subprocess.run(command, check=True, cwd=self.folder)
        return out


class Peer:
    """One connection to the recorder that keeps what it was told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self.heard: list[control.Message | control.Batch] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen())
        self.closed = False
        self.signer: Hospital | None = None

    @classmethod
    async def join(cls, path: Path, who: str) -> Peer:
        peer = cls(*await asyncio.open_unix_connection(str(path)))
        peer.say(control.Hello(control.VERSION, who))
        return peer

    def say(self, message: control.Message) -> None:
        self.writer.write(control.encode(message))

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionError):  # a recorder that was killed
            await self._converse()
        self.closed = True
        self._news.set()

    async def _converse(self) -> None:
        frames = control.Reader()
        while data := await self._reader.read(65_536):
            for message in frames.feed(data):
                self.heard.append(message)
                if isinstance(message, control.Head) and self.signer is not None:
                    signature = self.signer.signing.sign(message_to_sign(message.recording, message.line, message.hash))
                    self.say(control.Signed(message.recording, message.line, signature))
            self._news.set()

    async def until(self, wanted, within_s: float = 20.0):
        """The first message (from now or before) for which ``wanted`` holds."""
        async with asyncio.timeout(within_s):
            at = 0
            while True:
                for message in self.heard[at:]:
                    if wanted(message):
                        return message
                at = len(self.heard)
                if self.closed:
                    raise ConnectionError("the recorder hung up")
                self._news.clear()
                await self._news.wait()

    async def state(self, state: str, within_s: float = 20.0) -> control.RecordingState:
        return await self.until(lambda m: isinstance(m, control.RecordingState) and m.state == state, within_s)

    def forget(self) -> None:
        self.heard.clear()

    async def leave(self) -> None:
        self.writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@dataclass
class Line:
    """One track as the relay announces it."""

    number: int
    seat: str
    kind: str
    codec: str

    @property
    def announced(self) -> tuple[int, str, str, str, int]:
        return (self.number, self.seat, self.kind, self.codec, 48_000 if self.codec == "opus" else 90_000)


def batches(
    recording: str, tracks: dict[int, Sequence[Sent]], origin_us: int, each_us: int = 50_000
) -> Iterator[tuple[int, bytes]]:
    """What the relay sends, and when: frames of kind 1, every 50 ms, packets in order of arrival."""
    packets = sorted(((s.at_us, number, s.data) for number, sent in tracks.items() for s in sent), key=lambda p: p[0])
    entries, until = bytearray(), each_us
    for at_us, number, data in packets:
        while at_us >= until:
            if entries:
                yield until, control.encode_batch(recording, bytes(entries))
            entries, until = bytearray(), until + each_us
        entries += control.batch_entry(number, origin_us + at_us, data)
        if len(entries) > 60_000:
            yield at_us, control.encode_batch(recording, bytes(entries))
            entries = bytearray()
    if entries:
        yield until, control.encode_batch(recording, bytes(entries))


def now_us() -> int:
    return time.monotonic_ns() // 1000


@dataclass
class Rig:
    """A running recorder with its fake app and relay."""

    process: asyncio.subprocess.Process
    socket: Path
    app: Peer
    relay: Peer

    @classmethod
    async def start(cls, base: Path, hospital: Hospital | None = None) -> Rig:
        socket = base / "recorder.sock"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media.recorder", "--listen", str(socket), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
        rig = cls(process, socket, await Peer.join(socket, "app"), await Peer.join(socket, "relay"))
        rig.app.signer = hospital
        return rig

    async def open(self, hospital: Hospital, lines: Sequence[Line], origin_us: int | None = None) -> int:
        """Opens the recording and announces the tracks; returns the origin."""
        origin_us = now_us() if origin_us is None else origin_us
        self.app.say(
            control.RecordingOpen(
                hospital.recording, str(hospital.folder), hospital.public, origin_us, "2026-11-22T08:00:00Z", "session-7"
            )
        )
        await self.app.state("running")
        self.relay.say(control.Attach(hospital.recording))
        self.relay.say(control.Tracks(hospital.recording, [line.announced for line in lines]))
        return origin_us

    async def play(self, hospital: Hospital, tracks: dict[int, Sequence[Sent]], origin_us: int, *, live: bool = False) -> None:
        """Sends everything, as fast as it goes, or at the pace at which it was made."""
        for at_us, frame in batches(hospital.recording, tracks, origin_us):
            if live:
                await asyncio.sleep(max(0, origin_us + at_us - now_us()) / 1e6)
            self.relay.writer.write(frame)
            await self.relay.writer.drain()

    async def all_read(self) -> None:
        """Until the recorder has taken everything that the fake relay wrote."""
        connection = self.relay.writer.get_extra_info("socket")
        unread = b"...."
        while int.from_bytes(unread, sys.byteorder) and not self.relay.writer.is_closing():
            unread = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
            await asyncio.sleep(0.005)

    async def close(self, hospital: Hospital) -> None:
        await self.all_read()
        self.app.say(control.RecordingClose(hospital.recording))
        await self.app.state("closed")
        await self.leave()

    async def leave(self) -> int:
        """The app goes; the recorder seals what it holds and exits."""
        await self.all_read()
        await self.app.leave()
        code = await asyncio.wait_for(self.process.wait(), 10)
        await self.relay.leave()
        return code

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()
        await self.app.leave()
        await self.relay.leave()


def colour_at(path: Path, stream: int, at_s: float = 0.0) -> tuple[int, int, int]:
    """The mean Y, U, V of the middle of the first picture at or after ``at_s`` of that video stream."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[stream]):
            if frame.time >= at_s:
                planes = frame.reformat(format="yuv420p").to_ndarray()
                h, w = frame.height, frame.width
                y = planes[h // 2 : h // 2 + 10, w // 2 : w // 2 + 10].mean()
                chroma = planes[h:].reshape(2, h // 2, w // 2)[:, h // 4 : h // 4 + 5, w // 4 : w // 4 + 5].mean(axis=(1, 2))
                return round(y), round(chroma[0]), round(chroma[1])
    raise AssertionError("no picture there")


def tone_of(path: Path, stream: int) -> float:
    """The strongest frequency of that sound stream, in Hz."""
    with av.open(str(path)) as container:
        samples = [f.to_ndarray().astype(np.float64) for f in container.decode(container.streams.audio[stream])]
    joined = np.concatenate([s.reshape(-1) if s.shape[0] == 1 else s[0] for s in samples])
    if joined.size and samples[0].shape[0] == 1 and samples[0].shape[1] > 1_000:
        joined = joined[::2]  # interleaved stereo
    spectrum = np.abs(np.fft.rfft(joined * np.hanning(joined.size)))
    return float(np.argmax(spectrum) * 48_000 / joined.size)


def probe(path: Path) -> list[dict]:
    """What ffprobe says of the streams."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return json.loads(done.stdout)["streams"]


def times(path: Path, stream: int) -> list[float]:
    """The times of that stream's packets in seconds, in the order of the file."""
    with av.open(str(path)) as container:
        return [float(p.pts * p.time_base) for p in container.demux(container.streams[stream]) if p.pts is not None]


def decode_errors(path: Path) -> str:
    """What ffmpeg has to say when it decodes all of it."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0", "-f", "null", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr
