"""Verifies the whole journal: every session's chain, every hospital's chain, what each says of the other, and the bodies.

It finds an altered, removed or reordered event, a removed session, a tail that was cut off, words that are not those the
journal names, and lists (of referrals, complaints and incidents) that say something else than the events. Somebody who rewrites
both chains to their end is found through a *pin*: a head that was printed on a family's letter and is not in the journal any
more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from server.chain import Anchor, Fault, Finding, Link, body_sha256, check_anchored, check_anchors, check_events
from server.store import audit_concerns
from server.store.database import Database
from server.store.tables import body, event, hospital_chain, referral, referral_event

_SENTENCES = {
    Fault.ALTERED: "its content is not what its hash was made from",
    Fault.MISSING: "it is missing",
    Fault.OUT_OF_ORDER: "it does not follow from the one before",
    Fault.SESSION_MISSING: "the hospital's chain names this session, but its events are gone",
    Fault.TAIL_MISSING: "it was committed, but everything from here on is gone",
    Fault.HEAD_DIFFERS: "the hospital's chain names another hash for it",
    Fault.NOT_ANCHORED: "the hospital's chain does not know it",
    Fault.BODY_ALTERED: "the words kept for it are not those that were committed",
    Fault.RECEIPT_ALTERED: "what lists say was told of the referral is not what was committed",
    Fault.CONCERN_ALTERED: "what lists say of a complaint or an incident is not what was committed",
    Fault.PIN_UNKNOWN: "no event has this printed head",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at and what was found; ``ok`` when nothing was."""

    sessions: int
    events: int
    hospitals: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


async def verify_journal(database: Database, pins: Collection[str] = ()) -> Report:
    """Read everything once, on one view of the database. Raises ``Unavailable``."""
    return await database.read_at_length(lambda connection: _verify(connection, pins))


async def verify_command(url: str, as_json: bool, write: Callable[[str], None], pins: Collection[str] = ()) -> int:
    """``peitong journal verify``: 0 when all is well, 1 with findings. Raises ``Unavailable``."""
    database = Database(url)
    try:
        report = await verify_journal(database, pins)
    finally:
        await database.close()
    write(json.dumps(as_record(report), ensure_ascii=False) if as_json else as_text(report))
    return 0 if report.ok else 1


def as_record(report: Report) -> dict[str, object]:
    counts = {"sessions": report.sessions, "events": report.events, "hospitals": report.hospitals}
    findings = [{"fault": f.fault.value, "chain": f.chain, "n": f.n} for f in report.findings]
    return {"ok": report.ok, **counts, "findings": findings}


def as_text(report: Report) -> str:
    lines = [f"{f.chain} #{f.n}: {_SENTENCES[f.fault]} ({f.fault})" for f in report.findings]
    looked_at = f"{report.events} events of {report.sessions} sessions, {report.hospitals} hospital chains"
    return "\n".join([*lines, f"{looked_at}: {'all is well' if report.ok else f'{len(lines)} findings'}"])


async def _verify(connection: AsyncConnection, pins: Collection[str]) -> Report:
    findings: list[Finding] = []
    unseen = set(pins)
    count = 0
    hospitals = list(await connection.scalars(select(hospital_chain.c.hospital).distinct().order_by(hospital_chain.c.hospital)))
    for hospital in hospitals:
        findings += check_anchors(hospital, await _anchors(connection, hospital_chain.c.hospital == hospital))
    named = union(select(event.c.session), select(hospital_chain.c.session), select(body.c.session)).order_by("session")
    sessions = list(await connection.scalars(named))
    for session in sessions:
        links, types = await _events(connection, session)
        anchors = await _anchors(connection, hospital_chain.c.session == session)
        findings += check_events(session, links)
        findings += check_anchored(session, links, anchors)
        findings += _check_types(session, links, types)
        findings += await _check_bodies(connection, session, links)
        findings += await _check_receipts(connection, session, links)
        findings += await _check_concerns(connection, session, links)
        unseen -= {link.hash for link in links}
        count += len(links)
    findings += [Finding(Fault.PIN_UNKNOWN, pin, 0) for pin in sorted(unseen)]
    return Report(len(sessions), count, len(hospitals), tuple(dict.fromkeys(findings)))


async def _events(connection: AsyncConnection, session: str) -> tuple[list[Link], list[str]]:
    c = event.c
    query = select(c.session, c.n, c.at_us, c.record, c.previous, c.hash, c.type).where(c.session == session).order_by(c.n)
    rows = (await connection.execute(query)).all()
    return [Link(*row[:6]) for row in rows], [row.type for row in rows]


async def _anchors(connection: AsyncConnection, where: ColumnElement[bool]) -> list[Anchor]:
    columns = [hospital_chain.c[name] for name in Anchor.__slots__]
    query = select(*columns).where(where).order_by(hospital_chain.c.hospital, hospital_chain.c.n)
    return [Anchor(*row) for row in await connection.execute(query)]


def _check_types(session: str, links: list[Link], types: list[str]) -> list[Finding]:
    """The type stands beside the record for queries; it must say the same."""
    pairs = zip(links, types, strict=True)
    return [Finding(Fault.ALTERED, session, link.n) for link, type in pairs if _record(link).get("type") != type]


async def _check_bodies(connection: AsyncConnection, session: str, links: list[Link]) -> list[Finding]:
    """A body that is there must be one that an event names; one that was deleted in time is no fault."""
    committed = {_record(link).get("body_sha256"): link.n for link in links}
    query = select(body.c.nonce, body.c.text, body.c.sha256).where(body.c.session == session)
    rows = await connection.execute(query.order_by(body.c.at, body.c.id))
    return [
        Finding(Fault.BODY_ALTERED, session, committed.get(row.sha256, 0))
        for row in rows
        if row.sha256 not in committed or body_sha256(row.nonce, row.text) != row.sha256
    ]


async def _check_receipts(connection: AsyncConnection, session: str, links: list[Link]) -> list[Finding]:
    """What lists say was told of a referral must be what the events say, no more and no less."""
    columns = [referral_event.c[name] for name in ("referral", "n", "at", "fact", "source", "appointment_at", "body_sha256")]
    query = select(*columns).join(referral, referral.c.id == referral_event.c.referral).where(referral.c.visit == session)
    listed = {row.n: tuple(row) for row in await connection.execute(query)}
    told = {link.n: _told(link) for link in links if _record(link).get("type") == "referral_told"}
    return [
        Finding(Fault.RECEIPT_ALTERED, session, n) for n in sorted(listed.keys() | told.keys()) if listed.get(n) != told.get(n)
    ]


async def _check_concerns(connection: AsyncConnection, session: str, links: list[Link]) -> list[Finding]:
    lists = await audit_concerns.listed(connection, session)
    wrong = audit_concerns.differences(((link.n, _record(link)) for link in links), lists)
    return [Finding(Fault.CONCERN_ALTERED, session, n) for n in wrong]


def _told(link: Link) -> tuple[object, ...]:
    record = _record(link)
    fact = (record.get("fact"), record.get("source"), record.get("appointment_at_s") or None, record.get("body_sha256"))
    return (record.get("referral"), link.n, link.at_us / 1_000_000, *fact)


def _record(link: Link) -> dict[str, object]:
    try:
        record = json.loads(link.record)
    except ValueError:  # found by its hash
        return {}
    return record if isinstance(record, dict) else {}
