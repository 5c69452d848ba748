"""What is looked at while the house is worn: each process's memory, files, threads and tasks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_ANSWER_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one time. ``own_kb`` is shared with nobody (USS); ``files`` counts the open ones by kind;
    ``python_blocks`` and ``heap_kb`` are what the two allocators have given out (``probe``)."""

    at_s: float
    resident_kb: int
    own_kb: int
    files: Counter[str]
    threads: int
    tasks: int
    by_name: Counter[str] = field(default_factory=Counter)
    python_blocks: int = 0
    heap_kb: int = 0

    @property
    def open_files(self) -> int:
        return sum(self.files.values())


class Watch:
    """``processes`` by name. Their probe answers in ``folder``. ``missed``: looks in which one did not."""

    def __init__(self, processes: dict[str, int], folder: Path) -> None:
        self.samples: dict[str, list[Sample]] = {name: [] for name in processes}
        self.processes, self._folder = processes, folder
        self.missed = 0

    async def look(self, *, keep: bool = True) -> dict[str, Sample]:
        """One sample of each; raises ``OSError`` when a process is gone, ``TimeoutError`` when it does not answer."""
        found = {name: await self._sample(pid) for name, pid in self.processes.items()}
        if keep:
            for name, sample in found.items():
                self.samples[name].append(sample)
        return found

    async def _sample(self, pid: int) -> Sample:
        said = await self._ask(pid)
        at_s = asyncio.get_running_loop().time()
        memory = _memory_kb(pid)
        own = memory["Private_Clean"] + memory["Private_Dirty"]
        return Sample(
            at_s, memory["Rss"], own, open_files(pid), said["threads"], said["tasks"], Counter(said["by_name"]),
            said["python_blocks"], said["heap_kb"],
        )  # fmt: skip

    async def _ask(self, pid: int) -> dict[str, Any]:
        answer = self._folder / f"{pid}.json"
        answer.unlink(missing_ok=True)
        os.kill(pid, signal.SIGUSR1)
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            while not answer.exists():  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(0.02)
        said: dict[str, Any] = json.loads(answer.read_text())
        return said


def _memory_kb(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def open_files(pid: int) -> Counter[str]:
    """Sockets, pipes, and files by their name's end, so that a leak can be named."""
    found: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            target = str(entry.readlink())
            found[target.partition(":")[0] if ":" in target else Path(target).name] += 1
    return found
