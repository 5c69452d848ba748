"""Places the frames of several tracks on one time line: the recording's, in microseconds of the machine's monotonic clock.

Promises: as soon as a track's sender reports come, its frames lie where its sender's clock says they were taken (RFC 3550,
6.4.1), and all tracks of a seat share that clock, so sound and picture fit; until then, and whenever reports contradict
what arrives, frames lie where they arrived, jitter smoothed away. A seat's clock is laid on ours by the quickest of its recent
reports, so different seats differ by no more than their networks' delays. No frame is later than its own arrival. Pure.
"""

from __future__ import annotations

from collections import deque

from media.recorder.depacketise import Frame

_REPORTS = 24  # of one seat, both kinds: a minute or so, in which clocks drift by a few milliseconds at most
_CONTRADICTION_US = 1_500_000
_STEP_US = 400_000  # a seat's clock that is this far from its past was set, or is another machine's


class SeatClock:
    """The offset from one seat's NTP clock to ours; ``offset_us`` is known with the first report."""

    def __init__(self) -> None:
        self.offset_us = 0
        self._offsets: deque[int] = deque(maxlen=_REPORTS)

    def report(self, ntp_us: int, arrival_us: int) -> None:
        offset_us = arrival_us - ntp_us
        if self._offsets and abs(offset_us - self._offsets[-1]) > _STEP_US:
            self._offsets.clear()
        self._offsets.append(offset_us)
        self.offset_us = min(self._offsets)


class TrackClock:
    """From one track's RTP timestamps to our time."""

    def __init__(self, seat: SeatClock, rate: int) -> None:
        self._seat = seat
        self._rate = rate
        self._report: tuple[int, int] | None = None  # NTP in us, RTP
        self._anchor: tuple[int, int] | None = None  # RTP, arrival

    def report(self, ntp: int, rtp: int, arrival_us: int) -> None:
        """A sender report: ``ntp`` in 32.32 fixed point, ``rtp`` of the same moment."""
        ntp_us = (ntp * 1_000_000) >> 32
        self._report = (ntp_us, rtp)
        self._seat.report(ntp_us, arrival_us)

    def time_us(self, frame: Frame) -> int:
        if frame.fresh:
            self._anchor = self._report = None
        arrived_us = self._by_arrival(frame)
        if self._report is None:
            return arrived_us
        ntp_us, rtp = self._report
        reported_us = self._seat.offset_us + ntp_us + self._elapsed_us(rtp, frame.timestamp)
        if abs(reported_us - frame.began_us) > _CONTRADICTION_US:
            return arrived_us
        return min(reported_us, frame.began_us)

    def _by_arrival(self, frame: Frame) -> int:
        """The quickest frame so far is on time; those after it are late by what they come later."""
        if self._anchor is not None:
            rtp, at_us = self._anchor
            time_us = at_us + self._elapsed_us(rtp, frame.timestamp)
            if time_us <= frame.began_us < time_us + _CONTRADICTION_US:
                return time_us
        self._anchor = (frame.timestamp, frame.began_us)
        return frame.began_us

    def _elapsed_us(self, since: int, timestamp: int) -> int:
        ticks = (timestamp - since + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
        return ticks * 1_000_000 // self._rate
