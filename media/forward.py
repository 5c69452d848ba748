"""One direction of one track: the outgoing line that never breaks, and the asking for keyframes.

Pure. A ``Line`` lives as long as its far side: whatever source feeds it (a new leg after a reconnect, the same one after
a hold), its sequence goes on at the next number and its timestamp by the time that has passed, so the far side sees one
stream. It promises that no output index (rollover and sequence) is ever given out twice; a nonce depends on that.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

from media import rtp

WINDOW = 1024
"""How far behind the newest a late packet may be. The SRTP session's replay window must be at least this."""

KEYFRAME_EVERY_US = 300_000
_WINDOW_MASK = WINDOW - 1

StartsPicture = Callable[[rtp.ReadBuffer, int, int], bool]


class Line:
    """The sequence and timestamp line of one outgoing track (one SSRC at one receiver).

    Sources are named by rising ints (a leg's number, from 0): a higher one takes the line over as soon as it can begin
    there, a lower one is refused from then on. Indices are 48 bits: rollover and sequence, as SRTP counts them.
    """

    __slots__ = (
        "_base",
        "_clock_rate",
        "_first",
        "_highest",
        "_last_arrival_us",
        "_last_timestamp",
        "_offset",
        "_seen",
        "_stray",
        "highest",
        "running",
        "source",
        "ssrc",
        "starts_picture",
        "timestamp_offset",
    )  # fmt: skip

    def __init__(
        self, ssrc: int, clock_rate: int, sequence: int, timestamp: int, starts_picture: StartsPicture | None = None
    ) -> None:
        """``sequence`` and ``timestamp`` are the first to go out. With ``starts_picture`` each run waits for a keyframe."""
        self.ssrc = ssrc
        self.starts_picture = starts_picture
        self.source = -1
        self.highest = (sequence & 0xFFFF) - 1  # newest output index
        self.timestamp_offset = 0  # output minus source, modulo 2**32
        self._base = timestamp & 0xFFFFFFFF
        self._clock_rate = clock_rate
        self.running = -1  # the source of the present run; -1 when the next packet begins one
        self._stray = -1
        self._first = self._highest = self._offset = 0  # of the run: first and newest source index, output minus source
        self._last_timestamp = 0
        self._last_arrival_us = -1
        self._seen = array("q", [-1]) * WINDOW  # output indices, each in its slot

    @property
    def waiting(self) -> bool:
        """True from a splice, or from a new source's first packet, until the run begins: a video line wants a keyframe."""
        return self.running < 0

    def splice(self) -> None:
        """What comes next begins a new run: call it when the gate closes. What is late from before is refused."""
        self.running = -1

    def take(
        self, sequence: int, timestamp: int, source: int, arrival_us: int, buf: rtp.ReadBuffer, header: int, size: int
    ) -> int:
        """The 48-bit output index for a source's packet, or -1 if refused; its timestamp goes out plus ``timestamp_offset``.

        ``buf`` holds the packet as it came, its payload from ``header`` to ``size``.
        """
        if source != self.running and not self._begin(sequence, timestamp, source, arrival_us, buf, header, size):
            return -1
        ahead = (sequence - self._highest) & 0xFFFF
        if 0 < ahead < 0x8000:
            if ahead > rtp.MAX_DROPOUT:  # it begins a new run: no hole is passed on
                return self._anew(sequence, timestamp, source, arrival_us, buf, header, size)
            self._highest += ahead
            index = self._highest + self._offset
            self.highest = index
            self._last_timestamp = timestamp
            self._last_arrival_us = arrival_us
        else:
            behind = -ahead & 0xFFFF
            index = self._highest - behind + self._offset
            if behind >= WINDOW:
                if sequence == self._stray:  # two in a row from elsewhere: the source has restarted (RFC 3550, A.1)
                    return self._anew(sequence, timestamp, source, arrival_us, buf, header, size)
                self._stray = (sequence + 1) & 0xFFFF
                return -1
            if self._highest - behind < self._first or self._seen[index & _WINDOW_MASK] == index:
                return -1
        self._seen[index & _WINDOW_MASK] = index
        return index

    def _anew(
        self, sequence: int, timestamp: int, source: int, arrival_us: int, buf: rtp.ReadBuffer, header: int, size: int
    ) -> int:
        self.running = -1
        self._stray = -1
        return self.take(sequence, timestamp, source, arrival_us, buf, header, size)

    def _begin(
        self, sequence: int, timestamp: int, source: int, arrival_us: int, buf: rtp.ReadBuffer, header: int, size: int
    ) -> bool:
        """Lay the run that starts with this packet onto the line, right behind what has gone out; False to refuse it."""
        if source < self.source or (source == self.source and (self._highest - sequence) & 0xFFFF < WINDOW):
            return False  # an earlier source, or late from before the splice
        if self.starts_picture is not None and (header < 0 or not self.starts_picture(buf, header, size)):
            self.running = -1
            return False
        target = self._base
        if self._last_arrival_us >= 0:
            elapsed = (arrival_us - self._last_arrival_us) * self._clock_rate // 1_000_000
            target = self._last_timestamp + self.timestamp_offset + max(1, elapsed)
        self.timestamp_offset = (target - timestamp) & 0xFFFFFFFF
        self._first = sequence + 0x10000
        self._highest = self._first - 1
        self._offset = self.highest - self._highest
        self.source = self.running = source
        return True

    def source_index(self, output: int) -> int:
        """The source's index (its 16-bit sequence plus 65536 a cycle since this run began) behind an output sequence
        number of any width; -1 when it is not of the present run."""
        ahead = (output - self.highest) & 0xFFFF
        index = self._highest + (ahead - 0x10000 if ahead >= 0x8000 else ahead)
        return index - 0x10000 if self._first <= index <= self._highest else -1


class KeyframeRequests:
    """The requests for a keyframe to one source: many wishes become few requests, repeated until a keyframe comes."""

    __slots__ = ("_asked_us", "pending", "sent")

    def __init__(self) -> None:
        self.pending = False
        self.sent = 0
        self._asked_us = -1

    def want(self, now_us: int, rtt_us: int = 0) -> bool:
        """Someone needs a keyframe. True: send a request now (``due`` says when to repeat it)."""
        self.pending = True
        return self.due(now_us, rtt_us)

    def expect(self, now_us: int) -> None:
        """One should come by itself: a request is due only when it does not."""
        if not self.pending:
            self.pending, self._asked_us = True, now_us

    def due(self, now_us: int, rtt_us: int = 0) -> bool:
        """True when a request is to be sent now; it then counts as sent. Two are 300 ms or a round trip apart."""
        if not self.pending or (self._asked_us >= 0 and now_us - self._asked_us < max(KEYFRAME_EVERY_US, rtt_us)):
            return False
        self._asked_us = now_us
        self.sent += 1
        return True

    def came(self) -> None:
        """A keyframe began to arrive."""
        self.pending = False
