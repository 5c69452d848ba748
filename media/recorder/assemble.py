"""From the RTP packets of one track, as they arrived, to frames in the sender's order.

Promises: a hole in the sequence is waited for at most `WAIT_US`, and the rest of a frame at most `UNFINISHED_US`, then given
up, since nothing counts as durable that came after what is waited for; a new SSRC or a jump begins afresh; memory is bounded,
and nothing that a sender writes raises: it is dropped and counted. Pure: times come with the packets.
"""

from __future__ import annotations

from media import rtp
from media.recorder.depacketise import Frame, Malformed, Rtp, depacketiser

WAIT_US = 500_000
UNFINISHED_US = 1_000_000
"""From a frame's first packet. The rest may never come: a sender that stops its picture leaves the last one as it is."""
MAX_HELD = 1024  # packets behind a hole


def parse_rtp(data: bytes, arrival_us: int) -> Rtp:
    """Raises ``Malformed`` (RFC 3550, 5.1)."""
    start = rtp.header_size(data, len(data))
    if start < 0:
        raise Malformed("not an RTP packet")
    flags, second, sequence, timestamp, ssrc = rtp.unpack_header(data)
    payload = data[start : len(data) - rtp.padding_size(data, len(data))] if flags & 0x20 else data[start:]
    return Rtp(sequence, timestamp, ssrc, second > 0x7F, payload, arrival_us)


class Track:
    """Reordering and assembly of one track."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._depacketiser = depacketiser(codec)
        self._ssrc: int | None = None
        self._next: int | None = None  # unrolled sequence number; None: whatever comes is the first
        self._held: dict[int, Rtp] = {}
        self._after_loss = True
        self._fresh = True
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Packets and frames that came twice or too late, were lost in part or malformed."""
        return self._dropped + self._depacketiser.dropped

    def push(self, data: bytes, arrival_us: int) -> list[Frame]:
        """The frames that this packet completes."""
        try:
            packet = parse_rtp(data, arrival_us)
        except Malformed:
            self._dropped += 1
            return []
        frames: list[Frame] = []
        if packet.ssrc != self._ssrc:
            frames = self._begin_source()
            self._ssrc = packet.ssrc
        if self._next is None:
            self._next = packet.sequence
        step = (packet.sequence - self._next + 0x8000 & 0xFFFF) - 0x8000
        if not -rtp.MAX_DROPOUT < step < rtp.MAX_DROPOUT:
            frames += self._begin_source()
            self._next, step = packet.sequence, 0
        number = self._next + step
        if step == 0:
            delivered = self._deliver(packet)
            return [*frames, *delivered, *self._drain()] if frames or self._held else delivered
        if step < 0 or number in self._held:
            self._dropped += 1
            return frames
        self._held[number] = packet
        return frames + self._skip() if len(self._held) > MAX_HELD else frames

    def expire(self, now_us: int) -> list[Frame]:
        """Gives up the holes, and the frame's rest, that were waited for long enough."""
        frames: list[Frame] = []
        while self._held and min(p.arrival_us for p in self._held.values()) <= now_us - WAIT_US:
            frames += self._skip()
        began_us = self._depacketiser.pending_us()
        if began_us is not None and began_us <= now_us - UNFINISHED_US:
            self._depacketiser.reset()
            self._after_loss = True
        return frames

    def flush(self) -> list[Frame]:
        """Nothing more will fill a hole: all that can be had. The next packet may have any number."""
        frames: list[Frame] = []
        while self._held:
            frames += self._skip()
        self._depacketiser.reset()
        self._next, self._after_loss = None, True
        return frames

    def pending_us(self) -> int | None:
        """When the oldest packet came that is in no frame yet."""
        times = [p.arrival_us for p in self._held.values()]
        partial_us = self._depacketiser.pending_us()
        if partial_us is not None:
            times.append(partial_us)
        return min(times, default=None)

    def _begin_source(self) -> list[Frame]:
        frames = self.flush()
        self._dropped += self._depacketiser.dropped
        self._depacketiser = depacketiser(self._codec)
        self._fresh = True
        return frames

    def _deliver(self, packet: Rtp) -> list[Frame]:
        self._next = (self._next or 0) + 1
        if not packet.payload:  # a probe
            return []
        frames = self._depacketiser.take(packet, after_loss=self._after_loss)
        self._after_loss = False
        if self._fresh and frames:
            self._fresh = False
            frames[0] = frames[0]._replace(fresh=True)
        return frames

    def _drain(self) -> list[Frame]:
        frames: list[Frame] = []
        while self._held and (packet := self._held.pop(self._next or 0, None)) is not None:
            frames += self._deliver(packet)
        return frames

    def _skip(self) -> list[Frame]:
        """Gives up the hole before the lowest held packet."""
        self._next, self._after_loss = min(self._held), True
        self._dropped += 1
        return self._drain()
