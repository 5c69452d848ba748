"""For comparison: the same two browsers and links, the same cameras, and none of our server between them.

What freezes here freezes for want of a machine; what freezes in the clean scene only is ours.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from tests.network.namespaces import inside
from tests.network.stage import Stage

_CAMERA: Final = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } });
  const picture = document.body.appendChild(document.createElement("video"));
  Object.assign(picture, { className: "remote-video", autoplay: true });
  Object.assign(picture.style, { position: "fixed", inset: "0", width: "100vw", height: "100vh", objectFit: "contain" });
  const peer = (window.peer = new RTCPeerConnection());
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  const line = peer.getTransceivers().find(({ sender }) => sender.track.kind === "video");
  line.setCodecPreferences(RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
  peer.ontrack = ({ streams }) => (picture.srcObject = streams[0]);
  window.described = async () => {
    await peer.setLocalDescription();
    while (peer.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
    return peer.localDescription.sdp;
  };
  window.sends = async (maxBitrate) => {
    const settings = line.sender.getParameters();
    settings.degradationPreference = "maintain-resolution";
    settings.encodings[0].maxBitrate = maxBitrate;
    await line.sender.setParameters(settings);
  };
  window.shows = async () => {
    while (!picture.videoWidth) await new Promise((done) => setTimeout(done, 20));
  };
}"""
_ANSWERS: Final = "async (sdp) => (await peer.setRemoteDescription({ type: 'offer', sdp }), described())"
_MAX_BPS: Final = 2_500_000


async def call_directly(stage: Stage) -> None:
    """Both pages see each other, over the bed's links, which the server's place only joins."""
    with inside(stage.bed.server):
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
    first, second = (person.page for person in stage.people)
    for page in (first, second):
        await page.goto(urljoin(stage.house.made.guardian_link, "/healthz"))  # a page may open a camera on a secure origin only
        await page.evaluate(_CAMERA)
    answer = await second.evaluate(_ANSWERS, await first.evaluate("described()"))
    await first.evaluate("(sdp) => peer.setRemoteDescription({ type: 'answer', sdp })", answer)
    for page in (first, second):
        await page.evaluate("(bps) => sends(bps)", _MAX_BPS)
    await asyncio.gather(*(page.evaluate("shows()") for page in (first, second)))
