"""Recordings for the records officer: is a folder whole and unaltered (`verify`), and both commands of the command line.

Promises: `verify` needs no key, reads streaming, and gives a finding for whatever is wrong rather than an error.
`open_recording` is in `server.opening`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media.recorder import keyhistory, manifest
from media.recorder.manifest import Audit, Finding, Level
from server import events as ev
from server.journal import Journal
from server.opening import CannotOpen, Progress, open_recording
from server.store.database import Database
from server.store.errors import BrokenChain, Unavailable
from server.vault.identity import Ask, nobody_to_ask
from server.vault.rotation import read_history, verified

Head = tuple[int, str]
"""A line's number in the manifest, and its hash."""
_CHUNK = 1 << 20
_BAR = 30
_MOST_HASHED = 64 << 20
"""A file that is not as long as listed is read to see what it is, unless it is longer than any segment."""


class NoAnchor(Exception):
    """There is no head to compare with; the message says why, for the officer's eyes."""


# --- verify -----------------------------------------------------------------------------------------


def read_signer(text: str) -> Ed25519PublicKey:
    """A pinned key: 64 hex digits, or the path of a file that holds them (``signer.pub``). Raises ValueError, OSError."""
    text = text.strip()
    if len(text) != 64 or not all(c in "0123456789abcdefABCDEF" for c in text):
        text = Path(text).read_text("ascii").strip()
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def verify(
    folder: Path,
    signer: str | None,
    anchored: Collection[Head] = (),
    *,
    rotated: bool = False,
    rotators: Collection[str] | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Every finding about the folder, in the order of its lines. Damage anywhere means: not whole, or not what was signed.

    ``signer`` as for `read_signer`; ``anchored`` are heads kept elsewhere, by the session's journal for one. ``rotated``:
    ``session-key.age`` was sealed anew by hand; ``rotators``: whose rotations count, as for `read_signer`, None for anybody's.
    Raises ValueError or OSError for a key that cannot be read.
    """
    key = read_signer(signer) if signer is not None else None
    trusted = None if rotators is None else frozenset(read_signer(each).public_bytes_raw().hex() for each in rotators)
    audit = Audit()
    _audit_lines(folder, audit, progress)
    audit.findings += _judge_key(folder, audit, trusted, rotated)
    for line, sha256 in anchored:
        audit.anchor(line, sha256)
    if key is None:
        audit.no_signer()
    _audit_signatures(folder, audit, key)
    audit.unlisted(_segment_files(folder))
    return audit.finish(signer_given=key is not None)


def _audit_lines(folder: Path, audit: Audit, progress: Progress | None) -> None:
    total = sum(1 for _ in _segment_files(folder)) if progress else 0
    done = 0
    for body, whole in _lines(folder / "manifest.jsonl"):
        if not whole:
            audit.cut_line()
            break
        segment = audit.line(body)
        if segment is not None:
            audit.file(segment, _size_and_hash(folder / segment.path, segment.bytes))
            done += 1
            if progress:
                progress(done, max(done, total))
    if audit.has_strays:
        for body, whole in _lines(folder / "manifest.jsonl"):
            if whole:
                audit.place(body)


def _judge_key(folder: Path, audit: Audit, rotators: frozenset[str] | None, rotated: bool) -> list[Finding]:
    begin = audit.begin or {}
    judge = keyhistory.Judge(begin.get("recording", ""), begin.get("session_key_sha256"), verified, rotators)
    return judge.findings(read_history(folder), _hash_of(folder / keyhistory.KEY_FILE, _CHUNK), rotated=rotated)


def _audit_signatures(folder: Path, audit: Audit, key: Ed25519PublicKey | None) -> None:
    recording = audit.begin["recording"] if audit.begin else ""
    for number, (body, whole) in enumerate(_lines(folder / "signatures.jsonl"), start=1):
        if not whole:
            continue  # cut by a crash: an unsigned tail says what matters
        try:
            line, sha256, signature = manifest.read_signature(body)
        except manifest.Malformed as error:
            audit.bad_signature_line(number, str(error))
            continue
        audit.signature(line, sha256, _verified(key, signature, manifest.message_to_sign(recording, line, sha256)))


def _verified(key: Ed25519PublicKey | None, signature: bytes, message: bytes) -> bool | None:
    return None if key is None else verified(key.public_bytes_raw().hex(), signature, message)


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The file's lines without LF, and whether they had one; none for a file that is not there, or not a file."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        with path.open("rb") as file:
            for _ in range(manifest.MAX_LINES):
                raw = file.readline(manifest.MAX_LINE + 1)
                if not raw:
                    return
                whole = raw.endswith(b"\n")
                yield (raw[:-1] if whole else raw), whole or len(raw) > manifest.MAX_LINE
    except OSError:
        return


def _size_and_hash(path: Path, expected: int) -> tuple[int, str] | None:
    """Length and hash of a regular file, None if there is none; one of another length than expected may go without a hash."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    if status.st_size != expected and status.st_size > _MOST_HASHED:
        return status.st_size, ""
    return status.st_size, _hash_of(path, status.st_size) or ""


def _hash_of(path: Path, most: int) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while most >= 0 and (data := file.read(_CHUNK)):
                digest.update(data)
                most -= len(data)
    except OSError:
        return None
    return digest.hexdigest()


def _segment_files(folder: Path) -> Iterator[str]:
    """What the documented one-liner would take: ``part-*/seg-*.age``, in order."""
    return (path.relative_to(folder).as_posix() for path in sorted(folder.glob("part-*/seg-*.age")))


# --- heads kept elsewhere ---------------------------------------------------------------------------


def read_head(text: str) -> Head:
    """A head as it was noted down: ``LINE:SHA256``, the hash in hex. Raises ValueError."""
    line, _, sha256 = text.strip().partition(":")
    if not (line.isascii() and line.isdigit() and int(line) >= 1) or len(bytes.fromhex(sha256)) != 32:
        raise ValueError("a head is LINE:SHA256")
    return int(line), sha256.lower()


async def journals_head(database_url: str, folder: Path) -> Head:
    """The newest head of this recording that its session's journal anchors.

    The folder says by its first line which recording it is; when that cannot be read, by its name. Raises ``NoAnchor``, and
    ``Unavailable`` for a database that does not answer.
    """
    recording, session = names(folder)
    database = Database(database_url)
    try:
        events = await Journal(database).replay(session)
    except BrokenChain as error:
        raise NoAnchor(f"the journal of {session} was altered: {error}") from None
    finally:
        await database.close()
    found = [event for event, _ in events if isinstance(event, ev.RecordingAnchored) and event.recording == recording]
    if not found:
        raise NoAnchor(f"the journal anchors nothing of the recording {recording}")
    return found[-1].line, found[-1].sha256


def names(folder: Path) -> tuple[str, str]:
    """(recording, session), by the manifest's first line; where that cannot be read, by the folder's name."""
    audit = Audit()
    body, _ = next(_lines(folder / "manifest.jsonl"), (b"", False))
    audit.line(body)
    name = folder.resolve().name
    return (audit.begin["recording"], audit.begin["session"]) if audit.begin else (name, name)


# --- the command line -------------------------------------------------------------------------------


def verify_command(
    folder: Path,
    signer: str | None,
    as_json: bool,
    *,
    head: str | None = None,
    database_url: str | None = None,
    rotated: bool = False,
    rotators: Collection[str] | None = None,
) -> int:
    """Prints the verdicts; 0: whole, 1: damage, 2: could not look at all that was asked for."""
    if not folder.is_dir():
        sys.stderr.write(f"{folder} is not a folder\n")
        return 2
    try:
        anchored = [read_head(head)] if head is not None else []
        if database_url is not None:
            anchored.append(asyncio.run(journals_head(database_url, folder)))
    except Unavailable as error:
        sys.stderr.write(f"the database does not answer: {error}\n")
        return 2
    except (ValueError, NoAnchor) as error:
        sys.stderr.write(f"there is no head to compare with: {error}\n")
        return 2
    try:
        findings = verify(folder, signer, anchored, rotated=rotated, rotators=rotators, progress=bar("segments"))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"a signer's key cannot be read: {error}\n")
        return 2
    whole = all(finding.level is not Level.DAMAGE for finding in findings)
    if as_json:
        sys.stdout.write(json.dumps({"whole": whole, "findings": [asdict(finding) for finding in findings]}) + "\n")
    else:
        for finding in findings:
            sys.stdout.write(f"{finding.level:<6} {finding.kind:<20} {finding.file}: {finding.detail}\n")
        sys.stdout.write("whole and unaltered\n" if whole else "DAMAGED\n")
    return 0 if whole else 1


def open_command(folder: Path, identity_file: Path, out: Path, ask: Ask = nobody_to_ask) -> int:
    """Writes one playable file; 0: all of it, 1: with losses, 2: nothing."""
    try:
        problems = open_recording(folder, identity_file, out, bar("segments"), ask)
    except (CannotOpen, OSError) as error:
        sys.stderr.write(f"nothing was opened: {error}\n")
        return 2
    for problem in problems:
        sys.stderr.write(problem + "\n")
    sys.stdout.write(f"{out}\n")
    return 1 if problems else 0


def bar(of: str) -> Progress | None:
    """A line of progress for the person at the terminal; None where there is none."""
    if not sys.stderr.isatty():
        return None

    def progress(done: int, total: int) -> None:
        filled = _BAR * done // max(1, total)
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {done} / {total} {of}" + ("\n" if done >= total else ""))
        sys.stderr.flush()

    return progress
