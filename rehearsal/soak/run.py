"""One soak: the house warms up, is worn for so many minutes with strangers at its gate, is emptied, and is judged."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rehearsal.load.figures import machine, percentile
from rehearsal.soak import verdict
from rehearsal.soak.churn import STEP_S, Churn
from rehearsal.soak.house import House, running
from rehearsal.soak.knocker import HELD_S, KNOCKS
from rehearsal.soak.watch import Sample, Watch

LOOK_EVERY_S: Final = 5.0
LONG_S: Final = 1800.0
"""From so long a run on, what is over is kept as long as shipped, and the warm-up lasts until the first is forgotten."""
_WARM_UP_S: Final = 50.0
_LONG_WARM_UP_S: Final = 720.0
_FORGET_AFTER_S: Final = 12.0
_EMPTY_S: Final = 28.0
_LONG_EMPTY_S: Final = 640.0
_LOOKS_AT_REST: Final = 4
_REST_S: Final = 0.7
_MOST_LOST_PERCENT: Final = 0.5
_MOST_ADDED_US: Final = 50_000
_TURNED_AWAY_PART: Final = 0.05
_ACCOUNTED_PART: Final = 0.99
_RELAY_LINES: Final = 100
_MUST_COUNT: Final = (
    "size", "not_a_request", "bad_fingerprint", "bad_integrity", "replayed", "unknown_address", "unknown_protocol", "refused",
    "dtls_with_keys",
)  # fmt: skip


_NO_DATAGRAM: Final = frozenset({"unsent", "streams_full", "stream_full", "frame_too_long"})
"""Counted among the drops, but nothing that came as a datagram."""


class NoRoot(Exception):
    """Spoofed sources need raw sockets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``steady`` calls stay, at most ``turns`` come and go; ``hostile`` datagrams at ``rate`` a second."""

    seconds: float
    steady: int
    turns: int
    hostile: int
    rate: float
    seed: int

    @property
    def is_long(self) -> bool:
        return self.seconds >= LONG_S


@dataclass(slots=True)
class _Attack:
    """What the stranger sent, what the calls that stayed received until it came and while it was there, and how much of the
    machine nobody used or its host gave to others."""

    told: dict[str, Any] = field(default_factory=dict)
    knocked: dict[str, Any] = field(default_factory=dict)
    calm: dict[str, Any] = field(default_factory=dict)
    under_fire: dict[str, Any] = field(default_factory=dict)
    dropped_by_kernel: int = 0
    spare_percent: float = 0.0
    stolen_percent: float = 0.0


async def soak(folder: Path, plan: Plan, told: Callable[[str], None]) -> dict[str, Any]:
    """The report, with ``ok`` and ``faults``. Raises ``NoRoot``, and ``RehearsalFailed`` when it does not even begin."""
    if plan.hostile and os.geteuid() != 0:
        raise NoRoot("the hostile datagrams bear spoofed addresses, which needs root; or give --hostile 0")
    told("the server starts")
    async with running(folder, forget_after_s=None if plan.is_long else _FORGET_AFTER_S) as house:
        watch, churn, attack = Watch(house.processes(), house.probe), Churn(house, told), _Attack()
        before = await watch.look(keep=False)
        try:
            await churn.start(plan.steady)
            await _wear(churn, watch, plan, attack, house, told)
            told("everybody leaves")
            await churn.empty()
            await churn.finish()
            await asyncio.sleep(_LONG_EMPTY_S if plan.is_long else _EMPTY_S)
            after = await _at_rest(watch)
            same = house.processes() == watch.processes
        finally:
            await churn.stop()
    return _report(plan, house, churn, watch, attack, before, after, [] if same else ["a process was replaced"])


async def _at_rest(watch: Watch) -> dict[str, Sample]:
    """Several looks: a heartbeat's write that is just under way is no leftover."""
    looks = []
    for _ in range(_LOOKS_AT_REST):
        looks.append(await watch.look(keep=False))
        await asyncio.sleep(_REST_S)
    return {name: verdict.in_all([look[name] for look in looks]) for name in watch.processes}


async def _wear(churn: Churn, watch: Watch, plan: Plan, attack: _Attack, house: House, told: Callable[[str], None]) -> None:
    warm_up_s = _LONG_WARM_UP_S if plan.is_long else _WARM_UP_S
    told(f"{plan.steady} calls stay; {warm_up_s:g} s of churn to warm up")
    await _turns(churn, plan.turns, warm_up_s, None, told)
    await churn.measure()
    told(f"{plan.seconds:g} s of churn" + (f", with {plan.hostile} hostile datagrams" if plan.hostile else ""))
    before = machine()
    strangers = asyncio.create_task(_strangers(churn, plan, attack, house))
    await _turns(churn, plan.turns, plan.seconds, watch, told)
    attack.spare_percent, attack.stolen_percent = machine().shares_since(before)
    await strangers


async def _turns(churn: Churn, most: int, seconds: float, watch: Watch | None, told: Callable[[str], None]) -> None:
    began_s = looked_s = time.monotonic()
    turn = 0
    while time.monotonic() - began_s < seconds:
        await churn.turn(most)
        turn += 1
        if watch is not None and time.monotonic() - looked_s >= LOOK_EVERY_S:
            looked_s = time.monotonic()
            try:
                found = await watch.look()
            except TimeoutError:  # a starved machine: the next look is another
                watch.missed += 1
                told("a process did not answer in time")
                continue
            sizes = ", ".join(f"{name} {sample.own_kb / 1024:.1f} MB" for name, sample in found.items())
            told(f"{looked_s - began_s:5.0f} s  {sizes}  {dict(churn.counts)}")
        await asyncio.sleep(max(0.0, began_s + turn * STEP_S - time.monotonic()))


async def _strangers(churn: Churn, plan: Plan, attack: _Attack, house: House) -> None:
    """After a tenth of the time, on the relay's port."""
    await asyncio.sleep(plan.seconds / 10)
    attack.calm = await churn.measure()
    if not plan.hostile:
        return
    dropped_before = house.dropped_by_kernel()
    throwing = await _stranger("stranger", house.udp_ports()[0], plan, "--count", str(plan.hostile), "--rate", str(plan.rate))
    knocking = await _stranger("knocker", house.tcp_ports()[0], plan)
    try:
        said, _ = await throwing.communicate(b"")
        knocked, _ = await knocking.communicate(b"")
    finally:
        for child in (throwing, knocking):
            if child.returncode is None:
                child.kill()
    attack.under_fire = await churn.measure()
    attack.dropped_by_kernel = house.dropped_by_kernel() - dropped_before
    attack.told = json.loads(said) if said else {}
    attack.knocked = json.loads(knocked) if knocked else {}


async def _stranger(module: str, port: int, plan: Plan, *more: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    arguments = ("--port", str(port), "--seed", str(plan.seed), *more)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"rehearsal.soak.{module}", *arguments, stdin=pipe, stdout=pipe
    )


def _report(
    plan: Plan, house: House, churn: Churn, watch: Watch, attack: _Attack, before: dict[str, Sample], after: dict[str, Sample],
    faults: list[str],
) -> dict[str, Any]:  # fmt: skip
    processes, rest = {}, {}
    taken = min(len(samples) for samples in watch.samples.values())
    faults += verdict.of_looks(taken, watch.missed)
    for name, samples in watch.samples.items():
        processes[name], grown = verdict.of_process(name, samples) if samples else ({}, [])
        rest[name], left = verdict.of_rest(name, before[name], after[name])
        faults += grown + left
    calls = {"calm": _of_calls(attack.calm), "under_fire": _of_calls(attack.under_fire)}
    faults += churn.faults + _of_churn(churn) + [fault for phase, each in calls.items() for fault in _call_faults(phase, each)]
    hostile: dict[str, Any] = {}
    if plan.hostile:
        hostile, unaccounted = _of_strangers(plan, attack, house)
        faults += unaccounted
    logged = house.faults_logged()
    faults += [f"logged: {line}" for line in logged[:10]]
    if house.relay_lines_logged() > _RELAY_LINES + plan.seconds / 10:
        faults.append(f"the relay wrote {house.relay_lines_logged()} lines into its log")
    opened = sorted(round(each * 1000) for each in churn.opened_s)
    return {
        "ok": not faults,
        "faults": faults,
        "seconds": plan.seconds,
        "steady": plan.steady,
        "churn": dict(churn.counts) | {"open_p50_ms": percentile(opened, 0.5), "open_p99_ms": percentile(opened, 0.99)},
        "recordings_verified": house.recordings_verified,
        "looks": {"taken": taken, "missed": watch.missed},
        "processes": processes,
        "rest": rest,
        "calls": calls,
        "hostile": hostile,
        "spare_cpu_percent": round(attack.spare_percent, 1),
        "stolen_cpu_percent": round(attack.stolen_percent, 1),
    }


def _of_churn(churn: Churn) -> list[str]:
    turned_away, joined = churn.counts["turned_away"], churn.counts["joined"]
    if turned_away > 1 + _TURNED_AWAY_PART * joined:
        return [f"{turned_away} were turned away, the machine is too busy for a soak"]
    return [] if joined else ["nobody joined"]


def _of_calls(figures: dict[str, Any]) -> dict[str, Any]:
    if not figures:
        return {}
    delays, heard = figures["delays_us"], figures["received"] + figures["lost"]
    return {
        "seconds": round(figures["seconds"], 1),
        "received": figures["received"],
        "lost_percent": round(100 * figures["lost"] / heard, 3) if heard else 100.0,
        "p50_us": percentile(delays, 0.5),
        "p99_us": percentile(delays, 0.99),
        "slips": figures["slips"],
    }


def _call_faults(phase: str, call: dict[str, Any]) -> list[str]:
    faults = []
    if call and call["lost_percent"] > _MOST_LOST_PERCENT:
        faults.append(f"the calls that stayed lost {call['lost_percent']} % ({phase}; at most {_MOST_LOST_PERCENT} %)")
    if call and call["p50_us"] > _MOST_ADDED_US:
        faults.append(f"the relay added {call['p50_us']} us in the median ({phase}; at most {_MOST_ADDED_US} us)")
    return faults


def _of_strangers(plan: Plan, attack: _Attack, house: House) -> tuple[dict[str, Any], list[str]]:
    """Every datagram must be found again among what the relay did not take, or it was not an attack."""
    sent: Counter[str] = Counter(attack.told.get("sent", {}))
    drops = house.drops_told()
    # a request that is heard again from its own address is a retransmission, and is answered
    answered = sum(count for kind, count in sent.items() if kind in ("stun_replayed running", "stun_replayed crossed"))
    found = sum(count for reason, count in drops.items() if reason not in _NO_DATAGRAM) + attack.dropped_by_kernel
    faults = [f"no datagram was dropped as {reason}" for reason in _MUST_COUNT if not drops.get(reason)]
    if sent.total() < plan.hostile:
        faults.append(f"only {sent.total()} hostile datagrams were sent")
    if found + answered < _ACCOUNTED_PART * sent.total():
        faults.append(f"of {sent.total()} hostile datagrams only {found} were counted as dropped")
    opened = attack.knocked.get("opened", {})
    faults += [f"nobody came {kind} to the TCP port" for kind in KNOCKS if not opened.get(kind)]
    if attack.knocked.get("held"):
        faults.append(f"{attack.knocked['held']} strangers' TCP connections were not closed within {HELD_S:g} s")
    by_kind: Counter[str] = Counter()
    for kind, count in sent.items():
        by_kind[kind.partition(" ")[0]] += count
    report = {"sent": sent.total(), "seconds": attack.told.get("seconds"), "by_kind": dict(by_kind), "drops": drops}
    report |= {"dropped_by_kernel": attack.dropped_by_kernel, "unsent": attack.told.get("unsent"), "tcp": attack.knocked}
    return report, faults
