"""From the relay's LegStatistics to what people and operations are shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from media.quality import light
from signaling.messages import LegQuality, Line, Quality
from signaling.seats import GUESTS, Role

_WORST = ("good", "fair", "poor")


def quality_message(legs: Mapping[Role, Mapping[str, Any]]) -> Quality:
    """One light for the call and each leg's two directions. The light is the worse leg's of the two that the visit rests on:
    a guest with a weak network makes nobody else's connection poor."""
    resting = [leg for role, leg in legs.items() if role not in GUESTS]
    worst = max((light(leg) for leg in resting), key=_WORST.index, default="good")
    return Quality(worst, tuple(_leg(role, leg) for role, leg in legs.items()))


def _leg(role: Role, leg: Mapping[str, Any]) -> LegQuality:
    return LegQuality(role, line(leg, "up"), line(leg, "down"), leg["rtt_ms"] if leg["rtt_ms"] >= 0 else None)


def line(leg: Mapping[str, Any], way: str) -> Line:
    """One direction of a leg: both kinds' rate, the worse kind's loss; jitter is measured on what arrives here."""
    kinds = (leg["audio"], leg["video"])
    jitter_ms = max(kind["up_jitter_ms"] for kind in kinds) if way == "up" else 0.0
    return Line(sum(kind[f"{way}_bps"] for kind in kinds), max(kind[f"{way}_loss"] for kind in kinds), float(jitter_ms))
