"""Notes on the disk: a visit's one draft, what was signed, and which of a physician's visits nobody signed for yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import canonical
from server.errors import Refused
from server.masking import mask_name
from server.notes.note import Draft, Kind, Note, Sections, Signed, Signer, saved
from server.store import bodies
from server.store.bodies import Body, select_bodies
from server.store.database import Database, Write
from server.store.details import age_years
from server.store.tables import body, child, event, note, note_draft, visit

MOST_UNSIGNED = 200


async def of_visit(database: Database, visit_id: str) -> Note:
    return await database.read(lambda connection: _note(connection, visit_id))


async def save(database: Database, visit_id: str, kind: Kind, seen: int, sections: Sections, at: float) -> Note:
    """With these words as its draft, once they are on the disk.

    Raises ``Refused`` note_changed when somebody wrote or signed since ``seen``; or ``Unavailable``.
    """

    async def work(connection: AsyncConnection) -> Note:
        await connection.execute(select(visit.c.id).where(visit.c.id == visit_id).with_for_update())  # one at a time
        before = await _note(connection, visit_id)
        if before.kind is not kind:
            raise Refused("note_changed")
        after = saved(before, seen, sections, at)
        if after is not before:
            await _put(connection, visit_id, after.draft, at)
        return after

    return await database.write(work)


def content(entry: Signed) -> dict[str, object]:
    """The body of what is signed, JSON-ready."""
    assert entry.signer is not None
    by = {"name": entry.signer.name, "title": entry.signer.title, "licence": entry.signer.licence}
    return {"kind": entry.kind.value, "form": entry.form, "sections": dict(entry.sections), "signed_by": by}


def sign(visit_id: str, entry: Signed, signer: str, words: Body) -> Write:
    """In the transaction of the event that names ``words``. The draft it was made of goes; one that somebody changed meanwhile
    is ``Refused`` note_changed, and nothing is signed."""

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(select(visit.c.id).where(visit.c.id == visit_id).with_for_update())
        now_is = await _note(connection, visit_id)
        if now_is.draft.revision != entry.revision or now_is.kind is not entry.kind:
            raise Refused("note_changed")
        await bodies.keep(words)(connection)
        last = await connection.scalar(select(func.max(note.c.turn)).where(note.c.visit == visit_id))
        row = {"id": entry.id, "visit": visit_id, "turn": (last or 0) + 1, "revision": entry.revision, "signer": signer}
        await connection.execute(insert(note), row | {"body": words.id, "at": entry.at})
        await _put(connection, visit_id, Draft(entry.revision + 1), entry.at)

    return write


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A visit that waits for its physician's signature; ``child`` is masked. ``begun``: something is written; ``kind`` is what
    is to be signed, an amendment where there is a note already."""

    visit: str
    child: str
    age_years: int
    field: str
    starts_at: float
    ended_at: float
    outcome: str
    begun: bool
    kind: Kind


async def unsigned(database: Database, physician: str) -> tuple[list[Unsigned], bool]:
    """The physician's visits that ended, to which somebody was admitted, also by text, and of which no note is signed, or of
    which something is written and not signed, be it an amendment: the longest ago first; and whether there are more than
    ``MOST_UNSIGNED``."""

    async def work(connection: AsyncConnection) -> tuple[list[Unsigned], bool]:
        admitted = exists().where(event.c.session == visit.c.id, event.c.type.in_(("admitted", "text_begun")))
        signed = exists().where(note.c.visit == visit.c.id)
        written = exists().where(note_draft.c.visit == visit.c.id, note_draft.c.text != "{}")
        columns = (visit.c.id, child.c.name, child.c.birth_date, visit.c.field, visit.c.starts_at, visit.c.ended_at)
        query = select(*columns, visit.c.outcome, written.label("begun"), signed.label("signed")).join(
            child, child.c.id == visit.c.child
        )
        query = query.where(visit.c.physician == physician, visit.c.state == "ended", (admitted & ~signed) | written)
        query = query.order_by(visit.c.ended_at, visit.c.id).limit(MOST_UNSIGNED + 1)
        rows = (await connection.execute(query)).all()
        lines = [
            Unsigned(
                id,
                mask_name(name),
                age_years(born, starts_at),
                field,
                starts_at,
                ended_at or starts_at,
                outcome or "",
                begun,
                Kind.AMENDMENT if signed else Kind.NOTE,
            )
            for id, name, born, field, starts_at, ended_at, outcome, begun, signed in rows
        ]
        return lines[:MOST_UNSIGNED], len(lines) > MOST_UNSIGNED

    return await database.read(work)


async def _put(connection: AsyncConnection, visit_id: str, draft: Draft, at: float) -> None:
    await connection.execute(delete(note_draft).where(note_draft.c.visit == visit_id))
    row = {"visit": visit_id, "revision": draft.revision, "text": canonical(dict(draft.sections)), "at": at}
    await connection.execute(insert(note_draft), row)


async def _note(connection: AsyncConnection, visit_id: str) -> Note:
    columns = (note_draft.c.revision, note_draft.c.text, note_draft.c.at)
    row = (await connection.execute(select(*columns).where(note_draft.c.visit == visit_id))).one_or_none()
    draft = Draft() if row is None else Draft(row.revision, json.loads(row.text), row.at)
    rows = (await connection.execute(select(note).where(note.c.visit == visit_id).order_by(note.c.turn))).all()
    if not rows:
        return Note(draft)
    words = {each.id: each.content for each in await select_bodies(connection, body.c.id.in_([row.body for row in rows]))}
    entries = (_signed(row.id, row.turn, row.revision, row.at, words.get(row.body)) for row in rows)
    return Note(draft, tuple(entries))


def _signed(id: str, turn: int, revision: int, at: float, content: Mapping[str, object] | None) -> Signed:
    kind = Kind.NOTE if turn == 1 else Kind.AMENDMENT
    if content is None:
        return Signed(id, kind, "", {}, None, revision, at)
    by, sections = content["signed_by"], content["sections"]
    assert isinstance(by, dict)
    assert isinstance(sections, dict)
    return Signed(id, kind, str(content["form"]), sections, Signer(**by), revision, at)
