"""Two real Chromium pages see and hear each other through a real relay process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media import control
from tests.media.relay_rig import PATIENCE_S, Rig, now_us, running

pytestmark = [pytest.mark.browser, pytest.mark.process]

_ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
_PAGE = """
<!doctype html><video id=far autoplay playsinline></video>
<script>
const media = navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360, frameRate: 30}});
let pc;
async function offer(iceRestart = false) {
  if (!pc) {
    const own = await media;
    pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
    for (const track of [own.getAudioTracks()[0], own.getVideoTracks()[0]]) pc.addTransceiver(track, {direction: "sendonly"});
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, {direction: "recvonly"});
    const arriving = pc.getTransceivers().slice(2).map((line) => line.receiver.track);
    document.getElementById("far").srcObject = new MediaStream(arriving);
  }
  await pc.setLocalDescription(await pc.createOffer({iceRestart}));
  return pc.localDescription.sdp;
}
const answered = (sdp) => pc.setRemoteDescription({type: "answer", sdp});
async function figures() {
  const all = [...(await pc.getStats()).values()];
  const line = (type, kind) => all.find((each) => each.type === type && each.kind === kind) ?? {};
  const named = (id) => all.find((each) => each.id === id) ?? {};
  return {
    framesDecoded: line("inbound-rtp", "video").framesDecoded ?? 0,
    freezes: line("inbound-rtp", "video").freezeCount ?? 0,
    lost: line("inbound-rtp", "video").packetsLost ?? 0,
    width: line("inbound-rtp", "video").frameWidth ?? 0,
    heard: line("inbound-rtp", "audio").totalAudioEnergy ?? 0,
    sent: line("outbound-rtp", "video").framesEncoded ?? 0,
    rtt: line("remote-inbound-rtp", "video").roundTripTime ?? -1,
    bps: line("outbound-rtp", "video").targetBitrate ?? 0,
    nacks: line("outbound-rtp", "video").nackCount ?? 0,
    state: pc.connectionState,
    way: named(named(line("transport").selectedCandidatePairId).localCandidateId).protocol ?? "",
  };
}
</script>
"""


class Participant:
    """One page with one peer connection."""

    def __init__(self, page: Page, rig: Rig, seat: str, leg: int) -> None:
        self.page, self.rig, self.seat, self.leg = page, rig, seat, leg
        self._revision = 0

    async def negotiate(self, ice_restart: bool = False, without: str = "") -> None:
        """``without``: a transport whose candidates the page does not hear of."""
        self._revision += 1
        sdp = await self.page.evaluate("restart => offer(restart)", ice_restart)
        answer = await self.rig.offer(sdp, self.seat, self.leg, self._revision)
        assert isinstance(answer, control.LegAnswer), answer
        lines = [line for line in answer.sdp.split("\r\n") if not (without and f" 1 {without} " in line)]
        await self.page.evaluate("sdp => answered(sdp)", "\r\n".join(lines))

    async def figures(self) -> dict[str, Any]:
        return await self.page.evaluate("figures()")

    async def sees(self, more: int = 10) -> None:
        goal = (await self.figures())["framesDecoded"] + more
        await self.page.wait_for_function(
            "async goal => (await figures()).framesDecoded >= goal", arg=goal, timeout=PATIENCE_S * 1000
        )

    async def hears(self) -> None:
        """The energy of what is played rises; a muted element would play none."""
        before = (await self.figures())["heard"]
        await self.page.wait_for_function(
            "async before => (await figures()).heard > before", arg=before, timeout=PATIENCE_S * 1000
        )


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path) as rig:
        yield rig


async def join(browser: Browser, rig: Rig, seat: str, leg: int, without: str = "") -> Participant:
    page = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    # a page that may use the camera needs a secure origin; localhost is one, and nothing listens there
    await page.route("http://localhost/**", lambda route: route.fulfill(body=_PAGE, content_type="text/html"))
    await page.goto("http://localhost/call")
    participant = Participant(page, rig, seat, leg)
    await participant.negotiate(without=without)
    await rig.inbox.until(control.SeatMedia, lambda m: m.seat == seat and m.leg == leg and m.alive)
    return participant


async def test_two_pages_see_and_hear_each_other_only_through_the_open_gate(browser: Browser, rig: Rig) -> None:
    rig.open_room()
    guardian = await join(browser, rig, "guardian", 1)
    physician = await join(browser, rig, "physician", 2)
    await asyncio.sleep(0.5)  # time in which something could leak
    assert (await guardian.figures())["framesDecoded"] == 0
    assert rig.recorder.packets == []

    await rig.open_gate(1)
    await asyncio.gather(guardian.sees(), physician.sees(), guardian.hears(), physician.hears())
    assert (await guardian.figures())["width"] > 0
    assert {packet.track for packet in rig.recorder.packets} == {1, 2, 3, 4}

    rig.renewing.clear()
    rig.send(control.GateClose("r", 1))
    await rig.closed(1)
    await asyncio.sleep(0.3)
    held = await physician.figures()
    await asyncio.sleep(0.5)
    assert (await physician.figures())["framesDecoded"] <= held["framesDecoded"] + 1
    await rig.open_gate(2)
    await asyncio.gather(guardian.sees(), physician.sees(), guardian.hears(), physician.hears())


async def test_a_page_that_reloads_is_seen_again_on_the_same_outgoing_line(browser: Browser, rig: Rig) -> None:
    rig.open_room()
    guardian = await join(browser, rig, "guardian", 1)
    physician = await join(browser, rig, "physician", 2)
    await rig.open_gate(1)
    await physician.sees()

    again = await join(browser, rig, "guardian", 3)
    await guardian.page.close()
    await asyncio.gather(physician.sees(), again.sees(), physician.hears(), again.hears())
    assert not rig.inbox.all(control.GateClosed)


async def test_an_ice_restart_keeps_the_call(browser: Browser, rig: Rig) -> None:
    rig.open_room()
    guardian = await join(browser, rig, "guardian", 1)
    physician = await join(browser, rig, "physician", 2)
    await rig.open_gate(1)
    await physician.sees()

    await guardian.negotiate(ice_restart=True)
    await asyncio.gather(physician.sees(30), guardian.sees(30))
    assert (await guardian.figures())["state"] == "connected"
    states = [message.state for message in rig.inbox.all(control.LegState) if message.leg == 1]
    assert states == ["connecting", "connected"]


async def test_where_no_udp_passes_the_pages_connect_over_tcp(browser: Browser, rig: Rig) -> None:
    rig.open_room()
    began_us = now_us()
    guardian = await join(browser, rig, "guardian", 1, without="udp")
    connected = await rig.inbox.until(control.LegState, lambda m: m.leg == 1 and m.state == "connected")
    assert rig.inbox.when(connected) - began_us < 3_000_000
    physician = await join(browser, rig, "physician", 2)
    await rig.open_gate(1)
    await asyncio.gather(guardian.sees(60), physician.sees(60), guardian.hears(), physician.hears())
    figures = [await each.figures() for each in (guardian, physician)]
    assert [each["way"] for each in figures] == ["tcp", "udp"]
    told = await rig.inbox.until(control.LegStatistics, lambda m: len(m.legs) == 2)
    assert {leg["seat"]: leg["candidate"] for leg in told.legs} == {"guardian": "tcp", "physician": "udp"}

    await guardian.negotiate(ice_restart=True, without="udp")
    await asyncio.gather(physician.sees(30), guardian.sees(30))
    await guardian.negotiate(ice_restart=True)  # in a network where UDP passes
    async with asyncio.timeout(PATIENCE_S):
        while (await guardian.figures())["way"] != "udp":
            await asyncio.sleep(0.1)
    await asyncio.gather(physician.sees(30), guardian.sees(30))
    states = [message.state for message in rig.inbox.all(control.LegState) if message.leg == 1]
    assert states == ["connecting", "connected"]
