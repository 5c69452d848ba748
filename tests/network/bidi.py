"""A browser driven over WebDriver BiDi (W3C), as far as these tests need it: one session, one tab.

The browser lives in a namespace and listens on its loopback; so the WebSocket's own socket is made there.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

from tests.network.namespaces import inside

START_S = 60.0
ANSWER_S = 60.0
_LARGEST = 16 * 1024 * 1024  # a screenshot


class BidiError(Exception):
    """What the browser refused, or an exception in the page."""


@dataclass(slots=True)
class Session:
    """Commands by their names in the standard; events are not asked for."""

    socket: aiohttp.ClientWebSocketResponse
    _numbers: count[int] = field(default_factory=count)
    _asked: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """The result. Raises ``BidiError``."""
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params})
        said = await asyncio.wait_for(answer, ANSWER_S)
        if said["type"] != "success":
            raise BidiError(f"{method}: {said['error']}: {said['message']}")
        result: dict[str, Any] = said["result"]
        return result

    async def listen(self) -> None:
        """Until the browser hangs up."""
        async for message in self.socket:
            said = json.loads(message.data)
            if (answer := self._asked.pop(said.get("id"), None)) and not answer.done():
                answer.set_result(said)
        for answer in self._asked.values():
            answer.set_exception(BidiError("the browser has hung up"))


@dataclass(slots=True)
class Tab:
    """One page; what is evaluated is the text of a JavaScript function, whose result comes back as JSON."""

    session: Session
    context: str

    async def goto(self, url: str) -> None:
        await self.session.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """Raises ``BidiError`` with the page's exception."""
        given = ", ".join(json.dumps(argument) for argument in arguments)
        said = await self.session.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({function})({given})) ?? null))()",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if said["type"] == "exception":
            raise BidiError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])

    async def click(self, x: float, y: float) -> None:
        """With a mouse, at this place of the viewport, in CSS pixels."""
        actions = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": actions}
        await self.session.command("input.performActions", context=self.context, actions=[pointer])

    async def screenshot(self) -> str:
        """A PNG in Base64."""
        data: str = (await self.session.command("browsingContext.captureScreenshot", context=self.context))["data"]
        return data


@asynccontextmanager
async def session(namespace: str, port: int) -> AsyncIterator[Session]:
    """With the browser that listens on that port of the namespace's loopback, as soon as it does."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        with inside(namespace):
            return socket.socket(*info[:3])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=make)) as http:
        async with asyncio.timeout(START_S):
            websocket = await _connected(http, f"http://127.0.0.1:{port}/session")
        made = Session(websocket)
        listening = asyncio.create_task(made.listen())
        try:
            await made.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            yield made
        finally:
            with suppress(BidiError, ConnectionError, TimeoutError):
                await asyncio.wait_for(made.command("browser.close"), 5)
            await websocket.close()
            await listening


async def _connected(http: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    while True:
        with suppress(aiohttp.ClientConnectorError):
            return await http.ws_connect(url, max_msg_size=_LARGEST)
        await asyncio.sleep(0.1)
