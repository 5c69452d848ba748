"""Consent: the versioned texts that families are shown, and what they answered to exactly which text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import canonical
from server.consent_texts import KINDS, ConsentText
from server.store.database import Database, Write
from server.store.tables import consent, consent_text, visit

SHIPPED = Path(__file__).parent / "consent_texts"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a guardian answered: ``given``, ``refused`` or ``withdrawn``. ``guardian`` is None for the one whom the visit is
    booked with, otherwise the further one's id."""

    id: str
    visit: str
    kind: str
    version: str
    language: str
    sha256: str
    answer: str
    at: float
    guardian: str | None = None


def shipped() -> list[ConsentText]:
    """The texts that come with the server, for a hospital to ratify or replace."""
    texts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SHIPPED.glob("*.json"))]
    return [ConsentText(t["kind"], t["version"], t["language"], t["title"], tuple(t["paragraphs"])) for t in texts]


def publish(hospital: str, texts: Sequence[ConsentText], valid_from_at: float) -> Write:
    """Make these the hospital's texts from then on; older versions stay, for the answers that name them."""

    async def write(connection: AsyncConnection) -> None:
        for text in texts:
            row = {"hospital": hospital, "kind": text.kind, "version": text.version, "language": text.language}
            row |= {"title": text.title, "paragraphs": canonical({"paragraphs": text.paragraphs}), "sha256": text.sha256}
            await connection.execute(insert(consent_text), {**row, "valid_from_at": valid_from_at})

    return write


async def publish_new(database: Database, hospital: str, texts: Sequence[ConsentText], valid_from_at: float) -> bool:
    """As ``publish``; False, and nothing is stored, when the hospital has a version that one of them names."""

    async def work(connection: AsyncConnection) -> bool:
        for text in texts:
            same = (consent_text.c.hospital == hospital, consent_text.c.kind == text.kind)
            known = select(consent_text.c.version).where(*same, consent_text.c.version == text.version).limit(1)
            if await connection.scalar(known) is not None:
                return False
        await publish(hospital, texts, valid_from_at)(connection)
        return True

    return await database.write(work)


async def kinds_for(database: Database, visit_id: str, now: float) -> tuple[str, ...]:
    """What this visit's family is asked: the kinds of which the hospital has a text."""

    async def work(connection: AsyncConnection) -> set[str]:
        c = consent_text.c
        of_visit = (c.hospital == visit.c.hospital, visit.c.id == visit_id, c.valid_from_at <= now)
        return set(await connection.scalars(select(c.kind).where(*of_visit).distinct()))

    asked = await database.read(work)
    return tuple(kind for kind in KINDS if kind in asked)


async def texts_for(database: Database, visit_id: str, language: str, now: float) -> list[ConsentText]:
    """What this visit's family is to be shown now: the newest text of each kind in that language."""
    newest = await newest_of(database, visit_id, language, now)
    return [newest[kind] for kind in KINDS if kind in newest]


async def newest_of(database: Database, visit_id: str, language: str, now: float) -> dict[str, ConsentText]:
    """The newest text of every kind that the visit's hospital has in that language, by kind."""

    async def work(connection: AsyncConnection) -> dict[str, ConsentText]:
        c = consent_text.c
        of_visit = (c.hospital == visit.c.hospital, visit.c.id == visit_id, c.language == language, c.valid_from_at <= now)
        query = select(consent_text).where(*of_visit).order_by(c.valid_from_at, c.version)
        newest: dict[str, ConsentText] = {}
        for row in await connection.execute(query):
            paragraphs = tuple(json.loads(row.paragraphs)["paragraphs"])
            newest[row.kind] = ConsentText(row.kind, row.version, row.language, row.title, paragraphs)
        return newest

    return await database.read(work)


def keep(item: Answer) -> Write:
    """Store an answer, in the transaction of the event that tells it."""

    async def write(connection: AsyncConnection) -> None:
        last = await connection.scalar(select(func.max(consent.c.turn)).where(consent.c.visit == item.visit))
        row = {name: getattr(item, name) for name in Answer.__slots__}
        await connection.execute(insert(consent), {**row, "turn": (last or 0) + 1})

    return write


def withdraw(id: str, visit_id: str, kind: str, at: float, guardian: str | None = None) -> Write:
    """Take back that guardian's last answer of that kind, in the event's transaction; the row names its text."""

    async def write(connection: AsyncConnection) -> None:
        last = (await answers(connection, visit_id, guardian)).get(kind)
        if last is not None:
            await keep(replace(last, id=id, answer="withdrawn", at=at))(connection)

    return write


async def answers(connection: AsyncConnection, visit_id: str, guardian: str | None = None) -> dict[str, Answer]:
    """That guardian's last answer of each kind, inside a transaction."""
    columns = [consent.c[name] for name in Answer.__slots__]
    theirs = consent.c.guardian.is_(None) if guardian is None else consent.c.guardian == guardian
    rows = await connection.execute(select(*columns).where(consent.c.visit == visit_id, theirs).order_by(consent.c.turn))
    return {row.kind: Answer(*row) for row in rows}


async def states(database: Database, visit_id: str) -> dict[str, str]:
    """For each kind: ``open``, or the last answer."""
    given = await database.read(lambda connection: answers(connection, visit_id))
    return {kind: given[kind].answer if kind in given else "open" for kind in KINDS}
