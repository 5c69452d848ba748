"""Repair of loss on one hop: what was sent, to send it again; what is missing, to ask for it.

Pure. ``RepairCache`` answers the far side's NACKs and never lets one packet be repeated faster than the round trip;
``GapTracker`` finds the holes of an uplink and asks for them within bounds of count, age and rate, so that repair does not
itself congest the path; ``Patience`` says how long a receiver should wait with a picture so that repair comes in time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

CAPACITY = 1024
"""Packets kept per line. A power of two, so that a 16-bit sequence finds its slot; as wide as a line's window for late ones."""
MAX_GAP = 500
"""A larger hole is not repaired: the stream has jumped, and a keyframe costs less."""
MAX_TRIES = 8
MAX_AGE_US = 1_000_000
REORDER_US = 10_000
"""A packet this little late is only reordered; on a path that has shown more, so much more, up to ``MOST_REORDER_US``."""
MOST_REORDER_US = 80_000
MIN_RETRY_US = 30_000
STOPPED_US = 400_000
"""A stream without a newer packet for so long has stopped, or its path has: what is missing of it is of no use any more, and to
ask for it would fill a path that is too narrow already. What comes next should begin with a keyframe."""
LONG_RTT_US = 60_000
UNKNOWN_RTT_US = 100_000  # a round trip before it was measured
"""From there on waiting for a second try costs more than saying everything twice."""
SAID_TWICE_US = 15_000
_CREDIT = 30  # hundredths of a request earned by a received packet: repair takes at most about a quarter of the path
_CREDIT_CAP = 100 * 100


class RepairCache:
    """The last packets of an outgoing line by their sequence number.

    The bytes are opaque: plaintext to be wrapped as a retransmission, or the ciphertext to be sent again as it was.
    """

    __slots__ = ("_again_us", "_packets", "_sequences")

    def __init__(self) -> None:
        self._packets: list[bytes | bytearray] = [b""] * CAPACITY
        self._sequences = array("i", [-1]) * CAPACITY
        self._again_us = array("q", [0]) * CAPACITY

    def store(self, index: int, packet: bytes | bytearray) -> None:
        """Keep what was sent with the output index (or sequence) ``index``."""
        slot = index % CAPACITY
        self._packets[slot] = packet
        self._sequences[slot] = index & 0xFFFF
        self._again_us[slot] = 0

    def recall(self, sequence: int, now_us: int, rtt_us: int) -> bytes | bytearray | None:
        """The packet last sent with this 16-bit sequence; None when it is gone or was repeated within the round trip.

        With ``rtt_us`` -1 it is given at any rate, and counts as repeated when it was before.
        """
        slot = sequence % CAPACITY
        if self._sequences[slot] != sequence:
            return None
        if rtt_us >= 0:
            if now_us < self._again_us[slot]:
                return None
            self._again_us[slot] = now_us + rtt_us
        return self._packets[slot]

    def clear(self) -> None:
        """Forget everything, as when the key changed: old ciphertexts are of no use then."""
        self._packets[:] = [b""] * CAPACITY
        self._sequences = array("i", [-1]) * CAPACITY


class GapTracker:
    """The holes in one incoming stream, and when to ask for them.

    Over a long way each request is made twice, as it may be lost like any packet; a sender answers the first it gets and
    ignores the other for a round trip.
    """

    __slots__ = (
        "_credit", "_highest", "_late_us", "_left", "_missing", "_newest_us", "_next", "_rtt_us", "answered_us", "broken",
        "lost", "recovered", "requests",
    )  # fmt: skip

    def __init__(self) -> None:
        self._next = -1  # the 16-bit sequence that comes next
        self._highest = 0  # newest index: sequence plus 65536 a cycle
        self._missing: dict[int, list[int]] = {}  # index -> [found at, asked at, tries, times said in this try, first asked at]
        self._credit = _CREDIT_CAP
        self._late_us, self._rtt_us = REORDER_US, 0
        self._newest_us = 0
        self._left = False  # it stopped with holes
        self.answered_us = -1  # since its owner last looked: how long a repair took from the first request on
        self.broken = False  # since its owner last looked, a hole was left that a decoder cannot go past
        self.lost = 0  # given up
        self.recovered = 0
        self.requests = 0

    @property
    def missing(self) -> int:
        return len(self._missing)

    @property
    def begun(self) -> bool:
        """Whether any packet has come."""
        return self._next >= 0

    def received(self, sequence: int, now_us: int) -> None:
        """A packet came: in order, late, or repaired (then with its original sequence)."""
        if self._credit < _CREDIT_CAP:
            self._credit += _CREDIT
        if sequence == self._next:
            self._next = (sequence + 1) & 0xFFFF
            self._highest += 1
            self._newest_us = now_us
            return
        if self._next < 0:
            self._restart(sequence)
            return
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= 0x8000:
            hole = self._missing.pop(self._highest + 1 + ahead - 0x10000, None)
            if hole is not None:
                self.recovered += 1
                self._came_late(hole, now_us)
            return
        self._newest_us = now_us
        if ahead > MAX_GAP:
            self._restart(sequence)
            self.broken = True
            return
        for index in range(self._highest + 1, self._highest + 1 + ahead):
            self._missing[index] = [now_us, -1, 0, 0, -1]
        self._highest += ahead + 1
        self._next = (sequence + 1) & 0xFFFF
        while len(self._missing) > MAX_GAP:
            del self._missing[next(iter(self._missing))]
            self.lost += 1
            self.broken = True

    def _came_late(self, hole: list[int], now_us: int) -> None:
        """A hole was filled: if that was sooner than an answer can come, the packet was only reordered."""
        found_us, asked_us, tries, _, first_us = hole
        if not tries or now_us - asked_us < max(1, self._rtt_us >> 1):
            late_us = now_us - found_us
            self._late_us = max(self._late_us, min(MOST_REORDER_US, late_us + (late_us >> 2)))
        else:
            self._late_us = max(REORDER_US, self._late_us - (self._late_us >> 4))
            if tries == 1 or self._rtt_us < MIN_RETRY_US:  # else who knows which try it answers (Karn)
                self.answered_us = now_us - first_us

    def _restart(self, sequence: int) -> None:
        self.lost += len(self._missing)
        self._missing.clear()
        self._highest = sequence + 0x10000
        self._next = (sequence + 1) & 0xFFFF

    def give_up(self) -> None:
        """Nothing of what is missing will be asked for."""
        self.broken |= bool(self._missing)
        self.lost += len(self._missing)
        self._missing.clear()

    def resumed(self, now_us: int) -> bool:
        """Once: that it goes on after it had stopped with holes, which nobody will fill."""
        if not self._left or now_us - self._newest_us > STOPPED_US:
            return False
        self._left = False
        return True

    def due(self, now_us: int, rtt_us: int) -> list[int]:
        """The sequences to ask for now, oldest first; each counts as asked. Call it every 10 to 20 ms."""
        if not self._missing:
            return []
        if now_us - self._newest_us > STOPPED_US:
            self._left = True
            self.lost += len(self._missing)
            self._missing.clear()
            return []
        retry_us = max(MIN_RETRY_US, rtt_us + (rtt_us >> 2))
        self._rtt_us = rtt_us
        ask: list[int] = []
        given_up: list[int] = []
        for index, hole in self._missing.items():
            found_us, asked_us, tries, said, _ = hole
            if now_us - found_us > MAX_AGE_US or (tries >= MAX_TRIES and now_us - asked_us >= retry_us):
                given_up.append(index)
            elif (now_us - found_us >= self._late_us if tries == 0 else now_us - asked_us >= retry_us) and self._credit >= 100:
                self._credit -= 100
                hole[1], hole[2], hole[3] = now_us, tries + 1, 1
                if not tries:
                    hole[4] = now_us
                ask.append(index & 0xFFFF)
            elif said == 1 and rtt_us >= LONG_RTT_US and now_us - asked_us >= SAID_TWICE_US:
                hole[3] = 2
                ask.append(index & 0xFFFF)
        for index in given_up:
            del self._missing[index]
            self.broken = True
        self.lost += len(given_up)
        self.requests += len(ask)
        return ask


class Patience:
    """How long a picture should wait at its receiver, so that what is lost on the way has come before it is shown.

    Where a leg loses packets that is two round trips of it: one in five tries fails when a tenth is lost both ways. Browsers
    guess it from what they see, too little and too late.
    """

    __slots__ = ("_lower_at_us", "wait_ms")

    LOSSY = 0.015
    TRIES = 2
    SLACK_US = 60_000
    MOST_MS = 500
    STEP_MS = 50
    KEPT_US = 10_000_000

    def __init__(self) -> None:
        self.wait_ms = 0
        self._lower_at_us = -1

    def heed(self, legs: Iterable[tuple[float, int]], now_us: int) -> int:
        """``legs``: (loss 0..1, round trip in us or -1) of both ways; gives ``wait_ms``. It rises at once and falls late."""
        need_us = sum(self.TRIES * max(rtt_us, 0) + self.SLACK_US for loss, rtt_us in legs if loss >= self.LOSSY)
        need_ms = min(self.MOST_MS, -(-need_us // (1000 * self.STEP_MS)) * self.STEP_MS)
        if need_ms >= self.wait_ms:
            self.wait_ms, self._lower_at_us = need_ms, now_us + self.KEPT_US
        elif now_us >= self._lower_at_us:
            self.wait_ms = need_ms
        return self.wait_ms
