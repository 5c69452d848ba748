"""The rungs of a visit's directions (PROTOCOL.md, section 8): what pages and relay said of their legs, as changes to journal.

A direction carries the worse of what its sender's uplink and its receiver's downlink bear. A change is told at once, the
next of the same direction a second later at the earliest, and then the newest: whoever says a new rung at every moment
fills no journal. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations

from media.rate.ladder import Rung, worse
from server.events import RungChanged, WeakLeg
from server.session import Direction, Weakness
from signaling.seats import Role

AGAIN_AFTER_S = 1.0
_NOTHING = Weakness(Rung.FULL, WeakLeg.UPLINK)


@dataclass(frozen=True, slots=True)
class Rungs:
    """``sends`` and ``bears``: each seat's uplink and downlink as last said; ``told``: each direction's last change, when."""

    sends: Mapping[Role, Rung] = field(default_factory=dict)
    bears: Mapping[Role, Rung] = field(default_factory=dict)
    told: Mapping[Direction, tuple[Weakness, float]] = field(default_factory=dict)


def sending(rungs: Rungs, role: Role, rung: Rung) -> Rungs:
    """A page says what its uplink bears."""
    return replace(rungs, sends={**rungs.sends, role: rung})


def bearing(rungs: Rungs, role: Role, rung: Rung) -> Rungs:
    """The relay says what a leg's downlink bears."""
    return replace(rungs, bears={**rungs.bears, role: rung})


def begun_anew(rungs: Rungs, role: Role) -> Rungs:
    """A new connection has the seat: nothing is known of it, and the session has forgotten its directions."""
    return Rungs(
        {other: rung for other, rung in rungs.sends.items() if other is not role},
        {other: rung for other, rung in rungs.bears.items() if other is not role},
        {way: (_NOTHING if role in way else weak, at) for way, (weak, at) in rungs.told.items()},
    )


def relay_lost(rungs: Rungs) -> Rungs:
    """Nothing is known of any downlink."""
    return replace(rungs, bears={})


def changes(rungs: Rungs, here: Collection[Role], now: float) -> tuple[Rungs, tuple[RungChanged, ...], float | None]:
    """What to journal now of the directions between those who are here, and when to ask again (None: no need)."""
    told, due, again = dict(rungs.told), [], []
    for way in permutations(here, 2):
        weak = _weakness(rungs, *way)
        before, at = told.get(way, (_NOTHING, float("-inf")))
        if weak == before:
            continue
        if now < at + AGAIN_AFTER_S:
            again.append(at + AGAIN_AFTER_S)
            continue
        told[way] = (weak, now)
        due.append(RungChanged(*way, weak.rung, weak.why))
    return replace(rungs, told=told), tuple(due), min(again, default=None)


def _weakness(rungs: Rungs, sender: Role, receiver: Role) -> Weakness:
    """Of two equally weak legs the receiver's is named: what it cannot take also lowers what its sender measures."""
    sends, bears = rungs.sends.get(sender, Rung.FULL), rungs.bears.get(receiver, Rung.FULL)
    rung = worse(sends, bears)
    if rung is Rung.FULL:
        return _NOTHING
    return Weakness(rung, WeakLeg.DOWNLINK if rung is bears else WeakLeg.UPLINK)
