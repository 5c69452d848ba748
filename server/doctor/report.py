"""What a browser found, as the doctor's page sends it: read strictly, kept in our own words, shown to the administrator. Pure.

Nothing in it is free text, and nothing tells who ran the check or from which address: only our own addresses stand in it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

VERSION: Final = 1
MOST_WAYS: Final = 24
MOST_BYTES: Final = 16 * 1024
KINDS: Final = ("udp", "udp6", "tcp", "tcp6", "turn_udp", "turn_tcp", "turn_tls")
STATES: Final = ("good", "poor", "failed", "untested")
OVERALL: Final = ("good", "partial", "none")
CAMERA: Final = ("untested", "ok", "denied", "none", "busy", "unsupported")
DEVICES: Final = ("phone", "desktop")

_BROWSER = re.compile(r"[A-Za-z]{1,24}(?: [0-9]{1,4})?", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}", re.ASCII)
_MOST_MS: Final = 600_000
_MOST_BPS: Final = 10_000_000_000


class Malformed(ValueError):
    """Not a report that the page makes."""


@dataclass(frozen=True, slots=True)
class WayFound:
    """One way, tried alone. Figures are None where nothing was measured; ``loss`` is a share of the packets sent (0..1)."""

    kind: str
    host: str
    port: int
    state: str
    connected_ms: int | None
    rtt_ms: int | None
    loss: float | None
    up_bps: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the page. ``socket_ms`` is None when the WebSocket did not open."""

    browser: str
    device: str
    secure: bool
    camera: str
    socket_ms: int | None
    overall: str
    ways: tuple[WayFound, ...]


def read(document: object) -> Report:
    """Raises ``Malformed``."""
    fields = _object(document)
    if _whole(fields, "version", VERSION) != VERSION:
        raise Malformed("version")
    ways = fields.get("ways")
    if not isinstance(ways, list) or len(ways) > MOST_WAYS:
        raise Malformed("ways")
    secure = fields.get("secure")
    if not isinstance(secure, bool):
        raise Malformed("secure")
    return Report(
        browser=_text(fields, "browser", _BROWSER),
        device=_one_of(fields, "device", DEVICES),
        secure=secure,
        camera=_one_of(fields, "camera", CAMERA),
        socket_ms=_maybe(fields, "socket_ms", _MOST_MS),
        overall=_one_of(fields, "overall", OVERALL),
        ways=tuple(_way(_object(way)) for way in ways),
    )


def write(report: Report) -> str:
    """As kept, one line of JSON; ``read`` takes its object again."""
    return json.dumps({"version": VERSION, **asdict(report)}, separators=(",", ":"))


def _way(fields: dict[str, Any]) -> WayFound:
    port = _whole(fields, "port", 65535)
    if not port:
        raise Malformed("port")
    return WayFound(
        kind=_one_of(fields, "kind", KINDS),
        host=_text(fields, "host", _HOST),
        port=port,
        state=_one_of(fields, "state", STATES),
        connected_ms=_maybe(fields, "connected_ms", _MOST_MS),
        rtt_ms=_maybe(fields, "rtt_ms", _MOST_MS),
        loss=_share(fields, "loss"),
        up_bps=_maybe(fields, "up_bps", _MOST_BPS),
    )


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("an object belongs here")
    return value


def _text(fields: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(name)
    return value


def _one_of(fields: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise Malformed(name)
    return value


def _whole(fields: dict[str, Any], name: str, most: int) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value <= most:
        raise Malformed(name)
    return value


def _maybe(fields: dict[str, Any], name: str, most: int) -> int | None:
    return None if name in fields and fields[name] is None else _whole(fields, name, most)


def _share(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name, "")
    if value is None:
        return None
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise Malformed(name)
    return float(value)
