"""A router that gives a phone's UDP flows other ports on the way, and now and then new ones (RFC 4787). Pure; IPv4 only."""

from __future__ import annotations

from dataclasses import dataclass

_UDP = 17
_FIRST = 1024
_PORTS = 65536 - _FIRST
_STEP = 7919
"""A prime: no binding of the next thousands is the one before."""


@dataclass(slots=True)
class Nat:
    """At first it changes nothing. Ports below 1024 stay; what comes for an earlier binding ends at a port where nobody is."""

    bindings: int = 0

    def rebind(self) -> None:
        """Every flow has a new port from now on, and its former one is forgotten."""
        self.bindings += 1

    def outward(self, packet: bytes) -> bytes:
        """From the phone: its source port as the world sees it."""
        return self._turned(packet, 0, _STEP * self.bindings) if self.bindings else packet

    def inward(self, packet: bytes) -> bytes:
        """To the phone: the destination port as the phone knows it."""
        return self._turned(packet, 2, -_STEP * self.bindings) if self.bindings else packet

    @staticmethod
    def _turned(packet: bytes, field: int, by: int) -> bytes:
        """With the port at ``field`` of the UDP header another one, and the checksum brought along (RFC 1624, equation 3)."""
        header = (packet[0] & 0x0F) * 4
        if packet[0] >> 4 != 4 or packet[9] != _UDP or len(packet) < header + 8:
            return packet
        at = header + field
        port = int.from_bytes(packet[at : at + 2], "big")
        if port < _FIRST:
            return packet
        turned = (port - _FIRST + by) % _PORTS + _FIRST
        changed = bytearray(packet)
        changed[at : at + 2] = turned.to_bytes(2, "big")
        told = int.from_bytes(packet[header + 6 : header + 8], "big")
        if told:  # 0: the sender made none (RFC 768)
            total = (~told & 0xFFFF) + (~port & 0xFFFF) + turned
            total = (total & 0xFFFF) + (total >> 16)
            total = (total & 0xFFFF) + (total >> 16)
            changed[header + 6 : header + 8] = ((~total & 0xFFFF) or 0xFFFF).to_bytes(2, "big")
        return bytes(changed)
