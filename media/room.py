"""A room: up to four seats, one leg each, one gate, one recording.

The room joins what legs send to what legs receive. It promises that while its gate is closed nothing of one seat reaches
another, neither media nor reports nor requests, and nothing reaches the recorder; and that what passes while it is open is
given to the recorder first. Which pair of a leg's lines carries whose media follows from the order of ``seats`` and never
changes while the leg lives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from media import control, quality, rtcp
from media.egress import Outgoing
from media.feed import Feed, Recording
from media.gate import Change, Closed, Evidence, Gate, Opened
from media.leg import Leg, Stream
from media.plane import transport
from media.rate.rescue import THINNED
from media.srtp import PacketBuffer

MAX_SEATS = 4
_CLOCK_RATES = quality.CLOCK_RATES


def _wants_keyframe(outgoing: Outgoing, source: Leg) -> bool:
    return not outgoing.held and (outgoing.line.waiting or outgoing.line.source != source.number)


@dataclass(slots=True)
class Seat:
    """``last_us``: when its media was last heard, -1 when it has none now; ``announced``: the leg last said to be alive."""

    name: str
    leg: Leg | None = None
    highest_leg: int = 0
    alive: bool = False
    announced: int = 0
    last_us: int = -1


@dataclass(slots=True)
class Room:
    """``report`` takes the messages to the app, ``retire`` a leg that is over."""

    name: str
    seats: dict[str, Seat]
    silent_after_us: int
    feed: Feed
    report: Callable[[control.Message], None]
    retire: Callable[[Leg], None]
    clock_us: Callable[[], int]
    gate: Gate = field(init=False)
    _recording: Recording | None = None
    _tracks: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _sources: dict[Outgoing, Leg] = field(default_factory=dict)
    _was_open: bool = False

    def __post_init__(self) -> None:
        self.gate = Gate(self.silent_after_us)

    # --- seats and legs ---------------------------------------------------------------------------

    @property
    def legs(self) -> list[Leg]:
        return [seat.leg for seat in self.seats.values() if seat.leg is not None]

    def add_seats(self, names: list[str]) -> None:
        """Those not known yet come after all others, so that no pair of anybody's lines changes whose media it carries."""
        for name in names:
            if name not in self.seats and len(self.seats) < MAX_SEATS:
                self.seats[name] = Seat(name)

    def others(self, name: str) -> list[str]:
        """Whose media the pairs of this seat's legs carry, in order."""
        return [other for other in self.seats if other != name]

    def place(self, leg: Leg) -> None:
        """A leg takes its seat; the one before it ends, its seat stays as alive as it was."""
        seat = self.seats[leg.seat]
        before, seat.leg, seat.highest_leg = seat.leg, leg, leg.number
        if before is not None:
            self._end(before)
        self._leg_state(leg, "connecting")
        self.rewire()

    def ended(self, leg: Leg) -> None:
        """The peer said goodbye, the handshake failed, or the app closed the leg: the seat is silent at once."""
        seat = self.seats[leg.seat]
        if seat.leg is not leg:
            return
        seat.leg = None
        self._hear(seat)
        if seat.alive:
            seat.alive = False
            self.report(control.SeatMedia(self.name, seat.name, leg.number, False, seat.last_us))
        seat.last_us = -1
        self._end(leg)
        self._apply(self.gate.check(self._evidence(), self.clock_us()))
        self.rewire()

    def close_leg(self, number: int) -> None:
        """The app's wish."""
        for leg in self.legs:
            if leg.number == number:
                self.ended(leg)

    def connected(self, leg: Leg) -> None:
        self._leg_state(leg, "connected")
        self.rewire()

    def _end(self, leg: Leg) -> None:
        self.retire(leg)
        self._leg_state(leg, "closed")

    def _leg_state(self, leg: Leg, state: str) -> None:
        self.report(control.LegState(self.name, leg.seat, leg.number, state))

    def rewire(self) -> None:
        """Settles anew which outgoing tracks each leg's media feeds."""
        self._sources = {}
        for leg in self.legs:
            leg.feeds, leg.thinned = {"audio": [], "video": []}, []
            leg.downlink.pictures = 0
        for receiver in self.legs:
            others = self.others(receiver.seat)
            for (pair, kind), outgoing in receiver.outgoing.items():
                source = self.seats[others[pair]].leg if pair < len(others) else None
                uplink = source.uplinks.get(kind) if source is not None else None
                if source is None or uplink is None or not receiver.running or (pair, kind) not in receiver.active:
                    continue
                (codec,) = uplink.codecs.values()
                if not outgoing.feed_from(codec):
                    continue
                receiver.downlink.pictures += kind == "video"
                if kind == "video" and receiver.ladder.rung in THINNED:
                    source.thinned.append(outgoing)
                else:
                    source.feeds[kind].append(outgoing)
                    self._sources[outgoing] = source

    def close(self) -> None:
        """Gate, legs and feed are closed."""
        self._apply(self.gate.shut("room_closed"))
        for seat in self.seats.values():
            leg, seat.leg = seat.leg, None
            if leg is not None:
                self._end(leg)
        self._sources = {}
        self.record("")

    # --- the gate ---------------------------------------------------------------------------------

    def gate_open(self, generation: int, lease_ms: int, required: list[str]) -> None:
        now_us = self._listen()
        self._apply(self.gate.open(generation, lease_ms, required, self._evidence(), now_us))

    def gate_renew(self, generation: int, lease_ms: int) -> None:
        now_us = self._listen()
        self._apply(self.gate.renew(generation, lease_ms, self._evidence(), now_us))

    def gate_close(self, generation: int) -> None:
        self._apply(self.gate.close(generation))

    def record(self, name: str) -> None:
        """Attaches the room to a recording, or to none with ""."""
        before = self._recording
        if before is not None and before.name == name:
            return
        self._recording = None
        self._apply(self.gate.check(self._evidence(), self.clock_us()), before)
        if before is not None:
            self.feed.detach(before)
        self._tracks = {}
        for leg in self.legs:
            for stream in leg.streams.values():
                stream.track = -1
        if name:
            self._recording = self.feed.attach(name)

    def tick(self) -> None:
        """To be called every 20 ms: presence, the gate's limits, and the requests for what is missing."""
        now_us = self._listen()
        if not self.gate.generation:
            return
        self._apply(self.gate.check(self._evidence(), now_us))
        if not self.gate.generation:
            return
        for leg in self.legs:
            leg.heed_downlink(now_us)
        for leg in self.legs:
            for outgoing in leg.thinned:
                if outgoing.send_stills(leg.number, now_us):
                    self._report_now(outgoing, leg.stream("video"), now_us)
            if any(_wants_keyframe(outgoing, leg) for outgoing in leg.feeds["video"]) or any(
                outgoing.stills is not None and outgoing.stills.wanted(now_us) for outgoing in leg.thinned
            ):
                leg.ask_for_keyframe(now_us)
            leg.repair(now_us)
        if any([leg.look_down(now_us) and self._tell_rung(leg) for leg in self.legs]):  # noqa: C419 each has to look
            self.rewire()

    def _tell_rung(self, leg: Leg) -> bool:
        self.report(control.LegRung(self.name, leg.seat, leg.number, leg.ladder.rung.value))
        return True

    def tick_feedback(self) -> None:
        """To be called every 60 ms: what senders are told of rate."""
        now_us = self.clock_us()
        for leg in self.legs:
            leg.report_arrivals(now_us)
            if self.gate.generation:
                self._limit(leg, now_us)
                self._let_wait(leg, now_us)

    def _limit(self, leg: Leg, now_us: int) -> None:
        """Tells a leg how much its picture may take: what its own way bears, and the least of its receivers'."""
        stream, pictures = leg.stream("video"), leg.feeds["video"] or leg.thinned
        if stream is None or not pictures:
            return
        for outgoing in pictures:
            outgoing.measure(now_us)
        cap_bps = min(leg.overflow.cap_bps(now_us), *[outgoing.cap_bps(now_us) for outgoing in pictures])
        if leg.cap.tell(cap_bps, now_us):
            leg.send_rtcp(rtcp.remb(leg.ssrc, cap_bps, [stream.ssrc]))

    def _let_wait(self, receiver: Leg, now_us: int) -> None:
        """Lossy ways: pictures wait at their receiver until repair has come."""
        down = receiver.downlink.loss, receiver.counters.round_trip.rtt_us
        for outgoing in receiver.outgoing.values():
            source = self._sources.get(outgoing) if outgoing.downlink.kind == "video" else None
            if source is not None:
                up = source.feedback.loss, source.counters.round_trip.rtt_us
                outgoing.wait(outgoing.patience.heed((up, down), now_us))

    def statistics(self) -> list[dict[str, Any]]:
        now_us = self.clock_us()
        running = [leg for leg in self.legs if leg.running]
        for leg in running:
            leg.counters.candidate = transport(leg.path.address)
        return [leg.counters.statistics(now_us, leg.downlink.estimate_bps) for leg in running]

    def keyframe(self, name: str) -> None:
        seat = self.seats.get(name)
        if seat is not None and seat.leg is not None:
            seat.leg.ask_for_keyframe(self.clock_us())

    def _listen(self) -> int:
        """Notes whose media is heard, and reports changes; gives the time."""
        now_us = self.clock_us()
        for seat in self.seats.values():
            self._hear(seat)
            leg = seat.leg
            heard = seat.last_us >= 0 and now_us - seat.last_us < self.silent_after_us
            if heard and leg is not None and leg.last_rtp_us >= 0 and (not seat.alive or seat.announced != leg.number):
                seat.alive, seat.announced = True, leg.number
                self.report(control.SeatMedia(self.name, seat.name, leg.number, True, seat.last_us))
            elif seat.alive and not heard:
                seat.alive = False
                self.report(control.SeatMedia(self.name, seat.name, seat.announced, False, seat.last_us))
        return now_us

    def _hear(self, seat: Seat) -> None:
        if seat.leg is not None:
            seat.last_us = max(seat.last_us, seat.leg.last_rtp_us)

    def _evidence(self) -> Evidence:
        heard_us: Mapping[str, int] = {seat.name: seat.last_us for seat in self.seats.values() if seat.last_us >= 0}
        return Evidence(heard_us, self._recording.durable_us if self._recording is not None else -1)

    def _apply(self, changes: tuple[Change, ...], recording: Recording | None = None) -> None:
        """Performs and reports what the gate decided. ``recording``: the one to mark, if not the present one."""
        recording = recording or self._recording
        for change in changes:
            match change:
                case Opened(generation=generation):
                    self.report(control.GateOpened(self.name, generation))
                    self._mark(recording, True, "")
                case Closed(generation=generation, cause=cause, seat=seat):
                    at_us = self.clock_us()
                    self.report(control.GateClosed(self.name, generation, cause, seat, at_us))
                    if not self.gate.generation:
                        self._mark(recording, False, cause)
                case _:
                    assert_never(change)

    def _mark(self, recording: Recording | None, is_open: bool, cause: str) -> None:
        if is_open == self._was_open:
            return
        self._was_open = is_open
        if recording is not None:
            recording.gate(is_open, self.clock_us(), cause)
        for leg in self.legs:
            leg.ladder.interrupted(self.clock_us())
            if is_open:
                leg.downlink.opened(self.clock_us())
            for outgoing in leg.outgoing.values():
                outgoing.hold(leg.downlink.blocked and outgoing.downlink.kind == "video")
                outgoing.carry(leg.ladder.rung)
            for stream in leg.streams.values():
                if is_open and stream.clock is not None and stream.track >= 0 and recording is not None:
                    recording.clock(stream.track, *stream.clock)

    # --- what passes ------------------------------------------------------------------------------

    def media(self, leg: Leg, stream: Stream, packet: PacketBuffer, size: int, header: int, arrival_us: int) -> None:
        now_us = self.clock_us()  # not the arrival: what lay in the socket too long must not pass
        recording = self._recording
        if now_us >= self.gate.open_until_us or recording is None:
            return
        if leg.thinned and stream.kind == "video" and not self._thin(leg, packet, size, header, now_us):
            return  # it goes to nobody, so it is not recorded either
        if stream.track < 0:
            self._announce(recording, leg, stream)
        recording.packet(stream.track, arrival_us, packet.view[:size])
        for outgoing in leg.feeds[stream.kind]:
            if outgoing.forward(packet, size, header, leg.number, now_us):
                self._report_now(outgoing, stream, now_us)

    def _thin(self, leg: Leg, packet: PacketBuffer, size: int, header: int, now_us: int) -> bool:
        """Offers a picture's packet to the receivers that get stills; whether it goes to anybody at all."""
        kept = [outgoing.keep_still(packet, size, header, leg.number, now_us) for outgoing in leg.thinned]
        return any(kept) or bool(leg.feeds["video"])

    def _announce(self, recording: Recording, leg: Leg, stream: Stream) -> None:
        """Tells the recorder of a track's first packet, or of its new codec."""
        key = (leg.seat, stream.kind)
        number, codec = self._tracks.get(key, (len(self._tracks) + 1, ""))
        stream.track = number
        if codec != stream.codec:
            self._tracks[key] = (number, stream.codec)
            recording.has_tracks(
                [(number, seat, kind, codec, _CLOCK_RATES[kind]) for (seat, kind), (number, codec) in self._tracks.items()]
            )
        if stream.clock is not None:
            recording.clock(number, *stream.clock)

    def _report_now(self, outgoing: Outgoing, stream: Stream | None, now_us: int) -> None:
        """A line that was spliced has a new time base: say so before the source's next report, or lips and sound part."""
        if stream is None or stream.clock is None:
            return
        ntp, rtp, at_us = stream.clock
        elapsed_us = now_us - at_us
        now_rtp = (rtp + elapsed_us * _CLOCK_RATES[stream.kind] // 1_000_000) & 0xFFFFFFFF
        outgoing.report((ntp + (elapsed_us << 32) // 1_000_000) & 0xFFFFFFFFFFFFFFFF, now_rtp, now_us)

    def control(self, leg: Leg, messages: list[rtcp.Message], arrival_us: int) -> None:
        """What a leg says by RTCP."""
        now_us = self.clock_us()
        is_open = now_us < self.gate.open_until_us
        for message in messages:
            match message:
                case rtcp.SenderReport():
                    self._sender_report(leg, message, is_open, arrival_us, now_us)
                    self._blocks(leg, message.ssrc, message.blocks, is_open, now_us)
                case rtcp.ReceiverReport():
                    self._blocks(leg, message.ssrc, message.blocks, is_open, now_us)
                case rtcp.Nack(media=media, lost=lost):
                    if is_open and media in leg.by_ssrc:
                        leg.by_ssrc[media].resend(lost, leg.counters.round_trip.rtt_us, now_us)
                case rtcp.PictureLossIndication(media=media):
                    self._keyframe_for(leg, media, is_open, now_us)
                case rtcp.FullIntraRequest(entries=entries):
                    for media, _ in entries:
                        self._keyframe_for(leg, media, is_open, now_us)
                case rtcp.Remb():
                    if is_open:
                        self._estimate(leg, message, now_us)
                case rtcp.TransportFeedback():
                    leg.arrived(message, arrival_us)
                    if is_open:
                        self._limit_sources_of(leg, now_us)
                case rtcp.Bye():
                    pass
                case _:
                    assert_never(message)

    def _limit_sources_of(self, leg: Leg, now_us: int) -> None:
        for outgoing in leg.outgoing.values():
            source = self._sources.get(outgoing) if outgoing.downlink.kind == "video" else None
            if source is not None:
                self._limit(source, now_us)

    def _sender_report(self, leg: Leg, report: rtcp.SenderReport, is_open: bool, arrival_us: int, now_us: int) -> None:
        stream = leg.streams.get(report.ssrc)
        if stream is None or stream.repairs is not None:
            return
        stream.clock = (report.ntp, report.rtp, arrival_us)
        if not is_open:
            return
        if self._recording is not None and stream.track >= 0:
            self._recording.clock(stream.track, *stream.clock)
        for outgoing in (*leg.feeds[stream.kind], *(leg.thinned if stream.kind == "video" else ())):
            if outgoing.line.source == leg.number and not outgoing.line.waiting:
                outgoing.report(report.ntp, report.rtp, now_us)

    def _blocks(self, leg: Leg, reporter: int, blocks: tuple[rtcp.ReportBlock, ...], is_open: bool, now_us: int) -> None:
        """A receiver's word on our tracks: counted here, and told to the sources, each in its own numbers."""
        told: dict[Leg, list[rtcp.ReportBlock]] = {}
        for block in blocks:
            outgoing = leg.by_ssrc.get(block.ssrc)
            if outgoing is None:
                continue
            outgoing.flow.reported(block.ssrc, block.highest, block.lost)
            leg.counters.round_trip.answered(block.last_sr, block.delay, now_us)
            if outgoing.downlink.kind == "audio":
                leg.ladder.sound_lost(block.fraction_lost / 256, now_us)
            outgoing.reported(block.fraction_lost / 256, now_us)
            source = self._sources.get(outgoing)
            stream = source.stream(outgoing.downlink.kind) if source is not None and is_open else None
            highest = outgoing.line.source_index(block.highest)
            if source is not None and stream is not None and outgoing.line.source == source.number and highest >= 0:
                told.setdefault(source, []).append(rtcp.map_block(block, stream.ssrc, highest))
        for source, mapped in told.items():
            source.send_rtcp(rtcp.receiver_report(reporter, mapped))

    def _keyframe_for(self, leg: Leg, ssrc: int, is_open: bool, now_us: int) -> None:
        outgoing = leg.by_ssrc.get(ssrc)
        source = self._sources.get(outgoing) if outgoing is not None else None
        if is_open and source is not None:
            source.ask_for_keyframe(now_us)

    def _estimate(self, leg: Leg, message: rtcp.Remb, now_us: int) -> None:
        named = [leg.by_ssrc[ssrc] for ssrc in message.ssrcs if ssrc in leg.by_ssrc]
        pictures = [outgoing for outgoing in named if outgoing.downlink.kind == "video"]
        for outgoing in pictures:
            outgoing.remb.estimate(message.bitrate_bps // len(pictures), outgoing.bitrate_bps, now_us)
