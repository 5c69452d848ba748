"""What a page sends, receives, shows and hears, noted in the page itself (probe.js) and read in one go.

``SCRIPT`` goes into every page before the page's own scripts; ``taken`` reads what it noted. Both browsers are on one machine
and so on one clock: what one page says and the other hears can be compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.network.figures import Connection, Line, Record, Sample, State, shown

SCRIPT = (Path(__file__).parent / "probe.js").read_text("utf-8")
DEAF = "globalThis.__deaf = true;"
"""Before ``SCRIPT`` where no figure of the scene is about sound's delay."""


async def taken(page: Page) -> Record:
    """Everything since the page was loaded; times in Unix seconds. The page stands still while it tells all this."""
    return parse(await page.evaluate("() => __probe.taken(0)"))


async def samples_since(page: Page, since: float) -> Record:
    """The same without frames and older samples, for a look in between."""
    return parse(await page.evaluate("(since) => __probe.taken(since)", since * 1000))


def parse(raw: dict[str, Any]) -> Record:
    return Record(
        samples=[_sample(each) for each in raw["samples"]],
        frames=shown([(at / 1000, count) for at, count in raw["frames"]]),
        spoken=[(at / 1000, hz) for at, hz in raw["spoken"]],
        heard=[(at / 1000, hz) for at, hz in raw["heard"]],
        states=[_state(each) for each in raw["states"]],
        connections=[_connection(each) for each in raw["connections"]],
        clicks=[(at / 1000, name) for at, name in raw["clicks"]],
    )


def _sample(raw: dict[str, Any]) -> Sample:
    def lines(name: str) -> tuple[Line, ...]:
        return tuple(raw[name])

    return Sample(raw["atMs"] / 1000, raw["connection"], raw["state"], raw["pair"], lines("sent"), lines("received"))


def _connection(raw: dict[str, Any]) -> Connection:
    connected = raw["connectedMs"]
    return Connection(raw["startedMs"] / 1000, None if connected is None else connected / 1000)


def _state(raw: dict[str, Any]) -> State:
    rungs = {(each["from"], each["to"]): each["rung"] for each in raw["rungs"]}
    return State(raw["atMs"] / 1000, raw["state"], raw["gate"], rungs)
