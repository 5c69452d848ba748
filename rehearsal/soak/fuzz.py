"""Every decoder that a stranger's bytes reach, with valid seeds and the one kind of error that it may raise.

``./peitong soak --fuzz MINUTES`` goes round them with a seeded chance; the tests go round them with hypothesis. A decoder fails
by any other error, or by taking longer than ``SLOW_S`` of processor time over one input: nothing a peer sends may be a job.
"""

from __future__ import annotations

import json
import random
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiortc.rtcdtlstransport import RTCCertificate

from media import control, framing, ice, red, rtcp, rtp, sdp
from media.recorder import assemble, manifest
from media.recorder.depacketise import Malformed, sps_size
from rehearsal.load import footage
from rehearsal.load.peer import Joining, binding_request
from rehearsal.soak import mutations
from signaling import line, messages, shapes

SLOW_S: Final = 0.5
_HERE: Final = ice.Credentials("herehere", "a password of some length")
_ADDRESS: Final = ("127.0.0.1", 5000)
_ICE: Final = ice.Credentials("u", "p")


@dataclass(frozen=True, slots=True)
class Target:
    """``take`` raises nothing but ``allowed``."""

    name: str
    seeds: tuple[bytes, ...]
    take: Callable[[bytes], Any]
    allowed: tuple[type[Exception], ...] = ()

    def check(self, data: bytes) -> None:
        """Raises whatever is not allowed, and ``TooSlow``."""
        began_s = time.thread_time()
        with suppress(*self.allowed):
            self.take(data)
        if time.thread_time() - began_s > SLOW_S:
            raise TooSlow(f"{self.name}: {time.thread_time() - began_s:.1f} s over {len(data)} bytes")


class TooSlow(Exception):
    """An input that is more work than a peer may ask for."""


# --- what takes the bytes -------------------------------------------------------------------------


def _stun(data: bytes) -> None:
    agent = ice.Agent()
    agent.grant(1, _HERE)
    agent.receive(data, _ADDRESS, 0)


def _sdp(data: bytes) -> None:
    offer = sdp.parse(data.decode("utf-8", "replace"))
    numbers = [sdp.PairNumbers(11, 12, 13, "c") for _ in range(offer.pairs)]
    sdp.answer(offer, sdp.Here(_ICE, "00", (), 1, 1), ("VP8", "H264"), numbers)


def _rtp(data: bytes) -> None:
    buffer, size = bytearray(data) + bytearray(64), len(data)
    header = rtp.header_size(buffer, size)
    if header < 0:
        return
    for identifier in range(1, 15):
        rtp.transport_sequence(buffer, header, identifier)
        rtp.find_extension(buffer, header, identifier, 3)
    list(rtp.extensions(buffer, header))
    rtp.padding_size(buffer, size)
    rtp.is_vp8_keyframe(buffer, header, size)
    rtp.is_h264_keyframe(buffer, header, size)
    rtp.unwrap_rtx(buffer, size, header, 96, 1)


def _red(data: bytes) -> None:
    buffer, size = bytearray(data), len(data)
    header = rtp.header_size(buffer, size)
    if header >= 0:
        red.unwrap(buffer, size, header, 111)


def _frames(codec: str) -> Callable[[bytes], None]:
    def take(data: bytes) -> None:
        """Payloads behind their lengths, as packets in order, with some lost, some late and some that have no header."""
        track = assemble.Track(codec)
        for number, payload in enumerate(_pieces(data)):
            flags = 0x80 if number % 11 else payload[0] if payload else 0
            sequence = number + 2 * (number % 13 == 7)
            head = struct.pack("!BBHII", flags, 96 | (number % 3 == 2) << 7, sequence, number // 3 * 3000, 1)
            track.push(head + payload, number * 1000)
        track.expire(1 << 40)
        track.flush()

    return take


def _assembled(data: bytes) -> None:
    assemble.parse_rtp(data, 1)


def _streamed(data: bytes) -> None:
    frames = framing.Frames(1500)
    for start in range(0, len(data), 97):
        for each in frames.feed(memoryview(data)[start : start + 97]):
            assert len(each) <= 1500


def _control_stream(data: bytes) -> None:
    reader = control.Reader()
    for start in range(0, len(data), 61):
        list(reader.feed(data[start : start + 61]))


def _json(read: Callable[[object], object]) -> Callable[[bytes], None]:
    def take(data: bytes) -> None:
        try:
            value = json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):  # the socket library's affair, and it is caught there
            return
        read(value)

    return take


def _socket_frame(data: bytes) -> None:
    line.is_frame(data.decode("utf-8", "replace"))


def _pieces(data: bytes) -> Sequence[bytes]:
    pieces, at = [], 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big") % 1500
        pieces.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return pieces


# --- what they are made of ------------------------------------------------------------------------


def _joined(payloads: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack("!H", len(each)) + each for each in payloads)


def _h264() -> bytes:
    sps = bytes.fromhex("6742c01f95a014016ec04400000300040000030070c000")
    unit = b"\x65" + bytes(range(256)) * 2
    stap = b"\x78" + _joined([sps, b"\x68\xce\x3c\x80"])
    return _joined([stap, unit, b"\x7c\x85" + unit[1:], b"\x7c\x05" + unit[1:], b"\x7c\x45" + unit[1:], b"\x41" + unit[1:]])


def _packet(payload_type: int, payload: bytes) -> bytes:
    return struct.pack("!BBHIIHHI", 0x90, payload_type, 7, 3000, 1, 0xBEDE, 1, 0x31000100) + payload


def _of_control() -> tuple[bytes, ...]:
    said = (
        control.Hello(control.VERSION, "app"), control.RoomOpen("r", 3000, ["guardian", "physician"]),
        control.LegOffer(1, "r", "guardian", 1, 1, "v=0"), control.GateOpen("r", 1, 1000, ["guardian"]),
        control.GateRenew([("r", 1)], 1000), control.LegAnswer(1, "v=0", [("0", "guardian")]),
        control.LegStatistics([{"room": "r", "audio": {"up_bytes": 1}}]),
        control.Tracks("r", [(1, "guardian", "audio", "opus", 48000)]),
    )  # fmt: skip
    batch = control.encode_batch("rec", control.batch_entry(1, 1000, bytes(40)) * 3)
    return (*(control.encode(each) for each in said), batch)


def _of_sockets() -> tuple[bytes, ...]:
    said = (
        messages.Offer(1, 1, "v=0"), messages.SendChat("c1", "您好"), messages.Leave(),
        messages.Attest(("guardian_seen",), "13800138000", "苏州市"),
        messages.Complete("小结", adequate=True), messages.Hold("other"),
    )  # fmt: skip
    return tuple(json.dumps(messages.encode(each), ensure_ascii=False).encode() for each in said)


def targets(more: dict[str, Sequence[bytes]] | None = None) -> list[Target]:
    """All of them. ``more``: further seeds by a target's name, such as what was captured from browsers."""
    film = footage.make(seed=1, bitrate_bps=200_000)
    offer = Joining(RTCCertificate.generateCertificate()).offer().encode()
    stun = binding_request(_HERE.ufrag, _HERE.password, "there", nominate=True)
    vp8 = [payload for frame in film.frames[:4] for payload in frame]
    blocks = (rtcp.ReportBlock(1, 3, 5, 70000, 9, 1, 2),)
    arrivals = [(n, n * 1000) for n in (*range(20), 22, 24, 25, 30, 31)] + [(40, 200_000), (41, 199_000)]  # every kind of chunk
    reports = (
        rtcp.sender_report(rtcp.SenderReport(1, 1 << 63, 3000, 9, 900, blocks)), rtcp.receiver_report(1, blocks),
        rtcp.nack(1, 2, [3, 5, 900]), rtcp.pli(1, 2) + rtcp.bye(1), rtcp.fir(1, 2, 3), rtcp.remb(1, 1_500_000, [2, 3]),
        rtcp.transport_feedback(1, 2, 0, arrivals, 7)[1],
    )  # fmt: skip
    sound = struct.pack("!I", 0x80 << 24 | 111 << 24 | 960 << 10 | 20) + b"\x6f" + bytes(60)
    intents, commands = _of_sockets(), _of_control()
    hello = json.dumps({"token": "t" * 43, "instance": "i" * 22, "language": "zh", "resume": None}).encode()
    manifest_line = b'{"at_us":1,"n":2,"previous":"' + b"0" * 64 + b'","seconds":3,"type":"end"}'
    found = [
        Target("stun", (stun,), _stun),
        Target("sdp", (offer,), _sdp, (sdp.Malformed, sdp.NoCommonCodec)),
        Target("rtp", (_packet(96, vp8[0]), _packet(111, b"sound")), _rtp, (rtp.Malformed,)),
        Target("rtp recorded", (_packet(96, vp8[0]),), _assembled, (Malformed,)),
        Target("red", (_packet(63, sound),), _red, (red.Malformed,)),
        Target("rtcp", reports, rtcp.parse, (rtcp.Malformed,)),
        Target("vp8", (_joined(vp8),), _frames("VP8")),
        Target("h264", (_h264(),), _frames("H264")),
        Target("opus", (_joined(film.sounds[:9]),), _frames("opus")),
        Target("sps", (bytes.fromhex("6742c01f95a014016ec04400000300040000030070c000"),), sps_size, (Malformed,)),
        Target("control frame", tuple(each[4:] for each in commands), control.decode, (control.Malformed,)),
        Target("control stream", (b"".join(commands),), _control_stream, (control.Malformed,)),
        Target("tcp stream", (_joined([stun, *vp8[:3]]),), _streamed, (framing.TooLong,)),
        Target("intent", intents, _json(messages.decode_intent), (shapes.Malformed,)),
        Target("hello", (hello,), _json(messages.decode_hello), (shapes.Malformed,)),
        Target("server message", intents, _json(messages.decode_message), (shapes.Malformed,)),
        Target("socket frame", tuple(b'42["message",' + each + b"]" for each in intents), _socket_frame),
        Target("manifest line", (manifest_line,), manifest.read_line, (manifest.Malformed,)),
    ]
    return [_with(target, tuple((more or {}).get(target.name, ()))) for target in found]


def _with(target: Target, seeds: tuple[bytes, ...]) -> Target:
    return Target(target.name, target.seeds + seeds, target.take, target.allowed)


@dataclass(frozen=True, slots=True)
class Found:
    """An input that a decoder did not bear."""

    target: str
    data: bytes
    error: Exception


def go_round(seconds: float, seed: int) -> tuple[Counter[str], list[Found]]:
    """How many inputs each decoder took in that time, and at most one finding of each."""
    chance, taken, found = random.Random(seed), Counter[str](), list[Found]()
    here = targets()
    until_s = time.monotonic() + seconds
    while here and time.monotonic() < until_s:
        for target in list(here):
            data = mutations.mutate(target.seeds, chance)
            taken[target.name] += 1
            try:
                target.check(data)
            except Exception as error:  # that is what is looked for
                found.append(Found(target.name, data, error))
                here.remove(target)
    return taken, found
