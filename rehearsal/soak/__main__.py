"""``./peitong soak``: churn, hostile datagrams, hours; 1 when anything grew, was left over, or was noticed in a call."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rehearsal.person import RehearsalFailed
from rehearsal.soak import fuzz
from rehearsal.soak.run import NoRoot, Plan, soak

_HOSTILE: Final = 1_000_000
_RATE: Final = 4000.0
_TIME_UNDER_FIRE: Final = 0.7


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="peitong soak",
        description="wears a server of its own down: consults join and leave every second, strangers throw datagrams at it",
        epilog="Method and figures: docs/performance/soak.md. From 30 minutes on with the retention as shipped. Needs root for "
        "spoofed addresses, or --hostile 0.",
    )
    parser.add_argument("--minutes", type=float, default=60.0, metavar="M", help="how long, after the warm-up (default 60)")
    parser.add_argument("--calls", type=int, default=2, metavar="N", help="calls that stay from beginning to end (default 2)")
    parser.add_argument("--churn", type=int, default=3, metavar="N", help="how many come and go at once (default 3)")
    parser.add_argument("--hostile", type=int, metavar="N", help="datagrams (default 1000000, fewer in a short run)")
    parser.add_argument("--rate", type=float, default=_RATE, metavar="R", help=f"of those a second (default {_RATE:g})")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the strangers' chance (default 1)")
    parser.add_argument("--fuzz", type=float, metavar="M", help="instead: fuzz every decoder for so many minutes, no server")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    if options.minutes <= 0 or options.calls < 1 or options.churn < 1 or options.rate <= 0:
        parser.error("some minutes, a call that stays, one that comes and goes, and a rate are needed")
    if options.fuzz is not None:
        return _fuzz(options.fuzz * 60, options.seed, options.json)
    seconds = options.minutes * 60
    hostile = options.hostile
    if hostile is None:
        hostile = min(_HOSTILE, int(_TIME_UNDER_FIRE * seconds * options.rate))
    plan = Plan(seconds, options.calls, options.churn, hostile, options.rate, options.seed)
    began_s = time.monotonic()

    def told(line: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began_s:6.0f} s] {line}\n")
        sys.stderr.flush()

    try:
        with tempfile.TemporaryDirectory(prefix="peitong-soak-") as folder:
            report = asyncio.run(soak(Path(folder), plan, told))
    except (NoRoot, RehearsalFailed, OSError, TimeoutError) as error:
        report = {"ok": False, "faults": [str(error) or type(error).__name__]}
    print(json.dumps(report, ensure_ascii=False) if options.json else as_text(report))
    return 0 if report["ok"] else 1


def _fuzz(seconds: float, seed: int, as_json: bool) -> int:
    taken, found = fuzz.go_round(seconds, seed)
    report = {
        "ok": not found,
        "inputs": dict(taken),
        "found": [{"target": each.target, "error": repr(each.error), "hex": each.data.hex()} for each in found],
    }
    if as_json:
        print(json.dumps(report))
    else:
        print(f"{taken.total()} inputs to {len(taken)} decoders")
        for each in found:
            print(f"✗ {each.target}: {each.error!r} over {each.data.hex()}")
    return 1 if found else 0


def as_text(report: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in report.items() if name not in ("ok", "faults", "processes", "rest")]
    for name, figures in report.get("processes", {}).items():
        grew = ", ".join(f"{what} {each['from']} {each['grew']:+}" for what, each in figures.items())
        lines.append(f"{name}: {grew}; at rest {report['rest'][name]}")
    lines += [f"✗ {fault}" for fault in report["faults"]]
    return "\n".join([*lines, "耐久试验通过 / the soak held" if report["ok"] else "耐久试验未通过 / the soak FAILED"])


if __name__ == "__main__":
    sys.exit(main())
