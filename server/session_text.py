"""A visit that begins by text: what its own rules are (`server.session`, rule 12). Pure.

Text is a way of waiting: the state stays Waiting with ``text_since`` set, until the gate opens, the session ends, or the
physician says that these are others. Whoever the physician may admit may be taken on by text, under the very same conditions.
"""

from __future__ import annotations

from dataclasses import replace

from server.errors import Refused
from server.events import Outcome
from server.session_state import Session, Waiting
from signaling.seats import Role


def check_ready(session: Session) -> None:
    """Raises ``Refused`` while the family cannot be admitted, nor be taken on by text: not agreed, or not here."""
    if not session.consented:
        raise Refused("consent_missing")
    if not session.seats[Role.GUARDIAN].connected:
        raise Refused("wrong_state")


def taken_on(session: Session, state: Waiting, now: float) -> Session:
    """The physician begins by text; unchanged when that was so already."""
    if session.admitted:
        raise Refused("wrong_state")
    if state.text_since is not None:
        return session
    check_ready(session)
    until = max(state.until, _put_off(session, now))
    return replace(session, state=Waiting(until, text_since=now), family_denied=False)


def parted(session: Session) -> Session:
    """These are others, says the physician: what began by text is over, and they wait as before."""
    state = session.state
    return replace(session, state=replace(state, text_since=None)) if isinstance(state, Waiting) else session


def out_of_time(session: Session, now: float) -> Session | Outcome:
    """The closing of the waiting room is put off while both are connected; otherwise whoever is not is absent."""
    if not session.seats[Role.GUARDIAN].connected:
        return Outcome.GUARDIAN_ABSENT
    if not session.seats[Role.PHYSICIAN].connected:
        return Outcome.PHYSICIAN_ABSENT
    assert isinstance(session.state, Waiting)
    return replace(session, state=replace(session.state, until=_put_off(session, now)))


def _put_off(session: Session, now: float) -> float:
    return now + session.rules.waiting_after_end_s
