"""The ways a browser may take to the relay, as they stand in an answer and in the TURN settings. Pure.

Also the smallest offer that `media/sdp.py` takes: with it the command line gets real credentials for a real binding request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

_CANDIDATE = re.compile(
    r"a=candidate:\S{1,32} 1 (udp|tcp) \d{1,10} ([0-9A-Fa-f:.]{2,45}) (\d{1,5}) typ host(?: tcptype (\w{1,10}))?(?: .*)?",
    re.ASCII | re.IGNORECASE,
)
_TURN = re.compile(r"(turns?):(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?", re.ASCII)
_PORTS: Final = {"turn": 3478, "turns": 5349}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where the relay says that it can be reached; ``transport`` is "udp" or "tcp"."""

    transport: str
    address: str
    port: int

    @property
    def six(self) -> bool:
        return ip_address(self.address).version == 6


@dataclass(frozen=True, slots=True)
class Survey:
    """What an answer says: the relay's ICE credentials and its candidates, in its order."""

    ufrag: str
    password: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class TurnUrl:
    """A TURN URI (RFC 7065) taken apart; ``transport`` is that between browser and TURN server: "udp", "tcp" or "tls"."""

    host: str
    port: int
    transport: str


def survey(answer: str) -> Survey:
    """Of an answer in SDP. Raises ``ValueError`` when it has no ICE credentials or no candidate."""
    ufrag = re.search(r"^a=ice-ufrag:(\S+)\s*$", answer, re.MULTILINE)
    password = re.search(r"^a=ice-pwd:(\S+)\s*$", answer, re.MULTILINE)
    found: dict[Candidate, None] = {}
    for line in answer.splitlines():
        match = _CANDIDATE.fullmatch(line.strip())
        if match is not None and int(match[3]) and (match[4] or "passive").lower() == "passive":
            found[Candidate(match[1].lower(), str(ip_address(match[2])), int(match[3]))] = None
    if ufrag is None or password is None or not found:
        raise ValueError("not an answer of the relay")
    return Survey(ufrag[1], password[1], tuple(found))


def turn_url(url: str) -> TurnUrl:
    """Raises ``ValueError`` for what is no TURN URI, or one of a transport that no browser speaks (``turns`` over UDP)."""
    match = _TURN.fullmatch(url.strip())
    if match is None:
        raise ValueError("not a TURN URI")
    scheme, host = match[1], match[2].strip("[]")
    port = int(match[3]) if match[3] else _PORTS[scheme]
    transport = match[4] or ("tcp" if scheme == "turns" else "udp")
    if not 0 < port < 65536 or (scheme == "turns" and transport == "udp"):
        raise ValueError("not a TURN URI that browsers use")
    return TurnUrl(host, port, "tls" if scheme == "turns" else transport)


def smallest_offer(ufrag: str, password: str) -> str:
    """An offer that is well-formed and sends nothing: its DTLS never begins, as the fingerprint is nobody's."""
    common = [
        "c=IN IP4 0.0.0.0",
        "a=inactive",
        "a=rtcp-mux",
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        "a=fingerprint:sha-256 " + ":".join(["00"] * 32),
        "a=setup:actpass",
    ]
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 111", *common, "a=mid:0", "a=rtpmap:111 opus/48000/2"]
    lines += ["m=video 9 UDP/TLS/RTP/SAVPF 96", *common, "a=mid:1", "a=rtpmap:96 VP8/90000"]
    return "\r\n".join([*lines, ""])
