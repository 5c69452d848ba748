"""The folder of one recording on disk: sealed segments, the manifest's lines, signatures, each durable before it counts.

Promises: plaintext never touches the disk; a segment is whole under its name or not there (temporary name, fdatasync, rename,
fsync of the folder), and only then is listed; a write that fails leaves the manifest at its last whole line. Reopening mends
what a kill left: temporary files go, a torn last line is cut off. Everything here blocks: it runs in the writer's thread.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from media.recorder import manifest
from media.recorder.manifest import Head
from media.recorder.parts import Item, Line, Segment

_PROBE_BYTES = 64 * 1024
_MAX_READ = 1 << 20


class Unusable(Exception):
    """A folder that is not this recording's, or lacks its key."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What line 1 says."""

    recording: str
    session: str
    origin_utc: str
    recipient: str


def why_of(error: BaseException | None) -> str:
    """What ``recording_state`` says of a job that failed with ``error``."""
    if isinstance(error, OSError):
        return "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "io_error"
    return "unknown"


class Folder:
    """An open folder. Made by `Folder.open`; every method may raise OSError, after which `mend` comes first."""

    def __init__(self, path: Path, identity: Identity) -> None:
        try:
            self._recipient = pyrage.x25519.Recipient.from_str(identity.recipient)
        except pyrage.RecipientError as error:
            raise Unusable("not an age recipient") from error
        self._path = path
        self._identity = identity
        self._manifest = -1
        self._size = 0
        self._signatures_dirty = False
        self._segments: dict[int, int] = {}
        self.head = Head()
        self.newest_part = 0
        self.covered_us = 0  # media time up to which segments are listed
        self.media_us = 0  # sum of what they cover
        self.ended = False

    @classmethod
    def open(cls, path: Path, identity: Identity, at_us: int) -> Folder:
        """Makes the folder, or reopens and mends it. Raises ``Unusable``, OSError."""
        folder = cls(path, identity)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        folder._manifest = os.open(path / "manifest.jsonl", flags, 0o600)
        try:
            folder.mend()
            if folder.head.line == 0:
                folder._begin(at_us)
        except BaseException:
            folder.close()
            raise
        return folder

    @property
    def reopened(self) -> bool:
        return self.head.line > 1

    def close(self) -> None:
        if self._manifest >= 0:
            os.close(self._manifest)
            self._manifest = -1

    def mend(self) -> None:
        """Brings the folder back to what its whole lines say; afterwards the fields tell where it stands."""
        self._read_back()
        for temporary in [*self._path.glob("part-*/.seg-*.tmp"), *self._path.glob(".probe")]:
            temporary.unlink(missing_ok=True)
        _mend_tail(self._path / "signatures.jsonl")

    def commit(self, items: Sequence[Item], origin_us: int) -> Head:
        """Makes the items durable, in their order, and returns the new head. On OSError none of their lines are there."""
        head, lines = self.head, bytearray()
        segments, covered_us, media_us = dict(self._segments), self.covered_us, self.media_us
        newest_part, ended = self.newest_part, self.ended
        written: list[Path] = []
        try:
            for item in items:
                match item:
                    case Segment():
                        number = segments.get(item.part, 0) + 1
                        path = self._path / manifest.segment_path(item.part, number)
                        written.append(path)
                        size, sha256 = self._seal(path, item.data)
                        segments[item.part] = number
                        from_us = max(covered_us, item.from_us - origin_us, 0)
                        to_us = max(from_us, item.to_us - origin_us)
                        covered_us, media_us = to_us, media_us + to_us - from_us
                        fields = {
                            "part": item.part, "number": number, "bytes": size, "sha256": sha256,
                            "from_us": from_us, "to_us": to_us, "keyframe": item.keyframe,
                        }  # fmt: skip
                        line, head = manifest.append(head, "segment", to_us, fields)
                    case Line():
                        fields = item.fields
                        if item.type == "end":
                            fields, ended = {**fields, "seconds": media_us // 1_000_000}, True
                        elif item.type == "part":
                            newest_part = item.fields["part"]
                        line, head = manifest.append(head, item.type, max(0, item.at_us - origin_us), fields)
                lines += line
            self._append(bytes(lines))
        except OSError:
            _remove(written)
            raise
        self.head, self._segments, self.covered_us, self.media_us = head, segments, covered_us, media_us
        self.newest_part, self.ended = newest_part, ended
        return head

    def sign(self, line: int, sha256: str, signature: bytes) -> None:
        """Appends a signature; it becomes durable with the next commit, or by `sync_signatures`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path / "signatures.jsonl", flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            try:
                _write(descriptor, manifest.signature_line(line, sha256, signature))
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        self._signatures_dirty = True

    def sync_signatures(self) -> None:
        if self._signatures_dirty:
            _sync(self._path / "signatures.jsonl")
            self._signatures_dirty = False

    def probe(self) -> None:
        """Writes and syncs a small file: whether the disk takes anything."""
        path = self._path / ".probe"
        try:
            _write_file(path, bytes(_PROBE_BYTES))
        finally:
            path.unlink(missing_ok=True)

    # --- below ------------------------------------------------------------------------------------

    def _begin(self, at_us: int) -> None:
        try:
            key = (self._path / "session-key.age").read_bytes()
        except FileNotFoundError:
            raise Unusable("no session-key.age in the folder") from None
        fields = {
            "version": manifest.VERSION, "recording": self._identity.recording, "session": self._identity.session,
            "origin_utc": self._identity.origin_utc, "recipient": self._identity.recipient,
            "session_key_sha256": hashlib.sha256(key).hexdigest(),
        }  # fmt: skip
        line, head = manifest.append(self.head, "begin", max(0, at_us), fields)
        self._append(line)
        _sync(self._path)
        _sync(self._path.parent)
        self.head = head

    def _read_back(self) -> None:
        """Reads the whole lines and cuts off a torn one after them. A damaged line in between stays: it is for the verifier."""
        self.head, self._segments, self.newest_part = Head(), {}, 0
        self.covered_us = self.media_us = good = 0
        self.ended = False
        with open(self._path / "manifest.jsonl", "rb") as file:
            for raw in iter(lambda: file.readline(_MAX_READ), b""):
                if not raw.endswith(b"\n"):
                    break
                at_us = self.head.at_us
                with contextlib.suppress(manifest.Malformed):
                    at_us = max(at_us, self._recall(manifest.read_line(raw[:-1])))
                self.head = Head(self.head.line + 1, hashlib.sha256(raw[:-1]).hexdigest(), at_us)
                good += len(raw)
        os.ftruncate(self._manifest, good)
        os.fdatasync(self._manifest)
        self._size = good

    def _recall(self, fields: dict[str, Any]) -> int:
        match fields:
            case {"type": "begin", "recording": recording, "recipient": recipient}:
                if (recording, recipient) != (self._identity.recording, self._identity.recipient):
                    raise Unusable("the folder of another recording")
            case {"type": "part", "part": int(part)}:
                self.newest_part = part
            case {"type": "segment", "part": int(part), "number": int(number), "from_us": int(from_us), "to_us": int(to_us)}:
                self._segments[part] = number
                self.covered_us, self.media_us = to_us, self.media_us + to_us - from_us
            case {"type": "end"}:
                self.ended = True
        return int(fields["at_us"])

    def _seal(self, path: Path, data: bytes) -> tuple[int, str]:
        """Writes ``data``, sealed, under ``path``; returns length and hash of the file."""
        sealed: bytes = pyrage.encrypt(data, [self._recipient])
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
            _sync(self._path)
        temporary = path.with_name(f".{path.stem}.tmp")
        try:
            _write_file(temporary, sealed)
            os.rename(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return len(sealed), hashlib.sha256(sealed).hexdigest()

    def _append(self, lines: bytes) -> None:
        try:
            _write(self._manifest, lines)
            os.fdatasync(self._manifest)
        except OSError:
            os.ftruncate(self._manifest, self._size)
            raise
        self._size += len(lines)
        self.sync_signatures()


def _mend_tail(path: Path) -> None:
    """Cuts off a torn last line."""
    try:
        with open(path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - manifest.MAX_LINE))
            tail = file.read()
            file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)
    except FileNotFoundError:
        pass


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_file(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        _write(descriptor, data)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
