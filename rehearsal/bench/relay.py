"""``./peitong bench relay``: CPU of relay and recorder per consult-second, the delay that is added, memory per consult.

``./peitong bench recording`` is the same run, of which the recorder's part is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rehearsal.bench import tables
from rehearsal.bench.stage import Broken, Stage, running
from rehearsal.load.figures import Usage, machine, percentile, processor, usage

WARM_UP_S: Final = 8.0
"""Long enough for the repair caches to fill, so that the memory is that of a call under way."""
_STARVED_LATE_MS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Moment:
    """All that is read at one edge of the window."""

    at_s: float
    relay: Usage
    recorder: Usage
    busy_ms: float

    @classmethod
    def now(cls, stage: Stage) -> _Moment:
        at_s = asyncio.get_running_loop().time()
        return cls(at_s, usage(stage.worker.relay.pid), usage(stage.worker.recorder.pid), machine().busy_ms)


def relay(consults: int, seconds: float, as_json: bool) -> int:
    """Prints the figures; 1 when there are none."""
    return _command(consults, seconds, json.dumps if as_json else None, tables.relay)


def recording(consults: int, seconds: float, as_json: bool) -> int:
    """As `relay`, for the recorder alone."""

    def part(report: dict[str, Any]) -> str:
        return json.dumps({name: report[name] for name in ("consults", "seconds", "recorder", "machine")})

    return _command(consults, seconds, part if as_json else None, tables.recorder)


def _command(
    consults: int, seconds: float, machine: Callable[[Any], str] | None, human: Callable[[dict[str, Any]], str]
) -> int:
    told: Callable[[str], None] = (lambda line: None) if machine else (lambda line: print(line, flush=True))
    try:
        with tempfile.TemporaryDirectory(prefix="peitong-bench-") as folder:
            report = asyncio.run(measure(Path(folder), consults, seconds, told))
    except Broken as error:
        sys.stderr.write(f"no figures: {error}\n")
        return 1
    print((machine or human)(report))
    return 0


async def measure(
    folder: Path, consults: int, seconds: float, told: Callable[[str], None], warm_up_s: float = WARM_UP_S
) -> dict[str, Any]:
    """Raises ``Broken``."""
    told(f"relay and recorder start, {consults} recordings open")
    async with running(folder, consults) as stage:
        empty = _Moment.now(stage)
        told(f"{2 * consults} peers join; warm-up {warm_up_s:g} s")
        await stage.join()
        await stage.sit(warm_up_s)
        told(f"measuring {seconds:g} s")
        for generator in stage.generators:
            generator.tell("begin")
        stage.holds.clear()
        stage.heads = 0
        first = _Moment.now(stage)
        await stage.sit(seconds)
        last = _Moment.now(stage)
        for generator in stage.generators:
            generator.tell("end")
        loads = [await generator.hears() for generator in stage.generators]
    report = _report(consults, empty, first, last, loads)
    report["recorder"]["commits_per_second"] = round(stage.heads / report["seconds"], 1)
    return report | {"holds": dict(stage.holds)}


def _report(consults: int, empty: _Moment, first: _Moment, last: _Moment, loads: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = last.at_s - first.at_s
    received = sum(load["received"] * seconds / load["seconds"] for load in loads)
    relay_ms, recorder_ms = last.relay.cpu_ms - first.relay.cpu_ms, last.recorder.cpu_ms - first.recorder.cpu_ms
    delays = sorted(delay for load in loads for delay in load["delays_us"])
    per = consults * seconds
    ours_ms = relay_ms + recorder_ms + sum(load["cpu_percent"] * seconds * 10 for load in loads)
    relay_kb, recorder_kb = (
        (after.resident_kb - before.resident_kb) / consults
        for before, after in ((empty.relay, last.relay), (empty.recorder, last.recorder))
    )
    lost = sum(load["lost"] for load in loads)
    return {
        "consults": consults,
        "seconds": round(seconds, 1),
        "peitong": {
            "relay_ms": round(relay_ms / per, 2),
            "recorder_ms": round(recorder_ms / per, 2),
            "cpu_ms_per_consult_second": round((relay_ms + recorder_ms) / per, 2),
            "us_per_packet": round(relay_ms * 1000 / received, 1) if received else None,
            "p50_us": percentile(delays, 0.5),
            "p99_us": percentile(delays, 0.99),
            "p999_us": percentile(delays, 0.999),
            "kb_per_consult": round(relay_kb + recorder_kb),
            "relay_kb_per_consult": round(relay_kb),
            "recorder_kb_per_consult": round(recorder_kb),
            "packets_per_second": round(received / seconds, 1),
            "delays_measured": len(delays),
            "lost_percent": round(100 * lost / (received + lost), 3) if received else None,
            "wakeups_per_second": round((last.relay.wakeups - first.relay.wakeups) / seconds),
            "relay_waited_percent": round((last.relay.waited_ms - first.relay.waited_ms) / seconds / 10, 1),
        },
        "recorder": {
            "cpu_ms_per_consult_second": round(recorder_ms / per, 2),
            "kb_per_consult": round(recorder_kb),
        },
        "generator": _of_generators(loads),
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "others_percent": round(max(0.0, last.busy_ms - first.busy_ms - ours_ms) / seconds / 10, 1),
        },
    }


def _of_generators(loads: list[dict[str, Any]]) -> dict[str, Any]:
    late = sorted(lateness for load in loads for lateness in load["late_us"])
    late_p99_ms = percentile(late, 0.99) / 1000
    unsent = sum(load["unsent"] for load in loads)
    slips = sum(load["slips"] for load in loads)
    return {
        "processes": len(loads),
        "cpu_percent": round(sum(load["cpu_percent"] for load in loads), 1),
        "late_p50_ms": percentile(late, 0.5) / 1000,
        "late_p99_ms": late_p99_ms,
        "late_max_ms": late[-1] / 1000 if late else None,
        "sent": sum(load["sent"] for load in loads),
        "received": sum(load["received"] for load in loads),
        "unsent": unsent,
        "slips": slips,
        "feedback": sum(load["feedback"] for load in loads),
        "nacks": sum(load["nacks"] for load in loads),
        "keyframe_requests": sum(load["keyframe_requests"] for load in loads),
        "starved": late_p99_ms > _STARVED_LATE_MS or unsent > 0 or slips > 0,
    }
