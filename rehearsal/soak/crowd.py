"""The crowd: ``python -m rehearsal.soak.crowd``, a process whose peers come and go while the others go on sending.

Lines of JSON. In: ``{"offer": id}``, ``{"answer": id, "sdp"}``, ``{"leave": id}``, ``"measure"``, ``"end"``. Out:
``{"offer": id, "sdp"}``, ``{"joined": id}`` or ``{"failed": id, "why"}``, and for each ``measure`` the ``{"figures"}`` since
the one before.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from aiortc.rtcdtlstransport import RTCCertificate

from rehearsal.load import footage
from rehearsal.load.generator import Load, say
from rehearsal.load.peer import Joined, JoinFailed, Joining

BITRATE_BPS: Final = 200_000
"""A small picture: many calls are to go through two cores."""


class Crowd:
    """Peers by the number that they were given."""

    def __init__(self, seed: int) -> None:
        self._certificate = RTCCertificate.generateCertificate()
        self._loop = asyncio.new_event_loop()
        self._load = Load(footage.make(seed, BITRATE_BPS), self._rest)
        self._joining: dict[int, Joining] = {}
        self._joined: dict[int, Joined] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self) -> None:
        self._load.run(self._told)

    def _rest(self, ns: int) -> None:
        """Handshakes go on in the pauses."""
        if self._tasks:
            self._loop.run_until_complete(asyncio.sleep(ns / 1e9))
        else:
            time.sleep(ns / 1e9)

    def _told(self, line: str) -> bool:
        match json.loads(line):
            case {"offer": number}:
                joining = self._joining[number] = Joining(self._certificate)
                say({"offer": number, "sdp": joining.offer()})
            case {"answer": number, "sdp": sdp}:
                task = self._loop.create_task(self._join(number, sdp))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case {"leave": number}:
                self._leave(number)
            case "measure":
                say({"figures": self._figures()})
                self._load.measure()
            case _:
                return True
        return False

    async def _join(self, number: int, sdp: str) -> None:
        joining = self._joining.pop(number)
        try:
            self._joined[number] = await joining.join(sdp)
        except JoinFailed as error:
            joining.sock.close()
            say({"failed": number, "why": str(error)})
            return
        await asyncio.sleep(0)  # aiortc's pump, which was cancelled, ends
        self._load.add(self._joined[number])
        say({"joined": number})

    def _leave(self, number: int) -> None:
        if number in self._joined:
            self._load.remove(self._joined.pop(number))
        elif number in self._joining:
            self._joining.pop(number).sock.close()

    def _figures(self) -> dict[str, Any]:
        return self._load.meter.figures()


def main() -> None:
    Crowd(seed=1).run()


if __name__ == "__main__":
    main()
