"""A network address translator in user space: what one page sends to it leaves from another port, which can change."""

from __future__ import annotations

import asyncio
import socket
from typing import Any


class Nat:
    """Forwards between whoever sends to ``port`` and ``relay_port`` of this machine. IPv4, UDP."""

    def __init__(self, relay_port: int) -> None:
        self.inside = _socket()
        self.port = int(self.inside.getsockname()[1])
        self._relay = ("127.0.0.1", relay_port)
        self._outside: dict[Any, socket.socket] = {}
        asyncio.get_running_loop().add_reader(self.inside, self._out)

    def rebind(self) -> None:
        """Forgets every mapping, as after a restart: what comes for the old ports reaches nobody."""
        for sock in self._outside.values():
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._outside.clear()

    def close(self) -> None:
        self.rebind()
        asyncio.get_running_loop().remove_reader(self.inside)
        self.inside.close()

    def _out(self) -> None:
        data, sender = self.inside.recvfrom(2048)
        outside = self._outside.get(sender)
        if outside is None:
            outside = self._outside[sender] = _socket()
            asyncio.get_running_loop().add_reader(outside, self._in, outside, sender)
        outside.sendto(data, self._relay)

    def _in(self, outside: socket.socket, sender: Any) -> None:
        self.inside.sendto(outside.recv(2048), sender)


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock
