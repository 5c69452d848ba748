"""How a peer of the load generator joins: an offer of a browser's shape, ICE, and DTLS through aiortc, all for real.

What comes out are two SRTP sessions over one connected UDP socket, and the numbers that the answer agreed on. The media is
the generator's affair: after the handshake nothing here runs any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import socket
from dataclasses import dataclass
from typing import Any, Final, cast

from aioice import stun
from aiortc import sdp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceTransport

from media.srtp import Inbound, Outbound

SO_TIMESTAMPNS: Final = 35
JOIN_WITHIN_S: Final = 30.0
_SOCKET_BUFFER: Final = 1 << 20
_TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_OPUS, _VP8, _RTX = 111, 96, 97


class JoinFailed(Exception):
    """A peer did not come to the point of sending media; the text says where it stopped."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the answer agreed on. ``down_*``: the SSRCs that we shall receive; ``transport_cc``: the extension's id or 0;
    ``reports_arrivals``: whether we tell the relay when its packets came."""

    audio_ssrc: int
    video_ssrc: int
    audio_type: int
    video_type: int
    transport_cc: int
    down_audio: int
    down_video: int
    reports_arrivals: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A peer that may send now. ``consent`` makes the binding requests that keep the path (RFC 7675)."""

    sock: socket.socket
    inbound: Inbound
    outbound: Outbound
    terms: Terms
    remote_ufrag: str
    remote_password: str
    local_ufrag: str

    def consent(self) -> bytes:
        return binding_request(self.remote_ufrag, self.remote_password, self.local_ufrag, nominate=False)


class _Carrier:
    """What aiortc's DTLS takes for an ICE transport: the connected socket."""

    role = "controlling"

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def _recv(self) -> bytes:
        while True:
            data = await asyncio.get_running_loop().sock_recv(self._sock, 2048)
            if data and 20 <= data[0] < 64:
                return data

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)


class _Dtls(RTCDtlsTransport):
    """aiortc's transport, which keeps the exported keys for libsrtp sessions that are used in place."""

    keys: tuple[int, bytes, bytes] | None = None

    def _setup_srtp(self) -> None:
        assert self._ssl is not None
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next(each for each in self._srtp_profiles if each.openssl_profile == chosen)
        exported = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length))
        self.keys = (profile.libsrtp_profile, profile.get_key_and_salt(exported, 0), profile.get_key_and_salt(exported, 1))


class Joining:
    """One peer from its offer to its keys."""

    def __init__(self, certificate: RTCCertificate) -> None:
        self._certificate = certificate
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._audio, self._video, self._rtx = random.sample(range(1, 1 << 32), 3)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)

    def offer(self) -> str:
        """Sound and picture to the server, and a receive-only pair, as a page makes it."""
        digest = next(each.value for each in self._certificate.getFingerprints() if each.algorithm == "sha-256")
        common = [
            "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=rtcp-rsize", f"a=ice-ufrag:{self._ufrag}", f"a=ice-pwd:{self._password}",
            "a=ice-options:trickle", f"a=fingerprint:sha-256 {digest}", "a=setup:actpass",
            f"a=extmap:2 {_ABS_SEND_TIME}", f"a=extmap:3 {_TRANSPORT_CC}",
        ]  # fmt: skip
        audio = [
            f"a=rtpmap:{_OPUS} opus/48000/2",
            f"a=rtcp-fb:{_OPUS} transport-cc",
            f"a=fmtp:{_OPUS} useinbandfec=1",
        ]
        feedback = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
        video = [f"a=rtpmap:{_VP8} VP8/90000", *(f"a=rtcp-fb:{_VP8} {each}" for each in feedback)]
        video += [f"a=rtpmap:{_RTX} rtx/90000", f"a=fmtp:{_RTX} apt={_VP8}"]
        lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2 3"]
        for mid in range(4):
            kind, types = ("audio", f"{_OPUS}") if mid % 2 == 0 else ("video", f"{_VP8} {_RTX}")
            lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", *common, f"a=mid:{mid}"]
            lines += ["a=recvonly" if mid >= 2 else "a=sendonly", *(audio if kind == "audio" else video)]
            if mid == 0:
                lines.append(f"a=ssrc:{self._audio} cname:load")
            if mid == 1:
                lines.append(f"a=ssrc-group:FID {self._video} {self._rtx}")
                lines += [f"a=ssrc:{each} cname:load" for each in (self._video, self._rtx)]
        return "\r\n".join([*lines, ""])

    async def join(self, answer: str) -> Joined:
        """Raises ``JoinFailed``."""
        try:
            return await asyncio.wait_for(self._join(sdp.SessionDescription.parse(answer)), JOIN_WITHIN_S)
        except (TimeoutError, OSError) as error:
            raise JoinFailed(type(error).__name__) from error

    async def _join(self, answer: sdp.SessionDescription) -> Joined:
        first = answer.media[0]
        candidate, ice = first.ice_candidates[0], cast(Any, first.ice)
        self.sock.connect((candidate.ip, candidate.port))
        ufrag, password = ice.usernameFragment, ice.password
        await self._check(ufrag, password)
        profile, client, server = await self._handshake(first)
        # from the kernel: when a datagram came, however late we look
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        inbound, outbound = Inbound(profile, server), Outbound(profile, client)
        return Joined(self.sock, inbound, outbound, self._terms(answer), ufrag, password, self._ufrag)

    async def _check(self, ufrag: str, password: str) -> None:
        """A full agent's connectivity check, repeated until it is answered."""
        loop = asyncio.get_running_loop()
        while True:
            await loop.sock_sendall(self.sock, binding_request(ufrag, password, self._ufrag, nominate=True))
            with contextlib.suppress(TimeoutError):
                data = await asyncio.wait_for(loop.sock_recv(self.sock, 2048), 0.5)
                if data[:2] == b"\x01\x01":
                    return

    async def _handshake(self, line: Any) -> tuple[int, bytes, bytes]:
        transport = _Dtls(cast(RTCIceTransport, _Carrier(self.sock)), [self._certificate])
        transport._set_role("client")
        fingerprints = [RTCDtlsFingerprint(each.algorithm, each.value) for each in line.dtls.fingerprints]
        await transport.start(RTCDtlsParameters(fingerprints=fingerprints))
        if transport.keys is None or transport.state != "connected":
            raise JoinFailed("no keys from DTLS")
        if transport._task is not None:  # its pump would take the media; no goodbye is said, the leg goes on
            transport._task.cancel()
        return transport.keys

    def _terms(self, answer: sdp.SessionDescription) -> Terms:
        audio, video, down_audio, down_video = answer.media[:4]
        extensions = {each.uri: each.id for each in video.rtp.headerExtensions}
        return Terms(
            audio_ssrc=self._audio,
            video_ssrc=self._video,
            audio_type=int(audio.rtp.codecs[0].payloadType or 0),
            video_type=int(video.rtp.codecs[0].payloadType or 0),
            transport_cc=extensions.get(_TRANSPORT_CC, 0),
            down_audio=down_audio.ssrc[0].ssrc,
            down_video=down_video.ssrc[0].ssrc,
            reports_arrivals=any(each.uri == _TRANSPORT_CC for each in down_video.rtp.headerExtensions),
        )


def binding_request(remote_ufrag: str, remote_password: str, local_ufrag: str, *, nominate: bool) -> bytes:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{remote_ufrag}:{local_ufrag}"
    request.attributes["PRIORITY"] = 1_853_817_087
    request.attributes["ICE-CONTROLLING"] = 1
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(remote_password.encode())
    return bytes(request)
