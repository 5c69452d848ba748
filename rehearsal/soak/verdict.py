"""Whether something grows. Memory goes up and down with who is there, so a line is laid through the samples of the time
after the warm-up, and what it rises over that time is the growth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from rehearsal.soak.watch import Sample

GROWTH_PERCENT: Final = 5.0
MISSED_PART: Final = 0.2
SHORT_S: Final = 1200.0
SHORT_TOLERANCE_KB: Final = 8192
"""In a run shorter than 20 minutes the allocator's last new arenas weigh as much as a leak would: so much is let pass."""
FILES_TOLERANCE: Final = 3.0
TASKS_TOLERANCE: Final = 15.0
"""Under churn: about what one consult more or less at either end of the line makes. What is left at rest is counted exactly."""
POOLED_THREADS: Final = 16
"""The database's connections and asyncio's executor on a small machine."""
_WITH_THE_FIRST_SOCKET: Final = Counter({"AsyncServer._service_task": 1, "Event.wait": 1})
"""What the socket library begins then and never ends."""


@dataclass(frozen=True, slots=True)
class Growth:
    """``level``: the fitted line's value when the time began; ``by``: what it rose until the end."""

    level: float
    by: float

    @property
    def percent(self) -> float:
        return 100 * self.by / self.level if self.level else 0.0


def growth(points: Sequence[tuple[float, float]]) -> Growth:
    """The least-squares line through (seconds, value); flat for fewer than two."""
    if len(points) < 2:
        return Growth(points[0][1] if points else 0.0, 0.0)
    middle_s = sum(at for at, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - middle_s) ** 2 for at, _ in points)
    slope = sum((at - middle_s) * (value - mean) for at, value in points) / spread if spread else 0.0
    first_s, last_s = points[0][0], points[-1][0]
    return Growth(mean + slope * (first_s - middle_s), slope * (last_s - first_s))


def allowed_kb(level_kb: float, seconds: float) -> float:
    """How much a process may grow."""
    part = level_kb * GROWTH_PERCENT / 100
    return max(part, SHORT_TOLERANCE_KB) if seconds < SHORT_S else part


def of_process(name: str, samples: Sequence[Sample]) -> tuple[dict[str, Any], list[str]]:
    """The figures of one process under churn, and what is wrong with them."""
    seconds = samples[-1].at_s - samples[0].at_s
    lines = {
        "resident_kb": growth([(each.at_s, each.resident_kb) for each in samples]),
        "own_kb": growth([(each.at_s, each.own_kb) for each in samples]),
        "files": growth([(each.at_s, each.open_files) for each in samples]),
        "threads": growth([(each.at_s, each.threads) for each in samples]),
        "tasks": growth([(each.at_s, each.tasks) for each in samples]),
        "python_blocks": growth([(each.at_s, each.python_blocks) for each in samples]),
        "heap_kb": growth([(each.at_s, each.heap_kb) for each in samples]),
    }
    limits = {
        "own_kb": allowed_kb(lines["own_kb"].level, seconds), "files": FILES_TOLERANCE, "threads": FILES_TOLERANCE,
        "tasks": TASKS_TOLERANCE,
    }  # fmt: skip
    faults = [
        f"{name}: {what} grew by {lines[what].by:.0f} from {lines[what].level:.0f} (at most {limit:.0f})"
        for what, limit in limits.items()
        if lines[what].by > limit
    ]
    figures = {what: {"from": round(line.level), "grew": round(line.by, 1)} for what, line in lines.items()}
    figures["own_kb"]["percent"] = round(lines["own_kb"].percent, 2)
    return figures, faults


def of_looks(taken: int, missed: int) -> list[str]:
    """A line needs points: processes that were hardly ever looked at prove nothing."""
    if missed > MISSED_PART * (taken + missed):
        return [f"of {taken + missed} looks at the processes {missed} were in vain"]
    return [] if taken >= 2 else [f"the processes were looked at too seldom ({taken} times)"]


def in_all(samples: Sequence[Sample]) -> Sample:
    """Of one process, the files, threads and tasks that each of these looks found; memory as in the last."""
    *_, last = samples
    files = Counter({kind: min(each.files[kind] for each in samples) for kind in last.files})
    by_name = Counter({kind: min(each.by_name[kind] for each in samples) for kind in last.by_name})
    threads = min(each.threads for each in samples)
    return replace(last, files=+files, threads=threads, tasks=by_name.total(), by_name=+by_name)


def of_rest(name: str, before: Sample, after: Sample) -> tuple[dict[str, Any], list[str]]:
    """The same process with nobody there, before anybody came and after all have gone: what is left of their files and tasks,
    and no more threads than pools of threads have."""
    more = {"files": after.files - before.files, "tasks": after.by_name - before.by_name - _WITH_THE_FIRST_SOCKET}
    for file in [each for each in more["files"] if ".db" in each]:  # the pool of the database's connections, which is bounded
        del more["files"][file]
    faults = [f"{name}: {what} are left over: {dict(kinds)}" for what, kinds in more.items() if kinds]
    if after.threads > before.threads + POOLED_THREADS:
        faults.append(f"{name}: {after.threads - before.threads} threads are left over")
    pairs = {"files": (before.open_files, after.open_files), "threads": (before.threads, after.threads)}
    return {what: list(pair) for what, pair in pairs.items()} | {"tasks": [before.tasks, after.tasks]}, faults
