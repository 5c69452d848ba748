"""Who holds a seat. A seat is (session, role); its epoch rises with every new holder, and the newest holder is its only voice.

Taking a seat has two steps, because the new epoch must be in the journal before it counts: `reserve` gives the number and
begins to collect what is said meanwhile, `confirm` makes its holder the voice and says whom it superseded, `abandon` forgets
it. A page that lost its socket comes back with `resume` and gets all it missed, or is told to begin anew. Nothing that is
posted to a seat is lost between those steps. Pure: connections are opaque names, messages opaque JSON objects.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEPT = 512
"""How many of the newest messages a seat keeps for a page that comes back."""

Json = Mapping[str, Any]


class Role(StrEnum):
    GUARDIAN = "guardian"
    PHYSICIAN = "physician"
    LOCAL_DOCTOR = "local_doctor"
    INTERPRETER = "interpreter"


GUESTS = frozenset({Role.LOCAL_DOCTOR, Role.INTERPRETER})
"""Who may be invited to the third seat."""


@dataclass(frozen=True, slots=True)
class Seat:
    session: str
    role: Role


@dataclass(frozen=True, slots=True)
class Holder:
    """A page in the visit on one device, over its present connection."""

    device: str
    instance: str
    connection: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Put this message on that connection under that number."""

    connection: str
    seq: int
    message: Json


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The first messages of a new epoch, and the connection that lost the seat with the number its farewell bears."""

    first: tuple[Delivery, ...]
    superseded: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What the page missed, and its former connection if that is still around."""

    missed: tuple[Delivery, ...]
    replaced: str | None


class Outbox:
    """The newest messages of one epoch, numbered from 1."""

    def __init__(self, kept: int = KEPT) -> None:
        self._messages: deque[tuple[int, Json]] = deque(maxlen=kept)
        self.last = 0

    def add(self, message: Json) -> int:
        self.last += 1
        self._messages.append((self.last, message))
        return self.last

    def since(self, seq: int) -> tuple[tuple[int, Json], ...] | None:
        """Every message after `seq`, or None when the outbox does not reach back that far (or never came that far)."""
        oldest = self._messages[0][0] if self._messages else 1
        if not oldest - 1 <= seq <= self.last:
            return None
        return tuple((n, message) for n, message in self._messages if n > seq)


@dataclass(slots=True)
class _Held:
    """The confirmed epoch of a seat; `connected` is False while its page is away."""

    epoch: int
    holder: Holder
    outbox: Outbox
    connected: bool = True


@dataclass(slots=True)
class _Reserved:
    holder: Holder
    collected: list[Json] = field(default_factory=list)


class Seats:
    """All seats of one server. Every method returns at once and nothing here calls anybody."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._held: dict[Seat, _Held] = {}
        self._reserved: dict[tuple[Seat, int], _Reserved] = {}
        self._newest: dict[Seat, int] = {}

    def reserve(self, seat: Seat, holder: Holder, floor: int) -> int:
        """A new epoch, above `floor` (the newest that the journal knows) and above any given before."""
        epoch = self._newest[seat] = max(self._newest.get(seat, 0), floor) + 1
        self._reserved[seat, epoch] = _Reserved(holder)
        return epoch

    def abandon(self, seat: Seat, epoch: int) -> None:
        self._reserved.pop((seat, epoch), None)

    def confirm(self, seat: Seat, epoch: int, welcome: Json) -> Confirmed | None:
        """Makes the reserved epoch the seat's voice; None when a newer one came first or the session is forgotten."""
        reserved = self._reserved.pop((seat, epoch), None)
        held = self._held.get(seat)
        if reserved is None or (held is not None and held.epoch > epoch):
            return None
        outbox = Outbox(self._kept)
        for message in (welcome, *reserved.collected):
            outbox.add(message)
        self._held[seat] = _Held(epoch, reserved.holder, outbox)
        superseded = (held.holder.connection, held.outbox.last + 1) if held is not None and held.connected else None
        return Confirmed(_deliveries(reserved.holder.connection, outbox.since(0) or ()), superseded)

    def resume(self, seat: Seat, holder: Holder, epoch: int, seq: int, floor: int) -> Resumed | None:
        """The same page goes on in its epoch; None when it has to take the seat anew."""
        held = self._held.get(seat)
        if held is None or held.epoch != epoch or floor > epoch:
            return None
        if (held.holder.device, held.holder.instance) != (holder.device, holder.instance):
            return None
        missed = held.outbox.since(seq)
        if missed is None:
            return None
        replaced = held.holder.connection if held.connected else None
        held.holder, held.connected = holder, True
        return Resumed(_deliveries(holder.connection, missed), replaced)

    def post(self, seat: Seat, message: Json, epoch: int | None = None) -> Delivery | None:
        """Adds a message to the seat, or to that epoch of it only; a delivery when its page is connected now."""
        if epoch is None:
            for (reserved_seat, _), reserved in self._reserved.items():
                if reserved_seat == seat:
                    reserved.collected.append(message)
        held = self._held.get(seat)
        if held is None or epoch not in (None, held.epoch):
            return None
        seq = held.outbox.add(message)
        return Delivery(held.holder.connection, seq, message) if held.connected else None

    def voice(self, seat: Seat, connection: str) -> int | None:
        """The epoch in which this connection speaks for the seat, if it does."""
        held = self._held.get(seat)
        return held.epoch if held is not None and held.connected and held.holder.connection == connection else None

    def lost(self, seat: Seat, connection: str) -> int | None:
        """The connection is gone; the epoch whose page is away now, if it was the seat's voice."""
        epoch = self.voice(seat, connection)
        if epoch is not None:
            self._held[seat].connected = False
        return epoch

    def release(self, seat: Seat, epoch: int) -> None:
        """That epoch gave the seat up; nobody can resume it."""
        held = self._held.get(seat)
        if held is not None and held.epoch == epoch:
            del self._held[seat]

    def vacate(self, seat: Seat) -> None:
        """Whoever holds the seat lost it, and whoever is about to take it does not get it."""
        self._held.pop(seat, None)
        self._reserved = {key: reserved for key, reserved in self._reserved.items() if key[0] != seat}

    def connection(self, seat: Seat) -> str | None:
        """The connection that speaks for the seat now."""
        held = self._held.get(seat)
        return held.holder.connection if held is not None and held.connected else None

    def of(self, session: str) -> tuple[Seat, ...]:
        """The seats of a session that are held or being taken."""
        seats = {seat for seat in self._held if seat.session == session}
        seats |= {seat for seat, _ in self._reserved if seat.session == session}
        return tuple(sorted(seats, key=lambda seat: seat.role))

    def forget(self, session: str) -> tuple[str, ...]:
        """Drops all of a session; the connections that spoke in it."""
        connections = tuple(c for seat in self.of(session) if (c := self.connection(seat)) is not None)
        self._held = {seat: held for seat, held in self._held.items() if seat.session != session}
        self._reserved = {key: reserved for key, reserved in self._reserved.items() if key[0].session != session}
        self._newest = {seat: epoch for seat, epoch in self._newest.items() if seat.session != session}
        return connections


def _deliveries(connection: str, numbered: Iterable[tuple[int, Json]]) -> tuple[Delivery, ...]:
    return tuple(Delivery(connection, seq, message) for seq, message in numbered)
