"""The whole run, in lanes beside each other: what plays in real time waits more than it computes, so what only computes goes
on meanwhile, at a low priority that disturbs no figure. Every test is in exactly one lane.

``python -m tests.lanes`` runs all of them; ``--again`` runs alone, one lane after the other, what failed the last time. It ends
with 0 when all passed, with 1 when tests failed, with more when a lane could not be run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[1]
CACHES: Final = Path(".pytest_cache")
NICENESS: Final = 15
_OUTSIDE: Final = "(browser or process)"
_ALL_PASSED, _SOME_FAILED, _COULD_NOT_RUN, _NONE_SELECTED = 0, 1, 3, 5  # pytest's exit codes


@dataclass(frozen=True, slots=True)
class Lane:
    """``marks`` select its tests; it remembers apart from the others what failed."""

    name: str
    marks: str

    @property
    def failures(self) -> Path:
        return ROOT / CACHES / self.name / "v" / "cache" / "lastfailed"

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-q", "-m", self.marks, "-o", f"cache_dir={CACHES / self.name}", *more]

    def start(self, told: IO[str]) -> subprocess.Popen[bytes]:
        """At the low priority, with its output in a file."""
        low = ["nice", "-n", str(NICENESS), *self.command()]
        return subprocess.Popen(low, cwd=ROOT, stdout=told, stderr=subprocess.STDOUT)


REAL_TIME: Final = Lane("real-time", f"{_OUTSIDE} and not unhurried")
UNHURRIED: Final = Lane("unhurried", f"{_OUTSIDE} and unhurried")
PURE: Final = Lane("pure", f"not {_OUTSIDE}")
LANES: Final = (REAL_TIME, UNHURRIED, PURE)


def main(arguments: Sequence[str]) -> int:
    return again() if "--again" in arguments else together()


def together() -> int:
    for lane in LANES:
        lane.failures.unlink(missing_ok=True)
    with ExitStack() as stack:
        told = {lane: stack.enter_context(TemporaryFile("w+")) for lane in (UNHURRIED, PURE)}
        beside = {lane: stack.enter_context(lane.start(file)) for lane, file in told.items()}
        codes = [subprocess.run(REAL_TIME.command(), cwd=ROOT, check=False).returncode]
        for lane, running in beside.items():
            codes.append(running.wait())
            told[lane].seek(0)
            print(f"\nbeside that, {lane.name}:\n{told[lane].read()}", flush=True)
    return verdict(codes)


def again() -> int:
    """Alone, since a busy moment must be told from a fault. Without anything that failed there is nothing to forgive."""
    codes = []
    for lane in LANES:
        if lane.failures.exists():
            print(f"FAILED ONCE ({lane.name}), tried again alone:\n{lane.failures.read_text()}", flush=True)
            command = lane.command("--last-failed", "--last-failed-no-failures=none")
            codes.append(subprocess.run(command, cwd=ROOT, check=False).returncode)
    return verdict(codes)


def verdict(codes: Sequence[int]) -> int:
    """Of the lanes' exit codes: the worst, with whatever is no ordinary failure before every failure."""
    return max((code if code >= 0 else _COULD_NOT_RUN for code in codes if code != _NONE_SELECTED), default=_SOME_FAILED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
