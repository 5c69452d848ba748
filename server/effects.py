"""What the session machine asks for in return for an event: `session.step` gives them, the controller performs them through its
ports. Those marked *restrictive* (closing, ending) are performed before the event is committed, all others only after it
(DESIGN, invariant 4). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from signaling.seats import Role


@dataclass(frozen=True, slots=True)
class OpenGate:
    """Permissive: let frames pass between family and physician, under a lease of this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class CloseGate:
    """Restrictive: bar this generation and every older one."""

    generation: int


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Permissive: make the session's recording ready (its key, its folder, its first manifest line)."""


@dataclass(frozen=True, slots=True)
class AnchorRecording:
    """Permissive: write the manifest's head into the journal now."""


@dataclass(frozen=True, slots=True)
class EndMedia:
    """Restrictive: close every leg and the room; the recording is sealed to its end."""


@dataclass(frozen=True, slots=True)
class MakeRoom:
    """Permissive: there is a further seat; relay and pages are to make a place for its sound and picture."""


@dataclass(frozen=True, slots=True)
class ShowOut:
    """Restrictive: that seat's page and its media are out at once, and cannot come back by themselves."""

    role: Role


@dataclass(frozen=True, slots=True)
class ShowState:
    """Permissive: tell everyone in the session what it looks like now."""


Effect = OpenGate | CloseGate | StartRecording | AnchorRecording | EndMedia | MakeRoom | ShowOut | ShowState


def is_restrictive(effect: Effect) -> bool:
    """Whether the effect takes something away and so comes before its event is committed."""
    match effect:
        case CloseGate() | EndMedia() | ShowOut():
            return True
        case OpenGate() | StartRecording() | AnchorRecording() | MakeRoom() | ShowState():
            return False
        case _:
            assert_never(effect)
