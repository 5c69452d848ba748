"""Rebinding, against checksums computed from scratch."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tests.network.nat import Nat

PHONE, SERVER = bytes([10, 77, 1, 2]), bytes([10, 77, 0, 1])
PORTS = st.integers(1, 65535)


def checksum(packet: bytes) -> int:
    """Of a UDP datagram with its pseudo-header (RFC 768): 0 when the one in it is right."""
    header = (packet[0] & 0x0F) * 4
    udp = packet[header:]
    data = packet[12:20] + struct.pack("!BBH", 0, 17, len(udp)) + udp
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(source: bytes, port: int, target: bytes, target_port: int, payload: bytes, options: int = 0) -> bytes:
    ip = struct.pack("!BBHHHBBH", 0x45 + options, 0, 28 + 4 * options + len(payload), 7, 0, 64, 17, 0) + source + target
    udp = struct.pack("!HHHH", port, target_port, 8 + len(payload), 0)
    made = checksum(ip + bytes(4 * options) + udp + payload) or 0xFFFF
    return ip + bytes(4 * options) + udp[:6] + struct.pack("!H", made) + payload


def ports(packet: bytes) -> tuple[int, int]:
    source, target = struct.unpack_from("!HH", packet, (packet[0] & 0x0F) * 4)
    return source, target


@given(PORTS, PORTS, st.binary(max_size=60), st.integers(0, 5), st.integers(0, 40))
def test_there_and_back_and_every_checksum_is_right(port: int, server: int, payload: bytes, options: int, times: int) -> None:
    nat = Nat()
    for _ in range(times):
        nat.rebind()
    sent = datagram(PHONE, port, SERVER, server, payload, options)
    assert checksum(sent) == 0
    seen = nat.outward(sent)
    assert checksum(seen) == 0
    outside, to = ports(seen)
    assert to == server
    assert (outside == port) == (times == 0 or port < 1024)
    answer = nat.inward(datagram(SERVER, server, PHONE, outside, payload))
    assert checksum(answer) == 0
    assert ports(answer) == (server, port)


def test_what_comes_for_the_former_binding_does_not_reach_the_phone_s_port() -> None:
    nat = Nat()
    nat.rebind()
    before, _ = ports(nat.outward(datagram(PHONE, 40_000, SERVER, 9000, b"x")))
    nat.rebind()
    assert ports(nat.inward(datagram(SERVER, 9000, PHONE, before, b"y")))[1] != 40_000


def test_other_packets_pass_as_they_are() -> None:
    nat = Nat()
    nat.rebind()
    tcp = bytearray(datagram(PHONE, 40_000, SERVER, 443, b"x"))
    tcp[9] = 6
    for packet in (bytes(tcp), b"\x60" + bytes(47), datagram(PHONE, 40_000, SERVER, 9000, b"")[:25]):
        assert nat.outward(packet) == packet
        assert nat.inward(packet) == packet


def test_a_datagram_without_a_checksum_stays_without() -> None:
    nat = Nat()
    nat.rebind()
    sent = bytearray(datagram(PHONE, 40_000, SERVER, 9000, b"x"))
    sent[26:28] = b"\0\0"
    assert nat.outward(bytes(sent))[26:28] == b"\0\0"
