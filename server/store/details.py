"""What pages, letters and the session need to know of a visit: one reading for each."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server import attestation
from server.calendar import day_of
from server.consent_texts import KINDS
from server.eligibility import Credentials, years_between
from server.masking import mask_name
from server.referrals.track import Track
from server.store import consents, preparation, referrals
from server.store.bodies import select_bodies
from server.store.database import Database
from server.store.documents import EXAMINATION
from server.store.referrals import Referral
from server.store.tables import body, child, document, event, guardian, hospital, relation, staff, visit
from signaling.seats import Role


@dataclass(frozen=True, slots=True)
class Physician:
    id: str
    name: str
    title: str
    licence: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class VisitDetail:
    """A visit without anybody's whole name but the physician's. ``consents``: kind to open, given, refused or withdrawn;
    ``guardian_phone`` is whole, for the physician to call when the network fails, and stands in no representation;
    ``hospital_phone`` is where the family calls."""

    id: str
    hospital: str
    hospital_name: str
    hospital_name_en: str
    department: str
    field: str
    starts_at: float
    ends_at: float
    state: str
    outcome: str | None
    ended_at: float | None
    child: str
    age_years: int
    guardian: str
    guardian_phone: str = attribute(repr=False)
    relation: str
    proof: str
    sex: str
    physician: Physician
    child_confirmed: bool
    consents: dict[str, str]
    referral: Referral | None
    has_summary: bool
    hospital_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The child as a letter names it."""

    name: str
    sex: str
    birth_date: str


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """Everything that a referral's letter is set from; ``content`` is the letter's body, ``None`` when it was deleted.

    ``guardian_phone`` is the number that was booked with, ``call_back`` the one that the physician confirmed on camera, empty
    when none was; both are whole, for letters go to the family and to whoever has to reach it. ``measurements`` is the body of
    the family's last list, or None, ``measured_by_further`` whether another guardian than the visit's told it; ``documents``
    are the media types of what the family handed in for the examination.

    ``journal_head`` is the hash of the session's event that filed the referral: printed, it pins the journal.
    """

    referral: Referral
    content: Any
    hospital_name: str
    hospital_name_en: str
    department: str
    field: str
    physician: Physician
    child: Person
    guardian_name: str
    guardian_phone: str = attribute(repr=False)
    relation: str
    journal_head: str
    track: Track
    call_back: str = attribute(default="", repr=False)
    measurements: Any = None
    documents: tuple[str, ...] = ()
    measured_by_further: bool = False


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """What a family reads after a completed visit; ``journal_head`` as in a letter."""

    content: Any
    physician: Physician
    hospital_name: str
    ended_at: float
    journal_head: str


async def visit_detail(database: Database, visit_id: str) -> VisitDetail | None:
    async def work(connection: AsyncConnection) -> VisitDetail | None:
        row = await _visit(connection, visit_id)
        if row is None:
            return None
        given = await consents.answers(connection, visit_id)
        summary = (body.c.session == visit_id, body.c.kind == "summary")
        return VisitDetail(
            id=row.id,
            hospital=row.hospital,
            hospital_name=row.hospital_name,
            hospital_name_en=row.hospital_name_en,
            department=row.department,
            field=row.field,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            state=row.state,
            outcome=row.outcome,
            ended_at=row.ended_at,
            child=mask_name(row.child_name),
            age_years=age_years(row.birth_date, row.starts_at),
            guardian=mask_name(row.guardian_name),
            guardian_phone=row.phone,
            relation=row.relation_kind,
            proof=row.relation_proof,
            sex=row.sex,
            physician=_physician(row),
            child_confirmed=row.child_confirmed_at is not None,
            consents={kind: given[kind].answer if kind in given else "open" for kind in KINDS},
            referral=await referrals.filed_for(connection, visit_id),
            has_summary=await connection.scalar(select(body.c.id).where(*summary).limit(1)) is not None,
            hospital_phone=row.hospital_phone,
        )

    return await database.read(work)


async def letter(database: Database, visit_id: str) -> LetterRecord | None:
    """``None`` before a referral."""

    async def work(connection: AsyncConnection) -> LetterRecord | None:
        row = await _visit(connection, visit_id)
        followed = await referrals.followed_for(connection, visit_id)
        if row is None or followed is None:
            return None
        referral = followed.referral
        bodies = await select_bodies(connection, body.c.id == referral.body)
        measured = await preparation.last(connection, visit_id, preparation.MEASUREMENTS)
        return LetterRecord(
            referral=referral,
            content=bodies[0].content if bodies else None,
            hospital_name=row.hospital_name,
            hospital_name_en=row.hospital_name_en,
            department=row.department,
            field=row.field,
            physician=_physician(row),
            child=Person(row.child_name, row.sex, row.birth_date),
            guardian_name=row.guardian_name,
            guardian_phone=row.phone,
            relation=row.relation_kind,
            journal_head=await _hash_of(connection, visit_id, "referred"),
            track=followed.track,
            call_back=await _confirmed_number(connection, visit_id),
            measurements=None if measured is None else measured.content,
            documents=await _handed_in(connection, visit_id),
            measured_by_further=measured is not None and measured.given.guardian is not None,
        )

    return await database.read(work)


async def summary(database: Database, visit_id: str) -> SummaryRecord | None:
    """``None`` before a completed end, and once the summary was deleted."""

    async def work(connection: AsyncConnection) -> SummaryRecord | None:
        row = await _visit(connection, visit_id)
        bodies = await select_bodies(connection, body.c.session == visit_id, body.c.kind == "summary")
        if row is None or row.ended_at is None or not bodies:
            return None
        head = await _hash_of(connection, visit_id, "completed")
        return SummaryRecord(bodies[-1].content, _physician(row), row.hospital_name, row.ended_at, head)

    return await database.read(work)


def age_years(birth_date: str, at: float) -> int:
    """How old the child is on the hospital's day."""
    return years_between(date.fromisoformat(birth_date), day_of(at))


async def _visit(connection: AsyncConnection, visit_id: str) -> Row[Any] | None:
    related = (relation.c.guardian == visit.c.guardian) & (relation.c.child == visit.c.child)
    joined = (
        visit.join(hospital, hospital.c.id == visit.c.hospital)
        .join(staff, staff.c.id == visit.c.physician)
        .join(child, child.c.id == visit.c.child)
        .join(guardian, guardian.c.id == visit.c.guardian)
        .join(relation, related)
    )
    columns = (
        visit,
        hospital.c.name.label("hospital_name"),
        hospital.c.name_en.label("hospital_name_en"),
        hospital.c.phone.label("hospital_phone"),
        child.c.name.label("child_name"),
        child.c.sex,
        child.c.birth_date,
        guardian.c.name.label("guardian_name"),
        guardian.c.phone,
        relation.c.kind.label("relation_kind"),
        relation.c.proof.label("relation_proof"),
        staff.c.name.label("physician_name"),
        staff.c.title,
        staff.c.licence,
        staff.c.rank,
        staff.c.practice_since,
        staff.c.trained_until,
        staff.c.whitelisted,
    )
    return (await connection.execute(select(*columns).select_from(joined).where(visit.c.id == visit_id))).one_or_none()


async def _confirmed_number(connection: AsyncConnection, visit_id: str) -> str:
    told = await select_bodies(connection, body.c.session == visit_id, body.c.kind == attestation.BODY)
    confirmed = [each.content for each in told if each.content["by"] == Role.PHYSICIAN]
    return attestation.from_content(confirmed[-1]).call_back if confirmed else ""


async def _handed_in(connection: AsyncConnection, visit_id: str) -> tuple[str, ...]:
    """What came whole and was not taken back; destroyed here, the hospital's own copies remain."""
    there = (document.c.visit == visit_id, document.c.state.in_(("kept", "destroyed")), document.c.purpose == EXAMINATION)
    return tuple(await connection.scalars(select(document.c.kind).where(*there).order_by(document.c.n)))


def _physician(row: Row[Any]) -> Physician:
    credentials = Credentials(row.licence, row.rank, row.practice_since, row.trained_until, row.whitelisted)
    return Physician(row.physician, row.physician_name, row.title, row.licence or "", credentials)


async def _hash_of(connection: AsyncConnection, session: str, type: str) -> str:
    """The hash of the session's last event of that type; empty when there is none."""
    query = select(event.c.hash).where(event.c.session == session, event.c.type == type).order_by(event.c.n.desc()).limit(1)
    return await connection.scalar(query) or ""
