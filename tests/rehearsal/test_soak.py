"""Two minutes of soak with strangers at the gate: nothing grows beyond what stands in verdict.py, nothing is left over, no
call notices. And the verdict finds what does grow."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rehearsal.soak import knocker, verdict
from rehearsal.soak.watch import Sample

ROOT = Path(__file__).resolve().parents[2]


def sample(at_s: float = 0, own_kb: float = 100_000, **more: Any) -> Sample:
    given: dict[str, Any] = {"files": Counter({"socket": 4}), "threads": 2, "tasks": 5} | more
    return Sample(at_s, 2 * int(own_kb), int(own_kb), given.pop("files"), given.pop("threads"), given.pop("tasks"), **given)


def test_a_line_through_what_goes_up_and_down() -> None:
    flat = verdict.growth([(at, 100 + (at % 2)) for at in range(100)])
    assert abs(flat.by) < 0.5
    rising = verdict.growth([(at, 100 + at / 10 + (at % 2)) for at in range(101)])
    assert 9.5 < rising.by < 10.5
    assert 9 < rising.percent < 11
    assert verdict.growth([]) == verdict.Growth(0.0, 0.0)
    assert verdict.growth([(3, 7)]) == verdict.growth([(3, 7), (3, 7)]) == verdict.Growth(7, 0)


def test_what_only_one_look_at_rest_found_is_not_left_over() -> None:
    beating = sample(
        tasks=7, by_name=Counter({"_beat": 1, "_transact": 1}), files=Counter({"socket": 4, "a.tmp": 1}), threads=3
    )
    quiet = sample(1, tasks=6, by_name=Counter({"_beat": 1, "forgotten": 1}))
    leaking = sample(2, tasks=7, by_name=Counter({"_beat": 1, "forgotten": 1, "_transact": 1}))
    left = verdict.in_all([beating, quiet, leaking])
    assert (left.by_name, left.tasks) == (Counter({"_beat": 1}), 1)
    assert (left.files, left.threads) == (Counter({"socket": 4}), 2)
    assert verdict.in_all([quiet, leaking]).by_name == Counter({"_beat": 1, "forgotten": 1})


@pytest.mark.parametrize(
    ("seconds", "grows_kb", "held"), [(120, 8000, True), (120, 8400, False), (3600, 4900, True), (3600, 5100, False)]
)
def test_memory_may_grow_by_five_percent_and_in_a_short_run_by_eight_megabytes(seconds: int, grows_kb: int, held: bool) -> None:
    samples = [sample(at, 100_000 + grows_kb * at / seconds) for at in range(0, seconds + 1, 5)]
    figures, faults = verdict.of_process("relay", samples)
    assert (not faults) is held
    assert figures["own_kb"]["from"] == 100_000
    assert all(fault.startswith("relay: own_kb grew by") for fault in faults)


def test_a_leak_of_files_threads_or_tasks_under_churn_is_found() -> None:
    for what in ("threads", "tasks"):
        _, faults = verdict.of_process("app", [sample(at, **{what: 5 + at // 5}) for at in range(0, 120, 5)])
        assert [fault.split()[1] for fault in faults] == [what]
    _, faults = verdict.of_process("app", [sample(at, files=Counter({"socket": 5 + at // 10})) for at in range(0, 120, 5)])
    assert [fault.split()[1] for fault in faults] == ["files"]


def test_what_is_left_over_at_rest_is_named() -> None:
    before = sample(files=Counter({"socket": 4, "peitong.db": 1}), by_name=Counter({"Server._beat": 1}))
    pooled = sample(files=Counter({"socket": 4, "peitong.db": 5}), threads=8, by_name=Counter({"Server._beat": 1}))
    assert verdict.of_rest("app", before, pooled)[1] == []
    leaky = sample(files=Counter({"socket": 6}), threads=40, by_name=Counter({"Server._beat": 1, "Line.write": 2}))
    assert verdict.of_rest("app", before, leaky)[1] == [
        "app: files are left over: {'socket': 2}",
        "app: tasks are left over: {'Line.write': 2}",
        "app: 38 threads are left over",
    ]


@asynccontextmanager
async def _door(closes: bool) -> AsyncIterator[int]:
    """The port of a listener that closes each connection at once, or none before the end."""
    over = asyncio.Event()

    async def opened(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not closes:
            await over.wait()
        writer.close()

    server = await asyncio.start_server(opened, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    over.set()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("kind", sorted(set(knocker.KNOCKS) - {"slamming"}))
async def test_a_stranger_s_connection_that_is_not_closed_is_held(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocker, "HELD_S", 0.3)
    async with _door(closes=False) as port:
        assert await knocker.knock(port, kind, Random(1))
    async with _door(closes=True) as port:
        assert not await knocker.knock(port, kind, Random(1))


def test_looks_that_were_mostly_in_vain_prove_nothing() -> None:
    assert verdict.of_looks(8, 2) == verdict.of_looks(2, 0) == []
    assert verdict.of_looks(8, 3) == ["of 11 looks at the processes 3 were in vain"]
    assert verdict.of_looks(1, 0) == ["the processes were looked at too seldom (1 times)"]
    assert verdict.of_looks(0, 1) == ["of 1 looks at the processes 1 were in vain"]


async def _strangers(seconds: float, *, closes: bool) -> knocker.Report:
    """They come for so long."""
    over = asyncio.Event()
    async with _door(closes=closes) as port:
        asyncio.get_running_loop().call_later(seconds, over.set)
        return await asyncio.wait_for(knocker.run(port, 1, over), seconds + 5)


async def test_each_of_many_strangers_that_is_held_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocker, "HELD_S", 0.3)
    monkeypatch.setattr(knocker, "KNOCKS", {"silent": knocker.silent})
    said = await _strangers(0.1, closes=False)
    assert said == knocker.Report({"silent": knocker.AT_ONCE}, held=knocker.AT_ONCE)


async def test_strangers_come_in_every_kind_until_it_is_over() -> None:
    said = await _strangers(0.5, closes=True)
    assert said.held == 0
    assert set(said.opened) == set(knocker.KNOCKS)


@pytest.mark.process
@pytest.mark.timeout(330)
def test_two_minutes_of_churn_and_a_hundred_thousand_strangers_are_borne() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "rehearsal.soak", "--minutes", "2", "--hostile", "100000", "--rate", "1500", "--json"],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert (report["ok"], report["faults"], run.returncode) == (True, [], 0), run.stderr[-2000:]
    assert report["churn"]["joined"] >= 60
    assert report["recordings_verified"] == report["churn"]["left"]
    assert report["hostile"]["sent"] == 100_000
    assert set(report["processes"]) == {"app", "relay", "recorder"}
