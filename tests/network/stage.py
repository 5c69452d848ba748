"""A consultation over the bed that is measured: two people with the probe in their pages, and what the server keeps of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from media.recorder.manifest import Level
from rehearsal.sealed import manifest_of, sealed
from server.recordings import verify
from tests.e2e.people import Guardian, Person, Physician
from tests.network import probe
from tests.network.bed import Bed, bed
from tests.network.figures import Record
from tests.network.firefox import FirefoxGuardian, firefox_guardian, sees_anything_move
from tests.network.house import House, house, turn_server
from tests.network.visit import meet, people, physician_at


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scene needs from the start: settings of the server, a TURN server, scripts in a person's pages, and cameras of
    ``scale`` times 640 x 360: 720p leaves two cores nothing to spare, and is the matter of the clean scene only. ``hears``: the
    pages listen when which beep is spoken and heard. ``firefox``: it is the guardian's browser, with its own fake camera.
    """

    server: Mapping[str, str] = field(default_factory=dict)
    turn: bool = False
    scripts: Mapping[str, str] = field(default_factory=dict)
    scale: int = 1
    hears: bool = True
    firefox: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scene is played on. Times are Unix seconds, as in the pages."""

    bed: Bed
    house: House
    guardian: Guardian
    physician: Physician

    @property
    def people(self) -> tuple[Person, Person]:
        return self.guardian, self.physician

    async def meet(self) -> float:
        """As ``visit.meet``; returns when the physician clicked to admit. Until then is a time of its own (``connected_s``)."""
        no_clip = isinstance(self.guardian, FirefoxGuardian)
        seen = partial(sees_anything_move, self.physician, within_s=40) if no_clip else None
        await meet(self.house, self.guardian, self.physician, seen)
        clicks = (await probe.taken(self.physician.page)).clicks
        return next(at for at, name in clicks if name == "panel-confirm")  # the first that is pressed

    async def lasts(self, seconds: float) -> float:
        """Time passes; returns when it is over."""
        await asyncio.sleep(seconds)
        return time.time()

    async def records(self) -> dict[str, Record]:
        """What both pages have noted so far, by who sits before them."""
        pages = await asyncio.gather(*(probe.taken(person.page) for person in self.people))
        return {person.name: page for person, page in zip(self.people, pages, strict=True)}

    async def ends(self) -> None:
        """The physician ends the visit, and its recording is whole."""
        await self.physician.refers(reason_at=-1, note="演练", not_examined="", told_family="")
        await self.physician.reads("已结束并转线下就诊")
        await sealed(self.house.recording)

    def recordings_whole(self) -> bool:
        """There is one recording, and nothing in it is damaged."""
        folders = list(self.house.recording.parent.iterdir())
        findings = verify(self.house.recording, self.house.made.signer)
        return folders == [self.house.recording] and not [each for each in findings if each.level is Level.DAMAGE]

    def pause_declared(self, since: float, until: float) -> bool:
        """The recording says that it stopped after the one time and went on after the other."""
        begin, *lines = manifest_of(self.house.recording)
        origin = datetime.fromisoformat(begin["origin_utc"]).timestamp()
        held = [line for line in lines if line["type"] == "hold" and origin + line["at_us"] / 1e6 >= since]
        on = [line for line in lines if line["type"] == "resume" and origin + line["at_us"] / 1e6 >= until]
        return bool(held and on)


@asynccontextmanager
async def staged(setting: Setting, seed: int, folder: Path) -> AsyncIterator[Stage]:
    """Everything runs, no page is open yet, the links are perfect."""
    first = probe.SCRIPT if setting.hears else probe.DEAF + probe.SCRIPT
    scripts = {name: first + setting.scripts.get(name, "") for name in ("guardian", "physician")}
    async with (
        bed(seed) as links,
        _maybe_turn(links, folder, setting.turn) as turn,
        house(links, folder, {**turn, **setting.server}) as server,
        _people(links, folder, scripts, setting) as (guardian, physician),
    ):
        yield Stage(links, server, guardian, physician)


@asynccontextmanager
async def _people(
    links: Bed, folder: Path, scripts: Mapping[str, str], setting: Setting
) -> AsyncIterator[tuple[Guardian, Physician]]:
    if not setting.firefox:
        async with people(links, folder, scripts, setting.scale) as both:
            yield both
        return
    async with (
        firefox_guardian(links, folder, scripts["guardian"]) as guardian,
        physician_at(links, folder, scripts["physician"], setting.scale) as physician,
    ):
        yield guardian, physician


@asynccontextmanager
async def _maybe_turn(links: Bed, folder: Path, wanted: bool) -> AsyncIterator[Mapping[str, str]]:
    if not wanted:
        yield {}
        return
    async with turn_server(links, folder) as settings:
        yield settings
