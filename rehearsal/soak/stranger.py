"""The stranger: ``python -m rehearsal.soak.stranger --port P --count N``, a process that throws datagrams at a relay.

It listens to the wire like an eavesdropper, and sends what it heard again, mutated, spliced or with another tag, and what
it makes up: from addresses that nobody has, and from exactly the address and port of calls that are running (raw sockets: it
needs root). Its datagrams bear a time-to-live of their own, by which it knows them. At the end it says on stdout what it sent,
as JSON: ``{"sent": {kind: count}, "seconds", "unsent"}``.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rehearsal.soak import mutations

TTL: Final = 77
_STEP_S: Final = 0.005
_HEARD: Final = 24
_SILENT_S: Final = 2.0
_IP_HEADER: Final = struct.Struct("!BBHHHBBH4s4s")
_UDP_HEADER: Final = struct.Struct("!HHHH")

Tuple = tuple[bytes, int, bytes, int]
"""Source address and port, destination address and port, as packed bytes and numbers."""


@dataclass(slots=True)
class Overheard:
    """The last datagrams of one path towards the relay, by kind."""

    heard_s: float = 0.0
    stun: deque[bytes] = field(default_factory=lambda: deque(maxlen=_HEARD))
    dtls: deque[bytes] = field(default_factory=lambda: deque(maxlen=_HEARD))
    rtp: deque[bytes] = field(default_factory=lambda: deque(maxlen=_HEARD))
    rtcp: deque[bytes] = field(default_factory=lambda: deque(maxlen=_HEARD))

    def add(self, datagram: bytes) -> None:
        if datagram[0] < 4:
            self.stun.append(datagram)
        elif 20 <= datagram[0] < 64:
            self.dtls.append(datagram)
        elif 128 <= datagram[0] < 192:
            (self.rtcp if 192 <= datagram[1] <= 223 else self.rtp).append(datagram)


class Wire:
    """Hears and sends IPv4/UDP. Raises ``PermissionError`` without root."""

    def __init__(self, port: int) -> None:
        self.paths: dict[Tuple, Overheard] = {}
        self.unsent = 0
        self._port = port
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        self._ear.setblocking(False)
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def listen(self, most: int) -> None:
        """Takes up to so many packets in; forgets paths that fell silent."""
        now_s = time.monotonic()
        for _ in range(most):
            try:
                packet = self._ear.recv(4096)
            except BlockingIOError:
                break
            self._hear(packet, now_s)
        for path, heard in list(self.paths.items()):
            if now_s - heard.heard_s > _SILENT_S:
                del self.paths[path]

    def _hear(self, packet: bytes, now_s: float) -> None:
        start = (packet[0] & 15) * 4
        if packet[8] == TTL or len(packet) <= start + 8:
            return
        source, destination = struct.unpack_from("!HH", packet, start)
        if destination == self._port:
            heard = self.paths.setdefault((packet[12:16], source, packet[16:20], destination), Overheard())
            heard.heard_s = now_s
            heard.add(packet[start + 8 :])

    def send(self, path: Tuple, payload: bytes) -> None:
        source, source_port, destination, destination_port = path
        size = 28 + len(payload)
        # the kernel fills in what is zero: identification and header checksum; a UDP checksum of zero is none (RFC 768)
        header = _IP_HEADER.pack(0x45, 0, size, 0, 0, TTL, socket.IPPROTO_UDP, 0, source, destination)
        header += _UDP_HEADER.pack(source_port, destination_port, size - 20, 0)
        try:
            self._mouth.sendto(header + payload, (socket.inet_ntoa(destination), 0))
        except OSError:
            self.unsent += 1


class Stranger:
    """What is sent, chosen by a seeded chance. Only calls that already send media are spoken for: before its keys are agreed no
    DTLS association can tell a forgery, and its page would simply make another."""

    def __init__(self, wire: Wire, seed: int) -> None:
        self.sent: Counter[str] = Counter()
        self._wire, self._chance = wire, random.Random(seed)
        forge_stun, forge_rtp = mutations.stun_with_another_transaction, mutations.rtp_that_was_not_sent
        self._makers: tuple[tuple[str, Callable[[Overheard], bytes]], ...] = (
            ("random", lambda heard: self._chance.randbytes(self._chance.randint(1, 1400))),
            ("empty", lambda heard: b""),
            ("too_long", lambda heard: self._chance.randbytes(self._chance.randint(1501, 3000))),
            ("stun_mutated", lambda heard: mutations.mutate(heard.stun, self._chance)),
            ("stun_forged", lambda heard: forge_stun(self._chance.choice(heard.stun), self._chance)),
            ("stun_replayed", lambda heard: self._chance.choice(heard.stun)),
            ("dtls_made_up", lambda heard: mutations.dtls_record(self._chance)),
            ("dtls_mutated", lambda heard: mutations.mutate(heard.dtls or [mutations.dtls_record(self._chance)], self._chance)),
            ("rtp_forged", lambda heard: forge_rtp(self._chance.choice(heard.rtp), self._chance)),
            ("rtp_mutated", lambda heard: mutations.mutate(heard.rtp, self._chance)),
            ("rtp_replayed", lambda heard: self._chance.choice(heard.rtp)),
            ("rtcp_mutated", lambda heard: mutations.mutate(heard.rtcp, self._chance)),
            ("rtcp_replayed", lambda heard: self._chance.choice(heard.rtcp)),
        )

    def attack(self) -> bool:
        """One datagram; False while no call is heard."""
        running = [path for path, heard in self._wire.paths.items() if heard.stun and len(heard.rtp) > 8 and heard.rtcp]
        if not running:
            return False
        chance = self._chance
        path = chance.choice(running)
        name, make = chance.choice(self._makers)
        payload = make(self._wire.paths[path])
        where = chance.choice(("stranger", "neighbour", "running", "running", "crossed"))
        if where == "stranger":
            path = (bytes((127, *chance.randbytes(3))), chance.randint(1024, 65535), *path[2:])
        elif where == "neighbour":
            path = (path[0], chance.randint(1024, 65535), *path[2:])
        elif where == "crossed":
            path = chance.choice(running)
        self._wire.send(path, payload)
        self.sent[f"{name} {where}"] += 1
        return True


def run(port: int, count: int, rate: float, seed: int) -> dict[str, object]:
    wire = Wire(port)
    stranger = Stranger(wire, seed)
    began_s = due_s = time.monotonic()
    while (done := stranger.sent.total()) < count:
        wire.listen(most=64)
        burst = min(max(1, round(rate * _STEP_S)), count - done)
        for _ in range(burst):
            if not stranger.attack():
                break
        due_s = max(due_s + burst / rate, time.monotonic() - 0.1)
        time.sleep(max(0.0, due_s - time.monotonic()))
    return {"sent": dict(stranger.sent), "seconds": round(time.monotonic() - began_s, 1), "unsent": wire.unsent}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.soak.stranger", description="throws datagrams at a relay")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=float, default=4000.0, help="datagrams a second")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(run(options.port, options.count, options.rate, options.seed)) + "\n")


if __name__ == "__main__":
    main()
