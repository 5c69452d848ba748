"""What a recording lacks of what people saw and heard: its frames against the arrivals at the far ends, on one clock."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import av

from rehearsal.play import Play
from tests.rehearsal.stage import Stage

POLL_S = 0.005
Key = tuple[str, str]
"""Whose it is, and sound or picture: ("guardian", "audio")."""
ALL = frozenset((seat, kind) for seat in ("guardian", "physician") for kind in ("audio", "video"))
Times = Mapping[Key, list[float]]
"""Seconds of the Unix clock, rising."""


@asynccontextmanager
async def arrivals(play: Play) -> AsyncIterator[Times]:
    """When each frame came to the one who receives it, for as long as this lasts; a new page's too."""
    seen: dict[Key, list[float]] = {key: [] for key in ALL}
    unix_of_monotonic = time.time() - time.monotonic()

    async def watch() -> None:
        while True:
            for seat, far in (("guardian", play.physician), ("physician", play.guardian)):
                for kind, watcher in (("audio", far.heard), ("video", far.seen)):
                    at = (watcher.last_at if watcher is not None else 0.0) + unix_of_monotonic
                    known = seen[seat, kind]
                    if at > unix_of_monotonic and (not known or at > known[-1]):
                        known.append(at)
            await asyncio.sleep(POLL_S)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()


def recorded(stage: Stage, opened: Path) -> Times:
    """When each frame of the opened recording was, by its own time line and the origin that the server noted."""
    origin = origin_at(stage)
    times: dict[Key, list[float]] = {}
    with av.open(str(opened)) as container:
        for packet in container.demux():
            if packet.pts is not None:
                key = packet.stream.metadata["title"], packet.stream.type
                times.setdefault(key, []).append(origin + float(packet.pts * packet.time_base))
    return {key: sorted(found) for key, found in times.items()}


def origin_at(stage: Stage) -> float:
    with sqlite3.connect(stage.data / "peitong.db") as database:
        row = database.execute("SELECT origin_at FROM recording WHERE session = ?", (stage.made["visit"],)).fetchone()
    return float(row[0])


def widest_hole(times: Iterable[float], around: float) -> tuple[float, float]:
    """The longest time without a frame that ends after ``around``."""
    return max((pair for pair in pairwise(times) if pair[1] > around), key=lambda pair: pair[1] - pair[0])


def lost_s(relayed: Iterable[float], kept: Iterable[float], around: float) -> float:
    """How long people saw or heard what the recording lacks, on both sides of the interruption."""
    (last_relayed, first_relayed), (last_kept, first_kept) = widest_hole(relayed, around), widest_hole(kept, around)
    return max(0.0, last_relayed - last_kept) + max(0.0, first_kept - first_relayed)
