"""The process that carries the packets of every link of a bed: `python -m tests.network.wire`, commanded by lines of JSON.

The first line on stdin names the links; each later one is answered by one line on stdout. It ends when stdin does, and the
TUN devices with it. It runs ahead of the browsers, since a packet that waits for a core is an impairment nobody asked for.
"""

from __future__ import annotations

import gc
import json
import math
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from tests.network.ahead import run_ahead
from tests.network.impair import Impairments, Link
from tests.network.namespaces import tun
from tests.network.nat import Nat

_LARGEST = 2048
_AT_ONCE = 64
_COMMANDS = 0


@dataclass(slots=True)
class Direction:
    """From one TUN device to another. ``route`` is what a router on the way makes of each packet."""

    source: int
    target: int
    link: Link
    route: Callable[[bytes], bytes]

    def read(self, now: float) -> None:
        """What the sender's side has sent; the rest of a long burst at the next look."""
        with suppress(BlockingIOError):
            for _ in range(_AT_ONCE):
                self.link.push(self.route(os.read(self.source, _LARGEST)), now)

    def write(self, now: float) -> None:
        for packet in self.link.due(now):
            with suppress(OSError):  # the device has no address at this moment, or its queue is full: gone, as in a real one
                os.write(self.target, packet)


@dataclass(frozen=True, slots=True)
class Wire:
    """Every link of a bed, both directions of each."""

    directions: dict[tuple[str, str], Direction]
    nats: dict[str, Nat]

    @classmethod
    def lay(cls, links: dict[str, Any], seed: int) -> Wire:
        """``links``: for each name the namespaces and devices of its ``near`` (server's) and ``far`` end."""
        made, nats = {}, {name: Nat() for name in links}
        for number, (name, ends) in enumerate(links.items()):
            near, far = tun(*ends["near"]), tun(*ends["far"])
            made[name, "up"] = Direction(far, near, Link(seed + 2 * number), nats[name].outward)
            made[name, "down"] = Direction(near, far, Link(seed + 2 * number + 1), nats[name].inward)
        return cls(made, nats)

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        match command.pop("do"):
            case "set":
                values = command["impairments"]
                impairments = Impairments(**{**values, "blocked": frozenset(values["blocked"])})
                self.directions[command["link"], command["way"]].link.set(impairments, time.monotonic())
                return {}
            case "rebind":
                self.nats[command["link"]].rebind()
                return {}
            case "report":
                tallies = {f"{link} {way}": asdict(each.link.tally) for (link, way), each in self.directions.items()}
                return {"tallies": tallies}
        raise ValueError("no such command")

    def carry(self) -> None:
        """Until stdin ends."""
        sources = {each.source: each for each in self.directions.values()}
        directions = list(sources.values())
        poll = select.epoll()
        for source in (_COMMANDS, *sources):
            poll.register(source, select.EPOLLIN)
        lines = b""
        while True:
            wait_s = min(each.link.next_at for each in directions) - time.monotonic()
            ready = poll.poll(None if wait_s == math.inf else max(0.0, wait_s))
            now = time.monotonic()
            for source, _ in ready:
                if source != _COMMANDS:
                    sources[source].read(now)
                    continue
                more = os.read(_COMMANDS, 65536)
                if not more:
                    return
                *whole, lines = (lines + more).split(b"\n")
                for line in whole:
                    _say(self.obey(json.loads(line)))
            for direction in directions:
                if direction.link.next_at <= now:
                    direction.write(now)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    with os.fdopen(_COMMANDS, "rb", buffering=0, closefd=False) as first:  # unbuffered: what follows belongs to the loop
        plan = json.loads(first.readline())
    run_ahead()
    gc.disable()  # packets make no cycles
    wire = Wire.lay(plan["links"], plan["seed"])
    _say({})
    wire.carry()


if __name__ == "__main__":
    main()
