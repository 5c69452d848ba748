"""The roll: which recordings should be there, so that one that was removed whole is found.

It comes from the journal, which anchors every recording's head, or from a file that was written from it (`recording heads`)
and kept elsewhere; then everything works offline. A line of the file is ``RECORDING LINE:SHA256``.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from media.recorder.manifest import Finding, Level
from server import events as ev
from server.journal import Journal
from server.opening import Progress
from server.recordings import Head, NoAnchor, bar, names, read_head, verify
from server.store.database import Database
from server.store.errors import BrokenChain, Unavailable

Roll = Mapping[str, Head]
"""The newest head that was anchored, by the recording's name."""
_MOST_LINES = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one recording; ``folder`` is empty for one that is not there."""

    recording: str
    folder: str
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        return all(finding.level is not Level.DAMAGE for finding in self.findings)


def read_roll(file: Path) -> dict[str, Head]:
    """What `recording heads` printed; of a recording that stands there twice, the further head. Raises ValueError, OSError."""
    roll: dict[str, Head] = {}
    with file.open(encoding="ascii") as lines:
        for number, line in enumerate(lines, start=1):
            name, _, head = line.strip().partition(" ")
            if number > _MOST_LINES or len(line) > 512 or not _NAME.match(name):
                raise ValueError(f"line {number} of {file} is not RECORDING LINE:SHA256")
            roll[name] = max(roll.get(name, (0, "")), read_head(head))
    return roll


async def journals_roll(database_url: str) -> dict[str, Head]:
    """Of every recording that the journal anchors. Raises ``NoAnchor`` for one that was altered, ``Unavailable``."""
    database, roll = Database(database_url), {}
    try:
        journal = Journal(database)
        for session in sorted(await journal.heads()):
            for event, _ in await journal.replay(session):
                if isinstance(event, ev.RecordingAnchored):
                    roll[event.recording] = (event.line, event.sha256)
    except BrokenChain as error:
        raise NoAnchor(f"the journal was altered ({error}): `peitong journal verify` says where") from None
    finally:
        await database.close()
    return roll


def _further(one: Roll, other: Roll) -> dict[str, Head]:
    """Of both rolls, each recording's head that is further on."""
    return {name: max(roll[name] for roll in (one, other) if name in roll) for name in sorted({*one, *other})}


def verify_all(
    folder: Path,
    signer: str | None,
    roll: Roll | None,
    rotators: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Verdict]:
    """Every recording right under ``folder``, then those of the roll that are not there. Raises as `verify` does."""
    folders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    seen = set()
    for done, each in enumerate(folders, start=1):
        recording, _ = names(each)
        seen.add(recording)
        head = (roll or {}).get(recording)
        found = verify(each, signer, [head] if head else [], rotators=rotators)
        if roll is not None and head is None:
            found.append(Finding("unknown_recording", Level.NOTE, each.name, "the list of heads does not name it"))
        if progress:
            progress(done, len(folders))
        yield Verdict(recording, str(each), tuple(found))
    for recording, (line, _) in sorted((roll or {}).items()):
        if recording not in seen:
            text = f"anchored up to line {line}, but its folder is not here"
            yield Verdict(recording, "", (Finding("missing_recording", Level.DAMAGE, recording, text),))


# --- the command line -------------------------------------------------------------------------------


def verify_all_command(
    folder: Path,
    signer: str | None,
    as_json: bool,
    *,
    heads: Path | None = None,
    database_url: str | None = None,
    rotators: Collection[str] | None = None,
) -> int:
    """Prints the verdicts; 0: all whole and there, 1: damage, 2: could not look at all that was asked for."""
    roll: dict[str, Head] | None = None
    try:
        if heads is not None:
            roll = read_roll(heads)
        if database_url is not None:
            roll = _further(roll or {}, asyncio.run(journals_roll(database_url)))
        verdicts = list(verify_all(folder, signer, roll, rotators, bar("recordings")))
    except (ValueError, OSError, NoAnchor, Unavailable) as error:
        sys.stderr.write(f"not everything could be looked at: {error}\n")
        return 2
    whole = all(verdict.whole for verdict in verdicts)
    if as_json:
        told = [{**asdict(verdict), "whole": verdict.whole} for verdict in verdicts]
        sys.stdout.write(json.dumps({"whole": whole, "listed": roll is not None, "recordings": told}) + "\n")
        return 0 if whole else 1
    for verdict in verdicts:
        sys.stdout.write(f"{'whole  ' if verdict.whole else 'DAMAGED'} {verdict.recording}\n")
        for finding in verdict.findings:
            sys.stdout.write(f"    {finding.level:<6} {finding.kind:<20} {finding.file}: {finding.detail}\n")
    if roll is None:
        sys.stdout.write("no list of heads was given: a recording that was removed whole is not found\n")
    return 0 if whole else 1


def heads_command(database_url: str, as_json: bool) -> int:
    """Prints the heads that the journal keeps, to be kept elsewhere; 2 when it cannot be read."""
    try:
        roll = asyncio.run(journals_roll(database_url))
    except (NoAnchor, Unavailable) as error:
        sys.stderr.write(f"there are no heads to be had: {error}\n")
        return 2
    lines = [f"{recording} {line}:{sha256}" for recording, (line, sha256) in roll.items()]
    sys.stdout.write(json.dumps({"heads": lines}) + "\n" if as_json else "".join(f"{line}\n" for line in lines))
    return 0
