"""The played scenes as a table for people and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.network.play import SPARE, STOLEN, Played
from tests.network.scenes import Figures, Scene

STARVED_PERCENT = 5
STOLEN_PERCENT = 10
_HEAD = ("scene", "figure", "median", "bound", "")


@dataclass(frozen=True, slots=True)
class Run:
    """When a scene was played, on what kind of machine, how often, and which build (a commit; "" where it was not noted)."""

    date: str
    machine: str
    runs: int
    build: str = ""


Kept = Mapping[str, tuple[Played, Run]]
"""By the scene's name: what docs/performance tells."""


def as_json(played: Iterable[Played]) -> str:
    return _scenes(_scene(each) for each in played)


def kept_json(kept: Kept) -> str:
    return _scenes(_scene(played) | {"played": asdict(run)} for played, run in kept.values())


def read_kept(text: str, scenes: Mapping[str, Scene]) -> Kept:
    """What ``kept_json`` wrote, of the scenes that there still are."""
    entries = [each for each in json.loads(text)["scenes"] if each["name"] in scenes]
    return {each["name"]: (Played(scenes[each["name"]], each["figures"]), Run(**each["played"])) for each in entries}


def _scene(played: Played) -> dict[str, Any]:
    return {"name": played.scene.name, "ok": played.ok, "figures": played.figures}


def _scenes(entries: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"scenes": list(entries)}, ensure_ascii=False, indent=1)


def as_text(played: Sequence[Played]) -> str:
    """A scene's figures under its verdict; those without a bound follow those that have one."""
    figures = [row[1:] for each in played for row in _rows(each)[1:]]
    widths = [max((len(row[n]) for row in figures), default=0) for n in range(len(_HEAD) - 1)]
    lines = []
    for each in played:
        (title, *_, verdict), *rows = _rows(each)
        lines += ["", f"{verdict}  {title}".strip()]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row[1:], widths, strict=True))
            lines.append(("    " + "  ".join(cells)).rstrip())
    return "\n".join([*lines[1:], "", *_doubts(played), _verdict(played)])


def as_markdown(kept: Kept) -> str:
    """What is kept in docs/performance/network.md."""
    rows = [_HEAD, ("---",) * len(_HEAD)]
    for played, run in kept.values():
        (title, *rest), *figures = _rows(played)
        told = ", ".join(each for each in (run.date, f"{run.runs} x", run.build) if each)
        rows += [(f"{title} ({told})", *rest), *figures]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    machines = dict.fromkeys(run.machine for _, run in kept.values())
    played = [each for each, _ in kept.values()]
    head = [
        "# What a call survives", "",
        f"Each scene played in real browsers over tests/network, medians; on {', '.join(machines)}.",
        "Made by `./peitong bench network --keep`; the scenes and their bounds are data in `tests/network/scenes.py`.", "",
    ]  # fmt: skip
    return "\n".join([*head, *table, "", *_doubts(played), _verdict(played), ""])


def _rows(played: Played) -> list[tuple[str, ...]]:
    bounds = {bound.figure: bound for bound in played.scene.bounds}
    rest = [name for name in played.figures if name not in bounds]
    rows = [
        ("", name, _number(played.figures.get(name)), str(bound), "ok" if bound not in played.broken else "FAILS")
        for name, bound in bounds.items()
    ] + [("", name, _number(played.figures[name]), "", "") for name in rest]
    verdict = ("ok" if played.ok else "FAILS") if played.scene.bounds else ""
    return [(f"{played.scene.name}: {played.scene.about}", "", "", "", verdict), *rows]


def _number(value: float | None) -> str:
    return "never" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _doubts(played: Iterable[Played]) -> list[str]:
    starved = [each.scene.name for each in played if _starved(each.figures)]
    if not starved:
        return []
    names = ", ".join(starved)
    return [
        f"The machine had less than {STARVED_PERCENT} % to spare, or its host took more than {STOLEN_PERCENT} % of it, "
        f"in {names}: what fails there may be its fault."
    ]


def _starved(figures: Figures) -> bool:
    return (figures.get(SPARE) or 0.0) < STARVED_PERCENT or (figures.get(STOLEN) or 0.0) > STOLEN_PERCENT


def _verdict(played: Sequence[Played]) -> str:
    judged = [each for each in played if each.scene.bounds]
    return f"{sum(each.ok for each in judged)} of {len(judged)} scenes hold."
