"""The events that a hospital's system can be told, and the body in which each is told. Ids and codes only, never a name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from server.session import Ended, Session


class Kind(StrEnum):
    """An event's type (docs/webhooks.md says when each is told and what its ``data`` holds)."""

    VISIT_BOOKED = "visit.booked"
    VISIT_MOVED = "visit.moved"
    VISIT_CANCELLED = "visit.cancelled"
    VISIT_NO_SHOW = "visit.no_show"
    VISIT_CHILD_DENIED = "visit.child_denied"
    VISIT_FAMILY_DENIED = "visit.family_denied"
    VISIT_STARTED = "visit.started"
    VISIT_ENDED = "visit.ended"
    REFERRAL_ISSUED = "referral.issued"
    REFERRAL_CHANGED = "referral.changed"
    NOTE_SIGNED = "note.signed"
    NOTE_AMENDED = "note.amended"
    COMPLAINT_FILED = "complaint.filed"
    INCIDENT_RECORDED = "incident.recorded"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to be told; ``data`` is a JSON object."""

    kind: Kind
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """A fact as it stands in the outbox: ``n`` counts the visit's messages from 1, ``at`` is RFC 3339."""

    id: str
    visit: str
    n: int
    kind: str
    at: str
    data: str


def fact(kind: Kind, **data: str) -> Fact:
    return Fact(kind, json.dumps(data, ensure_ascii=False))


def body(message: Message) -> bytes:
    """The request's body: one JSON object, the same bytes for every attempt."""
    document = {
        "id": message.id,
        "type": message.kind,
        "visit": message.visit,
        "n": message.n,
        "at": message.at,
        "data": json.loads(message.data),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _started_by(session: Session) -> str | None:
    """``video`` once the family was admitted, ``text`` while the visit goes on by text before that."""
    if session.admitted:
        return "video"
    return "text" if session.text else None


def facts(before: Session, after: Session) -> tuple[Fact, ...]:
    """What one event of a session is to the hospital, in the order in which it is told. Whatever ended it, it is told."""
    said = []
    if after.family_denied and not before.family_denied:
        said.append(fact(Kind.VISIT_FAMILY_DENIED))
    by = _started_by(after)
    if by is not None and by != _started_by(before):
        said.append(fact(Kind.VISIT_STARTED, by=by))
    filed = after.referral
    if filed is not None and before.referral is None:
        said.append(fact(Kind.REFERRAL_ISSUED, referral=filed.id, reason=filed.reason, urgency=filed.urgency))
    if isinstance(after.state, Ended) and not isinstance(before.state, Ended):
        said.append(fact(Kind.VISIT_ENDED, outcome=after.state.outcome.value))
    return tuple(said)
