"""When each packet of an uplink arrived (retransmissions and padding too), told so that the browser's estimator works. Pure."""

from __future__ import annotations

from media import rtcp

HISTORY_US = 500_000
MAX_REPORTED = 250
"""Arrivals in one feedback packet: with the longest span and two bytes each it stays below the path's packet size."""
MAX_SPAN = 2000
"""One report is about no more sequence numbers than this: a source that leaps further is reported on from there."""
_FORGIVEN = 14  # hundredths of a lost packet that each one received makes up for: 12 % of all
_FORGIVEN_AT_ONCE = 40 * 100
_LOSS_OVER = 300  # packets


class FeedbackRecorder:
    """The arrivals of one transport (a leg), to be reported every 50 to 60 ms (draft-holmer-rmcat-transport-wide-cc-01).

    A hole is left out of the reports, rather than told as lost, as long as at most an eighth is lost: this hop repairs it. A
    sender takes each loss that it is told of for one of its making and falls to a tenth of what the path bears. Of more loss
    than that it is told, and the delay it sees in what arrived. A hole must not be told as received either: the sender would
    forget the packet and could not send it again.

    A recorder that is not ``forgiving`` tells of every hole, as a browser does.

    ``discreet``: tell of no hole at all. Chromium sends again at once what is told as lost behind its stream's last arrival
    (``RtpVideoSender``), and so feeds a queue that runs over.
    """

    __slots__ = (
        "_arrivals", "_count", "_credit", "_first", "_fresh", "_highest", "_most_credit", "_next", "_start", "came",
        "discreet", "loss", "octets",
    )  # fmt: skip

    def __init__(self, *, forgiving: bool = True) -> None:
        self.loss = 0.0  # 0..1, of late, before repair
        self.came = self.octets = 0  # packets that arrived, each once, and what they and their copies weighed
        self.discreet = False
        self._arrivals: dict[int, int] = {}
        self._first = self._highest = -1
        self._next = -1  # the 16-bit number after the highest
        self._start = -1  # the first index the next report is about
        self._fresh = False
        self._count = 0
        self._credit = self._most_credit = _FORGIVEN_AT_ONCE if forgiving else 0

    @property
    def missing(self) -> int:
        """Packets that have not arrived, of all since the beginning or the last leap; ``came`` counts from there too."""
        return self._highest - self._first + 1 - self.came if self._highest >= 0 else 0

    def received(self, sequence: int, arrival_us: int, octets: int = 0) -> None:
        """``sequence`` is the 16-bit transport-wide number; ``arrival_us`` best from the kernel; ``octets`` on the wire."""
        self.octets += octets
        if sequence == self._next:
            self._highest = index = self._highest + 1
        elif self._highest < 0:
            self._highest = self._first = self._start = index = sequence + 0x10000
        else:
            index = self._highest + (((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000)
            if index > self._highest:
                if index - self._start > MAX_SPAN:
                    self._arrivals.clear()
                    self._first = self._start = index
                    self.came = 0
                self._highest = index
            elif index in self._arrivals or self._highest - index > MAX_SPAN:
                return
            elif index < self._start:
                self._start = index
        self._next = (self._highest + 1) & 0xFFFF
        self._arrivals[index] = arrival_us
        self.came += 1
        self._fresh = True

    def take(self, sender_ssrc: int, media_ssrc: int, now_us: int) -> list[bytes]:
        """The feedback packets for what came since the last call; none when nothing came."""
        if not self._fresh:
            return []
        self._fresh = False
        known = self._arrivals
        out = []
        for start, run in self._runs():
            base, rest = start, run
            while rest:
                taken, packet = rtcp.transport_feedback(sender_ssrc, media_ssrc, base, rest[:MAX_REPORTED], self._count & 0xFF)
                out.append(packet)
                self._count += 1
                base = rest[taken - 1][0] + 1
                rest = rest[taken:]
        self._start = self._highest + 1
        while known and now_us - known[oldest := next(iter(known))] > HISTORY_US:
            del known[oldest]
        return out

    def _runs(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """(first index it is about, arrivals) of each stretch between two holes that are left out."""
        known = self._arrivals
        base = expected = self._start
        fresh = range(base, self._highest + 1)
        if all(map(known.__contains__, fresh)):  # nearly always
            self._credit = min(self._most_credit, self._credit + _FORGIVEN * len(fresh))
            self.loss *= (1 - 1 / _LOSS_OVER) ** len(fresh)
            return [(base, list(zip(fresh, map(known.__getitem__, fresh), strict=True)))]
        run: list[tuple[int, int]] = []
        runs = [(base, run)]
        for index in fresh:
            if index not in known:
                continue
            lost = 100 * (index - expected)
            if lost and (self.discreet or lost <= self._credit):
                self._credit = max(0, self._credit - lost)
                run = []
                runs.append((index, run))
            run.append((index, known[index]))
            self._credit = min(self._most_credit, self._credit + _FORGIVEN)
            self.loss += (min(0.5, index - expected) - self.loss) / _LOSS_OVER
            expected = index + 1
        return runs
