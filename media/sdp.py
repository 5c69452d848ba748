"""A browser's offer in, our answer out, by allow-list (PROTOCOL.md, section 6; RFC 8866, 9429).

The offer must have exactly the shape that the page makes: sound and picture to us, then pairs of sound and picture from us,
in one BUNDLE. The answer repeats nothing that is not on the lists below, so no codec, extension or feedback we do not
implement is ever agreed. Remote candidates are not read at all. Parsing is linear in the input, which is capped; every fault
is ``Malformed``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from media.ice import Credentials

MAX_SIZE: Final = 32 * 1024
MAX_LINES: Final = 8
_MAX_CODECS = 64
_MAX_ATTRIBUTES = 512

TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_UPLINK_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
_DOWNLINK_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
_DIRECTIONS: Final = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_FINGERPRINT_BYTES: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_HOST, _PASSIVE = 126, 4  # type and direction preferences

_MEDIA = re.compile(r"(audio|video) ([0-9]{1,5}) UDP/TLS/RTP/SAVPF((?: [0-9]{1,3})+)", re.ASCII)
_RTPMAP = re.compile(r"([0-9]{1,3}) ([A-Za-z0-9_-]{1,32})/([0-9]{1,6})(?:/([0-9]{1,2}))?", re.ASCII)
_BY_TYPE = re.compile(r"([0-9]{1,3}|\*) (.+)", re.ASCII)
_EXTMAP = re.compile(r"([0-9]{1,3})(?:/(?:sendonly|recvonly|sendrecv|inactive))? (\S+)(?: .*)?", re.ASCII)
_SSRC = re.compile(r"([0-9]{1,10})(?: .*)?", re.ASCII)
_FID = re.compile(r"FID ([0-9]{1,10}) ([0-9]{1,10})", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_.+-]{1,32}", re.ASCII)
_UFRAG = re.compile(r"[A-Za-z0-9+/=_-]{4,256}", re.ASCII)  # RFC 8839 has no "=", "_", "-", but peers do
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){19,63}", re.ASCII)


class Malformed(ValueError):
    """The offer is nonsense, or not of the shape that the page makes."""


class NoCommonCodec(ValueError):
    """A well-formed offer without a codec that both sides can speak."""


@dataclass(frozen=True, slots=True)
class Codec:
    """An offered codec that we know: ``name`` is opus, VP8 or H264; ``rtx`` its retransmission type or -1, ``red`` that of
    opus with redundancy (RFC 2198) or -1."""

    name: str
    payload_type: int
    rtx: int
    parameters: str
    feedback: frozenset[str]
    red: int = -1


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One m-line. ``rtx_of`` maps retransmission SSRCs to the media's, where the offer announces them."""

    kind: str
    mid: str
    direction: str
    codecs: tuple[Codec, ...]
    extensions: Mapping[str, int]
    ssrcs: tuple[int, ...]
    rtx_of: Mapping[int, int]
    reduced_size: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """``lines``: audio, video to us, then audio and video from us, pair by pair."""

    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    lines: tuple[OfferedLine, ...]

    @property
    def pairs(self) -> int:
        return (len(self.lines) - 2) // 2

    @property
    def reduced_size(self) -> bool:
        return all(line.reduced_size for line in self.lines)

    def sends(self, picture: str) -> bool:
        """True when the picture line to us could carry ``picture``."""
        return any(codec.name == picture for codec in self.lines[1].codecs)

    def receives(self, picture: str) -> bool:
        """True when every picture line from us could carry ``picture``."""
        lines = [line for line in self.lines[2:] if line.kind == "video" and line.direction != "inactive"]
        return all(any(codec.name == picture for codec in line.codecs) for line in lines)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where we are to be reached: ``transport`` is udp, or tcp (passive)."""

    transport: str
    address: str
    port: int

    def line(self, number: int) -> str:
        """As the candidate of that number, from 0, the best first (RFC 8839, 5.1; RFC 6544, 4.5)."""
        if self.transport == "udp":
            preference, ending = 0xFFFF - number, ""
        else:  # RFC 6544, 4.2: below every UDP one
            preference, ending = _PASSIVE << 13 | 0x1FFF - number, " tcptype passive"
        priority = _HOST << 24 | preference << 8 | 255  # RFC 8445, 5.1.2.1
        return f"a=candidate:{number + 1} 1 {self.transport} {priority} {self.address} {self.port} typ host{ending}"


@dataclass(frozen=True, slots=True)
class Here:
    """Our side of an answer. ``candidates``: the best first; ``session`` and ``version`` for the o-line."""

    credentials: Credentials
    fingerprint: str
    candidates: tuple[Candidate, ...]
    session: int
    version: int


@dataclass(frozen=True, slots=True)
class PairNumbers:
    """The SSRCs and the name of the sound and picture that a pair of lines will carry, fixed before anything flows."""

    audio: int
    video: int
    video_rtx: int
    cname: str


@dataclass(frozen=True, slots=True)
class Uplink:
    """What the peer sends us on one line: codec names by payload type, retransmission type to media type; ``red``: the
    payload type of redundant sound or -1."""

    kind: str
    mid: str
    codecs: Mapping[int, str]
    rtx: Mapping[int, int]
    transport_cc: int
    nack: bool
    ssrcs: tuple[int, ...]
    rtx_of: Mapping[int, int]
    red: int = -1


@dataclass(frozen=True, slots=True)
class Downlink:
    """What we send on one line: payload types by codec name, retransmission types by media type, extension ids or 0;
    ``red``: the payload type of redundant sound or -1.

    Of ``transport_cc`` and ``send_time`` at most one is agreed: a browser that reports every arrival makes no estimate itself.
    """

    kind: str
    mid: str
    pair: int
    payload_types: Mapping[str, int]
    rtx: Mapping[int, int]
    send_time: int
    transport_cc: int
    playout_delay: int
    ssrc: int
    rtx_ssrc: int
    red: int = -1


@dataclass(frozen=True, slots=True)
class Answer:
    sdp: str
    uplinks: tuple[Uplink, ...]
    downlinks: tuple[Downlink, ...]


# --- reading --------------------------------------------------------------------------------------


def parse(sdp: str) -> Offer:
    """Raises ``Malformed``."""
    if len(sdp) > MAX_SIZE:
        raise Malformed("the offer is too large")
    sections: list[list[str]] = [[]]
    for line in sdp.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        if len(line) < 2 or line[1] != "=":
            raise Malformed("a line is not type=value")
        if line[0] == "m":
            sections.append([])
        sections[-1].append(line)
    if not 3 <= len(sections) <= MAX_LINES + 1:
        raise Malformed(f"{len(sections) - 1} media lines")
    if sections[0][0] != "v=0":
        raise Malformed("not an SDP")
    session = _Attributes(sections[0])
    media = [(section[0][2:], _Attributes(section[1:])) for section in sections[1:]]
    lines = tuple(_line(head, attributes) for head, attributes in media)
    _check_shape(lines, session)
    for attributes in (session, media[0][1]):
        if attributes.last("setup", "actpass") not in ("actpass", "active"):
            raise Malformed("the offerer must be able to start DTLS")
    ufrag = media[0][1].last("ice-ufrag", session.last("ice-ufrag", ""))
    if not _UFRAG.fullmatch(ufrag):
        raise Malformed("no ice-ufrag")
    return Offer(ufrag, _fingerprints(session, media[0][1]), lines)


class _Attributes:
    """The a-lines of one section, by name."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._values: dict[str, list[str]] = {}
        if len(lines) > _MAX_ATTRIBUTES:
            raise Malformed("too many lines")
        for line in lines:
            if line[0] == "a":
                name, _, value = line[2:].partition(":")
                self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def last(self, name: str, default: str) -> str:
        return self._values.get(name, [default])[-1]

    def matches(self, name: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        found = [pattern.fullmatch(value) for value in self.all(name)]
        return [match for match in found if match]


def _check_shape(lines: tuple[OfferedLine, ...], session: _Attributes) -> None:
    if len(lines) % 2 or any(line.kind != ("audio", "video")[n % 2] for n, line in enumerate(lines)):
        raise Malformed("the lines are not pairs of audio and video")
    for number, line in enumerate(lines):
        if line.direction not in ("inactive", "sendonly" if number < 2 else "recvonly"):
            raise Malformed(f"line {number + 1} is {line.direction}")
    mids = [line.mid for line in lines]
    groups = [value.split() for value in session.all("group")]
    if len(set(mids)) != len(mids) or ["BUNDLE", *mids] not in groups:
        raise Malformed("not one BUNDLE of all lines")


def _fingerprints(*places: _Attributes) -> tuple[tuple[str, str], ...]:
    found: set[tuple[str, str]] = set()
    for place in places:
        for value in place.all("fingerprint"):
            algorithm, _, digest = value.partition(" ")
            if _FINGERPRINT_BYTES.get(algorithm.lower()) == len(digest) // 3 + 1 and _HEX.fullmatch(digest):
                found.add((algorithm.lower(), digest.upper()))
    if not 1 <= len(found) <= len(_FINGERPRINT_BYTES):
        raise Malformed("no usable fingerprint")
    return tuple(sorted(found))


def _line(head: str, attributes: _Attributes) -> OfferedLine:
    match = _MEDIA.fullmatch(head)
    if match is None or "rtcp-mux" not in attributes or (match[2] == "0" and "bundle-only" not in attributes):
        raise Malformed("not a usable media line")
    mid = attributes.last("mid", "")
    directions = [name for name in ("sendrecv", *_DIRECTIONS) if name in attributes]
    if not _TOKEN.fullmatch(mid) or len(directions) != 1:
        raise Malformed("a media line needs one mid and one direction")
    offered = [int(number) for number in match[3].split()]
    if len(offered) > _MAX_CODECS:
        raise Malformed("too many codecs")
    extensions = {each[2]: int(each[1]) for each in attributes.matches("extmap", _EXTMAP) if 1 <= int(each[1]) <= 14}
    ssrcs = dict.fromkeys(int(each[1]) for each in attributes.matches("ssrc", _SSRC))
    return OfferedLine(
        kind=match[1],
        mid=mid,
        direction=directions[0],
        codecs=_codecs(match[1], offered, attributes),
        extensions=extensions,
        ssrcs=tuple(ssrcs)[:8],
        rtx_of={int(each[2]): int(each[1]) for each in attributes.matches("ssrc-group", _FID)},
        reduced_size="rtcp-rsize" in attributes,
    )


def _codecs(kind: str, offered: list[int], attributes: _Attributes) -> tuple[Codec, ...]:
    """The codecs that are on our list, in the order of the m-line."""
    names = {int(each[1]): (each[2].lower(), int(each[3]), each[4]) for each in attributes.matches("rtpmap", _RTPMAP)}
    formats = {each[1]: each[2] for each in attributes.matches("fmtp", _BY_TYPE)}
    feedback: dict[str, set[str]] = {}
    for each in attributes.matches("rtcp-fb", _BY_TYPE):
        feedback.setdefault(each[1], set()).add(each[2])
    retransmissions = {
        _parameters(formats.get(str(number), "")).get("apt", ""): number
        for number in reversed(offered)
        if names.get(number) == ("rtx", 90000, None)
    }
    redundancies = {
        primary: number
        for number in reversed(offered)
        if names.get(number) == ("red", 48000, "2")
        for primary, _, again in [formats.get(str(number), "").partition("/")]
        if again == primary
    }
    codecs = []
    for number in offered:
        known = _known(kind, names.get(number), _parameters(formats.get(str(number), "")))
        if known is not None:
            agreed = feedback.get(str(number), set()) | feedback.get("*", set())
            rtx, red = retransmissions.get(str(number), -1), redundancies.get(str(number), -1)
            codecs.append(Codec(known[0], number, rtx, known[1], frozenset(agreed), red if known[0] == "opus" else -1))
    return tuple(codecs)


def _known(kind: str, mapped: tuple[str, int, str | None] | None, parameters: Mapping[str, str]) -> tuple[str, str] | None:
    """(name, our fmtp) of a codec on our list."""
    match kind, mapped:
        case "audio", ("opus", 48000, "2"):
            return "opus", "minptime=10;useinbandfec=1"
        case "video", ("vp8", 90000, None):
            return "VP8", ""
        case "video", ("h264", 90000, None):
            profile = parameters.get("profile-level-id", "").lower()
            if re.fullmatch("42e0[0-9a-f]{2}", profile) and parameters.get("packetization-mode") == "1":
                return "H264", f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return None


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {name: value for name, _, value in pairs}


# --- answering ------------------------------------------------------------------------------------


def answer(offer: Offer, here: Here, pictures: Sequence[str], numbers: Sequence[PairNumbers]) -> Answer:
    """``pictures``: what the far legs can receive, the best first; ``numbers``: one for each pair of the offer.

    Raises ``NoCommonCodec``.
    """
    head = [
        "v=0",
        f"o=- {here.session} {here.version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(line.mid for line in offer.lines),
        "a=msid-semantic: WMS *",
    ]
    building = _Building(here)
    for line in offer.lines[:2]:
        building.uplink(line, ("opus",) if line.kind == "audio" else pictures)
    for number, line in enumerate(offer.lines[2:]):
        building.downlink(line, number // 2, numbers[number // 2])
    return Answer("\r\n".join([*head, *building.text, ""]), tuple(building.uplinks), tuple(building.downlinks))


@dataclass(slots=True)
class _Building:
    here: Here
    text: list[str] = field(default_factory=list)
    uplinks: list[Uplink] = field(default_factory=list)
    downlinks: list[Downlink] = field(default_factory=list)

    def uplink(self, line: OfferedLine, wanted: Sequence[str]) -> None:
        """A line to us: one codec, so that the browser sends what the far side can show."""
        codec = next((codec for name in wanted for codec in line.codecs if codec.name == name), None)
        if codec is None:
            raise NoCommonCodec(line.kind)
        self._section(line, [codec], _UPLINK_FEEDBACK, TRANSPORT_CC)
        if line.direction == "inactive":
            return
        self.uplinks.append(
            Uplink(
                kind=line.kind,
                mid=line.mid,
                codecs={codec.payload_type: codec.name},
                rtx={codec.rtx: codec.payload_type} if codec.rtx >= 0 else {},
                transport_cc=line.extensions.get(TRANSPORT_CC, 0),
                nack="nack" in codec.feedback,
                ssrcs=line.ssrcs,
                rtx_of=line.rtx_of,
                red=codec.red,
            )
        )

    def downlink(self, line: OfferedLine, pair: int, numbers: PairNumbers) -> None:
        """A line from us: every codec we know, as the sender at its other end decides."""
        codecs = list({codec.name: codec for codec in reversed(line.codecs)}.values())[::-1]
        if not codecs:
            raise NoCommonCodec(line.kind)
        reports = TRANSPORT_CC in line.extensions and all("transport-cc" in codec.feedback for codec in codecs)
        wanted = (TRANSPORT_CC if reports else ABS_SEND_TIME, *([PLAYOUT_DELAY] if line.kind == "video" else []))
        self._section(line, codecs, _DOWNLINK_FEEDBACK, *wanted)
        if line.direction == "inactive":
            return
        retransmits = line.kind == "video" and any(codec.rtx >= 0 for codec in codecs)
        ssrc = numbers.audio if line.kind == "audio" else numbers.video
        rtx_ssrc = numbers.video_rtx if retransmits else 0
        # a stream each: browsers hold sound back to the picture of its stream, and one that waits for repair may be late
        self.text.append(f"a=msid:pair-{pair}-{line.kind} pair-{pair}-{line.kind}")
        if rtx_ssrc:
            self.text.append(f"a=ssrc-group:FID {ssrc} {rtx_ssrc}")
        self.text += [f"a=ssrc:{each} cname:{numbers.cname}" for each in (ssrc, rtx_ssrc) if each]
        self.downlinks.append(
            Downlink(
                kind=line.kind,
                mid=line.mid,
                pair=pair,
                payload_types={codec.name: codec.payload_type for codec in codecs},
                rtx={codec.payload_type: codec.rtx for codec in codecs if codec.rtx >= 0},
                send_time=0 if reports else line.extensions.get(ABS_SEND_TIME, 0),
                transport_cc=line.extensions.get(TRANSPORT_CC, 0) if reports else 0,
                playout_delay=line.extensions.get(PLAYOUT_DELAY, 0) if line.kind == "video" else 0,
                ssrc=ssrc,
                rtx_ssrc=rtx_ssrc,
                red=max(codec.red for codec in codecs),
            )
        )

    def _section(self, line: OfferedLine, codecs: Sequence[Codec], feedback: Sequence[str], *extensions: str) -> None:
        # redundant sound comes first: it is the first of an answer's codecs that a browser sends
        types = [number for codec in codecs for number in (codec.red, codec.payload_type, codec.rtx) if number >= 0]
        self.text += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, types)),
            "c=IN IP4 0.0.0.0",
            f"a=mid:{line.mid}",
            f"a={_DIRECTIONS[line.direction]}",
            "a=rtcp-mux",
        ]
        if line.reduced_size:
            self.text.append("a=rtcp-rsize")
        agreed = [extension for extension in extensions if extension in line.extensions]
        self.text += [f"a=extmap:{line.extensions[extension]} {extension}" for extension in agreed]
        for codec in codecs:
            self._codec(line.kind, codec, feedback)
        here = self.here
        self.text += [
            f"a=ice-ufrag:{here.credentials.ufrag}",
            f"a=ice-pwd:{here.credentials.password}",
            f"a=fingerprint:sha-256 {here.fingerprint}",
            "a=setup:passive",
        ]
        self.text += [candidate.line(number) for number, candidate in enumerate(here.candidates)]
        self.text.append("a=end-of-candidates")

    def _codec(self, kind: str, codec: Codec, feedback: Sequence[str]) -> None:
        clock = "48000/2" if kind == "audio" else "90000"
        number = codec.payload_type
        self.text.append(f"a=rtpmap:{number} {codec.name}/{clock}")
        self.text += [f"a=rtcp-fb:{number} {each}" for each in feedback if each in codec.feedback]
        if codec.parameters:
            self.text.append(f"a=fmtp:{number} {codec.parameters}")
        if codec.rtx >= 0:
            self.text += [f"a=rtpmap:{codec.rtx} rtx/90000", f"a=fmtp:{codec.rtx} apt={number}"]
        if codec.red >= 0:
            self.text += [f"a=rtpmap:{codec.red} red/48000/2", f"a=fmtp:{codec.red} {number}/{number}"]
