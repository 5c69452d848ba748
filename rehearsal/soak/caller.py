"""A person of the rehearsal whose media comes from a crowd: everything is said over HTTP and the socket as always, but the
peer connection is a light one in another process."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from typing import Any, Final

from rehearsal.person import ANSWER_WITHIN_S, Person, RehearsalFailed
from signaling import messages as wire

PATIENCE_S: Final = 30.0
_LONGEST_LINE: Final = 1 << 26


class CrowdProcess:
    """One process of crowd.py."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._numbers = itertools.count(1)
        self._replies: dict[tuple[str, int], asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> CrowdProcess:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "rehearsal.soak.crowd",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE,
            )
        )  # fmt: skip

    async def offer(self) -> tuple[int, str]:
        """A new peer's number and its offer."""
        number = next(self._numbers)
        return number, (await self._ask("offer", number, {"offer": number}))["sdp"]

    async def join(self, number: int, answer: str) -> None:
        """The peer sends from now on. Raises ``RehearsalFailed``."""
        reply = await self._ask("joined", number, {"answer": number, "sdp": answer})
        if "failed" in reply:
            raise RehearsalFailed(f"a peer did not join: {reply['why']}")

    def leave(self, number: int) -> None:
        self._tell({"leave": number})

    async def measure(self) -> dict[str, Any]:
        """The figures (``generator.Meter``) since they were last asked for."""
        figures: dict[str, Any] = (await self._ask("figures", 0, "measure"))["figures"]
        return figures

    async def stop(self) -> None:
        self._reading.cancel()
        if self._child.returncode is None:
            self._child.kill()
        await self._child.wait()

    async def _ask(self, what: str, number: int, line: Any) -> Any:
        reply = self._replies[what, number] = asyncio.get_running_loop().create_future()
        self._tell(line)
        try:
            return await asyncio.wait_for(reply, PATIENCE_S)
        except TimeoutError:
            raise RehearsalFailed("the crowd does not answer") from None
        finally:
            del self._replies[what, number]

    def _tell(self, line: Any) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(line).encode() + b"\n")

    async def _read(self) -> None:
        assert self._child.stdout is not None
        while line := await self._child.stdout.readline():
            said = json.loads(line)
            (what, number) = next(iter(said.items()))
            key = ("joined" if what == "failed" else what, 0 if what == "figures" else number)
            if (reply := self._replies.get(key)) is not None and not reply.done():
                reply.set_result(said)


class Caller(Person):
    """``epochs`` counts the peer connections."""

    def __init__(self, server: str, crowd: CrowdProcess, **given: Any) -> None:
        super().__init__(server, (0, 0, 0), 440, **given)
        self._crowd = crowd
        self._peer_number = 0

    async def start_media(self) -> None:
        self.vanish()
        self._peer_number, sdp = await self._crowd.offer()
        self._peers += 1
        await self.ask(wire.Offer(self._peers, 1, sdp))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while (answer := await self._answers.get()).peer != self._peers:
                    pass
        except TimeoutError:
            raise RehearsalFailed("no answer to an offer") from None
        await self._crowd.join(self._peer_number, answer.sdp)

    def vanish(self) -> None:
        """The media stops without a word."""
        if self._peer_number:
            self._crowd.leave(self._peer_number)
            self._peer_number = 0

    async def close(self) -> None:
        self.vanish()
        await super().close()
