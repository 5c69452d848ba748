"""A server, a phone and a desk, each in a network of its own, joined by links that can be made as bad as real ones.

    async with bed(seed=1) as b:
        await b.set("phone", up=Impairments(loss=0.05, delay_ms=80), down=Impairments(delay_ms=80))
        await b.blackout("phone", True)
        await b.new_address("phone")
        await b.rebind("phone")

"up" is from the phone (or desk) to the server. Needs root; ``NoNetworkBed`` says what else is missing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.network.impair import Impairments, Tally
from tests.network.namespaces import ip_batch, namespaces

ROOT = Path(__file__).parents[2]
SERVER, SERVER6 = "10.77.0.1", "fd00:77::1"
DEVICE = "wlan0"
"""In each place. Not tun0: a browser takes no network called tun for a way to the world, and says that it is offline."""
_PERFECT = Impairments()
_LINKS = ("phone", "desk")


@dataclass(frozen=True, slots=True)
class Report:
    """What the links have done so far."""

    tallies: dict[tuple[str, str], Tally]


@dataclass(slots=True)
class Place:
    """One namespace with one device, behind one link. ``address`` and ``address6`` are its own at this moment."""

    number: int
    namespace: str
    host: int = 2
    up: Impairments = _PERFECT
    down: Impairments = _PERFECT

    @property
    def address(self) -> str:
        return f"10.77.{self.number}.{self.host}"

    @property
    def address6(self) -> str:
        return f"fd00:77:{self.number}::{self.host}"

    def routes(self) -> list[str]:
        return [
            f"route replace default dev {DEVICE} src {self.address}",
            f"route replace ::/0 dev {DEVICE} src {self.address6}",
        ]

    def addresses(self, verb: str) -> list[str]:
        nodad = " nodad" if verb == "add" else ""
        return [
            f"addr {verb} {self.address}/24 dev {DEVICE}",
            f"addr {verb} {self.address6}/64 dev {DEVICE}{nodad}",
        ]


@dataclass(slots=True)
class Bed:
    """``server`` is the namespace of the server, reached at ``SERVER`` and ``SERVER6``; ``places`` are phone and desk."""

    server: str
    places: dict[str, Place]
    wire: asyncio.subprocess.Process
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def set(self, link: str, up: Impairments | None = None, down: Impairments | None = None) -> None:
        """From now on; a direction that is not given stays as it is."""
        place = self.places[link]
        place.up, place.down = up or place.up, down or place.down
        for way, impairments in (("up", up), ("down", down)):
            if impairments is not None:
                values = {**asdict(impairments), "blocked": sorted(impairments.blocked)}
                await self._ask({"do": "set", "link": link, "way": way, "impairments": values})

    async def relieve(self, link: str) -> None:
        """Both directions are perfect again."""
        await self.set(link, up=_PERFECT, down=_PERFECT)

    async def blackout(self, link: str, on: bool) -> None:
        """Nothing passes, either way; everything else stays as it was set."""
        place = self.places[link]
        await self.set(link, up=replace(place.up, blackout=on), down=replace(place.down, blackout=on))

    async def new_address(self, link: str) -> str:
        """The old addresses are gone, new ones are there, the route stays: as from Wi-Fi to cellular. Returns the IPv4."""
        place = self.places[link]
        old, place.host = replace(place), place.host + 1
        ip_batch([*old.addresses("del"), *place.addresses("add"), *place.routes()], place.namespace)
        return place.address

    async def rebind(self, link: str) -> None:
        """A router on the way forgets its UDP bindings: flows come from other ports, and what goes to the old is lost."""
        await self._ask({"do": "rebind", "link": link})

    async def report(self) -> Report:
        answer = await self._ask({"do": "report"})
        tallies = {(link, way): Tally(**answer["tallies"][f"{link} {way}"]) for link in _LINKS for way in ("up", "down")}
        return Report(tallies)

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self.wire.stdin is not None
        async with self._asking:
            self.wire.stdin.write(json.dumps(command).encode() + b"\n")
            return await _answer(self.wire)


@asynccontextmanager
async def bed(seed: int) -> AsyncIterator[Bed]:
    """Three namespaces and perfect links; all is gone at the end. Raises ``NoNetworkBed``."""
    with namespaces("server", *_LINKS) as names:
        places = {name: Place(number, names[name]) for number, name in enumerate(_LINKS, start=1)}
        plan = {name: {"near": (names["server"], name), "far": (names[name], DEVICE)} for name in _LINKS}
        wire = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.network.wire", cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert wire.stdin is not None
        try:
            wire.stdin.write(json.dumps({"seed": seed, "links": plan}).encode() + b"\n")
            await _answer(wire)
            _address_server(names["server"], places)
            for place in places.values():
                up = [f"link set {DEVICE} addrgenmode none", f"link set {DEVICE} up"]
                ip_batch([*up, *place.addresses("add"), *place.routes()], place.namespace)
            yield Bed(names["server"], places, wire)
        finally:
            wire.stdin.close()
            await wire.wait()


def _address_server(namespace: str, places: dict[str, Place]) -> None:
    """One address whichever link is asked over, and a default route, without which browsers and servers see no network."""
    commands = [f"addr add {SERVER}/32 dev lo", f"addr add {SERVER6}/128 dev lo nodad"]
    for name, place in places.items():
        commands += [
            f"link set {name} addrgenmode none",
            f"link set {name} up",
            f"route add 10.77.{place.number}.0/24 dev {name} src {SERVER}",
            f"route add fd00:77:{place.number}::/64 dev {name} src {SERVER6}",
        ]
    first = next(iter(places))
    commands += [f"route add default dev {first} src {SERVER}", f"route add ::/0 dev {first} src {SERVER6}"]
    ip_batch(commands, namespace)


async def _answer(wire: asyncio.subprocess.Process) -> dict[str, Any]:
    assert wire.stdout is not None
    line = await wire.stdout.readline()
    if not line:
        raise RuntimeError(f"the process that carries the links has ended: {await wire.wait()}")
    answer: dict[str, Any] = json.loads(line)
    return answer
