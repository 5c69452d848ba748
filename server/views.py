"""What everybody in a session is shown of it: PROTOCOL.md's SessionView. Durations only, so that a wrong clock does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from server import guests
from server.presence import presence
from server.session import Ended, Held, Live, Session, State, Verifying, Waiting
from signaling.seats import Role


def session_view(session: Session, now: float, names: Mapping[Role, str]) -> dict[str, Any]:
    """The session at ``now``; ``names`` are as they are to be shown (masked for a family), a missing one is empty."""
    state, deadline, filed = session.state, session.deadline, session.referral
    return {
        "version": session.version,
        "state": state_name(state),
        "admitted": session.admitted,
        "text": session.text,
        "family_denied": session.family_denied,
        "stills": {"allowed": session.stills_allowed, "taken": session.stills},
        "gate": session.gate_open,
        "recording": session.recorder.value,
        "until_ms": None if deadline is None else _left_ms(deadline, now),
        "causes": [
            {"cause": cause.value, "elapsed_ms": round((now - span.since) * 1000), "remaining_ms": _left_ms(span.until, now)}
            for cause, span in (state.causes.items() if isinstance(state, Held) else ())
        ],
        "resume_to": state_name(state.resume_to) if isinstance(state, Held) else None,
        "outcome": state.outcome.value if isinstance(state, Ended) else None,
        "referral": filed and {"id": filed.id, "reason": filed.reason, "urgency": filed.urgency},
        "rungs": [
            {"from": sender.value, "to": receiver.value, "rung": weak.rung.value, "why": weak.why.value}
            for (sender, receiver), weak in session.rungs.items()
        ],
        "seats": [
            {
                "role": role.value,
                "name": names.get(role, ""),
                "connected": seat.connected,
                "presence": presence(seat.present, seat.doubts).value,
                "doubts": [doubt.value for doubt in seat.doubts],
            }
            for role in guests.here(session)
            for seat in (session.seats[role],)
        ],
    }


def state_name(state: State) -> str:
    match state:
        case Waiting():
            return "waiting"
        case Verifying():
            return "verifying"
        case Live():
            return "live"
        case Held():
            return "held"
        case Ended():
            return "ended"
        case _:
            assert_never(state)


def listed_state(session: Session) -> str:
    """The state in lists and to whoever books: SessionView's, or ``text`` while the visit goes on by text."""
    return "text" if session.text else state_name(session.state)


def _left_ms(until: float, now: float) -> int:
    return max(0, round((until - now) * 1000))
