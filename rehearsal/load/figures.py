"""What the kernel knows of a process and of the machine, and percentiles."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """A process so far: user and system time, time that it was ready to run and had to wait, resident memory, and how often
    its main thread woke up from a rest."""

    cpu_ms: float
    waited_ms: float
    resident_kb: int
    wakeups: int


def usage(pid: int) -> Usage:
    """Raises ``OSError`` when there is no such process."""
    process = Path("/proc") / str(pid)
    # the name, in parentheses, may hold spaces: count from behind it (proc(5): utime 14, stime 15)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    waited_ns = int((process / "schedstat").read_text().split()[1])
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    resident_kb, wakeups = (int(status[name].split()[0]) for name in ("VmRSS", "voluntary_ctxt_switches"))
    return Usage(ticks * 1000 / _TICKS_A_SECOND, waited_ns / 1e6, resident_kb, wakeups)


@dataclass(frozen=True, slots=True)
class Machine:
    """All processors together so far (proc(5)). ``stolen_ms``: what a host gave to others though there was work here."""

    idle_ms: float
    stolen_ms: float
    all_ms: float

    @property
    def busy_ms(self) -> float:
        return self.all_ms - self.idle_ms

    def shares_since(self, earlier: Machine) -> tuple[float, float]:
        """Of the time between: idle and stolen, in percent."""
        passed_ms = max(1.0, self.all_ms - earlier.all_ms)
        return 100 * (self.idle_ms - earlier.idle_ms) / passed_ms, 100 * (self.stolen_ms - earlier.stolen_ms) / passed_ms


def machine() -> Machine:
    ms = [int(each) * 1000 / _TICKS_A_SECOND for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return Machine(ms[3] + ms[4], ms[7], sum(ms))


def processor() -> str:
    """Its kind, not its name."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def percentile(ordered: Sequence[int], part: float) -> int:
    """Of values in rising order; 0 when there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0
