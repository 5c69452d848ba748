"""What a hospital's own system may read of a visit besides its booking: whole names, what was agreed and handed in, who did
what. Every query is bound to one hospital; nothing here is of a family that it did not book itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from server.store import bookings, guardians
from server.store.bookings import Booked
from server.store.consents import Answer
from server.store.database import Transaction
from server.store.documents import EXAMINATION
from server.store.tables import (
    body,
    child,
    consent,
    device,
    document,
    event,
    guardian,
    hospital,
    note,
    preparation,
    referral,
    relation,
    staff,
    visit,
)

MOST_DEEDS: Final = 300
"""The newest so many are told; the journal has them all."""


@dataclass(frozen=True, slots=True)
class Named:
    """The people of a visit, whole; ``sex`` and ``birth_date`` are the child's. No telephone number: the hospital has it."""

    child: str
    sex: str
    birth_date: str
    guardian: str
    relation: str
    proof: str
    physician: str
    title: str
    licence: str | None
    hospital: str
    hospital_en: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that the family handed in, or a still that the physician saved (``purpose``), as it was kept; ``sha256`` is
    empty once its words were deleted."""

    id: str
    n: int
    at: float
    kind: str
    size: int
    sha256: str
    guardian: str = ""
    purpose: str = EXAMINATION


@dataclass(frozen=True, slots=True)
class Deed:
    """An event of the visit's journal, as it is stored."""

    n: int
    at: float
    type: str
    record: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``consents`` are all answers, oldest first; ``deeds`` too. ``further``: the guardians besides the booked one, and those
    who were removed."""

    booked: Booked
    named: Named
    consents: tuple[Answer, ...]
    papers: tuple[Paper, ...]
    deeds: tuple[Deed, ...]
    further: tuple[guardians.Further, ...] = ()


async def chart(transaction: Transaction, hospital_id: str, visit_id: str, types: Collection[str]) -> Chart | None:
    """None for what is not this hospital's; ``types`` are those of the events that are asked for."""
    booked = await bookings.one(transaction, hospital_id, visit_id)
    if booked is None:
        return None
    return Chart(
        booked,
        await _named(transaction, visit_id),
        await _answers(transaction, visit_id),
        await _papers(transaction, visit_id),
        await _deeds(transaction, visit_id, types),
        tuple(await guardians.ever_of_visit(transaction, visit_id)),
    )


async def visit_with(transaction: Transaction, hospital_id: str, kind: str, id: str) -> str | None:
    """The visit in whose Bundle a FHIR resource of that type and id is looked for; of several the newest. None for what is not
    this hospital's."""
    which = _which(kind, id)
    if which is None:
        return None
    query = select(visit.c.id).where(visit.c.hospital == hospital_id, which)
    found: str | None = await transaction.scalar(query.order_by(visit.c.starts_at.desc(), visit.c.id).limit(1))
    return found


def _which(kind: str, id: str) -> ColumnElement[bool] | None:
    """Ids of parts are the whole's with a suffix: ``VISIT-guardian``, ``VISIT-17``, ``GIVING-2``."""
    whole = id.rpartition("-")[0]
    match kind:
        case "Appointment" | "Encounter":
            return visit.c.id == id
        case "AuditEvent" | "RelatedPerson":
            return visit.c.id == whole
        case "Patient":
            return visit.c.child == id
        case "Practitioner":
            return visit.c.physician == id
        case "Organization":
            return visit.c.hospital == id
        case "Observation":
            return visit.c.id.in_(select(preparation.c.visit).where(preparation.c.id == whole))
    tables = {
        "Composition": note,
        "Consent": consent,
        "DocumentReference": document,
        "QuestionnaireResponse": preparation,
        "ServiceRequest": referral,
        "Task": referral,
    }
    row = tables.get(kind)
    return None if row is None else visit.c.id.in_(select(row.c.visit).where(row.c.id == id))


async def _named(transaction: Transaction, visit_id: str) -> Named:
    related = (relation.c.guardian == visit.c.guardian) & (relation.c.child == visit.c.child)
    joined = (
        visit.join(hospital, hospital.c.id == visit.c.hospital)
        .join(staff, staff.c.id == visit.c.physician)
        .join(child, child.c.id == visit.c.child)
        .join(guardian, guardian.c.id == visit.c.guardian)
        .join(relation, related)
    )
    columns: list[Any] = [child.c.name, child.c.sex, child.c.birth_date, guardian.c.name, relation.c.kind, relation.c.proof]
    columns += [staff.c.name, staff.c.title, staff.c.licence, hospital.c.name, hospital.c.name_en]
    row = (await transaction.execute(select(*columns).select_from(joined).where(visit.c.id == visit_id))).one()
    return Named(*row)


async def _answers(transaction: Transaction, visit_id: str) -> tuple[Answer, ...]:
    columns = [consent.c[name] for name in Answer.__slots__]
    rows = await transaction.execute(select(*columns).where(consent.c.visit == visit_id).order_by(consent.c.turn))
    return tuple(Answer(*row) for row in rows)


async def _papers(transaction: Transaction, visit_id: str) -> tuple[Paper, ...]:
    """Those that came whole and were not taken back; destroyed here, the hospital's own copies remain."""
    columns = [document.c[name] for name in ("id", "n", "began_at", "kind", "size", "purpose")]
    by = device.c.cookie_sha256 == document.c.device
    joined = document.outerjoin(body, body.c.id == document.c.body).outerjoin(device, by)
    query = select(*columns, body.c.text, device.c.guardian).select_from(joined)
    there = (document.c.visit == visit_id, document.c.state.in_(("kept", "destroyed")))
    rows = await transaction.execute(query.where(*there).order_by(document.c.n))
    return tuple(_paper(row) for row in rows)


def _paper(row: Any) -> Paper:
    sha256 = json.loads(row.text)["sha256"] if row.text else ""
    return Paper(row.id, row.n, row.began_at, row.kind, row.size, sha256, row.guardian or "", row.purpose)


async def _deeds(transaction: Transaction, visit_id: str, types: Collection[str]) -> tuple[Deed, ...]:
    c = event.c
    query = select(c.n, c.at_us, c.type, c.record, c.hash).where(c.session == visit_id, c.type.in_(sorted(types)))
    rows = (await transaction.execute(query.order_by(c.n.desc()).limit(MOST_DEEDS))).all()
    return tuple(Deed(row.n, row.at_us / 1e6, row.type, json.loads(row.record), row.hash) for row in reversed(rows))
