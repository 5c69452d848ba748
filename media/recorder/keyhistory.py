"""``key-history.jsonl`` of a recording (docs/recording-format.md, Rotation): its lines, what they add up to, their judgement.

Promises: reading a line ends in its fields or ``Malformed``; the history of a recording is judged from bytes alone, and the
caller holds the cryptography. Nothing here knows a secret.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from media.recorder import manifest
from media.recorder.manifest import NO_HASH, Finding, Level, Malformed

FILE = "key-history.jsonl"
KEY_FILE = "session-key.age"
SEED_INFO = b"peitong-rotation-v1"
MAX_LINES = 10_000
MAX_RECIPIENTS = 20
MAX_WHERE = 200
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")
_HEX128 = re.compile(r"[0-9a-f]{128}\Z")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")

Verified = Callable[[str, bytes, bytes], bool]
"""Whether an Ed25519 public key (hex) made the signature over the message."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation that a line tells; ``signed`` are the bytes under its signature."""

    at_utc: str
    from_sha256: str
    to_sha256: str
    recipients: tuple[str, ...]
    signer: str
    signature: bytes
    digest: str

    def signed(self, recording: str) -> bytes:
        return message_to_sign(recording, self.digest)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the ``session-key.age`` with that hash, and the place where somebody says that it lies."""

    at_utc: str
    sha256: str
    where: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line: its number (0: none yet) and the hash of its bytes without LF."""

    line: int = 0
    sha256: str = NO_HASH


# --- writing ----------------------------------------------------------------------------------------


def message_to_sign(recording: str, digest: str) -> bytes:
    return f"{SEED_INFO.decode()} {recording} {digest}".encode()


def rotation_fields(
    head: Head, at_utc: str, from_sha256: str, to_sha256: str, recipients: Collection[str], signer: str
) -> dict[str, Any]:
    """The next line, but for its ``signature``."""
    return {
        **_common(head, "rotation", at_utc),
        "from_sha256": from_sha256, "to_sha256": to_sha256, "recipients": sorted(set(recipients)), "signer": signer,
    }  # fmt: skip


def copy_line(head: Head, at_utc: str, sha256: str, where: str) -> bytes:
    """Raises ``Malformed`` for a place that is empty, longer than 200 characters or more than a line."""
    _need(_is_place(where), "where")
    body = manifest.canonical({**_common(head, "copy", at_utc), "sha256": sha256, "where": where})
    read_line(body)
    return body + b"\n"


def digest(fields: Mapping[str, Any]) -> str:
    """The hash that a rotation's signature names."""
    return hashlib.sha256(manifest.canonical({k: v for k, v in fields.items() if k != "signature"})).hexdigest()


def signed_line(fields: Mapping[str, Any], signature: bytes) -> bytes:
    """Raises ``Malformed``."""
    body = manifest.canonical({**fields, "signature": signature.hex()})
    read_line(body)
    return body + b"\n"


def _common(head: Head, type_: str, at_utc: str) -> dict[str, Any]:
    return {"n": head.line + 1, "type": type_, "at_utc": at_utc, "previous": head.sha256}


# --- reading ----------------------------------------------------------------------------------------


def read_line(body: bytes) -> tuple[int, str, Rotation | Copy]:
    """(number, previous hash, what it tells) of a line without its LF. Raises ``Malformed``."""
    fields = manifest.read_canonical(body)
    number = fields.get("n")
    _need(type(number) is int and 1 <= number <= MAX_LINES, "n")
    _text(fields, "previous", _HEX64)
    at_utc = _text(fields, "at_utc", _MOMENT)
    match fields.get("type"):
        case "rotation":
            told: Rotation | Copy = _rotation(fields, at_utc)
        case "copy":
            _only(fields, {"sha256", "where"})
            where = fields["where"]
            _need(isinstance(where, str) and _is_place(where), "where")
            told = Copy(at_utc, _text(fields, "sha256", _HEX64), where)
        case _:
            raise Malformed("unknown type of line")
    return fields["n"], fields["previous"], told


def _rotation(fields: dict[str, Any], at_utc: str) -> Rotation:
    _only(fields, {"from_sha256", "to_sha256", "recipients", "signer", "signature"})
    recipients = fields["recipients"]
    _need(isinstance(recipients, list) and 1 <= len(recipients) <= MAX_RECIPIENTS, "recipients")
    _need(all(isinstance(each, str) and _RECIPIENT.match(each) for each in recipients), "recipients")
    _need(recipients == sorted(set(recipients)), "recipients")
    return Rotation(
        at_utc, _text(fields, "from_sha256", _HEX64), _text(fields, "to_sha256", _HEX64), tuple(recipients),
        _text(fields, "signer", _HEX64), bytes.fromhex(_text(fields, "signature", _HEX128)), digest(fields),
    )  # fmt: skip


def _only(fields: Mapping[str, Any], own: set[str]) -> None:
    if fields.keys() != own | {"n", "type", "at_utc", "previous"}:
        raise Malformed("fields missing or unknown")


def _text(fields: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or form.match(value) is None:
        raise Malformed(f"{name} is not what belongs there")
    return value


def _is_place(where: str) -> bool:
    return 1 <= len(where) <= MAX_WHERE and where.isprintable()


def _need(holds: bool, name: str) -> None:
    if not holds:
        raise Malformed(f"{name} is not what belongs there")


# --- adding up --------------------------------------------------------------------------------------


@dataclass(slots=True)
class History:
    """What the lines add up to. Feed them in order with `line`; `cut_line` for a last one without its LF."""

    head: Head = field(default_factory=Head)
    rotations: list[Rotation] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cut: bool = False

    def line(self, body: bytes) -> None:
        expected = self.head
        self.head = Head(expected.line + 1, hashlib.sha256(body).hexdigest())
        try:
            number, previous, told = read_line(body)
        except Malformed as error:
            self.faults.append(f"line {self.head.line}: {error}")
            return
        if (number, previous) != (self.head.line, expected.sha256):
            self.faults.append(f"line {self.head.line} does not follow the line before it")
        if isinstance(told, Copy):
            self.copies.append(told)
            return
        if self.rotations and told.from_sha256 not in (self.rotations[-1].to_sha256, self.rotations[-1].from_sha256):
            self.faults.append(f"line {self.head.line} rotates another copy than the one before left")
        self.rotations.append(told)

    def cut_line(self) -> None:
        self.cut = True

    @property
    def last(self) -> Rotation | None:
        return self.rotations[-1] if self.rotations else None

    def earlier(self, current: str | None) -> dict[str, tuple[str, ...]]:
        """Every hash that ``session-key.age`` had, oldest first, but for ``current``, with where copies of it are said to lie.

        What a broken-off rotation had made never took the place, unless a later one started from it.
        """
        known = dict.fromkeys(
            [*(rotation.from_sha256 for rotation in self.rotations), *(r.to_sha256 for r in self.rotations[-1:])]
        )
        return {h: tuple(copy.where for copy in self.copies if copy.sha256 == h) for h in known if h != current}


@dataclass(frozen=True, slots=True)
class Judge:
    """What is known besides the history: line 1's hash of the key (None: it has no line 1), and whom the officer trusts."""

    recording: str
    first_sha256: str | None
    verified: Verified
    rotators: frozenset[str] | None = None

    def findings(self, history: History, current: str | None, *, rotated: bool) -> list[Finding]:
        """The verdicts on ``session-key.age``, whose hash is ``current`` (None: not there), and on its history."""
        found = [Finding("broken_history", Level.DAMAGE, FILE, fault) for fault in history.faults]
        if history.cut:
            found.append(Finding("truncated_line", Level.NOTE, FILE, "the last line is not whole"))
        found += self._signatures(history)
        return [*found, *self._key(history, current, rotated)]

    def _signatures(self, history: History) -> list[Finding]:
        found: list[Finding] = []
        if history.rotations and self.first_sha256 not in (None, history.rotations[0].from_sha256):
            text = "the first rotation is not of the copy that the manifest names"
            found.append(Finding("broken_history", Level.DAMAGE, FILE, text))
        for number, each in enumerate(history.rotations, start=1):
            if not self.verified(each.signer, each.signature, each.signed(self.recording)):
                found.append(Finding("bad_rotation", Level.DAMAGE, FILE, f"rotation {number}: not signed by the key it names"))
            elif self.rotators is not None and each.signer not in self.rotators:
                found.append(Finding("bad_rotation", Level.DAMAGE, FILE, f"rotation {number}: not signed by a pinned rotator"))
        if history.rotations and self.rotators is None:
            text = "no rotator's key given: nobody vouches for the rotations"
            found.append(Finding("unchecked_rotation", Level.NOTE, FILE, text))
        return found

    def _key(self, history: History, current: str | None, rotated: bool) -> list[Finding]:
        last = history.last
        expected = last.to_sha256 if last else self.first_sha256
        if expected is None:
            return []  # there is no line 1 to hold it to, which is damage enough
        earlier = history.earlier(expected)
        listed = [_earlier_copy(sha256, places) for sha256, places in earlier.items()]
        if current is None:
            text = "not in the folder: the recording cannot be opened"
            return [Finding("altered_session_key", Level.DAMAGE, KEY_FILE, text), *listed]
        if current == expected:
            if last is None:
                return []
            text = f"sealed anew at {last.at_utc} to {len(last.recipients)} recipients"
            return [Finding("rotated", Level.NOTE, KEY_FILE, text), *listed]
        if current in earlier:
            text = "a copy from before the last rotation, which was broken off or undone: former keys open it"
            return [Finding("earlier_session_key", Level.DAMAGE, KEY_FILE, text), *listed]
        level = Level.NOTE if rotated else Level.DAMAGE
        text = "not the one of the last rotation" if last else "not the one of line 1"
        return [Finding("altered_session_key", level, KEY_FILE, text), *listed]


def _earlier_copy(sha256: str, places: tuple[str, ...]) -> Finding:
    text = f"copies with SHA-256 {sha256} still open with former keys; noted: {'; '.join(places) or 'nowhere'}"
    return Finding("earlier_copy", Level.NOTE, KEY_FILE, text)
