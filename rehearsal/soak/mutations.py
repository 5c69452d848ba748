"""How a datagram that was valid is made into one that nearly is: the strategies that hostile peers and fuzzers share.

Pure: chance is an argument.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

_LARGEST: Final = 1500
_EDGES: Final = (0, 1, 0x7F, 0x80, 0xFF)
_STUN_HEADER: Final = 20
_FINGERPRINT_XOR: Final = 0x5354554E

Mutation = Callable[[bytes, Random], bytes]


def flip_bits(data: bytes, chance: Random) -> bytes:
    """One to eight bits."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8) if data else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncate(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def extend(data: bytes, chance: Random) -> bytes:
    return data + chance.randbytes(chance.randint(1, 64))


def lie_about_length(data: bytes, chance: Random) -> bytes:
    """Some 16 bits, where lengths and counts stand, become an edge, or nearly what they were."""
    if len(data) < 2:
        return data
    at = chance.randrange(min(len(data) - 1, 64))
    (value,) = struct.unpack_from("!H", data, at)
    lie = chance.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, value + 1, value - 1, value * 2)) & 0xFFFF
    return data[:at] + struct.pack("!H", lie) + data[at + 2 :]


def set_edges(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4) if data else 0):
        changed[chance.randrange(len(changed))] = chance.choice(_EDGES)
    return bytes(changed)


def repeat_a_part(data: bytes, chance: Random) -> bytes:
    """The same piece many times over, as against parsers whose cost is more than linear."""
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randint(1, 32)]
    return (data[:start] + piece * chance.randint(2, 64) + data[start:])[: 2 * _LARGEST]


MUTATIONS: Final[tuple[Mutation, ...]] = (flip_bits, truncate, extend, lie_about_length, set_edges, repeat_a_part)


def splice(first: bytes, second: bytes, chance: Random) -> bytes:
    """The beginning of one and the end of the other."""
    return first[: chance.randrange(len(first) + 1)] + second[chance.randrange(len(second) + 1) :]


def mutate(seeds: Sequence[bytes], chance: Random) -> bytes:
    """One of the seeds, changed once to three times."""
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 3)):
        data = splice(data, chance.choice(seeds), chance) if chance.random() < 0.15 else chance.choice(MUTATIONS)(data, chance)
    return data


def stun_with_another_transaction(request: bytes, chance: Random) -> bytes:
    """A binding request of which everything fits but the integrity: the ufrag is known, the fingerprint is right."""
    if len(request) < _STUN_HEADER + 8:
        return request
    changed = request[:8] + chance.randbytes(12) + request[_STUN_HEADER:-8]
    fingerprint = struct.pack("!I", zlib.crc32(changed) ^ _FINGERPRINT_XOR)
    return changed + request[-8:-4] + fingerprint


def rtp_that_was_not_sent(packet: bytes, chance: Random) -> bytes:
    """The header of a captured packet, somewhat later, with a payload and a tag that nobody made."""
    if len(packet) < 12:
        return packet
    (sequence,) = struct.unpack_from("!H", packet, 2)
    later = (sequence + chance.choice((0, 1, 2, 50, 1000, 0x4000, -1))) & 0xFFFF
    return packet[:2] + struct.pack("!H", later) + packet[4:12] + chance.randbytes(max(len(packet) - 12, 17))


def dtls_record(chance: Random) -> bytes:
    """An alert that would end a call, a hello, or a record of some epoch; alone or many in one datagram (RFC 6347, 4.1)."""
    bodies = (b"\x01\x00", b"\x02\x28", b"\x02\x0a", b"\x01" + chance.randbytes(60), b"\x01", chance.randbytes(40))
    kind = chance.choice((20, 21, 21, 22, 22, 23, 25, 0x2C, 0x3F))
    version = chance.choice((b"\xfe\xfd", b"\xfe\xff", b"\xfe\xfc"))
    epoch, sequence = chance.choice((0, 0, 1, 1, 2, 0xFFFF)), chance.choice((0, 1, 5, 1 << 20, (1 << 48) - 1))
    body = chance.choice(bodies)
    header = bytes((kind,)) + version + struct.pack("!H", epoch) + sequence.to_bytes(6, "big")
    record = header + struct.pack("!H", len(body)) + body
    return (record * chance.choice((1, 1, 1, 2, 20)))[:_LARGEST]
