"""Redundant sound (RFC 2198): each packet carries the one before it once more, so that a single loss is mended without waiting.

Pure. Redundancy belongs to a hop: what a peer sent twice is unwrapped where it arrives, what was lost is put back into its
place, and each receiver is sent twice what its own path loses. So two lossy paths do not add up, and nobody pays for the
loss of another. Offsets are from the start of the buffer, sizes in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from media import rtp

LOSSY = 0.01
"""Above this share of loss in a report a path gets redundancy."""
CLEAR_US = 15_000_000
"""So long must the reports be better before it is left off again."""
_MAX_BLOCKS = 4
_MAX_OFFSET = 1 << 14
_MAX_LENGTH = 1 << 10
_LEAD = 5  # the header of one redundant block, and the byte of the primary


class Malformed(ValueError):
    """The payload is not what RFC 2198, section 3 describes."""


@dataclass(frozen=True, slots=True)
class Block:
    """An earlier packet's payload: so many packets ``back``, and so much ``earlier`` in the clock's units."""

    back: int
    earlier: int
    payload: bytes


def unwrap(buf: rtp.WriteBuffer, size: int, header: int, payload_type: int) -> tuple[int, list[Block]]:
    """Turn a redundant packet into its primary one, in place: the new size, and the earlier blocks, oldest first.

    Blocks of another payload type are left out, as are empty ones. Raises ``Malformed``.
    """
    end = size - rtp.padding_size(buf, size)
    heads: list[tuple[int, int, int]] = []
    at = header
    while at < end and buf[at] & 0x80:
        if at + 4 > end or len(heads) == _MAX_BLOCKS:
            raise Malformed("the block headers do not fit")
        word = int.from_bytes(buf[at : at + 4], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & 0x3FFF, word & 0x3FF))
        at += 4
    if at >= end or buf[at] != payload_type:
        raise Malformed("no primary block of the agreed codec")
    at += 1
    blocks = []
    for number, (kind, earlier, length) in enumerate(heads):
        if at + length > end:
            raise Malformed("a block is longer than the packet")
        if kind == payload_type and length and earlier:
            blocks.append(Block(len(heads) - number, earlier, bytes(buf[at : at + length])))
        at += length
    primary = bytes(buf[at:end])
    buf[header : header + len(primary)] = primary
    buf[0] &= 0xDF  # the padding is gone
    buf[1] = buf[1] & 0x80 | payload_type
    return header + len(primary), blocks


class Redundancy:
    """What one outgoing line of sound sends twice, and whether it does."""

    __slots__ = ("_clear_at_us", "_index", "_payload", "_timestamp")

    def __init__(self) -> None:
        self._clear_at_us = -1
        self._index = self._timestamp = -1
        self._payload = b""

    def reported(self, loss: float, now_us: int) -> None:
        """A report of the receiver on this line; ``loss`` 0 to 1 since its last one."""
        if loss > LOSSY:
            self._clear_at_us = now_us + CLEAR_US

    def wanted(self, now_us: int) -> bool:
        return now_us < self._clear_at_us

    def wrap(self, payload: bytes, index: int, timestamp: int, payload_type: int, now_us: int) -> bytes:
        """The payload to send as redundant sound, or b"" for the plain one. To be called for each packet, as each is
        the next one's redundant block; ``index`` and ``timestamp`` are those of the outgoing line."""
        before, self._payload = self._payload, payload
        follows = index == self._index + 1
        self._index = index
        earlier = (timestamp - self._timestamp) & 0xFFFFFFFF
        self._timestamp = timestamp
        if now_us >= self._clear_at_us or not follows or not before:
            return b""
        if not 0 < earlier < _MAX_OFFSET or len(before) >= _MAX_LENGTH or len(before) + len(payload) + _LEAD > 1200:
            return b""
        head = (0x80 | payload_type) << 24 | earlier << 10 | len(before)
        return head.to_bytes(4, "big") + bytes((payload_type,)) + before + payload
