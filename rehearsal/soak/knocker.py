"""Strangers at the relay's TCP port (RFC 6544): ``python -m rehearsal.soak.knocker --port P``, until its stdin ends.

They come from one host, some dozens at once, and do what the framing (RFC 4571) and the five seconds of grace forbid. The relay
must close each of them. At the end it says on stdout what they did, as JSON: ``{"opened": {kind: count}, "held": count}``;
``held`` are those that the relay had not closed after ``HELD_S``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from rehearsal.soak import mutations

AT_ONCE: Final = 40
"""Fewer than a host may have."""
HELD_S: Final = 9.0
"""Grace, a sweep and a busy machine."""
_BINDING_REQUEST: Final = struct.pack("!HHI", 0x0001, 0, 0x2112A442) + bytes(12)


@dataclass(frozen=True, slots=True)
class Report:
    """``opened``: connections of each kind; ``held``: those that the relay had to be left with, as it did not close them."""

    opened: dict[str, int]
    held: int


Knock = Callable[[asyncio.StreamWriter, random.Random], Awaitable[None]]


async def silent(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    """Waits for its grace to end."""


async def babbling(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    writer.write(chance.randbytes(chance.randint(1, 4000)))


async def too_long(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    """Announces a frame that no datagram can be."""
    writer.write(struct.pack("!H", chance.randint(3000, 0xFFFF)) + chance.randbytes(100))


async def dripping(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    """A frame a byte at a time, which never comes to its end."""
    for byte in struct.pack("!H", 1200) + bytes(100):
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0.2)


async def asking(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    """Binding requests that nobody vouches for."""
    for _ in range(chance.randint(1, 50)):
        request = mutations.mutate([_BINDING_REQUEST[:8] + chance.randbytes(12)], chance)[:1400]
        writer.write(struct.pack("!H", len(request)) + request)
        await writer.drain()


async def slamming(writer: asyncio.StreamWriter, chance: random.Random) -> None:
    """Is gone at once, with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.write(chance.randbytes(20))
    writer.transport.abort()


KNOCKS: Final[dict[str, Knock]] = {
    each.__name__: each for each in (silent, babbling, too_long, dripping, asking, slamming)
}  # fmt: skip


async def knock(port: int, kind: str, chance: random.Random) -> bool:
    """One connection to its end; True when the relay had to be left, as it did not close it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def speak() -> None:
        with suppress(OSError):
            await KNOCKS[kind](writer, chance)

    speaking = asyncio.create_task(speak())
    try:
        async with asyncio.timeout(HELD_S):
            with suppress(OSError):
                while await reader.read(4096):
                    pass
    except TimeoutError:
        return True
    finally:
        speaking.cancel()
        writer.close()
    return False


async def run(port: int, seed: int, over: asyncio.Event) -> Report:
    opened: Counter[str] = Counter()
    held = 0

    async def stranger(number: int) -> None:
        nonlocal held
        chance = random.Random(f"{seed} {number}")
        while not over.is_set():
            kind = chance.choice(list(KNOCKS))
            try:
                was_held = await knock(port, kind, chance)
            except OSError:  # too many at this moment
                await asyncio.sleep(0.5)
                continue
            opened[kind] += 1
            held += was_held
            await asyncio.sleep(chance.random() / 4)

    await asyncio.gather(*(stranger(number) for number in range(AT_ONCE)))
    return Report(dict(opened), held)


async def _until_stdin_ends(port: int, seed: int) -> Report:
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin)
            over.set()

    loop.add_reader(sys.stdin, heard)
    return await run(port, seed, over)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.soak.knocker", description="knocks at a relay's TCP port")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(asdict(asyncio.run(_until_stdin_ends(options.port, options.seed)))) + "\n")


if __name__ == "__main__":
    main()
