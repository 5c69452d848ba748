"""Whatever happens in whatever order: the ledger says of each moment what the machine, replayed up to it, says itself.

The visits are those of the machine's own test, any sequence of events that it accepts. The oracle is a replay for each moment
asked about, which knows no spans; the ledger answers from its spans alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import settings

from server.event_records import from_record
from server.events import Cause, Event, ServerRestarted
from server.ledger import NOT_WITH_CHILD, Ledger, Line, Spell, ledger, together_s
from server.session import Ended, Held, Session, step
from signaling.seats import Role
from tests.server.test_session_machine import Visit

Replayed = list[tuple[float, Session]]


def replayed(initial: Session, journal: Iterable[tuple[Event, float]]) -> Replayed:
    """The session from each moment on. A restart counts from when the former server was last known to live."""
    states, at, session = [(float("-inf"), initial)], float("-inf"), initial
    for event, stamped in journal:
        down_s = event.down_ms / 1000 if isinstance(event, ServerRestarted) else 0
        session, _ = step(session, event, stamped)
        states.append((max(at, stamped - down_s), session))
        at = stamped
    return states


def then(states: Replayed, at: float) -> Session:
    return [session for since, session in states if since <= at][-1]


def holding(spans: Sequence[Any], at: float) -> list[Any]:
    return [span for span in spans if span.since <= at < span.until]


def names(spells: Sequence[Spell], at: float) -> set[str]:
    return {spell.what for spell in holding(spells, at)}


class Ledgered(Visit):
    """A visit whose ledger is looked at when it is over, or when it was left off in the middle."""

    def teardown(self) -> None:
        journal = [(from_record(json.loads(record)), at) for record, at in self.journal]
        now = self.now + 7
        book = ledger(self.initial, journal, now)
        states = replayed(self.initial, journal)
        for at in self.moments(states, now):
            self.agrees(book, then(states, at), at)
        self.is_in_order(book, now)

    def moments(self, states: Replayed, now: float) -> list[float]:
        """Every turn, a moment between every two, and one before and after all."""
        turns = sorted({since for since, _ in states[1:]} | {now})
        return [turns[0] - 1, *turns[:-1], *((a + b) / 2 for a, b in pairwise(turns))]

    def agrees(self, book: Ledger, session: Session, at: float) -> None:
        over = isinstance(session.state, Ended)
        assert len(holding(book.gate, at)) == session.gate_open
        for role, seat in session.seats.items():
            line, present = self.line(book, session, role), seat.present and not over
            assert len(holding(line.stays, at)) == len(holding(line.evidence, at)) == present
            assert names(line.doubts, at) - {NOT_WITH_CHILD} == (set(seat.doubts) if present else set())
        causes = session.state.causes if isinstance(session.state, Held) else {}
        assert {hold.what: hold.why for hold in holding(book.holds, at)} == {c: span.why for c, span in causes.items()}
        own = causes.get(Cause.PHYSICIAN_HOLD)
        stepped_away = own is not None and own.why == "guardian_not_with_child"
        assert (NOT_WITH_CHILD in names(book.lines[Role.GUARDIAN].doubts, at)) == stepped_away

    def line(self, book: Ledger, session: Session, role: Role) -> Line:
        """A guest's is that of the invitation in force; without one it is empty, and so is every other guest's."""
        if role in book.lines:
            return book.lines[role]
        known = {guest.invitation: guest.line for guest in book.guests}
        return Line((), (), ()) if session.guest is None else known[session.guest.invitation]

    def is_in_order(self, book: Ledger, now: float) -> None:
        over = isinstance(self.session.state, Ended)
        assert book.closed == over
        assert book.until == (self.session.state.at if isinstance(self.session.state, Ended) else now)
        lines = [(line.stays, line.evidence) for line in (*book.lines.values(), *(guest.line for guest in book.guests))]
        for spans in (book.gate, book.server_away, *(spans for both in lines for spans in both)):
            assert all(earlier.until <= later.since for earlier, later in pairwise(spans))
        everybody = [*book.lines.values(), *(guest.line for guest in book.guests)]
        spells = [spell for line in everybody for spell in (*line.evidence, *line.doubts)]
        stays = [stay for line in everybody for stay in line.stays]
        for span in (*book.gate, *book.holds, *stays, *spells):
            assert book.since <= span.since < span.until <= book.until
            assert (
                span.goes_on == (not over and span.until == book.until and len(holding([span], now - 1)) == 1)
                or span.until < now
            )
        assert all((stay.parting is None) == stay.goes_on for stay in stays)
        for role in (Role.GUARDIAN, Role.PHYSICIAN):
            assert book.open_s == (together_s(book.lines[role].stays, book.gate) if role in book.lines else 0)


Ledgered.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTheLedgerOfAnyVisit = Ledgered.TestCase
