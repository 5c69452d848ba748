"""What the kernel knows of a process, and percentiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """A process so far: user and system time, time that it was ready to run and had to wait, resident memory."""

    cpu_ms: float
    waited_ms: float
    resident_kb: int


def usage(pid: int) -> Usage:
    """Raises ``OSError`` when there is no such process."""
    process = Path("/proc") / str(pid)
    # the name, in parentheses, may hold spaces: count from behind it (proc(5): utime 14, stime 15)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    waited_ns = int((process / "schedstat").read_text().split()[1])
    resident = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    return Usage(ticks * 1000 / _TICKS_A_SECOND, waited_ns / 1e6, int(resident.split()[1]))


def machine_busy_ms() -> float:
    """The time that all processors together were not idle."""
    fields = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) * 1000 / _TICKS_A_SECOND


def percentile(ordered: Sequence[int], part: float) -> int:
    """Of values in rising order; 0 when there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0
