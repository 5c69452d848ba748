"""What people are shown of the relay's statistics."""

from __future__ import annotations

from typing import Any

from server.quality import line, quality_message
from signaling.messages import Line
from signaling.seats import Role


def kind(**given: float) -> dict[str, Any]:
    names = ("up_bps", "down_bps", "up_loss", "down_loss", "up_jitter_ms", "down_jitter_ms")
    return dict.fromkeys(names, 0) | given


def leg(rtt_ms: float = 20, audio: dict[str, Any] | None = None, video: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"rtt_ms": rtt_ms, "audio": audio or kind(), "video": video or kind()}


def test_a_direction_is_both_kinds_rate_and_the_worse_loss() -> None:
    measured = leg(
        audio=kind(up_bps=40_000, up_loss=0.01, up_jitter_ms=3, down_bps=41_000),
        video=kind(up_bps=1_500_000, up_loss=0.04, up_jitter_ms=9, down_bps=900_000, down_loss=0.2),
    )
    assert line(measured, "up") == Line(1_540_000, 0.04, 9.0)
    assert line(measured, "down") == Line(941_000, 0.2, 0.0)


def test_the_light_is_the_worst_legs() -> None:
    message = quality_message({Role.GUARDIAN: leg(video=kind(up_loss=0.5)), Role.PHYSICIAN: leg()})
    assert message.light == "poor"
    assert [shown.role for shown in message.legs] == [Role.GUARDIAN, Role.PHYSICIAN]


def test_a_guests_weak_network_is_not_the_calls() -> None:
    message = quality_message({Role.GUARDIAN: leg(), Role.INTERPRETER: leg(video=kind(up_loss=0.5))})
    assert message.light == "good"
    assert [shown.role for shown in message.legs] == [Role.GUARDIAN, Role.INTERPRETER]


def test_a_round_trip_that_is_not_known_is_not_shown() -> None:
    (shown,) = quality_message({Role.GUARDIAN: leg(rtt_ms=-1)}).legs
    assert shown.rtt_ms is None


def test_without_legs_nothing_is_wrong() -> None:
    assert quality_message({}).light == "good"
