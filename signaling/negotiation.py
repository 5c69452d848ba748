"""The order of offers. Each page numbers its peer connections (`peer`) and the offers on each (`revision`), beginning anew
with every epoch of its seat; a relay's room numbers its legs. `place` puts an offer onto a leg or refuses it as stale, and
`is_latest` says whether an answer still belongs to what the page asked last. Pure: a table goes in, a table comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from signaling.messages import Refused
from signaling.seats import Role


@dataclass(frozen=True, slots=True, order=True)
class OfferKey:
    """Which offer of a seat: a later one compares greater."""

    epoch: int
    peer: int
    revision: int


@dataclass(frozen=True, slots=True)
class Placed:
    """The offer `key` is revision `key.revision` of leg `leg`."""

    key: OfferKey
    leg: int


@dataclass(frozen=True, slots=True)
class Legs:
    """The newest offer of every seat of one room, and the newest leg number given."""

    newest_leg: int = 0
    latest: Mapping[Role, Placed] = field(default_factory=lambda: MappingProxyType({}))


def place(legs: Legs, role: Role, key: OfferKey) -> tuple[Legs, Placed]:
    """The offer's leg: a new one for a new epoch or peer, the same one for a new revision. Raises `Refused("stale_offer")`."""
    before = legs.latest.get(role)
    if before is not None and key <= before.key:
        raise Refused("stale_offer")
    same_peer = before is not None and (before.key.epoch, before.key.peer) == (key.epoch, key.peer)
    leg = before.leg if before is not None and same_peer else legs.newest_leg + 1
    placed = Placed(key, leg)
    return Legs(max(legs.newest_leg, leg), MappingProxyType({**legs.latest, role: placed})), placed


def is_latest(legs: Legs, role: Role, key: OfferKey) -> bool:
    """Whether nothing newer was offered since: an answer to anything else is dropped."""
    latest = legs.latest.get(role)
    return latest is not None and latest.key == key
