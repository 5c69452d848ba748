"""A synthetic participant: an independent reading of the whole protocol, on aiohttp, socketio's client and aiortc's
RTCPeerConnection."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import socketio
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtptransceiver import RTCRtpTransceiver

from rehearsal.tracks import Picture, Tone, Watcher
from signaling import messages as wire

ANSWER_WITHIN_S = 10.0
ATTESTATION = wire.Attest(
    ("guardian_seen", "child_seen", "identity_matches", "private_place", "call_back_confirmed", "location_confirmed"),
    call_back="13800000000",
    location="演练地址：江苏省苏州市姑苏区示范路1号",
)
"""What a physician attests in a rehearsal (PROTOCOL.md, section 4)."""


class RehearsalFailed(Exception):
    """A step did not come to pass; the text says which condition, in words."""


class RefusedAnswer(RehearsalFailed):
    """An error over HTTP; ``document`` says what is wrong."""

    def __init__(self, told: str, document: dict[str, Any]) -> None:
        super().__init__(told)
        self.document = document


class Person:
    """One participant: cookies, a socket, a peer connection. ``state`` is the newest SessionView."""

    def __init__(
        self, server: str, colour: tuple[int, int, int], frequency_hz: int, cookies: aiohttp.CookieJar | None = None
    ) -> None:
        self.server = server
        self.cookies = cookies if cookies is not None else aiohttp.CookieJar(unsafe=True)
        self.visit = ""
        self.state: wire.SessionView | None = None
        self.welcome: wire.Welcome | None = None
        self.chat: list[wire.Chat] = []
        self.closing_retry_s: float | None = None
        self.media_restarts = 0
        self.heard: Watcher | None = None
        self.seen: Watcher | None = None
        self._http = aiohttp.ClientSession(
            headers={"Origin": server}, connector=aiohttp.TCPConnector(ssl=False), cookie_jar=self.cookies
        )
        self._socket = socketio.AsyncClient(reconnection=False, ssl_verify=False)
        self._changed = asyncio.Event()
        self._picture, self._tone = Picture(colour), Tone(frequency_hz)
        self._answers: asyncio.Queue[wire.Answer] = asyncio.Queue()
        self._peers = 0
        self._peer: RTCPeerConnection | None = None
        self._senders: list[tuple[RTCRtpTransceiver, Picture | Tone]] = []

    # --- HTTP -------------------------------------------------------------------------------------

    async def post(self, path: str, **fields: Any) -> Any:
        async with self._http.post(self.server + path, json=fields) as answer:
            return await _json(answer, path)

    async def get(self, path: str) -> Any:
        async with self._http.get(self.server + path) as answer:
            return await _json(answer, path)

    async def upload(self, path: str, content: bytes) -> None:
        """One document, in one piece (tus 1.0.0)."""
        version = {"Tus-Resumable": "1.0.0"}
        async with self._http.post(self.server + path, headers=version | {"Upload-Length": str(len(content))}) as answer:
            if answer.status != 201:
                await _json(answer, path)
            where = answer.headers["Location"]
        piece = version | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        async with self._http.patch(self.server + where, data=content, headers=piece) as answer:
            if answer.status != 204:
                await _json(answer, path)

    async def get_bytes(self, path: str) -> bytes:
        async with self._http.get(self.server + path) as answer:
            if answer.status != 200:
                raise RehearsalFailed(f"GET {path.rsplit('/', 1)[-1]}: {answer.status}")
            return await answer.read()

    # --- the socket -------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Takes the seat; returns once the welcome is there."""
        token = (await self.post(f"/api/visits/{self.visit}/socket-token"))["token"]
        self._socket.on("message", self._received)
        auth = {"token": token, "instance": secrets.token_urlsafe(16), "language": "zh", "resume": None}
        try:
            await self._socket.connect(
                self.server,
                headers={"Origin": self.server},
                auth=auth,
                transports=["websocket"],
                socketio_path="/socket/",
                wait_timeout=ANSWER_WITHIN_S,
            )
        except socketio.exceptions.ConnectionError as error:
            raise RehearsalFailed(f"the socket was not let in: {error}") from None
        await self.until("a welcome", lambda: self.welcome is not None)

    async def ask(self, intent: wire.Intent) -> dict[str, Any]:
        """Sends an intent; its positive answer. Raises ``RehearsalFailed`` with the code of a refusal."""
        try:
            answer = await self._socket.call("message", wire.encode(intent), timeout=ANSWER_WITHIN_S)
        except socketio.exceptions.SocketIOError as error:
            raise RehearsalFailed(f"{intent.type} was not answered: {type(error).__name__}") from None
        if not isinstance(answer, dict) or not answer.get("ok"):
            code = answer.get("code") if isinstance(answer, dict) else answer
            raise RehearsalFailed(f"{intent.type} was refused: {code}")
        return answer

    async def until(self, what: str, holds: Callable[[], bool], within_s: float = 15.0) -> float:
        """Waits for a condition on what was received; the monotonic time when it was seen to hold."""
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            state = self.state.state if self.state is not None else "nothing"
            raise RehearsalFailed(f"waited {within_s:g} s for {what}; the state is {state}") from None
        return time.monotonic()

    async def _received(self, raw: object) -> None:
        _, message = wire.decode_message(raw)
        match message:
            case wire.Welcome():
                self.welcome, self.state = message, message.session
                self.chat = list(message.chat)
            case wire.SessionChanged(session=session):
                self.state = session
            case wire.ChatPosted(message=chat):
                self.chat.append(chat)
            case wire.Closing(retry_s=retry_s):
                self.closing_retry_s = retry_s
            case wire.MediaRestart():
                self.media_restarts += 1
            case wire.Answer():
                self._answers.put_nowait(message)
            case _:
                pass
        self._changed.set()

    # --- media ------------------------------------------------------------------------------------

    async def start_media(self) -> None:
        """A new peer connection, as PROTOCOL.md, section 6 wants it: two send-only lines, then a receive-only pair."""
        if self._peer is not None:
            await self._peer.close()
        self._peers += 1
        # aiortc's default policy leaves a fourth line on a transport that the answer's bundle has stopped
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        peer = self._peer = RTCPeerConnection(configuration)
        self._senders = [
            (peer.addTransceiver(self._tone, direction="sendonly"), self._tone),
            (peer.addTransceiver(self._picture, direction="sendonly"), self._picture),
        ]
        for kind in ("audio", "video"):
            peer.addTransceiver(kind, direction="recvonly")

        @peer.on("track")
        def arrived(track: Any) -> None:
            if track.kind == "video":
                self.seen = Watcher(track)
            else:
                self.heard = Watcher(track)
            self._changed.set()

        await peer.setLocalDescription(await peer.createOffer())
        await self.ask(wire.Offer(self._peers, 1, peer.localDescription.sdp))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while (answer := await self._answers.get()).peer != self._peers:
                pass
        await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))

    def fall_silent(self) -> float:
        """Stops sending media, as a device does whose network is gone; when."""
        for transceiver, _ in self._senders:
            transceiver.sender.replaceTrack(None)
        return time.monotonic()

    def speak_again(self) -> float:
        for transceiver, track in self._senders:
            transceiver.sender.replaceTrack(track)
        return time.monotonic()

    @property
    def last_media_at(self) -> float:
        """When the last frame of either kind arrived."""
        return max((watcher.last_at for watcher in (self.seen, self.heard) if watcher is not None), default=0.0)

    async def close(self) -> None:
        for watcher in (self.seen, self.heard):
            if watcher is not None:
                watcher.stop()
        if self._peer is not None:
            await self._peer.close()
        await self._socket.disconnect()
        await self._http.close()


async def _json(answer: aiohttp.ClientResponse, path: str) -> Any:
    """Raises ``RefusedAnswer``."""
    document = await answer.json(content_type=None)
    if answer.status != 200:
        raise RefusedAnswer(f"{path.rsplit('/', 1)[-1]}: {answer.status} {document.get('code')}", document)
    return document
