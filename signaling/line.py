"""One raw WebSocket under the gateway, and the grammar of what may come over it.

Engine.IO and Socket.IO allow far more than PROTOCOL.md needs: binary frames and attachments, further namespaces, event
names that reach a server's own handlers, JSON of any depth. A frame that is not one of the five forms below ends the
connection before any library parses it, and a line that has used up its rate ends after one more frame, which is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

HANG_UP_S = 2.0
"""How long a peer may take to read the last words and the close frame before it is cut off."""

_FRAME = re.compile(
    r"""
      1\Z                           # Engine.IO: closing
    | 3\Z                           # pong
    | 40\{                          # Socket.IO: CONNECT to the default namespace, with auth
    | 41\Z                          # DISCONNECT
    | 42[0-9]{0,9}\["message",\{    # EVENT with an acknowledgement number or none
    """,
    re.VERBOSE,
)


def is_frame(text: str) -> bool:
    """Whether it begins as one of the five frames that a page may send."""
    return _FRAME.match(text) is not None


class Line:
    """A connection before and while a page speaks on it. `over` is set when nothing further is to be read from it."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._at = float(burst), clock()
        self._socket: web.WebSocketResponse | None = None
        self._request: web.Request | None = None
        self._hanging_up = False
        self.eio_sid = ""
        self.connection = ""
        self.asked = False
        self.over = False
        self.flooded = False
        self.ended = False
        self.unanswered = 0

    @staticmethod
    def of(environ: Mapping[str, Any]) -> Line:
        line: Line = environ["aiohttp.request"][LINE]
        return line

    async def prepare(self, request: web.Request, max_bytes: int) -> web.WebSocketResponse:
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=max_bytes, compress=False, timeout=HANG_UP_S)
        await self._socket.prepare(request)
        return self._socket

    async def receive(self) -> str:
        """The next frame that is one of the five forms. Raises OSError when the line is at its end."""
        assert self._socket is not None  # prepare came before
        if self.over or self.flooded:
            raise OSError
        message = await self._socket.receive()
        if message.type is not WSMsgType.TEXT or not is_frame(message.data):
            raise OSError
        self.flooded = not self._take()
        frame: str = message.data
        return frame

    async def send(self, frame: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(frame)

    async def close(self) -> None:
        """The closing handshake; a peer that does not take part is cut off."""
        if self._socket is None or self._request is None:
            return
        with suppress(Exception):  # whatever goes wrong, the transport is cut below
            async with asyncio.timeout(HANG_UP_S):
                await self._socket.close()
        if self._request.transport is not None:
            self._request.transport.close()

    async def hang_up(self, eio: Any) -> None:
        """Ends the connection after what is queued on it was read, or after `HANG_UP_S`. Again: no effect."""
        if self._hanging_up:
            return
        self._hanging_up = self.over = True
        with suppress(TimeoutError, KeyError):
            async with asyncio.timeout(HANG_UP_S):
                await eio.disconnect(self.eio_sid)
        await self.close()

    def unsent(self, eio: Any) -> int:
        """How many frames wait for the peer to read."""
        socket = eio.sockets.get(self.eio_sid)
        return socket.queue.qsize() if socket is not None else 0

    def _take(self) -> bool:
        """One token of the bucket; False when it is empty."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


LINE = web.RequestKey("line", Line)
"""Where a request keeps its line."""


class _Carrier:
    """What Engine.IO takes for a WebSocket: our line of that request."""

    def __init__(self, handler: Callable[[Any], Any], server: Any) -> None:
        self._handler, self._server = handler, server
        self._line: Line | None = None

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        self._line = Line.of(environ)
        response = await self._line.prepare(environ["aiohttp.request"], self._server.max_http_buffer_size)
        await self._handler(self)
        return response

    async def wait(self) -> str:
        assert self._line is not None
        return await self._line.receive()

    async def send(self, frame: str) -> None:
        assert self._line is not None
        await self._line.send(frame)

    async def close(self) -> None:
        assert self._line is not None
        await self._line.close()


def driver(of_library: Mapping[str, Any]) -> dict[str, Any]:
    """The library's aiohttp driver with our WebSocket in it."""
    return {**of_library, "websocket": _Carrier}
