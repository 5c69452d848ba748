"""The manifest of a recording: its lines, their chain, and the reading that judges them (docs/recording-format.md).

Promises: a line's bytes follow from its fields alone (canonical JSON); each line carries the SHA-256 of the one before, so a
signature over one hash covers every line up to it. `Audit` takes lines and facts about files as they are read, in order and one
at a time, and gives findings; it never raises on what a damaged or hostile folder holds. Pure: who opens files and who
checks signatures is `server.recordings`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

VERSION = 1
MAX_LINE = 4096
MAX_LINES = 1_000_000
NO_HASH = "0" * 64
UNSIGNED_TAIL_US = 10_000_000  # what a crash can leave without a signature; more than that is not a crash
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")


class Level(StrEnum):
    NOTE = "note"
    DAMAGE = "damage"


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict: ``kind`` as in the format's table, ``file`` relative to the folder, ``detail`` in plain words."""

    kind: str
    level: Level
    file: str
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line: its number (0: none yet), the hash of its bytes without LF, its time."""

    line: int = 0
    sha256: str = NO_HASH
    at_us: int = 0


class Malformed(ValueError):
    """Bytes that are not a line of this format."""


# --- writing ----------------------------------------------------------------------------------------


def canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def append(head: Head, type_: str, at_us: int, fields: Mapping[str, Any]) -> tuple[bytes, Head]:
    """The next line after ``head``, LF included, and the new head. Times never run backwards."""
    at_us = max(at_us, head.at_us)
    body = canonical({**fields, "n": head.line + 1, "type": type_, "at_us": at_us, "previous": head.sha256})
    if len(body) >= MAX_LINE:
        raise ValueError(f"a manifest line of {len(body)} bytes")
    return body + b"\n", Head(head.line + 1, hashlib.sha256(body).hexdigest(), at_us)


def message_to_sign(recording: str, line: int, sha256: str) -> bytes:
    """The bytes under a head's Ed25519 signature."""
    return f"peitong-manifest-v{VERSION} {recording} {line} {sha256}".encode("ascii")


def signature_line(line: int, sha256: str, signature: bytes) -> bytes:
    return canonical({"line": line, "sha256": sha256, "signature": signature.hex()}) + b"\n"


def segment_path(part: int, number: int) -> str:
    return f"part-{part:02d}/seg-{number:06d}.age"


# --- reading ----------------------------------------------------------------------------------------

_NATURAL = "a natural number"
_HASH = "64 hex digits"
_SHAPES: dict[str, dict[str, Any]] = {
    "begin": {
        "version": _NATURAL, "recording": str, "session": str, "origin_utc": str, "recipient": str, "session_key_sha256": _HASH,
    },
    "part": {"part": _NATURAL, "tracks": list, "why": str},
    "segment": {
        "part": _NATURAL, "number": _NATURAL, "bytes": _NATURAL, "sha256": _HASH, "from_us": _NATURAL, "to_us": _NATURAL,
        "keyframe": bool,
    },
    "hold": {"cause": str},
    "resume": {},
    "gap": {"from_us": _NATURAL, "to_us": _NATURAL, "why": str},
    "resolution": {"seat": str, "width": _NATURAL, "height": _NATURAL},
    "end": {"seconds": _NATURAL},
}  # fmt: skip
_COMMON: dict[str, Any] = {"n": _NATURAL, "at_us": _NATURAL, "previous": _HASH}


def read_line(body: bytes) -> dict[str, Any]:
    """A line's fields (``body`` without LF); raises ``Malformed`` unless it is canonical and has exactly its type's fields."""
    fields = read_canonical(body)
    shape = _SHAPES.get(fields.get("type", "")) if isinstance(fields.get("type"), str) else None
    if shape is None:
        raise Malformed("unknown type of line")
    _check(fields, {**_COMMON, **shape, "type": str})
    return fields


def read_signature(body: bytes) -> tuple[int, str, bytes]:
    """A signature line's (line, hash, signature); raises ``Malformed``."""
    fields = read_canonical(body)
    _check(fields, {"line": _NATURAL, "sha256": _HASH, "signature": str})
    if not re.fullmatch(r"[0-9a-f]{128}", fields["signature"]):
        raise Malformed("signature is not 128 hex digits")
    return fields["line"], fields["sha256"], bytes.fromhex(fields["signature"])


def read_canonical(body: bytes) -> dict[str, Any]:
    if len(body) >= MAX_LINE:
        raise Malformed("line too long")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(fields, dict):
        raise Malformed("not an object")
    try:
        same = canonical(fields) == body
    except (ValueError, RecursionError) as error:  # lone surrogates
        raise Malformed("not canonical") from error
    if not same:
        raise Malformed("not canonical")
    return fields


def _check(fields: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
    if fields.keys() != shape.keys():
        raise Malformed("fields missing or unknown")
    for name, kind in shape.items():
        value = fields[name]
        if kind is _NATURAL:
            good = type(value) is int and 0 <= value < 1 << 63
        elif kind is _HASH:
            good = isinstance(value, str) and _HEX64.match(value) is not None
        else:
            good = type(value) is kind
        if not good:
            raise Malformed(f"{name} is not {kind if isinstance(kind, str) else kind.__name__}")


# --- judging ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """A file that the manifest lists: what it must be."""

    path: str
    bytes: int
    sha256: str


@dataclass(slots=True)
class _Part:
    """What a part's lines said so far; ``torn``: it ended in a crash, so one newest file may lack its line."""

    newest: int = 0
    listed: set[int] = field(default_factory=set)
    torn: bool = True


@dataclass(slots=True)
class Audit:
    """The streaming judgement of one manifest. Feed lines, then signatures, then names of files; ``finish`` last.

    `line` returns the segment that the caller has to hash before going on, if the line lists one; the caller answers with
    `file`. Signatures are checked by ``signatures(line, hash, verified)``: the caller holds the cryptography.
    """

    findings: list[Finding] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    begin: dict[str, Any] | None = None
    ended: bool = False
    gap_us: int = 0
    _lines: dict[int, tuple[bytes, int]] = field(default_factory=dict)  # by number: hash, time
    _parts: dict[int, _Part] = field(default_factory=dict)
    _part: int = 0
    _covered: int = 0
    _beyond: int = 0
    _checked: bool = False
    _good: int = 0
    _bad: list[str] = field(default_factory=list)
    _cut: bool = False
    _strays: dict[str, list[int]] = field(default_factory=dict)  # by hash: their findings' places

    def _say(self, kind: str, level: Level, file: str, detail: str) -> None:
        self.findings.append(Finding(kind, level, file, detail))

    def line(self, body: bytes) -> Segment | None:
        """One whole line without its LF."""
        sha256 = hashlib.sha256(body)
        previous = self.head
        try:
            fields = read_line(body)
        except Malformed as error:
            self._note_line(previous.line + 1, sha256, previous.at_us)
            self._say("malformed_line", Level.DAMAGE, "manifest.jsonl", f"line {previous.line + 1}: {error}")
            return None
        number = fields["n"]
        if fields["previous"] != previous.sha256 or number != previous.line + 1:
            self._say("broken_chain", Level.DAMAGE, "manifest.jsonl", f"line {number} does not follow the line before it")
        self._note_line(number, sha256, fields["at_us"])
        if self.ended:
            self._say("malformed_line", Level.DAMAGE, "manifest.jsonl", f"line {number} comes after the end")
        return self._take(number, fields)

    def _note_line(self, number: int, sha256: hashlib._Hash, at_us: int) -> None:
        self.head = Head(number, sha256.hexdigest(), at_us)
        self._lines.setdefault(number, (sha256.digest(), at_us))

    def _take(self, number: int, fields: dict[str, Any]) -> Segment | None:
        match fields["type"]:
            case "begin":
                if number != 1 or fields["version"] != VERSION:
                    self._out_of_place(number)
                self.begin = self.begin or fields
            case "part":
                if self._part in self._parts:
                    self._parts[self._part].torn = fields["why"] == "restart"
                self._part = fields["part"]
                if self._part in self._parts or self._part != len(self._parts) + 1:
                    self._out_of_place(number)
                self._parts.setdefault(self._part, _Part())
            case "segment":
                return self._segment(number, fields)
            case "gap":
                length_us = fields["to_us"] - fields["from_us"]
                self.gap_us += max(0, length_us)
                text = f"{fields['why']}: {length_us / 1e6:.2f} s from {fields['from_us'] / 1e6:.2f} s"
                self._say("gap", Level.NOTE, "manifest.jsonl", text)
            case "end":
                self.ended = True
                if self._part in self._parts:
                    self._parts[self._part].torn = False
        if number == 1 and self.begin is None:
            self._out_of_place(number)
        return None

    def _segment(self, number: int, fields: dict[str, Any]) -> Segment:
        part = self._parts.setdefault(fields["part"], _Part())
        if fields["part"] != self._part or fields["number"] != part.newest + 1:
            self._out_of_place(number)
        part.newest = max(part.newest, fields["number"])
        part.listed.add(fields["number"])
        return Segment(segment_path(fields["part"], fields["number"]), fields["bytes"], fields["sha256"])

    def _out_of_place(self, number: int) -> None:
        self._say("malformed_line", Level.DAMAGE, "manifest.jsonl", f"line {number} is out of place")

    def cut_line(self) -> None:
        """The manifest's last line has no LF."""
        self._cut = True

    def file(self, segment: Segment, actual: tuple[int, str] | None) -> None:
        """What was found where ``segment`` should be: (length, hash or "" where not looked); None: no such regular file."""
        if actual is None:
            self._say("missing_segment", Level.DAMAGE, segment.path, "listed, but not in the folder")
        elif actual != (segment.bytes, segment.sha256):
            length, sha256 = actual
            if sha256:
                self._strays.setdefault(sha256, []).append(len(self.findings))
            if length < segment.bytes:
                detail = f"{length} of its {segment.bytes} bytes are there"
                self._say("torn_segment", Level.DAMAGE, segment.path, detail)
            else:
                self._say("altered_segment", Level.DAMAGE, segment.path, "its length or hash is not the listed one")

    @property
    def has_strays(self) -> bool:
        """Whether a file is not what is listed: feed every whole line to `place` then, to see where its content belongs."""
        return bool(self._strays)

    def place(self, body: bytes) -> None:
        """A line of the manifest once more, after all of them were heard: swapped and replayed segments get their name."""
        try:
            fields = read_line(body)
        except Malformed:
            return
        if fields["type"] == "segment":
            detail = f"it holds what {segment_path(fields['part'], fields['number'])} should hold"
            for index in self._strays.get(fields["sha256"], ()):
                self.findings[index] = replace(self.findings[index], kind="misplaced_segment", detail=detail)

    def anchor(self, line: int, sha256: str) -> None:
        """A head that the journal keeps."""
        if line > self.head.line:
            self._beyond = max(self._beyond, line)
        elif not self._is(line, sha256):
            self._say("broken_chain", Level.DAMAGE, "manifest.jsonl", f"line {line} is not the one anchored in the journal")
        else:
            self._covered = max(self._covered, line)

    def no_signer(self) -> None:
        self._say("unchecked_signatures", Level.NOTE, "signatures.jsonl", "no signer's key given: nobody vouches for the lines")

    def bad_signature_line(self, number: int, detail: str) -> None:
        self._say("bad_signature", Level.DAMAGE, "signatures.jsonl", f"line {number}: {detail}")

    def signature(self, line: int, sha256: str, verified: bool | None) -> None:
        """A signature over (line, hash); ``verified`` by the pinned key, None if there is none to check with."""
        self._checked |= verified is not None
        if verified is False:
            self._bad.append(f"the signature over line {line} is not the pinned signer's")
        elif line > self.head.line:
            self._beyond = max(self._beyond, line)
        elif not self._is(line, sha256):
            self.bad_signature_line(line, "the signed hash is not that line's")
        elif verified:
            self._covered = max(self._covered, line)
            self._good += 1

    def _is(self, line: int, sha256: str) -> bool:
        return line in self._lines and self._lines[line][0].hex() == sha256

    def unlisted(self, names: Iterator[str]) -> None:
        """Every file of the folder that a stock reader would take for a segment (``part-*/seg-*.age``)."""
        for name in names:
            found = re.fullmatch(r"part-(\d{2,9})/seg-(\d{6,9})\.age", name)
            part = self._parts.get(int(found[1])) if found else None
            if found is None or name != segment_path(int(found[1]), int(found[2])) or part is None:
                self._say("extra_segment", Level.DAMAGE, name, "not listed")
            elif int(found[2]) not in part.listed:
                newest = part.torn and int(found[2]) == part.newest + 1
                kind, level = ("unlisted", Level.NOTE) if newest else ("extra_segment", Level.DAMAGE)
                self._say(kind, level, name, "the newest, written just before a crash" if newest else "not listed")

    def finish(self, *, signer_given: bool) -> list[Finding]:
        if self._bad and not self._good:
            self._say("wrong_signer", Level.DAMAGE, "signatures.jsonl", "no signature is the pinned signer's")
        else:
            for detail in self._bad:
                self._say("bad_signature", Level.DAMAGE, "signatures.jsonl", detail)
        if self._beyond:
            detail = f"line {self._beyond} was signed or anchored, but the manifest ends at line {self.head.line}"
            self._say("truncated_manifest", Level.DAMAGE, "manifest.jsonl", detail)
        if self._cut:
            level = Level.DAMAGE if self._beyond else Level.NOTE
            self._say("truncated_line", level, "manifest.jsonl", "the last line is not whole")
        if not self._lines:
            self._say("malformed_line", Level.DAMAGE, "manifest.jsonl", "there is no first line")
        if signer_given or self._covered:
            self._judge_tail()
        if not self.ended:
            self._say("unfinished", Level.NOTE, "manifest.jsonl", "there is no end line")
        return self.findings

    def _judge_tail(self) -> None:
        count = self.head.line
        if self._covered == count:
            return
        tail_us = self.head.at_us - self._lines[self._covered][1] if self._covered else None
        crash = tail_us is not None and tail_us <= UNSIGNED_TAIL_US
        seconds = "all of it" if tail_us is None else f"{tail_us / 1e6:.1f} s"
        detail = f"{count - self._covered} of {count} lines carry no good signature ({seconds})"
        self._say("unsigned_tail", Level.NOTE if crash else Level.DAMAGE, "manifest.jsonl", detail)
