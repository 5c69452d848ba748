"""The third seat: a local doctor or an interpreter whom the physician invites into a visit. The rules that are its own.

An invitation is in force from ``GuestInvited`` until it is taken back, declined, or the session ends; there is one at a time.
Only while it is, and only after agreeing to the text about the recording, may the guest take the seat of the invited role;
when it is over the seat is empty at once, in the same step. What was said before the guest first came in (``Guest.since``) is
not for the guest. Nothing here touches state, gate or recorder: a guest changes who is in the room and nothing else. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from server.errors import Refused
from server.events import GuestAgreed, GuestDeclined, GuestInvited, InvitationTakenBack, SeatTaken
from server.session_seats import seated, with_seat
from server.session_state import Guest, Seat, Session
from signaling.seats import GUESTS, Role

AboutGuest = GuestInvited | GuestAgreed | GuestDeclined | InvitationTakenBack


def told(session: Session, event: AboutGuest, now: float) -> Session:
    """The session after the event; unchanged when it was told before. Raises ``Refused``."""
    match event:
        case GuestInvited():
            return _invited(session, event)
        case GuestAgreed(invitation=invitation):
            return replace(session, guest=replace(_in_force(session, invitation), agreed=True))
        case GuestDeclined(invitation=invitation):
            return _over(session, _in_force(session, invitation), now)
        case InvitationTakenBack(invitation=invitation):
            guest = session.guest
            return _over(session, guest, now) if guest is not None and guest.invitation == invitation else session


def came(session: Session, event: SeatTaken, now: float) -> Session:
    """A guest's page takes the seat. Raises ``Refused`` for whom no invitation is in force, or who has not agreed."""
    guest = session.guest
    if guest is None or guest.role is not event.role or not guest.agreed:
        raise Refused("not_allowed")
    taken = seated(session, event, now)
    return taken if taken is session or guest.since is not None else replace(taken, guest=replace(guest, since=now))


def room_for(session: Session) -> int:
    """Of how many others a page may receive sound and picture: of everybody who has, or ever had, a seat besides its own."""
    return len(session.seats) - 1


def here(session: Session) -> tuple[Role, ...]:
    """Whose seats are shown: a guest's as long as the invitation is in force."""
    guest = None if session.guest is None else session.guest.role
    return tuple(role for role in session.seats if role not in GUESTS or role is guest)


def _invited(session: Session, event: GuestInvited) -> Session:
    guest = session.guest
    if guest is not None and guest.invitation == event.invitation:
        return session
    if guest is not None:
        raise Refused("guest_invited")
    if event.role not in GUESTS:
        raise Refused("not_allowed")
    seats = session.seats if event.role in session.seats else {**session.seats, event.role: Seat()}
    return replace(session, guest=Guest(event.invitation, event.role), seats=seats)


def _in_force(session: Session, invitation: str) -> Guest:
    if session.guest is None or session.guest.invitation != invitation:
        raise Refused("not_allowed")
    return session.guest


def _over(session: Session, guest: Guest, now: float) -> Session:
    return with_seat(replace(session, guest=None), guest.role, Seat(session.seats[guest.role].epoch), now)
