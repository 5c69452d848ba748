"""``./peitong bench network``: plays the scenes in real browsers over the test-bed and prints what holds."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Error as PlaywrightError

from rehearsal.load.figures import processor
from tests.network import table
from tests.network.namespaces import NoNetworkBed, check_machine
from tests.network.play import Played, play_once, together
from tests.network.scenes import BY_NAME, SCENES, Scene

KEPT = Path(__file__).parents[2] / "docs" / "performance"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.runs < 1:
        _parser().error("each scene is played at least once")
    chosen = [scene for scene in SCENES if options.scene in (None, scene.name)]
    try:
        check_machine()
        played = asyncio.run(_play_all(chosen, options.runs))
    except NoNetworkBed as error:
        print(f"peitong bench network: {error}", file=sys.stderr)
        return 2
    print(table.as_json(played) if options.json else table.as_text(played))
    if options.keep:
        _keep(played, options.runs)
    return 0 if all(each.ok for each in played) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="peitong bench network",
        description="plays what real networks do to a consultation, in real browsers, and prints what holds (needs root)",
    )
    names = [scene.name for scene in SCENES]
    parser.add_argument("--scene", choices=names, metavar="NAME", help=f"only this one of {', '.join(names)}")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="play each so often and take the median (default 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--keep", action="store_true", help="also write docs/performance/network.md and network.json")
    return parser


async def _play_all(scenes: Sequence[Scene], runs: int) -> list[Played]:
    played = []
    for scene in scenes:
        found = []
        for run in range(1, runs + 1):
            print(f"{scene.name}, {run} of {runs} …", file=sys.stderr, flush=True)
            try:
                found.append(await play_once(scene, seed=run))
            except (AssertionError, PlaywrightError, TimeoutError) as error:
                print(f"{scene.name}: did not come to its end: {str(error)[:500]}", file=sys.stderr, flush=True)
                found.append({})
        played.append(together(scene, found))
        print(f"{scene.name}: {'ok' if played[-1].ok else 'FAILS'}", file=sys.stderr, flush=True)
    return played


def _keep(played: Sequence[Played], runs: int) -> None:
    """Beside what is kept of scenes that were not played now."""
    run = table.Run(datetime.now(UTC).date().isoformat(), _machine(), runs, _build())
    text, page = KEPT / "network.json", KEPT / "network.md"
    before = table.read_kept(text.read_text("utf-8"), BY_NAME) if text.exists() else {}
    found = {**before, **{each.scene.name: (each, run) for each in played}}
    kept = {name: found[name] for name in BY_NAME if name in found}
    page.write_text(table.as_markdown(kept), "utf-8")
    text.write_text(table.kept_json(kept) + "\n", "utf-8")


def _build() -> str:
    """The commit that was played, with a + behind it when the tree held more than that."""
    git = ["git", "-C", str(KEPT), "describe", "--always", "--abbrev=7", "--exclude=*", "--dirty=+"]
    return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores of {processor()}"


if __name__ == "__main__":
    sys.exit(main())
