"""The load generator: ``python -m rehearsal.load.generator --peers N``, a process of its own, told what to do on stdin.

It makes the offers, takes the answers, joins (peer.py), and then sends pre-made media at true timing for every peer: a pacer of
2.5 times the rate in steps of 5 ms, sound every 20 ms, sender and receiver reports, estimates, consent checks. Of what it
receives it counts all and opens every fourth datagram; the delay is from just before a packet is sent to when the kernel took
its forwarded copy, so it does not contain this process's own slowness. How late it was itself it says too.

Lines of JSON. Out: ``{"offers": [...]}``, ``{"joined": n}``, then at the end the figures. In: ``{"answers": [...]}``,
``"begin"``, ``"end"``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import heapq
import json
import os
import random
import select
import struct
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from aiortc.rtcdtlstransport import RTCCertificate

from media import rtcp, rtp
from media.rate.feedback import FeedbackRecorder
from media.srtp import PacketBuffer
from rehearsal.load import footage
from rehearsal.load.footage import Footage
from rehearsal.load.peer import SO_TIMESTAMPNS, Joined, Joining

_JOINING_AT_ONCE: Final = 8
_LOOK_EVERY_NS: Final = 4_000_000
_TOO_LATE_NS: Final = 50_000_000
_PACE_NS: Final = 5_000_000
_PACE: Final = 2.5
_FRAME_NS: Final = 1_000_000_000 // footage.FRAMES_PER_S
_SOUND_NS: Final = 1_000_000_000 // footage.SOUNDS_PER_S
_ESTIMATE_NS: Final = 200_000_000
_ARRIVALS_NS: Final = 60_000_000
_CONSENT_NS: Final = 2_500_000_000
_ESTIMATE_BPS: Final = 3_000_000
_VIDEO_REPORT_EVERY, _AUDIO_REPORT_EVERY = 5, 25  # estimates: 1 s and 5 s
_NTP_EPOCH_S: Final = 2_208_988_800

_HEADER = struct.Struct("!BBHIIHHBHx")  # with one header extension element: the transport-wide sequence
_STAMP = struct.Struct("!Q")
_TIMESPEC = struct.Struct("qq")
_U32 = struct.Struct("!I")

Action = Callable[[int], int]
"""Does what was due at that time (CLOCK_MONOTONIC in ns) and says when it is due again, 0 for not."""


class Meter:
    """The counts of one window."""

    def __init__(self) -> None:
        self.sent = self.received = self.lost = self.unsent = self.feedback = self.nacks = self.keyframe_requests = (
            self.slips
        ) = 0
        self.delays_us: array[int] = array("q")
        self.late_us: array[int] = array("q")
        self.began_s = time.monotonic()
        self._cpu_s = time.process_time()

    def figures(self) -> dict[str, Any]:
        seconds = time.monotonic() - self.began_s
        return {
            "seconds": seconds,
            "sent": self.sent,
            "received": self.received,
            "lost": self.lost,
            "unsent": self.unsent,
            "slips": self.slips,
            "feedback": self.feedback,
            "nacks": self.nacks,
            "keyframe_requests": self.keyframe_requests,
            "cpu_percent": 100 * (time.process_time() - self._cpu_s) / seconds,
            "delays_us": sorted(self.delays_us),
            "late_us": sorted(self.late_us),
        }


class Track:
    """What is received of one SSRC, for the reports about it."""

    __slots__ = ("arrived_ns", "cycles", "highest", "middle", "reported", "ssrc")

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.highest = -1
        self.cycles = self.middle = self.arrived_ns = 0
        self.reported = (0, 0)

    def came(self, sequence: int) -> int:
        """How many are missing before this one."""
        before, self.highest = self.highest, sequence
        if before < 0:
            return 0
        ahead = (sequence - before) & 0xFFFF
        if ahead >= 0x8000:  # late, or sent again: it was counted as lost
            self.highest = before
            return -1
        if sequence < before:
            self.cycles += 0x10000
        return ahead - 1

    def block(self, now_ns: int) -> rtcp.ReportBlock:
        delay = (now_ns - self.arrived_ns) * 65_536 // 1_000_000_000 if self.middle else 0
        return rtcp.ReportBlock(self.ssrc, 0, 0, self.cycles + max(self.highest, 0), 0, self.middle, delay & 0xFFFFFFFF)


class Sending:
    """One SSRC that a peer sends."""

    __slots__ = ("clock_rate", "first", "octets", "packets", "payload_type", "sequence", "ssrc", "timestamp", "timestamp_ns")

    def __init__(self, ssrc: int, payload_type: int, clock_rate: int) -> None:
        self.ssrc, self.payload_type, self.clock_rate = ssrc, payload_type, clock_rate
        self.sequence = random.randrange(0x8000)
        self.timestamp = random.randrange(1 << 32)
        self.timestamp_ns = self.packets = self.octets = 0

    def report(self, now_ns: int) -> bytes:
        elapsed = (now_ns - self.timestamp_ns) * self.clock_rate // 1_000_000_000
        wall_ns = time.time_ns()
        ntp = (wall_ns // 1_000_000_000 + _NTP_EPOCH_S) << 32 | ((wall_ns % 1_000_000_000) << 32) // 1_000_000_000
        report = rtcp.SenderReport(self.ssrc, ntp, (self.timestamp + elapsed) & 0xFFFFFFFF, self.packets, self.octets)
        return rtcp.sender_report(report)


class Peer:
    """One participant: a camera, a microphone, and a receiver that reports as a browser does."""

    def __init__(self, joined: Joined, film: Footage, packet: PacketBuffer, load: Load) -> None:
        terms = joined.terms
        self.meter = load.meter
        self._joined, self._film, self._packet, self._load = joined, film, packet, load
        self._paced_bytes = int(_PACE * film.bitrate_bps / 8 * _PACE_NS / 1e9)
        self._sock, self._inbound, self._outbound = joined.sock, joined.inbound, joined.outbound
        self._video = Sending(terms.video_ssrc, terms.video_type, 90_000)
        self._audio = Sending(terms.audio_ssrc, terms.audio_type, 48_000)
        self._down = {ssrc: Track(ssrc) for ssrc in (terms.down_audio, terms.down_video)}
        self._element = terms.transport_cc << 4 | 1
        self._first = 0x90 if terms.transport_cc else 0x80
        self._start = _HEADER.size if terms.transport_cc else rtp.FIXED_HEADER
        self._transport_sequence = 0
        self._arrivals = FeedbackRecorder(forgiving=False) if terms.reports_arrivals else None
        self._frame = random.randrange(len(film.frames))
        self._picture_id = self._sound = self._estimates = self._turn = self._debt = 0
        self._queue: deque[tuple[bytes, int, int]] = deque()  # payload, marker, picture id

    # --- what it sends ----------------------------------------------------------------------------

    def frame(self, due_ns: int) -> int:
        """A picture from the encoder goes to the pacer."""
        payloads = self._film.frames[self._frame]
        self._frame = (self._frame + 1) % len(self._film.frames)
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        timestamp = (self._video.timestamp + 90_000 // footage.FRAMES_PER_S) & 0xFFFFFFFF
        self._video.timestamp, self._video.timestamp_ns = timestamp, due_ns
        last = len(payloads) - 1
        idle = not self._queue
        self._queue.extend((payload, 0x80 if n == last else 0, self._picture_id) for n, payload in enumerate(payloads))
        if idle and (later := self.pace(due_ns)):
            self._load.schedule(later, self.pace)
        return due_ns + _FRAME_NS

    def pace(self, due_ns: int) -> int:
        self._debt = max(self._debt - self._paced_bytes, 0)
        queue = self._queue
        while queue and self._debt < self._paced_bytes:
            payload, marker, picture_id = queue.popleft()
            self._send(self._video, payload, marker, picture_id)
            self._debt += len(payload)
        if queue:
            return due_ns + _PACE_NS
        self._debt = 0
        return 0

    def sound(self, due_ns: int) -> int:
        self._audio.timestamp = (self._audio.timestamp + 48_000 // footage.SOUNDS_PER_S) & 0xFFFFFFFF
        self._audio.timestamp_ns = due_ns
        self._send(self._audio, self._film.sounds[self._sound], 0, -1)
        self._sound = (self._sound + 1) % len(self._film.sounds)
        return due_ns + _SOUND_NS

    def estimate(self, due_ns: int) -> int:
        """Reports about the picture each second and about the sound every five; else REMB five times a second."""
        audio, video = self._down.values()
        message = b""
        if self._estimates % _VIDEO_REPORT_EVERY == 0:
            message += self._video.report(due_ns) + rtcp.receiver_report(self._video.ssrc, [video.block(due_ns)])
        if self._estimates % _AUDIO_REPORT_EVERY == 0:
            message += self._audio.report(due_ns) + rtcp.receiver_report(self._audio.ssrc, [audio.block(due_ns)])
        self._estimates += 1
        if self._arrivals is None:
            message += rtcp.remb(self._video.ssrc, _ESTIMATE_BPS, [video.ssrc])
        self._tell(message)
        return due_ns + _ESTIMATE_NS

    def arrivals(self, due_ns: int) -> int:
        """When the packets came, as a browser tells it (transport-wide feedback)."""
        if self._arrivals is None:
            return 0
        for message in self._arrivals.take(self._video.ssrc, self._video.ssrc, time.time_ns() // 1000):
            self._tell(message)
        return due_ns + _ARRIVALS_NS

    def _tell(self, message: bytes) -> None:
        if message:
            self._packet.data[: len(message)] = message
            self._put(self._outbound.protect_rtcp(self._packet, len(message)))

    def consent(self, due_ns: int) -> int:
        request = self._joined.consent()
        self._packet.data[: len(request)] = request
        self._put(len(request))
        return due_ns + _CONSENT_NS

    def _send(self, line: Sending, payload: bytes, marker: int, picture_id: int) -> None:
        packet, start = self._packet, self._start
        data = packet.data
        self._transport_sequence = (self._transport_sequence + 1) & 0xFFFF
        _HEADER.pack_into(
            data, 0, self._first, marker | line.payload_type, line.sequence, line.timestamp, line.ssrc,
            0xBEDE, 1, self._element, self._transport_sequence,
        )  # fmt: skip
        end = start + len(payload)
        data[start:end] = payload
        if picture_id >= 0:
            at = start + footage.PICTURE_ID_AT
            data[at], data[at + 1] = 0x80 | picture_id >> 8, picture_id & 0xFF
        line.sequence = (line.sequence + 1) & 0xFFFF
        line.packets += 1
        line.octets += len(payload)
        _STAMP.pack_into(data, start + footage.STAMP_AT, time.time_ns())
        self._put(self._outbound.protect(packet, end))
        self.meter.sent += 1

    def _put(self, size: int) -> None:
        try:
            self._sock.send(self._packet.view[:size])
        except OSError:
            self.meter.unsent += 1

    # --- what it receives -------------------------------------------------------------------------

    def drain(self) -> None:
        """Counts all that has come; opens every fourth datagram and takes its delay."""
        meter, packet = self.meter, self._packet
        data, views = packet.data, [packet.data]
        receive, receive_with_time = self._sock.recv_into, self._sock.recvmsg_into
        while True:
            self._turn += 1
            ancillary: list[tuple[int, int, bytes]] = []
            try:
                if self._turn & 3 and self._arrivals is None:
                    size = receive(data)
                else:
                    size, ancillary, _, _ = receive_with_time(views, 64)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error for something we sent
                continue
            if data[0] < 128:
                continue
            if 192 <= data[1] <= 223:
                self._control(size)
                continue
            if self._arrivals is not None and ancillary:  # a header is no secret: the number is its first extension
                seconds, ns = _TIMESPEC.unpack(ancillary[0][2])
                self._arrivals.received(data[17] << 8 | data[18], seconds * 1_000_000 + ns // 1000)
            track = self._down.get(_U32.unpack_from(data, 8)[0])
            if track is None:
                continue
            meter.received += 1
            meter.lost += track.came(data[2] << 8 | data[3])
            if ancillary and not self._turn & 3:
                self._measure(size, ancillary)

    def _measure(self, size: int, ancillary: list[tuple[int, int, bytes]]) -> None:
        size = self._inbound.unprotect(self._packet, size)
        header = rtp.header_size(self._packet.data, size)
        if header < 0 or ancillary[0][1] != SO_TIMESTAMPNS:
            return
        seconds, ns = _TIMESPEC.unpack(ancillary[0][2])
        (stamp,) = _STAMP.unpack_from(self._packet.data, header + footage.STAMP_AT)
        self.meter.delays_us.append((seconds * 1_000_000_000 + ns - stamp) // 1000)

    def _control(self, size: int) -> None:
        size = self._inbound.unprotect_rtcp(self._packet, size)
        meter, data, at = self.meter, self._packet.data, 0
        while at + 12 <= size:
            form, kind = data[at] & 0x1F, data[at + 1]
            if kind == 206 and form in (1, 4):  # a keyframe is wanted: the encoder makes one next
                meter.keyframe_requests += 1
                self._frame = 0
            elif kind == 205 and form == 1:
                meter.nacks += 1
            elif kind == 205 and form == 15:
                meter.feedback += 1
            elif kind == 200:
                track = self._down.get(_U32.unpack_from(data, at + 4)[0])
                if track is not None:
                    track.middle, track.arrived_ns = _U32.unpack_from(data, at + 10)[0], time.monotonic_ns()
            at += 4 + ((data[at + 2] << 8 | data[at + 3]) << 2)


class Load:
    """All peers of this process on one clock. ``rest`` passes so many nanoseconds."""

    def __init__(self, film: Footage, rest: Callable[[int], None] = lambda ns: time.sleep(ns / 1e9)) -> None:
        self.meter = Meter()
        self._film, self._rest = film, rest
        self._due: list[tuple[int, int, Action]] = []
        self._count = 0
        self._packet = PacketBuffer()
        self._peers: dict[int, Peer] = {}
        self._waiting = select.epoll()

    def add(self, joined: Joined) -> None:
        """The peer begins to send; nobody's encoder is in step with another's."""
        descriptor, now_ns = joined.sock.fileno(), time.monotonic_ns()
        peer = self._peers[descriptor] = Peer(joined, self._film, self._packet, self)
        self._waiting.register(descriptor, select.EPOLLIN)
        for action, period in (
            (peer.frame, _FRAME_NS), (peer.sound, _SOUND_NS), (peer.estimate, _ESTIMATE_NS), (peer.arrivals, _ARRIVALS_NS),
            (peer.consent, _CONSENT_NS),
        ):  # fmt: skip
            self.schedule(now_ns + random.randrange(period), action)

    def remove(self, joined: Joined) -> None:
        """The peer is gone without a word; its socket is closed."""
        peer = self._peers.pop(joined.sock.fileno())
        self._waiting.unregister(joined.sock)
        self._due = [each for each in self._due if getattr(each[2], "__self__", None) is not peer]
        heapq.heapify(self._due)
        joined.sock.close()

    def schedule(self, due_ns: int, action: Action) -> None:
        self._count += 1
        heapq.heappush(self._due, (due_ns, self._count, action))

    def run(self, told: Callable[[str], bool]) -> None:
        """Until ``told`` says that it is over; it gets each line that comes on stdin, and may add and remove peers."""
        lines, waiting = Lines(), self._waiting
        waiting.register(0, select.EPOLLIN)
        look_ns = 0
        while True:
            now_ns = self._act()
            if now_ns >= look_ns:
                look_ns = now_ns + _LOOK_EVERY_NS
                for descriptor, _ in waiting.poll(0, len(self._peers) + 1):
                    if descriptor in self._peers:
                        self._peers[descriptor].drain()
                    elif descriptor == 0 and any([told(line) for line in lines.arrived()]):  # noqa: C419 each is to be told
                        return
            wait_ns = min(self._due[0][0] if self._due else look_ns, look_ns) - time.monotonic_ns()
            if wait_ns > 0:
                self._rest(wait_ns)

    def _act(self) -> int:
        """What is due, as far as there is time for; gives the time. What is too late is done now, as a slow camera would."""
        due = self._due
        now_ns = time.monotonic_ns()
        until_ns = now_ns + _LOOK_EVERY_NS
        while due and due[0][0] <= now_ns < until_ns:
            due_ns, count, action = heapq.heappop(due)
            self.meter.late_us.append((now_ns - due_ns) // 1000)
            if now_ns - due_ns > _TOO_LATE_NS:
                self.meter.slips += 1
                due_ns = now_ns
            later = action(due_ns)
            if later:
                heapq.heappush(due, (later, count, action))
            now_ns = time.monotonic_ns()
        return now_ns

    def measure(self) -> None:
        """A new window."""
        self.meter = Meter()
        for peer in self._peers.values():
            peer.meter = self.meter


class Lines:
    """The lines that come on stdin."""

    def __init__(self) -> None:
        self._rest = b""

    def arrived(self) -> Iterator[str]:
        """Those that are complete; when stdin has ended, ``"end"``."""
        data = os.read(0, 1 << 20)
        if not data:
            yield '"end"'
        *whole, self._rest = (self._rest + data).split(b"\n")
        yield from (line.decode() for line in whole)


async def _join(joining: list[Joining], answers: list[str]) -> list[Joined]:
    at_once = asyncio.Semaphore(_JOINING_AT_ONCE)

    async def one(peer: Joining, answer: str) -> Joined:
        async with at_once:
            return await peer.join(answer)

    return await asyncio.gather(*(one(peer, answer) for peer, answer in zip(joining, answers, strict=True)))


def say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.load.generator", description="the bench's load generator")
    parser.add_argument("--peers", type=int, required=True)
    options = parser.parse_args(arguments)
    film = footage.make(seed=1)
    certificate = RTCCertificate.generateCertificate()
    joining = [Joining(certificate) for _ in range(options.peers)]
    say({"offers": [each.offer() for each in joining]})
    answers = ""
    lines = Lines()
    while not answers:
        answers = next(lines.arrived(), "")
    if answers == '"end"':
        return
    load = Load(film)
    for joined in asyncio.run(_join(joining, json.loads(answers)["answers"])):
        load.add(joined)
    say({"joined": options.peers})
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here makes cycles

    def told(line: str) -> bool:
        if line == '"begin"':
            load.measure()
        return line == '"end"'

    load.run(told)
    say(load.meter.figures())


if __name__ == "__main__":
    main()
