"""Whether the lists of complaints and incidents say what the journal says of them, no more and no less, in the same order.

Times are the rows' own; words are compared by their hash for as long as they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.concerns.concern import Category, Fact, Kind, Source, State, advance
from server.store.tables import body, concern, concern_event

FILED = "filed"


@dataclass(frozen=True, slots=True)
class Turn:
    """One fact of a concern; ``sha256`` is the hash of its words, None once they were deleted."""

    kind: object
    category: object
    fact: object
    source: object
    sha256: object

    def says(self, committed: Turn) -> bool:
        own = (self.kind, self.category, self.fact, self.source)
        same = own == (committed.kind, committed.category, committed.fact, committed.source)
        return same and self.sha256 in (None, committed.sha256)


@dataclass(frozen=True, slots=True)
class Lists:
    """What the tables hold of one visit: each concern's turns by their number, and how each stands."""

    turns: Mapping[tuple[str, int], Turn]
    states: Mapping[str, str]


async def listed(connection: AsyncConnection, session: str) -> Lists:
    c, e = concern.c, concern_event.c
    query = select(c.id, c.state, e.turn, c.kind, c.category, e.fact, e.source, body.c.sha256)
    joined = concern.outerjoin(concern_event, e.concern == c.id).outerjoin(body, body.c.id == e.body)
    rows = (await connection.execute(query.select_from(joined).where(c.visit == session))).all()
    turns = {(row.id, row.turn): Turn(*row[3:]) for row in rows if row.turn is not None}
    return Lists(turns, {row.id: row.state for row in rows})


def differences(records: Iterable[tuple[int, Mapping[str, object]]], lists: Lists) -> list[int]:
    """The events, by number, of which the lists say something else; 0 for what is listed and was never committed."""
    told: dict[tuple[str, int], Turn] = {}
    at: dict[tuple[str, int], int] = {}
    last: dict[str, int] = {}
    stands: dict[str, str] = {}
    for n, record in records:
        id = str(record.get("concern"))
        turn = _turn(record, told.get((id, 1)))
        if turn is None:
            continue
        last[id] = last.get(id, 0) + 1
        told[id, last[id]], at[id, last[id]] = turn, n
        stands[id] = _after(stands.get(id), turn.fact)
    wrong = {at.get(key, 0) for key in told.keys() | lists.turns.keys() if not _same(lists.turns.get(key), told.get(key))}
    of = stands.keys() | lists.states.keys()
    wrong |= {at[id, last[id]] if id in last else 0 for id in of if stands.get(id) != lists.states.get(id)}
    return sorted(wrong)


def _turn(record: Mapping[str, object], filed: Turn | None) -> Turn | None:
    words = record.get("body_sha256")
    match record.get("type"):
        case "complaint_filed":
            return Turn(Kind.COMPLAINT, Category.NONE, FILED, Source.GUARDIAN, words)
        case "incident_recorded":
            return Turn(Kind.INCIDENT, record.get("category"), FILED, record.get("source"), words)
        case "concern_told":
            own = (filed.kind, filed.category) if filed else (None, None)
            return Turn(*own, record.get("fact"), record.get("source"), words)
        case _:
            return None


def _after(state: str | None, fact: object) -> str:
    """How it stands after that; what no code names changes nothing."""
    before = State.OPEN if state is None else State(state)
    return (advance(before, Fact(str(fact))) if fact in tuple(Fact) else before).value


def _same(row: Turn | None, committed: Turn | None) -> bool:
    return row is not None and committed is not None and row.says(committed)
