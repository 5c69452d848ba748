"""What takes something away is performed before its event is committed, everything else only after it."""

from __future__ import annotations

import pytest

from server.effects import (
    AnchorRecording,
    CloseGate,
    Effect,
    EndMedia,
    MakeRoom,
    OpenGate,
    ShowOut,
    ShowState,
    StartRecording,
    is_restrictive,
)
from signaling.seats import Role


@pytest.mark.parametrize("effect", [CloseGate(1), EndMedia(), ShowOut(Role.INTERPRETER)])
def test_closing_and_ending_come_before_the_commit(effect: Effect) -> None:
    assert is_restrictive(effect)


@pytest.mark.parametrize("effect", [OpenGate(1), StartRecording(), AnchorRecording(), MakeRoom(), ShowState()])
def test_everything_else_waits_for_the_commit(effect: Effect) -> None:
    assert not is_restrictive(effect)
