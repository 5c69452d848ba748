"""What a referral's letter says: one value, composed from the referral and the visit's records, that page, paper and FHIR show.

The letter is for the family and for the hospital that receives the child, so it holds whole names but a masked phone number,
and of the reason only the words that the checklist has for letters. It is composed anew at each reading; what was decided
(codes, words, time, the journal's head) is in the records and never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from server.calendar import CHINA
from server.referral import Checklist, Urgency, Words
from server.store.details import LetterRecord

GONE = Words("（原因不在本院现行清单中）", "(not a reason of this hospital's checklist)")


@dataclass(frozen=True, slots=True)
class ReasonText:
    code: str
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Signatory:
    name: str
    title: str
    licence: str


@dataclass(frozen=True, slots=True)
class Patient:
    """``sex`` is female, male or unknown; ``birth_date`` an ISO date."""

    name: str
    sex: str
    birth_date: str


@dataclass(frozen=True, slots=True)
class Accompanying:
    """The guardian. ``relation`` is mother, father or legal_guardian; ``phone`` is masked."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class Letter:
    """LetterView of server/http/API.md, and what paper and FHIR need besides (``checklist_version``)."""

    referral: str
    number: str
    issued_at: datetime
    urgency: Urgency
    reason: ReasonText
    physician: Signatory
    hospital: str
    hospital_en: str
    department: str
    child: Patient
    guardian: Accompanying
    history: str
    not_examined: str
    told_family: str
    safety_net: tuple[Words, ...]
    journal_head: str
    checklist_version: str
    state: str
    page: str
    pdf: str
    fhir: str

    @property
    def by(self) -> datetime | None:
        """The latest time to be seen, in the hospital's time; None for routine."""
        latest = self.urgency.by(self.issued_at)
        return latest and latest.astimezone(CHINA)

    @property
    def by_when(self) -> str:
        """By when, as a family reads it in either language: a day, for 24 hours with the time."""
        match self.urgency:
            case Urgency.EMERGENCY:
                return "立即 · now"
            case Urgency.ROUTINE:
                return "择期 · routine"
            case Urgency.WITHIN_24H:
                return f"{self.by:%Y-%m-%d %H:%M}"
            case _:
                return f"{self.by:%Y-%m-%d}"

    def view(self) -> dict[str, Any]:
        """LetterView, ready for JSON."""
        values = asdict(self)
        for further in ("checklist_version", "state"):
            del values[further]
        values["issued_at"] = self.issued_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        values["urgency"] = self.urgency.value
        values["receipt"] = self.state
        return values | {"by_when": self.by_when, "safety_net": [asdict(words) for words in self.safety_net]}


def compose(record: LetterRecord, checklist: Checklist) -> Letter:
    """The letter of a filed referral. Its texts are empty when the body was deleted, its codes stay.

    ``checklist`` is that of the record's ``checklist_version``; of another one's unknown reason the letter says just that.
    """
    filed, content = record.referral, _texts(record.content)
    reason, urgency = checklist.reason(filed.reason), Urgency(filed.urgency)
    words = reason.letter if reason else GONE
    base = f"/api/visits/{filed.visit}/letter"
    return Letter(
        referral=filed.id,
        number=filed.number,
        issued_at=datetime.fromtimestamp(filed.issued_at, UTC),
        urgency=urgency,
        reason=ReasonText(filed.reason, words.zh, words.en),
        physician=Signatory(record.physician.name, record.physician.title, record.physician.licence),
        hospital=record.hospital_name,
        hospital_en=record.hospital_name_en,
        department=record.department,
        child=Patient(record.child.name, record.child.sex, record.child.birth_date),
        guardian=Accompanying(record.guardian_name, record.relation, record.guardian_phone_masked),
        history=content.get("note", ""),
        not_examined=content.get("not_examined", ""),
        told_family=content.get("told_family", ""),
        safety_net=checklist.safety_net(reason, urgency) if reason else checklist.by_urgency[urgency] + checklist.always,
        journal_head=record.journal_head,
        checklist_version=filed.checklist_version,
        state=filed.state,
        page=f"/letter/?visit={filed.visit}",
        pdf=f"{base}.pdf",
        fhir=f"{base}.fhir.json",
    )


def _texts(content: object) -> Mapping[str, str]:
    if not isinstance(content, Mapping):
        return {}
    return {str(name): text for name, text in content.items() if isinstance(text, str)}
