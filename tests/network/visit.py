"""A visit over the bed: a guardian's phone and a physician's desk, each a real browser behind its own link.

async with bed(seed=1) as b, house(b, folder) as server, consultation(b, server, folder) as (guardian, physician):
    await b.blackout("phone", True)
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.e2e import browsers
from tests.e2e.clips import GUARDIAN, PHYSICIAN, Clip
from tests.e2e.people import Guardian, Person, Physician, within
from tests.network import footage
from tests.network.bed import ROOT, Bed, Place
from tests.network.house import House

SCREENS = ROOT / ".test-output" / "screens"

KEEP_PEERS = """() => {
  const Peer = window.RTCPeerConnection;
  window.__peers = [];
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) {
      super(...given);
      window.__peers.push(this);
    }
  };
}"""
"""Runs in a page before its own scripts, so that its peer connections can be asked for figures."""

_STATS = """async () => {
  const peer = window.__peers?.findLast((each) => each.connectionState !== "closed");
  return peer ? [...(await peer.getStats()).values()] : [];
}"""

_CONNECTED = "() => window.__peers?.findLast((each) => each.connectionState !== 'closed')?.connectionState === 'connected'"


@asynccontextmanager
async def consultation(bed: Bed, house: House, folder: Path) -> AsyncIterator[tuple[Guardian, Physician]]:
    """Both in a visit that is Live; their browsers are gone at the end."""
    async with people(bed, folder) as (guardian, physician):
        await meet(house, guardian, physician)
        yield guardian, physician


@asynccontextmanager
async def people(
    bed: Bed, folder: Path, scripts: Mapping[str, str] | None = None, scale: int = 1
) -> AsyncIterator[tuple[Guardian, Physician]]:
    """Each in front of a browser with a camera of ``scale`` times 640 x 360, 30 pictures a second; no page is open yet.

    ``scripts``, by person, run in every page before its own.
    """
    given = scripts or {}
    async with (
        _page(bed.places["phone"], folder, GUARDIAN, scale, browsers.phone, given.get("guardian", "")) as (phone, page),
        physician_at(bed, folder, given.get("physician", ""), scale) as physician,
    ):
        yield Guardian("guardian", phone, page, "video.remote-video", SCREENS), physician


@asynccontextmanager
async def physician_at(bed: Bed, folder: Path, script: str = "", scale: int = 1) -> AsyncIterator[Physician]:
    """At the desk; ``people`` without the guardian."""
    async with _page(bed.places["desk"], folder, PHYSICIAN, scale, browsers.desk, script) as (desk, page):
        yield Physician("physician", desk, page, "video[data-role=guardian]", SCREENS)


@asynccontextmanager
async def _page(
    place: Place, folder: Path, clip: Clip, scale: int, shape: Callable[..., Awaitable[BrowserContext]], script: str
) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """An empty page of a browser in that place."""
    async with async_playwright() as playwright:
        browser = await browsers.launch(playwright, *film(clip, scale), _in_namespace(place.namespace, folder))
        try:
            # a pixel for a pixel: a phone's GPU draws four times as many, these cores would draw them all by themselves
            context = await shape(browser, ignore_https_errors=True, device_scale_factor=1)
            await context.add_init_script(f"({KEEP_PEERS})();{script}")
            yield context, await context.new_page()
        finally:
            await browser.close()


async def both_see_each_other_again(guardian: Guardian, physician: Physician, within_s: float) -> None:
    await asyncio.gather(sees_moving_again(physician, "guardian", within_s), sees_moving_again(guardian, "physician", within_s))


async def sees_moving_again(person: Person, clip: str, within_s: float) -> None:
    """The picture moves once more, from now on: what stood still on the screen until then does not count."""
    numbers: set[int] = set()

    async def look() -> set[int]:
        seen = await person.sees()
        if seen.clip == clip and seen.number is not None:
            numbers.add(seen.number)
        return numbers

    await within(within_s, look, lambda seen: len(seen) > 1, f"{person.name} sees {clip} move again")


async def stats(person: Person) -> list[dict[str, Any]]:
    """Everything ``getStats`` says of the person's present peer connection; nothing when there is none."""
    said: list[dict[str, Any]] = await person.page.evaluate(_STATS)
    return said


async def chosen_path(person: Person) -> tuple[str, str]:
    """Of the present call: the type of the own candidate (host, relay, …) and the protocol towards server or TURN server."""
    said = {each["id"]: each for each in await stats(person)}
    transport = next(each for each in said.values() if each["type"] == "transport")
    own = said[said[transport["selectedCandidatePairId"]]["localCandidateId"]]
    return own["candidateType"], own.get("relayProtocol", own["protocol"])


async def answers_on_its_path(person: Person) -> int:
    """How many checks of its present path were answered (RFC 8445)."""
    pairs = [each for each in await stats(person) if each["type"] == "candidate-pair" and each.get("nominated")]
    return sum(each["responsesReceived"] for each in pairs)


async def arrive(house: House, guardian: Guardian, physician: Physician) -> None:
    """The guardian is in the waiting room, the physician in front of the visit: the next click is "admit"."""
    made = house.made
    await guardian.joins(made.guardian_link)
    await physician.signs_in(made.physician_link, made.physician_login, made.physician_password)
    await physician.opens(made.visit)


async def meet(
    house: House, guardian: Guardian, physician: Physician, guardian_seen: Callable[[], Awaitable[None]] | None = None
) -> None:
    """From closed browsers to Live, both seeing each other move. The physician admits when both pages are connected, as people
    do who see the file first. ``guardian_seen``: how the physician knows the guardian's picture when it is not the clip."""
    await arrive(house, guardian, physician)
    for person in (guardian, physician):
        await within(20, partial(person.page.evaluate, _CONNECTED), bool, f"{person.name} is connected")
    await physician.admits()
    seen = guardian_seen() if guardian_seen else physician.sees_moving("guardian")
    await asyncio.gather(seen, guardian.sees_moving("physician"))
    await physician.attests()
    await physician.reads("就诊进行中")


@cache
def _films() -> TemporaryDirectory[str]:
    """Gone when this process ends."""
    return TemporaryDirectory(prefix="peitong-film-")


@cache
def film(clip: Clip, scale: int) -> tuple[Path, Path]:
    """Camera and microphone of a clip as files, made once for this process."""
    folder = Path(_films().name)
    video, tone = folder / f"{clip.name}-{scale}.y4m", folder / f"{clip.name}.wav"
    footage.write_camera(clip, video, scale)
    footage.write_microphone(clip, tone)
    return video, tone


def _in_namespace(namespace: str, folder: Path) -> Path:
    """The browser as a program that starts in that namespace."""
    wrapper = folder / f"chromium-{namespace}"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {shlex.quote(browsers.EXECUTABLE)} "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    return wrapper
