"""Opens a sealed recording into one playable Matroska file, with the hospital's age identity.

Promises: packets are copied, nothing is decoded; all parts are joined on their common time line, whatever tracks each of them
has; what cannot be opened is left out and said; memory does not grow with the recording's length; plaintext goes only to the
file that was asked for (mode 0600, never over an existing one). The file has an index, so players can seek in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av
import pyrage

from media.recorder import matroska
from server.vault.identity import Ask, BadIdentity, nobody_to_ask, opener, read

Progress = Callable[[int, int], None]
"""Called with (segments done, segments in all)."""
Key = tuple[str, str]
"""A track across parts: seat and codec."""
_CODECS = {"vp8": "VP8", "h264": "H264", "opus": "opus"}
_CLUSTER_MS = 1000


class CannotOpen(Exception):
    """Nothing can be opened; the message says why, for the officer's eyes."""


def open_recording(
    folder: Path, identity_file: Path, out: Path, progress: Progress | None = None, ask: Ask = nobody_to_ask
) -> list[str]:
    """Joins all parts into one file at ``out``; returns what could not be opened, in plain words.

    Raises ``CannotOpen`` if nothing can, or if ``out`` exists.
    """
    identity = session_identity(folder, identity_file, ask)
    parts = _Parts(folder, identity, progress)
    tracks = parts.tracks()
    if not tracks:
        raise CannotOpen("; ".join(parts.problems) or "there are no segments")
    try:
        descriptor = os.open(out, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CannotOpen(f"{out} exists already") from None
    with os.fdopen(descriptor, "wb") as file:
        joined = _JoinedFile(file, tracks)
        for key, block in parts.blocks():
            joined.add(key, block)
        joined.close()
    return parts.problems


def session_identity(folder: Path, identity_file: Path, ask: Ask = nobody_to_ask) -> Any:
    """The session's identity S. Raises ``CannotOpen``."""
    try:
        opened = opener((folder / "session-key.age").read_bytes(), read(identity_file, ask))
    except (OSError, BadIdentity) as error:
        raise CannotOpen(f"a key cannot be read: {error}") from None
    try:
        if opened is not None:
            return pyrage.x25519.Identity.from_str(opened[1].decode("ascii").strip())
    except (pyrage.IdentityError, UnicodeDecodeError):
        pass
    raise CannotOpen("this identity does not open session-key.age")


class _Parts:
    """The folder's parts in order, opened."""

    def __init__(self, folder: Path, identity: Any, progress: Progress | None) -> None:
        self._folder = folder
        self._identity = identity
        self._segments = {part: sorted(part.glob("seg-*.age")) for part in sorted(folder.glob("part-*"), key=_part_number)}
        self._progress = progress
        self._done, self._total = 0, sum(map(len, self._segments.values()))
        self.problems: list[str] = []

    def tracks(self) -> dict[Key, matroska.Track]:
        """Every track of every part: a file names them all in front."""
        tracks: dict[Key, matroska.Track] = {}
        for part, segments in list(self._segments.items()):
            if not segments:
                continue
            try:
                head = pyrage.decrypt(segments[0].read_bytes(), [self._identity])
                with av.open(_Stream(iter([head])), "r", format="matroska") as container:
                    for stream in container.streams:
                        key = _key(stream)
                        tracks.setdefault(key, _track(len(tracks) + 1, key, stream))
            except (pyrage.DecryptError, av.FFmpegError, OSError, ValueError, KeyError):
                self.problems.append(f"{part.name} cannot be read without its first segment")
                self._done += len(segments)
                del self._segments[part]
        return tracks

    def blocks(self) -> Iterator[tuple[Key, matroska.Block]]:
        """Every frame, with its track's number still to be given."""
        for part, segments in self._segments.items():
            try:
                with av.open(_Stream(self._plaintext(segments)), "r", format="matroska") as container:
                    keys = {stream.index: _key(stream) for stream in container.streams}
                    for packet in container.demux():
                        if packet.pts is not None and packet.size:
                            time_ms = round(packet.pts * packet.time_base * 1000)
                            yield keys[packet.stream.index], matroska.Block(0, time_ms, packet.is_keyframe, bytes(packet))
            except (av.FFmpegError, ValueError, KeyError) as error:
                self.problems.append(f"{part.name} stops being readable: {error}")

    def _plaintext(self, segments: list[Path]) -> Iterator[bytes]:
        for path in segments:
            try:
                yield pyrage.decrypt(path.read_bytes(), [self._identity])
            except (pyrage.DecryptError, OSError):
                self.problems.append(f"{path.relative_to(self._folder)} cannot be opened and is left out")
            self._done += 1
            if self._progress:
                self._progress(self._done, self._total)


def _part_number(part: Path) -> int:
    digits = part.name.removeprefix("part-")
    return int(digits) if digits.isdecimal() else 0


def _key(stream: Any) -> Key:
    return stream.metadata.get("title", ""), _CODECS[stream.codec_context.name.removeprefix("lib")]


def _track(number: int, key: Key, stream: Any) -> matroska.Track:
    seat, codec = key
    context = stream.codec_context
    if codec == "opus":
        return matroska.Track(number, seat, codec, channels=context.channels)
    return matroska.Track(number, seat, codec, context.width, context.height, private=context.extradata or b"")


class _Stream:
    """An iterator of bytes as the file that PyAV reads."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk)
        data, self._rest = self._rest[:size], self._rest[size:]
        return bytes(data)


class _JoinedFile:
    """The one file. libav's own muxer would hold everything back for a picture that stays away, so this is ours."""

    def __init__(self, file: BinaryIO, tracks: dict[Key, matroska.Track]) -> None:
        self._file = file
        self._tracks = tracks
        self._index = matroska.Index()
        self._last_ms: dict[Key, int] = {}
        self._blocks: list[matroska.Block] = []
        file.write(self._index.front(list(tracks.values())))

    def add(self, key: Key, block: matroska.Block) -> None:
        time_ms = max(block.time_ms, self._last_ms.get(key, -1) + 1)  # a new part may begin a little before the old one ended
        self._last_ms[key] = time_ms
        if self._blocks and abs(time_ms - self._blocks[0].time_ms) >= _CLUSTER_MS:
            self._flush()
        self._blocks.append(matroska.Block(self._tracks[key].number, time_ms, block.keyframe, block.data))

    def close(self) -> None:
        self._flush()
        self._file.write(self._index.back(self._file.tell(), max(self._last_ms.values(), default=0)))
        for position, data in self._index.patches(self._file.tell()):
            self._file.seek(position)
            self._file.write(data)

    def _flush(self) -> None:
        if self._blocks:
            blocks = sorted(self._blocks, key=lambda b: b.time_ms)
            self._index.cluster(self._file.tell(), blocks)
            self._file.write(matroska.clusters(blocks))
            self._blocks = []
