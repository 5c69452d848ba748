"""What an event of a session writes besides itself, in its own transaction: lists, and what the hospital's systems are told."""

from __future__ import annotations

from collections.abc import Callable

from server.session import Ended, Session
from server.store import outbox
from server.store.database import Write
from server.store.visits import Snapshot, snapshot
from server.views import listed_state
from server.webhooks.events import facts


def writes_of(
    before: Session, after: Session, now: float, new_id: Callable[[], str], waiting_since_at: float | None = None
) -> tuple[Write, ...]:
    """What an event writes besides itself: the snapshot that lists are made from, and what the hospital is told of it."""
    told = [outbox.Outgoing(new_id(), after.id, fact.kind, fact.data, now) for fact in facts(before, after)]
    return (snapshot(after.id, _snapshot_of(after, waiting_since_at)), *map(outbox.post, told))


def _snapshot_of(session: Session, waiting_since_at: float | None) -> Snapshot:
    """What lists show of the session; ``waiting_since_at`` is when the guardian who now waits came."""
    state = session.state
    if isinstance(state, Ended):
        return Snapshot(listed_state(session), state.outcome.value, ended_at=state.at)
    return Snapshot(listed_state(session), waiting_since_at=waiting_since_at)
