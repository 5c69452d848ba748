"""Whether the queue on a downlink grows: the delay gradient (draft-ietf-rmcat-gcc-02, 4.2 to 4.4). Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Trendline:
    """Whether a queue grows, from how the gaps between groups of packets change on the way (GCC, 4.2 to 4.4).

    Groups are what was sent within 5 ms, or came in one lump behind one that was held up. The slope of the smoothed delay over
    20 groups is compared with a threshold that adapts, so that jitter and competing flows do not look like overuse.
    """

    __slots__ = (
        "_accumulated_ms", "_count", "_group", "_held_ms", "_last_ms", "_points", "_previous", "_previous_slope",
        "_smoothed_ms", "_start_us", "_threshold", "_times", "overusing", "underusing",
    )  # fmt: skip

    WINDOW = 20
    GROUP_US = 5_000
    GAIN = 4.0
    SMOOTHING = 0.9
    SUSTAINED_MS = 10.0
    _UP, _DOWN = 0.0087, 0.039

    def __init__(self) -> None:
        self.overusing = self.underusing = False
        self._group: list[int] | None = None  # first sent, last sent, last arrival (us)
        self._previous: tuple[int, int] | None = None  # last sent, last arrival of the group before
        self._start_us = 0
        self._points: deque[tuple[float, float]] = deque(maxlen=self.WINDOW)
        self._accumulated_ms = self._smoothed_ms = self._previous_slope = self._last_ms = 0.0
        self._threshold = 12.5
        self._held_ms = -1.0
        self._count = self._times = 0

    def packet(self, sent_us: int, arrival_us: int) -> None:
        """A packet that came, in the order of sending."""
        group = self._group
        if group is None:
            self._group, self._start_us = [sent_us, sent_us, arrival_us], arrival_us
            return
        first_us, last_us, came_us = group
        if sent_us - first_us <= self.GROUP_US or (
            arrival_us - came_us <= self.GROUP_US and arrival_us - came_us < sent_us - last_us  # in one lump
        ):
            if sent_us > last_us:
                group[1] = sent_us
            if arrival_us > came_us:
                group[2] = arrival_us
            return
        if self._previous is not None:
            self._delta(last_us - self._previous[0], came_us - self._previous[1], came_us)
        self._previous = last_us, came_us
        self._group = [sent_us, sent_us, arrival_us]

    def _delta(self, sent_us: int, arrived_us: int, at_us: int) -> None:
        self._count = min(self._count + 1, 60)
        self._accumulated_ms += (arrived_us - sent_us) / 1000
        self._smoothed_ms += (1 - self.SMOOTHING) * (self._accumulated_ms - self._smoothed_ms)
        now_ms = (at_us - self._start_us) / 1000
        self._points.append((now_ms, self._smoothed_ms))
        if len(self._points) == self.WINDOW:
            self._judge(_slope(self._points), sent_us / 1000, now_ms)

    def _judge(self, slope: float, passed_ms: float, now_ms: float) -> None:
        trend = self._count * slope * self.GAIN
        self.underusing = trend < -self._threshold
        self.overusing = False
        if trend > self._threshold:
            self._held_ms = passed_ms / 2 if self._held_ms < 0 else self._held_ms + passed_ms
            self._times += 1
            if self._held_ms > self.SUSTAINED_MS and self._times > 1 and slope >= self._previous_slope:
                self._held_ms, self._times, self.overusing = 0.0, 0, True
        else:
            self._held_ms, self._times = -1.0, 0
        self._previous_slope = slope
        self._adapt(abs(trend), now_ms)

    def _adapt(self, trend: float, now_ms: float) -> None:
        if trend <= self._threshold + 15:  # a spike says nothing about the usual
            gain = self._DOWN if trend < self._threshold else self._UP
            step = gain * (trend - self._threshold) * min(100.0, now_ms - self._last_ms)
            self._threshold = min(600.0, max(6.0, self._threshold + step))
        self._last_ms = now_ms


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the least-squares line; 0 when all came at once. One pass, as it runs for every group of packets."""
    count, from_x = len(points), points[0][0]
    sum_x = sum_y = sum_xx = sum_xy = 0.0
    for at, y in points:
        x = at - from_x
        sum_x += x
        sum_y += y
        sum_xx += x * x
        sum_xy += x * y
    under = sum_xx - sum_x * sum_x / count
    return (sum_xy - sum_x * sum_y / count) / under if under > 1e-9 else 0.0
