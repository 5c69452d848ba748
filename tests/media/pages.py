"""A page with one peer connection in a real Chromium, negotiated straight with a relay."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page

from media import control
from tests.media.relay_rig import PATIENCE_S, Rig

ARGUMENTS = [
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
async function offer(iceRestart = false, configuration = {}) {
  if (!pc) {
    const own = await media;
    pc = new RTCPeerConnection({bundlePolicy: "max-bundle", ...configuration});
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
  const own = named(named(line("transport").selectedCandidatePairId).localCandidateId);
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
    way: own.protocol ?? "",
    relayed: own.candidateType === "relay" ? own.relayProtocol : "",
  };
}
</script>
"""


@dataclass
class Participant:
    """One page with one peer connection. ``of``: the candidates it hears of (a pattern); ``through``: a UDP port it hears of
    instead of the relay's; ``configuration``: RTCPeerConnection's."""

    page: Page
    rig: Rig
    seat: str
    leg: int
    of: str = ""
    through: int = 0
    configuration: dict[str, Any] = field(default_factory=dict)
    revision: int = 0

    async def negotiate(self, ice_restart: bool = False) -> None:
        self.revision += 1
        sdp = await self.page.evaluate("given => offer(...given)", [ice_restart, self.configuration])
        answer = await self.rig.offer(sdp, self.seat, self.leg, self.revision)
        assert isinstance(answer, control.LegAnswer), answer
        lines = answer.sdp.split("\r\n")
        text = "\r\n".join(line for line in lines if "a=candidate" not in line or re.search(self.of, line))
        if self.through:
            text = text.replace(f" {self.rig.port} typ", f" {self.through} typ")
        await self.page.evaluate("sdp => answered(sdp)", text)

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


async def join(browser: Browser, rig: Rig, seat: str, leg: int, **terms: Any) -> Participant:
    """A page that is heard; ``terms`` are the participant's."""
    page = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    # a page that may use the camera needs a secure origin; localhost is one, and nothing listens there
    await page.route("http://localhost/**", lambda route: route.fulfill(body=_PAGE, content_type="text/html"))
    await page.goto("http://localhost/call")
    participant = Participant(page, rig, seat, leg, **terms)
    await participant.negotiate()
    await rig.inbox.until(control.SeatMedia, lambda m: m.seat == seat and m.leg == leg and m.alive)
    return participant
