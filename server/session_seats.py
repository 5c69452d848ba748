"""Who has a seat of a session, and what a direction between two of them carries: facts about connections, one by one. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from media.rate.ladder import Rung
from server.events import Doubted, MediaAlive, MediaSilent, RungChanged, SeatLeft, SeatTaken
from server.session_state import Seat, Session, Weakness
from signaling.seats import Role


def seated(session: Session, event: SeatTaken | SeatLeft | MediaAlive | MediaSilent | Doubted, now: float) -> Session:
    """A seat changed. Only a newer epoch takes it; only the present epoch, and only until it left, is heard."""
    seat = session.seats.get(event.role, Seat())
    if isinstance(event, SeatTaken):
        return with_seat(session, event.role, Seat(event.epoch, connected=True), now) if event.epoch > seat.epoch else session
    if event.epoch != seat.epoch or not seat.connected:
        return session
    match event:
        case SeatLeft():
            changed = Seat(seat.epoch)
        case MediaAlive():
            changed = replace(seat, media=True)
        case MediaSilent():
            changed = replace(seat, media=False)
        case Doubted(doubts=doubts):
            changed = replace(seat, doubts=doubts)
        case _:
            assert_never(event)
    return with_seat(session, event.role, changed, now)


def with_seat(session: Session, role: Role, seat: Seat, lost_at: float) -> Session:
    """The seat as it is now; presence that was lost was lost at ``lost_at``, and directions die with either of their ends."""
    before = session.seats.get(role, Seat())
    away_since = None if seat.present else lost_at if before.present else before.away_since
    stays = seat.connected and seat.epoch == before.epoch
    rungs = session.rungs if stays else {way: weak for way, weak in session.rungs.items() if role not in way}
    return replace(session, seats={**session.seats, role: replace(seat, away_since=away_since)}, rungs=rungs)


def carried(session: Session, event: RungChanged) -> Session:
    """One direction's rung, while both of its people are here."""
    both = {event.sender, event.receiver}
    if len(both) < 2 or not all(role in session.seats and session.seats[role].connected for role in both):
        return session
    way = (event.sender, event.receiver)
    others = {each: weak for each, weak in session.rungs.items() if each != way}
    weak = {} if event.rung is Rung.FULL else {way: Weakness(event.rung, event.why)}
    return replace(session, rungs=others | weak)
