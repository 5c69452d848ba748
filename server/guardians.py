"""Several guardians of one child: what each of them says, and who of them holds the guardian's seat; the rules of that.

The seat is one, and the presence rule knows one guardian: whoever holds it. Each guardian confirms the child and agrees for
themselves; a further guardian gets the seat only after both, and once the waiting room is left so does the booked one.
When another guardian takes the seat nobody has attested that person, so what was Live goes back to Verifying. Whoever takes
back what they had given ends the visit, holding the seat or not: they are in its recording. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from server.errors import Refused
from server.events import ChildConfirmed, ChildDenied, ConsentGiven, ConsentRefused, ConsentWithdrawn, SeatTaken
from server.session_seats import seated, with_seat
from server.session_state import REQUIRED_CONSENTS, Agreement, Consent, Held, Live, Seat, Session, State, Verifying, Waiting
from signaling.seats import Role

Said = ChildConfirmed | ChildDenied | ConsentGiven | ConsentRefused | ConsentWithdrawn


def told(session: Session, event: Said) -> Session:
    """The session with what that guardian said."""
    former = session.agreement(event.guardian)
    match event:
        case ChildConfirmed():
            return _with(session, event.guardian, replace(former, child_confirmed=True, child_denied=False))
        case ChildDenied():  # once the physician sees who is there, a denial is written down and is theirs to judge
            confirmed = former.child_confirmed and not isinstance(session.state, Waiting)
            return _with(session, event.guardian, replace(former, child_confirmed=confirmed, child_denied=True))
        case ConsentGiven(kind=kind):
            return _with(session, event.guardian, _answered(former, kind, Consent.GIVEN))
        case ConsentRefused(kind=kind):
            refused = Consent.WITHDRAWN if _takes_back(session, event) else Consent.REFUSED
            return _with(session, event.guardian, _answered(former, kind, refused))
        case _:
            return _with(session, event.guardian, _answered(former, event.kind, Consent.WITHDRAWN))


def ends(session: Session, event: Said) -> bool:
    """Whether it takes back what the call rests on; ``session`` is as it was before."""
    return (
        isinstance(event, ConsentRefused | ConsentWithdrawn) and event.kind in REQUIRED_CONSENTS and _takes_back(session, event)
    )


def came(session: Session, event: SeatTaken, now: float) -> Session:
    """A guardian's page takes the seat. Raises ``Refused`` for one who must have agreed before, and has not."""
    early = not event.guardian and isinstance(session.state, Waiting)
    if not early and not session.agreement(event.guardian).complete:
        raise Refused("consent_missing")
    taken = seated(session, event, now)
    if taken is session or event.guardian == session.guardian:
        return taken
    return replace(taken, guardian=event.guardian, state=_unattested(taken))


def removed(session: Session, guardian: str, now: float) -> Session:
    """That further guardian comes no more; the seat, if it is theirs, is empty and waits for the booked one."""
    without = replace(session, further={id: said for id, said in session.further.items() if id != guardian})
    if session.guardian != guardian:
        return without
    return with_seat(replace(without, guardian=""), Role.GUARDIAN, Seat(session.seats[Role.GUARDIAN].epoch), now)


def _unattested(session: Session) -> State:
    match session.state:
        case Live():
            return Verifying()
        case Held(causes=causes):
            return Held(Verifying(), causes)
        case state:
            return state


def _takes_back(session: Session, event: ConsentRefused | ConsentWithdrawn) -> bool:
    """A withdrawal always; a refusal, once somebody is seen or it goes on by text, of what that guardian had given."""
    if isinstance(event, ConsentWithdrawn):
        return True
    given = session.agreement(event.guardian).consents.get(event.kind) is Consent.GIVEN
    return given and (session.text or not isinstance(session.state, Waiting))


def _answered(former: Agreement, kind: str, answer: Consent) -> Agreement:
    return replace(former, consents={**former.consents, kind: answer})


def _with(session: Session, guardian: str, now_is: Agreement) -> Session:
    if guardian:
        return replace(session, further={**session.further, guardian: now_is})
    return replace(session, child_confirmed=now_is.child_confirmed, child_denied=now_is.child_denied, consents=now_is.consents)
